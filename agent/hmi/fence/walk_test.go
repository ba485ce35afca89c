package fence_test

import (
	"bytes"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"

	"glovebox/agent/hmi/fence"
	"glovebox/agent/hmi/internal/rawbus"
)

// variants puts n variants around a value of type t, which fill writes.
func variants(w *rawbus.Wire, n int, t string, fill func()) *rawbus.Wire {
	for range n - 1 {
		w.G("v")
	}
	w.G(t)
	fill()
	return w
}

// What is well formed passes, in both byte orders; of each rule one body that
// breaks it does not.
func TestWalk(t *testing.T) {
	for _, row := range []struct {
		name, types string
		write       func(w *rawbus.Wire)
		passes      bool
	}{
		{"nothing", "", func(w *rawbus.Wire) {}, true},
		{"more than nothing", "", func(w *rawbus.Wire) { w.Raw(0) }, false},
		{"each basic type", "ybnqiuxtdsog", func(w *rawbus.Wire) {
			w.Raw(7).U32(1).U16(2).U16(3).U32(4).U32(5).U64(6).U64(7).U64(math.Float64bits(math.NaN())).S("Küste").S("/a/b_1").G("a{sv}")
		}, true},
		{"a byte behind the last value", "s", func(w *rawbus.Wire) { w.S("x").Raw(0) }, false},
		{"a value is missing", "ss", func(w *rawbus.Wire) { w.S("abc") }, false},
		{"a boolean of two", "b", func(w *rawbus.Wire) { w.U32(2) }, false},
		{"padding that is not zero", "yu", func(w *rawbus.Wire) { w.Raw(1, 0, 9, 0).U32(1) }, false},
		{"a string longer than the body", "s", func(w *rawbus.Wire) { w.U32(100).Raw('x', 0) }, false},
		{"a string of almost 4 GiB", "s", func(w *rawbus.Wire) { w.U32(math.MaxUint32).Raw('x', 0) }, false},
		{"a string without its zero", "s", func(w *rawbus.Wire) { w.U32(1).Raw('x', 'y') }, false},
		{"a zero in a string", "s", func(w *rawbus.Wire) { w.S("a\x00b") }, false},
		{"a string that is not UTF-8", "s", func(w *rawbus.Wire) { w.S("\xff") }, false},
		{"a surrogate", "s", func(w *rawbus.Wire) { w.S("\xed\xa0\x80") }, false},
		{"the root path", "o", func(w *rawbus.Wire) { w.S("/") }, true},
		{"an empty path", "o", func(w *rawbus.Wire) { w.S("") }, false},
		{"a path with an empty element", "o", func(w *rawbus.Wire) { w.S("/a//b") }, false},
		{"a path that ends in a slash", "o", func(w *rawbus.Wire) { w.S("/a/") }, false},
		{"a path with a dot", "o", func(w *rawbus.Wire) { w.S("/a.b") }, false},
		{"a path without a slash", "o", func(w *rawbus.Wire) { w.S("a") }, false},
		{"a signature that is none", "g", func(w *rawbus.Wire) { w.G("a{s") }, false},
		{"a signature without its zero", "g", func(w *rawbus.Wire) { w.Raw(1, 's', 's') }, false},
		{"a variant", "v", func(w *rawbus.Wire) { w.G("u").U32(7) }, true},
		{"a variant without a type", "v", func(w *rawbus.Wire) { w.G("") }, false},
		{"a variant with two types", "v", func(w *rawbus.Wire) { w.G("yy").Raw(1, 2) }, false},
		{"a variant with a handle", "v", func(w *rawbus.Wire) { w.G("h").U32(0) }, false},
		{"eight variants", "v", func(w *rawbus.Wire) { variants(w, 8, "y", func() { w.Raw(1) }) }, true},
		{"nine variants", "v", func(w *rawbus.Wire) { variants(w, 9, "y", func() { w.Raw(1) }) }, false},
		{"seven variants around an array", "v", func(w *rawbus.Wire) { variants(w, 7, "ay", func() { w.U32(0) }) }, true},
		{"eight variants around an array", "v", func(w *rawbus.Wire) { variants(w, 8, "ay", func() { w.U32(0) }) }, false},
		{"an array", "an", func(w *rawbus.Wire) { w.Array(2, func() { w.U16(1).U16(2) }) }, true},
		{"an empty array of pairs", "a(yt)", func(w *rawbus.Wire) { w.Array(8, func() {}) }, true},
		{"an array of half a number", "an", func(w *rawbus.Wire) { w.Array(2, func() { w.U16(1).Raw(2) }) }, false},
		{"an array longer than the body", "as", func(w *rawbus.Wire) { w.U32(100).S("x") }, false},
		{"an array that ends inside a string", "as", func(w *rawbus.Wire) { w.U32(5).S("x") }, false},
		{"an array of wrong booleans", "ab", func(w *rawbus.Wire) { w.Array(4, func() { w.U32(1).U32(7) }) }, false},
		{"a wrong boolean in the first of two pairs", "a(ab)", func(w *rawbus.Wire) {
			w.Array(8, func() { w.Array(4, func() { w.U32(7) }).Pad(8).Array(4, func() { w.U32(1) }) })
		}, false},
		{"an array of arrays", "aas", func(w *rawbus.Wire) { w.Array(4, func() { w.Array(4, func() { w.S("x") }).Bag() }) }, true},
		{"three arrays", "aaas", func(w *rawbus.Wire) { w.U32(0) }, false},
		{"three arrays and a struct between", "aa(as)", func(w *rawbus.Wire) { w.U32(0) }, true},
		{"a bag", "a{sv}", func(w *rawbus.Wire) { w.Array(8, func() { w.Entry("k", "y").Raw(1) }) }, true},
		{"a bag that ends inside a value", "a{sv}", func(w *rawbus.Wire) { w.U32(10).Entry("k", "u").U32(1) }, false},
		{"a bag in a bag", "a{sv}", func(w *rawbus.Wire) { w.Array(8, func() { w.Entry("k", "a{sv}").Bag() }) }, true},
		{"keys that are booleans", "a{bv}", func(w *rawbus.Wire) { w.Array(8, func() { w.U32(1).G("y").Raw(1) }) }, false},
		{"keys that are signatures", "a{gv}", func(w *rawbus.Wire) { w.Array(8, func() { w.G("s").G("y").Raw(1) }) }, false},
		{"keys that are variants", "a{vs}", func(w *rawbus.Wire) { w.Bag() }, false},
		{"an entry with two values", "a{sss}", func(w *rawbus.Wire) { w.Bag() }, false},
		{"an entry without a value", "a{s}", func(w *rawbus.Wire) { w.Bag() }, false},
		{"an entry outside of an array", "{sv}", func(w *rawbus.Wire) { w.S("k").G("y").Raw(1) }, false},
		{"a struct", "(ys)", func(w *rawbus.Wire) { w.Raw(1).S("x") }, true},
		{"a struct of nothing", "()", func(w *rawbus.Wire) {}, false},
		{"a struct that is not closed", "(y", func(w *rawbus.Wire) { w.Raw(1) }, false},
		{"nine structs", strings.Repeat("(", 9) + "y" + strings.Repeat(")", 9), func(w *rawbus.Wire) { w.Raw(1) }, false},
		{"an empty array of nine structs", "a" + strings.Repeat("(", 9) + "y" + strings.Repeat(")", 9), func(w *rawbus.Wire) { w.Bag() }, false},
		{"an array of nothing", "a", func(w *rawbus.Wire) { w.U32(0) }, false},
		{"a letter that is no type", "z", func(w *rawbus.Wire) { w.Raw(0) }, false},
		{"a handle", "h", func(w *rawbus.Wire) { w.U32(0) }, true},
		{"handles in their order", "shh", func(w *rawbus.Wire) { w.S("x").U32(0).U32(1) }, true},
		{"handles in another order", "hh", func(w *rawbus.Wire) { w.U32(1).U32(0) }, false},
		{"a handle twice", "hh", func(w *rawbus.Wire) { w.U32(0).U32(0) }, false},
		{"a handle in a struct", "(h)", func(w *rawbus.Wire) { w.U32(0) }, false},
		{"handles in a list", "ah", func(w *rawbus.Wire) { w.U32(0) }, false},
	} {
		for _, big := range []bool{false, true} {
			w := &rawbus.Wire{Big: big}
			row.write(w)
			err := fence.Walk([]byte(row.types), big, w.B)
			if (err == nil) != row.passes {
				t.Errorf("%s, big endian %v: %v", row.name, big, err)
			}
			if strict := rawbus.Strict(row.types, big, w.B); (strict == nil) != row.passes {
				t.Errorf("%s, big endian %v: the strict decoder says %v", row.name, big, strict)
			}
		}
	}
}

