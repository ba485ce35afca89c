package profiles

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// schema is what a value of a setting looks like. check returns a deep copy or what
// to do about it; decode gives JSON the type again and leaves the rest to check.
type schema interface {
	check(v any) (any, error)
	decode(raw json.RawMessage) (any, error)
}

// text is a string of at most `most` characters without control characters; with
// words it is one of them.
type text struct {
	most  int
	words []string
}

func (t text) check(v any) (any, error) {
	s, ok := v.(string)
	switch {
	case !ok:
		return nil, errors.New("must be a text (s)")
	case len(t.words) > 0 && !slices.Contains(t.words, s):
		return nil, fmt.Errorf("must be %s", oneOf(t.words))
	case len(t.words) > 0:
		return s, nil
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		return nil, errors.New("must be plain text without control characters")
	case s == "" || utf8.RuneCountInString(s) > t.most:
		return nil, fmt.Errorf("must have 1 to %d characters", t.most)
	}
	return s, nil
}

func (text) decode(raw json.RawMessage) (any, error) { return decodeAs[string](raw) }

// oneOf lists words for people: `fast, short or eco`.
func oneOf(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// flag is true or false.
type flag struct{}

func (flag) check(v any) (any, error) {
	if b, ok := v.(bool); ok {
		return b, nil
	}
	return nil, errors.New("must be true or false (b)")
}

func (flag) decode(raw json.RawMessage) (any, error) { return decodeAs[bool](raw) }

// octet is a byte from least to most.
type octet struct{ least, most byte }

func (o octet) check(v any) (any, error) {
	if n, ok := v.(byte); ok && n >= o.least && n <= o.most {
		return n, nil
	}
	return nil, fmt.Errorf("must be a byte (y) from %d to %d", o.least, o.most)
}

func (octet) decode(raw json.RawMessage) (any, error) { return decodeAs[byte](raw) }

// step is an int16 from least to most.
type step struct{ least, most int16 }

func (n step) check(v any) (any, error) {
	if i, ok := v.(int16); ok && i >= n.least && i <= n.most {
		return i, nil
	}
	return nil, fmt.Errorf("must be a whole number (n) from %d to %d", n.least, n.most)
}

func (step) decode(raw json.RawMessage) (any, error) { return decodeAs[int16](raw) }

// number is a uint32 from least to most.
type number struct{ least, most uint32 }

func (n number) check(v any) (any, error) {
	if u, ok := v.(uint32); ok && u >= n.least && u <= n.most {
		return u, nil
	}
	return nil, fmt.Errorf("must be a whole number (u) from %d to %d", n.least, n.most)
}

func (number) decode(raw json.RawMessage) (any, error) { return decodeAs[uint32](raw) }

// real is a finite float64 from least to most.
type real struct{ least, most float64 }

func (r real) check(v any) (any, error) {
	f, ok := v.(float64)
	if !ok || math.IsNaN(f) || f < r.least || f > r.most {
		return nil, fmt.Errorf("must be a number (d) from %v to %v", r.least, r.most)
	}
	return f + 0, nil // -0 is 0
}

func (real) decode(raw json.RawMessage) (any, error) { return decodeAs[float64](raw) }

// set is a list of different words.
type set struct{ words []string }

func (s set) check(v any) (any, error) {
	list, ok := v.([]string)
	if !ok {
		return nil, errors.New("must be a list of texts (as)")
	}
	for i, word := range list {
		if !slices.Contains(s.words, word) || slices.Contains(list[:i], word) {
			return nil, fmt.Errorf("must hold each of %s at most once", oneOf(s.words))
		}
	}
	return append([]string{}, list...), nil
}

func (set) decode(raw json.RawMessage) (any, error) { return decodeAs[[]string](raw) }

// record is a map with known fields. An empty one is no value, where that is allowed.
type record struct {
	fields   map[string]schema
	required []string
	rule     func(map[string]any) error // beyond the fields; may be nil
	optional bool                       // {} is allowed
}

func (r record) check(v any) (any, error) {
	in, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("must be a set of named values (a{sv})")
	}
	out := make(map[string]any, len(in))
	if len(in) == 0 && r.optional {
		return out, nil
	}
	for _, name := range slices.Sorted(maps.Keys(in)) {
		field, known := r.fields[name]
		if !known {
			return nil, fmt.Errorf("has no field %.40q", name)
		}
		var err error
		if out[name], err = field.check(in[name]); err != nil {
			return nil, fmt.Errorf("%s %w", name, err)
		}
	}
	for _, name := range r.required {
		if _, there := out[name]; !there {
			return nil, fmt.Errorf("needs a field %s", name)
		}
	}
	if r.rule != nil {
		if err := r.rule(out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r record) decode(raw json.RawMessage) (any, error) {
	members, err := Members(raw)
	if err != nil {
		return nil, err
	}
	out := make(map[string]any, len(members))
	for name, value := range members {
		field, known := r.fields[name]
		if !known {
			return nil, fmt.Errorf("has no field %.40q", name)
		}
		if out[name], err = field.decode(value); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return out, nil
}

// records is a list of at most `most` records.
type records struct {
	of   record
	most int
}

func (r records) check(v any) (any, error) {
	list, ok := v.([]map[string]any)
	switch {
	case !ok:
		return nil, errors.New("must be a list of named values (aa{sv})")
	case len(list) > r.most:
		return nil, fmt.Errorf("must have at most %d entries", r.most)
	}
	out := make([]map[string]any, len(list))
	for i, item := range list {
		checked, err := r.of.check(item)
		if err != nil {
			return nil, fmt.Errorf("entry %d %w", i+1, err)
		}
		out[i], _ = checked.(map[string]any)
	}
	return out, nil
}

func (r records) decode(raw json.RawMessage) (any, error) {
	items, err := decodeAs[[]json.RawMessage](raw)
	if err != nil {
		return nil, err
	}
	out := []map[string]any{}
	for i, item := range items {
		v, err := r.of.decode(item)
		if err != nil {
			return nil, fmt.Errorf("entry %s: %w", strconv.Itoa(i+1), err)
		}
		entry, _ := v.(map[string]any)
		out = append(out, entry)
	}
	return out, nil
}

// decodeAs reads one JSON value of exactly this type; null is none.
func decodeAs[T any](raw json.RawMessage) (T, error) {
	var v T
	if !utf8.Valid(raw) || string(bytes.TrimSpace(raw)) == "null" {
		return v, errors.New("not a value of this type")
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, errors.New("not a value of this type")
	}
	return v, nil
}

// encodeJSON is json.Marshal without escaping for HTML: names are shown, not embedded.
func encodeJSON(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}
