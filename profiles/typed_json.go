package profiles

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MarshalJSON writes a value with its type: {"as":["a","b"]}. Bytes (ay) are base64,
// dictionaries objects, structs lists; what is no finite number is a text.
func (t Typed) MarshalJSON() ([]byte, error) {
	b := append([]byte(`{"`), t.Type...)
	b, err := appendTyped(append(b, `":`...), t.Type, t.Value)
	return append(b, '}'), err
}

// UnmarshalJSON reads what MarshalJSON wrote, and nothing that differs from it but for
// space and the order of members.
func (t *Typed) UnmarshalJSON(data []byte) (err error) {
	*t, err = decodeTyped(data, 0)
	return err
}

func (anything) decode(raw json.RawMessage) (any, error) { return decodeTyped(raw, 0) }

// Content is how many bytes of a quota a value takes: those of its JSON, a text
// without its quotes; bytes (ay) count as they are.
func (t Typed) Content() int {
	if b, ok := t.Value.([]byte); ok {
		return len(b)
	}
	b, err := appendTyped(nil, t.Type, t.Value)
	if err != nil {
		return math.MaxInt32
	}
	if _, text := t.Value.(string); text {
		return len(b) - 2
	}
	return len(b)
}

// appendTyped writes a value of the type t.
func appendTyped(b []byte, t string, v any) ([]byte, error) {
	switch v := v.(type) {
	case Typed:
		inner, err := v.MarshalJSON()
		return append(b, inner...), err
	case []byte:
		return append(base64.StdEncoding.AppendEncode(append(b, '"'), v), '"'), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return strconv.AppendQuote(b, strconv.FormatFloat(v, 'g', -1, 64)), nil
		}
	case []any:
		return appendList(b, t, v)
	case []Pair:
		return appendPairs(b, t, v)
	}
	data, err := encodeJSON(v)
	return append(b, data...), err
}

