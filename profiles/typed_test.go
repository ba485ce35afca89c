package profiles_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glovebox/profiles"
)

// typed draws a value of a type that settings can hold.
func typed(t *rapid.T, depth int) profiles.Typed {
	signature := aType(t, depth)
	return profiles.Typed{Type: signature, Value: valueOf(t, signature, depth)}
}

func aType(t *rapid.T, depth int) string {
	basic := rapid.SampledFrom(strings.Split("y b n q i u x t d s o g ay", " "))
	if depth == 0 {
		return basic.Draw(t, "type")
	}
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 0:
		return "a" + aType(t, depth-1)
	case 1:
		return "a{" + rapid.SampledFrom(strings.Split("y n q i u x t d s o", " ")).Draw(t, "key") + aType(t, depth-1) + "}"
	case 2:
		return "(" + aType(t, depth-1) + aType(t, depth-1) + ")"
	case 3:
		return "v"
	}
	return basic.Draw(t, "type")
}

var someText = rapid.StringOfN(rapid.RuneFrom([]rune("aü \"\\<&>\u2028\u0001\uFFFD😀")), 0, 12, -1)

func valueOf(t *rapid.T, signature string, depth int) any {
	switch signature[0] {
	case 'y':
		return rapid.Byte().Draw(t, "y")
	case 'b':
		return rapid.Bool().Draw(t, "b")
	case 'n':
		return rapid.Int16().Draw(t, "n")
	case 'q':
		return rapid.Uint16().Draw(t, "q")
	case 'i':
		return rapid.Int32().Draw(t, "i")
	case 'u':
		return rapid.Uint32().Draw(t, "u")
	case 'x':
		return rapid.Int64().Draw(t, "x")
	case 't':
		return rapid.Uint64().Draw(t, "t")
	case 'd':
		return rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1)})).Draw(t, "d")
	case 's':
		return someText.Draw(t, "s")
	case 'o':
		return rapid.StringMatching(`/|(/[A-Za-z0-9_]{1,4}){1,3}`).Draw(t, "o")
	case 'g':
		return aType(t, 1)
	case 'v':
		return typed(t, max(0, depth-1))
	case '(':
		list := []any{}
		for _, field := range profiles.Fields(signature[1 : len(signature)-1]) {
			list = append(list, valueOf(t, field, depth-1))
		}
		return list
	}
	n := rapid.IntRange(0, 3).Draw(t, "length")
	switch {
	case signature == "ay":
		return rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "ay")
	case signature[1] != '{':
		list := make([]any, n)
		for i := range list {
			list[i] = valueOf(t, signature[1:], depth-1)
		}
		return list
	}
	seen, pairs := map[string]bool{}, []profiles.Pair{}
	for range n {
		p := profiles.Pair{Key: valueOf(t, signature[2:3], 0), Value: valueOf(t, signature[3:len(signature)-1], depth-1)}
		if key := fmt.Sprint(p.Key); !seen[key] {
			seen[key] = true
			pairs = append(pairs, p)
		}
	}
	profiles.SortPairs(pairs)
	return pairs
}

// A value of any type is written as JSON, read and written again: it is the same value
// of the same type in the same bytes.
func TestTypedComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := typed(t, 3)
		text, err := v.MarshalJSON()
		if err != nil || !json.Valid(text) {
			t.Fatalf("%v is written as %s, %v", v, text, err)
		}
		var back profiles.Typed
		if err := back.UnmarshalJSON(text); err != nil || !reflect.DeepEqual(back, v) {
			t.Fatalf("%s came back as %#v, want %#v, %v", text, back, v, err)
		}
	})
}

// A text that looks like half of a surrogate pair is a text.
func TestTextWithABackslash(t *testing.T) {
	for _, text := range []string{"\\ud800\uFFFD", "C:\\UDATA \uFFFD", "\\\\ud\uFFFD"} {
		v, back := profiles.Typed{Type: "s", Value: text}, profiles.Typed{}
		written, err := v.MarshalJSON()
		if err == nil {
			err = back.UnmarshalJSON(written)
		}
		if err != nil || back.Value != text {
			t.Errorf("%s came back as %q, %v", written, back.Value, err)
		}
	}
	var v profiles.Typed
	for _, half := range []string{`{"s":"\ud800"}`, `{"s":"\\\ud800"}`, `{"s":"\\\\\uDC00"}`} {
		if err := v.UnmarshalJSON([]byte(half)); err == nil {
			t.Errorf("%s is taken as %q", half, v.Value)
		}
	}
}