// stations is the list of favourites of a person who has n.
func stations(n int) []byte {
	w := &rawbus.Wire{}
	w.Array(8, func() {
		w.Entry("favourites", "aa{sv}").Array(4, func() {
			for i := range n {
				w.Array(8, func() {
					w.Entry("name", "s").S(fmt.Sprint("place ", i)).Entry("latitude", "d").U64(1).Entry("longitude", "d").U64(2)
				})
			}
		})
	})
	return w.B
}

// shapes are bodies of which the decoded form is large beside the message.
var shapes = map[string]struct {
	types string
	one   func(w *rawbus.Wire, i int)
}{
	"bytes":                {"ay", func(w *rawbus.Wire, i int) { w.Raw(1) }},
	"numbers":              {"at", func(w *rawbus.Wire, i int) { w.U64(1) }},
	"booleans":             {"ab", func(w *rawbus.Wire, i int) { w.U32(1) }},
	"empty strings":        {"as", func(w *rawbus.Wire, i int) { w.S("") }},
	"long strings":         {"as", func(w *rawbus.Wire, i int) { w.S("0123456789012345678901234567890123456789") }},
	"variants":             {"av", func(w *rawbus.Wire, i int) { w.G("y").Raw(1) }},
	"variants of numbers":  {"av", func(w *rawbus.Wire, i int) { w.G("t").U64(uint64(i)) }},
	"variants of strings":  {"av", func(w *rawbus.Wire, i int) { w.G("s").S("") }},
	"variants of variants": {"av", func(w *rawbus.Wire, i int) { w.G("v").G("v").G("v").G("y").Raw(1) }},
	"empty arrays":         {"aay", func(w *rawbus.Wire, i int) { w.U32(0) }},
	"small structs":        {"a(y)", func(w *rawbus.Wire, i int) { w.Pad(8).Raw(1) }},
	"structs":              {"a(yyyyy)", func(w *rawbus.Wire, i int) { w.Pad(8).Raw(1, 2, 3, 4, 5) }},
	"structs of strings":   {"a(ss)", func(w *rawbus.Wire, i int) { w.Pad(8).S("").S("") }},
	"nested structs":       {"a((((y))))", func(w *rawbus.Wire, i int) { w.Pad(8).Raw(1) }},
	"small bag":            {"a{sv}", func(w *rawbus.Wire, i int) { w.Entry(fmt.Sprintf("%04x", i), "y").Raw(1) }},
	"byte keys":            {"a{yy}", func(w *rawbus.Wire, i int) { w.Pad(8).Raw(byte(i), 1) }},
	"number keys":          {"a{qv}", func(w *rawbus.Wire, i int) { w.Pad(8).U16(uint16(i)).G("y").Raw(1) }},
	"key for a string":     {"a{us}", func(w *rawbus.Wire, i int) { w.Pad(8).U32(uint32(i)).S("") }},
	"empty bags":           {"aa{sv}", func(w *rawbus.Wire, i int) { w.Bag() }},
	"bags of one":          {"aa{sv}", func(w *rawbus.Wire, i int) { w.Array(8, func() { w.Entry("k", "y").Raw(1) }) }},
	"signatures":           {"ag", func(w *rawbus.Wire, i int) { w.G("") }},
}

