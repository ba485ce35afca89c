package can

import (
	"encoding/binary"
	"math/bits"
)

// Words are the eight bytes of a classic frame as numbers, made once a frame so
// that each number in it is found with one mask, where it lies:
//
//	0: byte 0 is the lowest    1: byte 0 is the highest
//	2, 3: the same, moved down by one bit: there the highest bit is no sign
type Words [4]uint64

// Load makes the words of a classic frame.
func Load(data *[8]byte) Words {
	little := binary.LittleEndian.Uint64(data[:])
	big := bits.ReverseBytes64(little)
	return Words{little, big, little >> 1, big >> 1}
}

// Place is where a number lies in the words.
type Place struct {
	Mask uint64 // its bits
	Word uint8  // in which word
	Down uint8  // bits below it
}

// Place returns where the number lies in the words of a classic frame. An
// unsigned one never has the highest bit of its word. ok is false if it does
// not lie in eight bytes, or fills them all without a sign.
func (b *Bits) Place(signed bool) (p Place, ok bool) {
	if b.window != 8 {
		return Place{}, false
	}
	p = Place{Mask: ^uint64(0) >> b.down, Down: b.skip}
	if b.big {
		p.Word, p.Down = 1, 64-b.skip-b.count
	}
	p.Mask <<= p.Down
	if p.Mask>>63 == 0 || signed {
		return p, true
	}
	return Place{p.Mask >> 1, p.Word + 2, p.Down - 1}, p.Down > 0
}
