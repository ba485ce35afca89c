package can_test

import (
	"testing"

	"glovebox/hal/can"
)

// A number of a classic frame is found in the words with one mask, wherever it
// lies; an unsigned one leaves the highest bit of its word alone. Only what ends
// behind byte 8 and 64 bits without a sign have no place.
func TestPlace(t *testing.T) {
	data := [8]byte{0x92, 0x34, 0x56, 0x78, 0x9A, 0xBC, 0xDE, 0xF1}
	words := can.Load(&data)
	for first := range 72 {
		for count := 1; count <= 64; count++ {
			little, _ := can.LittleEndian(first, count)
			big, _ := can.BigEndian(first, count)
			for _, bits := range []can.Bits{little, big} {
				for _, signed := range []bool{true, false} {
					place, ok := bits.Place(signed)
					if want := bits.End() <= 8 && (signed || count < 64); ok != want {
						t.Fatalf("%+v, signed %v: found: %v, want %v", bits, signed, ok, want)
					}
					want, _ := bits.Uint(data[:])
					if got := words[place.Word] & place.Mask >> place.Down; ok && got != want {
						t.Fatalf("%+v, signed %v: %#x, want %#x", bits, signed, got, want)
					}
					if ok && !signed && place.Mask>>63 != 0 {
						t.Fatalf("%+v: mask %#x reaches the sign", bits, place.Mask)
					}
				}
			}
		}
	}
}
