package profiles

import (
	"errors"
	"strings"
)

// Typed is a value of any type that an app may keep, with that type: a D-Bus signature
// of one complete type without h. What it holds, by the type's first letter:
//
//	b bool   y byte   n int16   q uint16   i int32   u uint32   x int64   t uint64
//	d float64   s o g string   v Typed   ay []byte   a[...] ( []any   a{ []Pair
//
// Nobody changes what a Typed holds.
type Typed struct {
	Type  string
	Value any
}

// Pair is an entry of a dictionary.
type Pair struct{ Key, Value any }

const (
	longestType = 255 // D-Bus Specification, "Valid Signatures"
	deepest     = 8   // arrays, structs and variants in one another
)

var (
	errType   = errors.New("has a type that no value can have")
	errTooFew = errors.New("does not have as many values as its type")
)

// FirstType is the first complete type of a D-Bus signature, empty where it has none
// that a value can have. Keys of a dictionary are numbers, texts or paths.
func FirstType(signature string) string {
	return signature[:typeLength(signature, 0)]
}

func typeLength(s string, depth int) int {
	if s == "" || depth > deepest {
		return 0
	}
	switch {
	case strings.IndexByte("ybnqiuxtdsogv", s[0]) >= 0:
		return 1
	case s[0] == '(':
		at := 1
		for at < len(s) && s[at] != ')' {
			n := typeLength(s[at:], depth+1)
			if n == 0 {
				return 0
			}
			at += n
		}
		if at == 1 || at == len(s) {
			return 0
		}
		return at + 1
	case s[0] != 'a' || len(s) == 1:
		return 0
	case s[1] != '{':
		if n := typeLength(s[1:], depth+1); n > 0 {
			return 1 + n
		}
		return 0
	case len(s) < 5 || strings.IndexByte("ynqiuxtdso", s[2]) < 0:
		return 0
	}
	n := typeLength(s[3:], depth+1)
	if n == 0 || len(s) <= 3+n || s[3+n] != '}' {
		return 0
	}
	return 4 + n
}

// validType reports whether s is one complete type.
func validType(s string) bool {
	return s != "" && len(s) <= longestType && FirstType(s) == s
}

// Fields are the types inside a struct, or of key and value of a dictionary.
func Fields(inside string) (all []string) {
	for inside != "" {
		t := FirstType(inside)
		if t == "" {
			return nil
		}
		all = append(all, t)
		inside = inside[len(t):]
	}
	return all
}

// anything is the schema of an app's value.
type anything struct{}

func (anything) check(v any) (any, error) {
	t, ok := v.(Typed)
	if !ok || !validType(t.Type) {
		return nil, errType
	}
	return t, nil
}
