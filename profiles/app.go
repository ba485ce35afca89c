package profiles

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// What the stores of apps may hold. A value counts the bytes of its JSON, a text
// without its quotes; bytes (ay) count as they are.
const (
	AppQuota  = 64 << 10 // of one app
	AppsQuota = 1 << 20  // of all apps of one person
	appKeys   = 256      // of one app
	apps      = 64       // of one person
	longName  = 64       // bytes of an id or a key
)

// IsApp reports whether a group is the store of an app: app. and its id, which is
// letters, digits, dots, hyphens and underscores.
func IsApp(group string) bool {
	id, ok := strings.CutPrefix(group, "app.")
	return ok && ValidApp(id)
}

// ValidApp reports whether id can be the id of an app.
func ValidApp(id string) bool {
	const letters = "-._0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	return id != "" && len(id) <= longName && strings.Trim(id, letters) == ""
}

// appSetting is a key of an app's store.
func appSetting(name string) (Setting, error) {
	if name == "" || len(name) > longName || !utf8.ValidString(name) || strings.Contains(name, "\x00") {
		return Setting{}, fmt.Errorf("%w: a key has 1 to %d bytes", ErrInvalid, longName)
	}
	s := AnyKey()
	s.Name = name
	return s, nil
}

// AnyKey is what every key of an app's store is; its name stands for any.
func AnyKey() Setting {
	return Setting{
		Name: "*", Type: "v", Scope: OfPerson, Stage: AfterPIN, schema: anything{},
		Range: "any value but descriptors; keys of up to 64 bytes, at most 256 of them, and 64 KiB an app, 1 MiB a person",
	}
}

// Store is what one app keeps, by key.
type Store map[string]Typed

// EncodeStore returns the bytes in which a store is kept.
func EncodeStore(s Store) ([]byte, error) { return encodeJSON(s) }

// DecodeStore reads what EncodeStore wrote.
func DecodeStore(data []byte) (Store, error) {
	members, err := Members(data)
	if err != nil {
		return nil, err
	}
	s := make(Store, len(members))
	for key, raw := range members {
		if s[key], err = decodeTyped(raw, 0); err != nil {
			return nil, fmt.Errorf("%w: %.64q %w", ErrInvalid, key, err)
		}
	}
	return s, nil
}

// Size is what a store takes of the quotas, or ErrQuotaExceeded if it is too much for
// one app.
func (s Store) Size() (int, error) {
	size := 0
	for _, v := range s {
		size += v.Content()
	}
	if err := CheckStore(len(s), size); err != nil {
		return 0, err
	}
	return size, nil
}

// CheckStore is ErrQuotaExceeded where so many keys, or values of that size, are too much
// for one app.
func CheckStore(keys, size int) error {
	switch {
	case keys > appKeys:
		return fmt.Errorf("%w: an app keeps at most %d keys", ErrQuotaExceeded, appKeys)
	case size > AppQuota:
		return fmt.Errorf("%w: an app keeps at most %d KiB", ErrQuotaExceeded, AppQuota>>10)
	}
	return nil
}

// Sizes are those of all stores of a person, by the id of the app.
type Sizes map[string]int

// Check is ErrQuotaExceeded where they are too much for one person.
func (s Sizes) Check() error {
	total := 0
	for _, size := range s {
		total += size
	}
	if total > AppsQuota || len(s) > apps {
		return fmt.Errorf("%w: all apps of a person keep at most %d KiB in %d stores", ErrQuotaExceeded, AppsQuota>>10, apps)
	}
	return nil
}