func appendList(b []byte, t string, list []any) ([]byte, error) {
	of := []string{t[1:]}
	if t[0] == '(' {
		if of = Fields(t[1 : len(t)-1]); len(of) != len(list) {
			return nil, errTooFew
		}
	}
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = appendTyped(b, of[min(i, len(of)-1)], v); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

func appendPairs(b []byte, t string, pairs []Pair) ([]byte, error) {
	of := t[3 : len(t)-1]
	b = append(b, '{')
	for i, p := range pairs {
		if i > 0 {
			b = append(b, ',')
		}
		key, err := encodeJSON(fmt.Sprint(p.Key))
		if err != nil {
			return nil, err
		}
		if b, err = appendTyped(append(append(b, key...), ':'), of, p.Value); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func decodeTyped(data []byte, depth int) (Typed, error) {
	members, err := Members(data)
	if err != nil {
		return Typed{}, err
	}
	for t, raw := range members {
		if len(members) != 1 || !validType(t) || depth > 2*deepest {
			return Typed{}, errType
		}
		v, err := decodeValue(t, raw, depth+1)
		return Typed{t, v}, err
	}
	return Typed{}, errType
}

// typedText reads a string that D-Bus can carry.
func typedText(raw json.RawMessage) (string, error) {
	s, err := decodeAs[string](raw)
	// encoding/json puts U+FFFD where half of a surrogate pair stood.
	escapes := strings.ToLower(strings.ReplaceAll(string(raw), `\\`, ""))
	half := strings.ContainsRune(s, utf8.RuneError) && strings.Contains(escapes, `\ud`)
	if err != nil || half || strings.Contains(s, "\x00") {
		return "", errType
	}
	return s, nil
}

// decodeValue reads a value of the type t.
func decodeValue(t string, raw json.RawMessage, depth int) (any, error) {
	switch t[0] {
	case 'b':
		return decodeAs[bool](raw)
	case 's', 'o', 'g':
		s, err := typedText(raw)
		if err == nil && (t[0] == 'o' && !validPath(s) || t[0] == 'g' && (len(s) > longestType || s != "" && Fields(s) == nil)) {
			err = errType
		}
		return s, err
	case 'v':
		return decodeTyped(raw, depth)
	case '(':
		return decodeStruct(t, raw, depth)
	case 'a':
		if t[1] == '{' {
			return decodePairs(t, raw, depth)
		}
		if t == "ay" {
			s, err := typedText(raw)
			if err == nil && strings.ContainsAny(s, "\r\n") { // the library skips them
				err = errType
			}
			if err != nil {
				return nil, err
			}
			return base64.StdEncoding.Strict().DecodeString(s)
		}
		items, err := decodeAs[[]json.RawMessage](raw)
		list := make([]any, len(items))
		for i, item := range items {
			if list[i], err = decodeValue(t[1:], item, depth); err != nil {
				return nil, err
			}
		}
		return list, err
	}
	text := string(raw)
	if t[0] == 'd' && strings.HasPrefix(text, `"`) { // "NaN", "+Inf", "-Inf"
		text = strings.Trim(text, `"`)
		if !slices.Contains([]string{"NaN", "+Inf", "-Inf"}, text) {
			return nil, errType
		}
	}
	return decodeNumber(t[0], text)
}

func decodeStruct(t string, raw json.RawMessage, depth int) (any, error) {
	items, err := decodeAs[[]json.RawMessage](raw)
	of := Fields(t[1 : len(t)-1])
	if err != nil || len(items) != len(of) {
		return nil, errTooFew
	}
	list := make([]any, len(items))
	for i, item := range items {
		if list[i], err = decodeValue(of[i], item, depth); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func decodePairs(t string, raw json.RawMessage, depth int) (any, error) {
	members, err := Members(raw)
	if err != nil {
		return nil, err
	}
	pairs := make([]Pair, 0, len(members))
	for name, item := range members {
		p := Pair{Key: name}
		if t[2] == 'o' && !validPath(name) || strings.Contains(name, "\x00") {
			return nil, errType
		}
		if t[2] != 's' && t[2] != 'o' {
			if p.Key, err = decodeNumber(t[2], name); err != nil {
				return nil, err
			}
			if fmt.Sprint(p.Key) != name { // 1 and 01 are one key
				return nil, errType
			}
		}
		if p.Value, err = decodeValue(t[3:len(t)-1], item, depth); err != nil {
			return nil, err
		}
		pairs = append(pairs, p)
	}
	SortPairs(pairs)
	return pairs, nil
}

// SortPairs brings the entries of a dictionary into the order of their keys as texts:
// equal dictionaries are equal.
func SortPairs(pairs []Pair) {
	slices.SortFunc(pairs, func(p, q Pair) int { return strings.Compare(fmt.Sprint(p.Key), fmt.Sprint(q.Key)) })
}

// decodeNumber reads a number of a basic type as strictly as that type is.
func decodeNumber(t byte, text string) (any, error) {
	bits := map[byte]int{'y': 8, 'n': 16, 'q': 16, 'i': 32, 'u': 32, 'x': 64, 't': 64}[t]
	switch t {
	case 'd':
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, errNumber
		}
		return f, nil
	case 'n', 'i', 'x':
		n, err := strconv.ParseInt(text, 10, bits)
		if err != nil {
			return nil, errNumber
		}
		return map[byte]any{'n': int16(n), 'i': int32(n), 'x': n}[t], nil
	}
	n, err := strconv.ParseUint(text, 10, bits)
	if err != nil {
		return nil, errNumber
	}
	return map[byte]any{'y': byte(n), 'q': uint16(n), 'u': uint32(n), 't': n}[t], nil
}

var errNumber = errors.New("is not a number of its type")

// validPath reports whether p is an object path (D-Bus Specification, "Valid Object
// Paths").
func validPath(p string) bool {
	if p == "/" {
		return true
	}
	if !strings.HasPrefix(p, "/") || len(p) > 1<<16 {
		return false
	}
	for part := range strings.SplitSeq(p[1:], "/") {
		if part == "" || strings.Trim(part, "_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") != "" {
			return false
		}
	}
	return true
}
