package can_test

import (
	"testing"

	"glovebox/hal/can"
	"pgregory.net/rapid"
)

func TestBits(t *testing.T) {
	data := []byte{0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC, 0xDE, 0xF0, 0x11}
	tests := []struct {
		name         string
		big          bool
		first, count int
		data         []byte
		want         uint64
		ok           bool
	}{
		{"low byte", false, 0, 8, data, 0x12, true},
		{"little-endian over two bytes", false, 4, 8, data, 0x41, true},
		{"high byte", true, 7, 8, data, 0x12, true},
		{"big-endian over two bytes", true, 3, 8, data, 0x23, true},
		{"one bit", false, 1, 1, data, 1, true},
		{"the whole payload, little-endian", false, 0, 64, data, 0xF0DEBC9A78563412, true},
		{"the whole payload, big-endian", true, 7, 64, data, 0x123456789ABCDEF0, true},
		{"nine bytes, little-endian", false, 4, 64, data, 0x1F0DEBC9A7856341, true},
		{"nine bytes, big-endian", true, 3, 64, data, 0x23456789ABCDEF01, true},
		{"ends with a short payload", true, 23, 16, data[:4], 0x5678, true},
		{"one bit past a short payload", false, 31, 2, data[:4], 0, false},
		{"nothing received", false, 0, 1, nil, 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bits := layout(t, test.big, test.first, test.count)
			if got, ok := bits.Uint(test.data); got != test.want || ok != test.ok {
				t.Errorf("Uint = %#x, %v, want %#x, %v", got, ok, test.want, test.ok)
			}
		})
	}
}

func TestBitsThatLieNowhere(t *testing.T) {
	for _, place := range [][2]int{{0, 0}, {0, 65}, {-1, 8}, {505, 8}, {512, 1}} {
		if _, ok := can.LittleEndian(place[0], place[1]); ok {
			t.Errorf("LittleEndian%v is accepted", place)
		}
	}
	for _, place := range [][2]int{{0, 0}, {7, 65}, {-1, 8}, {504, 2}, {512, 1}} {
		if _, ok := can.BigEndian(place[0], place[1]); ok {
			t.Errorf("BigEndian%v is accepted", place)
		}
	}
	var nowhere can.Bits
	if _, ok := nowhere.Uint(make([]byte, 8)); ok || nowhere.Put(make([]byte, 8), 1) {
		t.Error("the zero Bits holds a number")
	}
}

// What is put into a payload comes out again, and not one
// other bit of the payload changes.
func TestPutThenGet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		big := rapid.Bool().Draw(t, "big")
		count := rapid.IntRange(1, 64).Draw(t, "count")
		first := rapid.IntRange(0, 511).Draw(t, "first")
		bits, ok := can.LittleEndian(first, count)
		if big {
			bits, ok = can.BigEndian(first, count)
		}
		if !ok {
			t.Skip("lies outside of a payload")
		}
		data := rapid.SliceOfN(rapid.Byte(), 0, 64).Draw(t, "data")
		before := append([]byte(nil), data...)
		v := rapid.Uint64().Draw(t, "v")

		if bits.Put(data, v) != (len(data) >= bits.End()) {
			t.Fatalf("a payload of %d bytes for a number that ends in byte %d", len(data), bits.End())
		}
		if len(data) < bits.End() {
			if string(data) != string(before) {
				t.Fatal("a payload that is too short was changed")
			}
			return
		}
		want := v << (64 - count) >> (64 - count)
		if got, ok := bits.Uint(data); !ok || got != want {
			t.Fatalf("Uint = %#x, %v, want %#x", got, ok, want)
		}
		if changed := differing(before, data); changed > count {
			t.Fatalf("%d bits changed for a number of %d", changed, count)
		}
		old, _ := bits.Uint(before)
		bits.Put(data, old)
		if string(data) != string(before) {
			t.Fatalf("putting the old number back gives % x, want % x", data, before)
		}
	})
}

func layout(t *testing.T, big bool, first, count int) can.Bits {
	t.Helper()
	bits, ok := can.LittleEndian(first, count)
	if big {
		bits, ok = can.BigEndian(first, count)
	}
	if !ok {
		t.Fatalf("bits %d, %d fit no payload", first, count)
	}
	return bits
}

func differing(a, b []byte) (n int) {
	for i := range a {
		for x := a[i] ^ b[i]; x != 0; x &= x - 1 {
			n++
		}
	}
	return n
}