// What passes takes at most four times its message when it is decoded, and 64 KiB:
// measured on the heap. The settings of the contract pass at their largest.
func TestWhatPassesIsSmallDecoded(t *testing.T) {
	if err := fence.Walk([]byte("a{sv}"), false, stations(250)); err != nil {
		t.Errorf("250 places: %v", err)
	}
	passed, refused := 0, 0
	for name, shape := range shapes {
		for _, size := range []int{200, 2 << 10, 16 << 10, 64 << 10, 128 << 10} {
			w := &rawbus.Wire{}
			w.Array(map[bool]int{true: 8, false: 4}[strings.ContainsAny(shape.types[1:2], "{(t")], func() {
				for i := 0; len(w.B) < size-64; i++ {
					shape.one(w, i)
				}
			})
			if err := rawbus.Strict(shape.types, false, w.B); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if fence.Walk([]byte(shape.types), false, w.B) != nil {
				refused++
				continue
			}
			passed++
			if got, most := decoded(t, shape.types, w.B), 4*len(w.B)+64<<10; got > most {
				t.Errorf("%s: %d bytes take %d decoded", name, len(w.B), got)
			}
		}
	}
	if passed < 50 || refused < 10 {
		t.Errorf("%d passed and %d were refused: the shapes are too large or too small", passed, refused)
	}
}

// decoded is what godbus holds of a message with that body.
func decoded(t *testing.T, types string, body []byte) int {
	message := rawbus.Message{Kind: rawbus.Call, Serial: 1, Path: "/", Member: "M", Signature: types, Body: body}.Bytes()
	const copies = 16
	var held [copies]*dbus.Message
	heap := func() int {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	before := heap()
	for i := range held {
		var err error
		if held[i], err = dbus.DecodeMessage(bytes.NewReader(message)); err != nil {
			t.Fatal(err)
		}
	}
	after := heap()
	runtime.KeepAlive(held)
	return (after - before) / copies
}

// How long the walk over the largest list of favourites takes, and over a call of
// one word, without an allocation.
func BenchmarkWalk(b *testing.B) {
	for name, in := range map[string]struct {
		types string
		body  []byte
	}{
		"word":       {"s", (&rawbus.Wire{}).S("navigation").B},
		"200-places": {"a{sv}", stations(200)},
	} {
		b.Run(name, func(b *testing.B) {
			types := []byte(in.types)
			b.ReportAllocs()
			b.SetBytes(int64(len(in.body)))
			for b.Loop() {
				if err := fence.Walk(types, false, in.body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
