package profiles

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Members splits one JSON object into its members, each still encoded. It is
// strict where encoding/json is not: UTF-8 only, no member twice, no half of a
// surrogate pair, one object and nothing after it. Names keep their letter case,
// so the caller's look-up decides which it knows.
func Members(data []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("not UTF-8")
	}
	if !json.Valid(data) {
		return nil, errors.New("not one JSON value")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	members := map[string]json.RawMessage{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		if _, twice := members[name]; twice {
			return nil, fmt.Errorf("member %.40q stands twice", name)
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, err
		}
		members[name] = value
	}
	return members, nil
}

// object reads the members of one object in any order and keeps the first error.
type object struct {
	members map[string]json.RawMessage
	err     error
}

// newObject splits data; what is wrong with it is the first error.
func newObject(data []byte) *object {
	members, err := Members(data)
	return &object{members, err}
}

// take returns a member and forgets it. A member that is absent or null is nil.
func (o *object) pop(name string) json.RawMessage {
	raw := o.members[name]
	delete(o.members, name)
	if string(raw) == "null" {
		return nil
	}
	return raw
}

func (o *object) fail(name string, err error) {
	if o.err == nil && err != nil {
		o.err = fmt.Errorf("%s: %w", name, err)
	}
}

// text takes a string that must be there.
func (o *object) text(name string) string {
	raw := o.pop(name)
	if raw == nil {
		o.fail(name, errors.New("missing"))
		return ""
	}
	s, err := textOf(raw)
	o.fail(name, err)
	return s
}

// day takes a UTC day, such as 2026-11-21.
func (o *object) day(name string) string {
	day := o.text(name)
	_, err := time.Parse(time.DateOnly, day)
	o.fail(name, err)
	return day
}

// optionalText takes a string that may be absent.
func (o *object) optionalText(name string) string {
	raw := o.pop(name)
	if raw == nil {
		return ""
	}
	s, err := textOf(raw)
	o.fail(name, err)
	return s
}

// flag takes a boolean; absent is false.
func (o *object) flag(name string) bool {
	switch raw := o.pop(name); string(raw) {
	case "true":
		return true
	case "false", "":
		return false
	}
	o.fail(name, errors.New("want true or false"))
	return false
}

// list takes an array and returns its items, each still encoded; absent is empty.
func (o *object) list(name string) []json.RawMessage {
	raw := o.pop(name)
	if raw == nil {
		return nil
	}
	var items []json.RawMessage
	if raw[0] != '[' || json.Unmarshal(raw, &items) != nil {
		o.fail(name, errors.New("want an array"))
		return nil
	}
	return items
}

// key takes a public key; absent is the zero Key.
func (o *object) key(name string) Key {
	raw := o.pop(name)
	if raw == nil {
		return Key{}
	}
	k, err := ParseKey(raw)
	o.fail(name, err)
	return k
}

// end reports the first error, a member that nobody took among them.
func (o *object) end() error {
	if o.err != nil {
		return o.err
	}
	for name := range o.members {
		return fmt.Errorf("unknown member %.40q", name)
	}
	return nil
}

// textOf reads a JSON string.
func textOf(raw json.RawMessage) (string, error) {
	var s string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return "", errors.New("want a string")
	}
	// encoding/json puts U+FFFD where half of a surrogate pair stood.
	if strings.ContainsRune(s, utf8.RuneError) {
		return "", errors.New("want a string of whole characters")
	}
	return s, nil
}

// integerOf reads a JSON number that is written as a plain decimal integer.
func integerOf(raw json.RawMessage, most uint64) (uint64, error) {
	n, err := strconv.ParseUint(string(raw), 10, 64)
	if err != nil || n > most {
		return 0, fmt.Errorf("want an integer of 0 to %d", most)
	}
	return n, nil
}

// base64url reads strict unpadded base64url. The library skips newlines; this does not.
func base64url(s string) ([]byte, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err == nil && strings.ContainsAny(s, "\r\n") {
		err = errors.New("a newline in base64url")
	}
	return raw, err
}