// How deep and how long what a value can have may be: the last that is taken, and the first that is not.
func TestTypedBounds(t *testing.T) {
	nested := func(n int) string { return strings.Repeat(`{"v":`, n) + `{"y":1}` + strings.Repeat(`}`, n) }
	signature := func(n int) string { return `{"g":"` + strings.Repeat("y", n) + `"}` }
	structure := func(n int) string { return `{"(` + strings.Repeat("y", n) + `)":[` + strings.Repeat("1,", n-1) + `1]}` }
	// inside is a value in n structs in one another.
	inside := func(n int) string {
		return `{"` + strings.Repeat("(", n) + "y" + strings.Repeat(")", n) + `":` + strings.Repeat("[", n) + "1" + strings.Repeat("]", n) + `}`
	}
	for text, good := range map[string]bool{
		inside(8): true, inside(9): false, nested(16): true, nested(17): false, signature(0): true, signature(255): true, signature(256): false,
		structure(253): true, structure(254): false, `{"aaaaaaaau":[]}`: true, `{"aaaaaaaaau":[]}`: false,
		`{"o":"/a"}`: true, `{"o":""}`: false, `{"a{sy}":{"":1}}`: true, `{"a{oy}":{"/":1}}`: true, `{"a{oy}":{"":1}}`: false,
	} {
		var v profiles.Typed
		if err := v.UnmarshalJSON([]byte(text)); (err == nil) != good {
			t.Errorf("%.60s of %d bytes: %v", text, len(text), err)
		}
	}
}

func TestWhatIsNoTyped(t *testing.T) {
	for _, text := range []string{
		`{}`, `{"y":1,"n":1}`, `{"y":256}`, `{"y":-1}`, `{"y":1.0}`, `{"y":1e1}`, `{"y":"1"}`, `{"b":1}`, `{"s":null}`, `{"s":1}`, `{"s":"\ud800"}`, `{"s":"\u0000"}`,
		`{"d":"nan"}`, `{"d":"0x1p-2"}`, `{"o":"a"}`, `{"g":"z"}`, `{"ay":"A"}`, `{"ay":"AA=="}x`, `{"ay":"AA\n=="}`, `{"ay":[1]}`, `{"(yy)":[1]}`, `{"a{ys}":{"01":"x"}}`,
		`{"a{bs}":{}}`, `{"h":0}`, `{"ah":[]}`, `{"":1}`, `{"yy":1}`, `{"a":[]}`, `{"()":[]}`, `{"{ss}":{}}`, `{"aaaaaaaaay":[]}`, `{"v":{"v":1}}`, `{"v":1}`, `{"a{us}":{"x":"y"}}`,
		strings.Repeat(`{"v":`, 20) + `{"y":1}` + strings.Repeat(`}`, 20), `{"as":null}`, `{"a{sv}":{"a":1}}`, `[]`, `1`, ``,
	} {
		var v profiles.Typed
		if err := v.UnmarshalJSON([]byte(text)); err == nil && text != `{"ay":"AA=="}x` {
			t.Errorf("%s is taken as %#v", text, v)
		}
	}
}

// Case Q1: an app keeps 65,536 bytes and no byte more, a person 1 MiB in all apps, and
// of a seventeenth app nothing.
func TestQuotas(t *testing.T) {
	app := func(key string, n int) profiles.Store {
		return profiles.Store{key: {Type: "s", Value: strings.Repeat("x", n)}}
	}
	bytes := profiles.Store{"b": {Type: "ay", Value: make([]byte, 1<<16)}}
	for _, row := range []struct {
		what string
		s    profiles.Store
		want int
	}{
		{"nothing", profiles.Store{}, 0}, {"text", app("key", 1<<16), 1 << 16}, {"a byte more", app("k", 1<<16+1), -1}, {"bytes", bytes, 1 << 16},
		{"two texts", profiles.Store{"a": app("a", 1<<15)["a"], "b": app("b", 1<<15)["b"]}, 1 << 16},
		{"numbers", profiles.Store{"a": {Type: "aq", Value: []any{uint16(1), uint16(65535)}}}, len("[1,65535]")},
	} {
		got, err := row.s.Size()
		if want := row.want; (err != nil) != (want < 0) || err == nil && got != want || err != nil && !errors.Is(err, profiles.ErrQuotaExceeded) {
			t.Errorf("%s: %d, %v, want %d", row.what, got, err, want)
		}
	}
	many, sizes := profiles.Store{}, profiles.Sizes{}
	for i := range 257 {
		many[fmt.Sprint(i)] = profiles.Typed{Type: "y", Value: byte(1)}
	}
	if _, err := many.Size(); !errors.Is(err, profiles.ErrQuotaExceeded) {
		t.Errorf("257 keys: %v", err)
	}
	for i := range 16 {
		sizes[fmt.Sprint(i)] = 1 << 16
	}
	if err := sizes.Check(); err != nil {
		t.Errorf("sixteen full stores: %v", err)
	}
	if sizes["17"] = 1; !errors.Is(sizes.Check(), profiles.ErrQuotaExceeded) {
		t.Errorf("a seventeenth: %v", sizes.Check())
	}
}
