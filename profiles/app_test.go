package profiles_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"glovebox/profiles"
)

// What an app keeps reads back as it was; a value that is none is refused.
func TestStoreIsKept(t *testing.T) {
	s := profiles.Store{"volume": {Type: "i", Value: int32(7)}, "last": {Type: "s", Value: "North Sea"}}
	data, err := profiles.EncodeStore(s)
	if err != nil {
		t.Fatal(err)
	}
	back, err := profiles.DecodeStore(data)
	if err != nil || !reflect.DeepEqual(back, s) {
		t.Errorf("read back %v, %v", back, err)
	}
	for _, bad := range []string{"", "[]", `{"volume":7}`} {
		if s, err := profiles.DecodeStore([]byte(bad)); err == nil || s != nil {
			t.Errorf("%q is read: %v", bad, s)
		}
	}
	if _, err := profiles.DecodeStore([]byte(`{"volume":7}`)); !errors.Is(err, profiles.ErrInvalid) || !strings.Contains(err.Error(), "volume") {
		t.Errorf("%v: want the key that is wrong", err)
	}
}

// As much as the quotas fits, and not one more: keys and bytes of an app, bytes and
// stores of a person.
func TestQuotasAtTheEdge(t *testing.T) {
	text := func(n int) profiles.Typed { return profiles.Typed{Type: "s", Value: strings.Repeat("x", n)} }
	over := func(err error) bool { return errors.Is(err, profiles.ErrQuotaExceeded) }
	keys := profiles.Store{}
	for i := range 256 {
		keys[fmt.Sprint(i)] = profiles.Typed{Type: "y", Value: byte(1)}
	}
	if _, err := keys.Size(); err != nil {
		t.Errorf("256 keys: %v", err)
	}
	keys["one more"] = profiles.Typed{Type: "y", Value: byte(1)}
	if n, err := keys.Size(); !over(err) || n != 0 {
		t.Errorf("257 keys: %d, %v", n, err)
	}
	one, err := profiles.Store{"a": text(1)}.Size()
	if err != nil || one < 1 {
		t.Fatal(one, err)
	}
	most := profiles.Store{"a": text(1 + profiles.AppQuota - one)}
	if n, err := most.Size(); err != nil || n != profiles.AppQuota {
		t.Errorf("all of an app's: %d, %v", n, err)
	}
	most["a"] = text(2 + profiles.AppQuota - one)
	if n, err := most.Size(); !over(err) || n != 0 {
		t.Errorf("a byte more: %d, %v", n, err)
	}
	if err := (profiles.Sizes{"a": profiles.AppsQuota / 2, "b": profiles.AppsQuota / 2}).Check(); err != nil {
		t.Errorf("all of a person's: %v", err)
	}
	if err := (profiles.Sizes{"a": profiles.AppsQuota / 2, "b": profiles.AppsQuota/2 + 1}).Check(); !over(err) {
		t.Errorf("a byte more: %v", err)
	}
	stores := profiles.Sizes{}
	for i := range 64 {
		stores[fmt.Sprint(i)] = 1
	}
	if err := stores.Check(); err != nil {
		t.Errorf("64 stores: %v", err)
	}
	stores["one more"] = 0
	if err := stores.Check(); !over(err) {
		t.Errorf("65 stores: %v", err)
	}
}
