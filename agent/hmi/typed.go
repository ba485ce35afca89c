package hmi

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/godbus/dbus/v5"

	"glovebox/profiles"
)

// What apps keep has any type. It comes decoded by godbus and goes marshalled here:
// godbus would make a Go type of each struct, and the runtime keeps types for ever.

// fromTyped is what an app gave, with its type.
func fromTyped(v dbus.Variant) profiles.Typed {
	t := v.Signature().String()
	return profiles.Typed{Type: t, Value: fromType(t, reflect.ValueOf(v.Value()))}
}

// fromType is a decoded value of the type t.
func fromType(t string, v reflect.Value) any {
	for v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	switch t[0] {
	case 'v':
		return fromTyped(v.Interface().(dbus.Variant))
	case 'o':
		return v.String()
	case 'g':
		return v.Interface().(dbus.Signature).String()
	case '(':
		return fromList(profiles.Fields(t[1:len(t)-1]), v)
	case 'a':
		if t == "ay" {
			return append([]byte{}, v.Bytes()...)
		}
		if t[1] == '{' {
			return fromDictionary(t, v)
		}
		return fromList([]string{t[1:]}, v)
	}
	return v.Interface()
}

// fromList is an array, of one type, or a struct.
func fromList(types []string, v reflect.Value) []any {
	list := make([]any, v.Len())
	for i := range list {
		list[i] = fromType(types[min(i, len(types)-1)], v.Index(i))
	}
	return list
}

func fromDictionary(t string, v reflect.Value) []profiles.Pair {
	pairs := make([]profiles.Pair, 0, v.Len())
	for entries := v.MapRange(); entries.Next(); {
		pairs = append(pairs, profiles.Pair{Key: fromType(t[2:3], entries.Key()), Value: fromType(t[3:len(t)-1], entries.Value())})
	}
	profiles.SortPairs(pairs)
	return slices.CompactFunc(pairs, func(p, q profiles.Pair) bool { return fmt.Sprint(p.Key) == fmt.Sprint(q.Key) }) // NaN, again and again
}

// typedBag is an app's values marshalled as a{sv}, little endian (D-Bus Specification,
// "Marshaling (Wire Format)").
func typedBag(values map[string]any) ([]byte, error) {
	for key, v := range values {
		if _, typed := v.(profiles.Typed); !typed {
			return nil, fmt.Errorf("%q of an app has no type", key)
		}
	}
	var w marshaller
	w.array(8, func() {
		for _, key := range slices.Sorted(maps.Keys(values)) {
			w.pad(8)
			w.text(key)
			w.variant(values[key].(profiles.Typed))
		}
	})
	return w.b, nil
}

// marshaller writes values behind one another.
type marshaller struct{ b []byte }

func (w *marshaller) pad(n int) { w.b = append(w.b, make([]byte, -len(w.b)&(n-1))...) }

func (w *marshaller) uint32(n uint32) {
	w.pad(4)
	w.b = binary.LittleEndian.AppendUint32(w.b, n)
}

func (w *marshaller) text(s string) {
	w.uint32(uint32(len(s)))
	w.b = append(append(w.b, s...), 0)
}

func (w *marshaller) signature(s string) { w.b = append(append(append(w.b, byte(len(s))), s...), 0) }

func (w *marshaller) variant(t profiles.Typed) {
	w.signature(t.Type)
	w.value(t.Type, t.Value)
}

// array writes what elements writes, with its length before it.
func (w *marshaller) array(alignment int, elements func()) {
	w.uint32(0)
	at := len(w.b)
	w.pad(alignment)
	start := len(w.b)
	elements()
	binary.LittleEndian.PutUint32(w.b[at-4:], uint32(len(w.b)-start))
}

func (w *marshaller) value(t string, v any) {
	switch v := v.(type) {
	case bool:
		n := uint32(0)
		if v {
			n = 1
		}
		w.uint32(n)
	case byte:
		w.b = append(w.b, v)
	case int16, uint16, int32, uint32, int64, uint64:
		w.pad(alignment(t))
		w.b, _ = binary.Append(w.b, binary.LittleEndian, v)
	case float64:
		w.pad(8)
		w.b = binary.LittleEndian.AppendUint64(w.b, math.Float64bits(v))
	case string:
		if t == "g" {
			w.signature(v)
			return
		}
		w.text(v)
	case profiles.Typed:
		w.variant(v)
	case []byte:
		w.uint32(uint32(len(v)))
		w.b = append(w.b, v...)
	case []profiles.Pair:
		w.array(8, func() {
			for _, p := range v {
				w.pad(8)
				w.value(t[2:3], p.Key)
				w.value(t[3:len(t)-1], p.Value)
			}
		})
	case []any:
		w.list(t, v)
	}
}

// list writes an array or a struct.
func (w *marshaller) list(t string, list []any) {
	if t[0] == '(' {
		w.pad(8)
		for i, field := range profiles.Fields(t[1 : len(t)-1]) {
			w.value(field, list[i])
		}
		return
	}
	w.array(alignment(t[1:]), func() {
		for _, v := range list {
			w.value(t[1:], v)
		}
	})
}

// alignment is that of a type in the table of "Summary of D-Bus marshaling".
func alignment(t string) int {
	switch {
	case strings.ContainsAny(t[:1], "ygv"):
		return 1
	case strings.ContainsAny(t[:1], "nq"):
		return 2
	case strings.ContainsAny(t[:1], "xtd({"):
		return 8
	}
	return 4
}
