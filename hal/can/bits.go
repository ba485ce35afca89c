package can

import (
	"encoding/binary"
	"math/bits"
)

// maxBytes is the longest payload of CAN FD; bits are counted over that range.
const maxBytes = 64

// Bits is where one number lies in the bytes of a payload, worked out once so
// that each later look is a load and two shifts. Bit 0 is the least bit of
// byte 0, bit 8 the least bit of byte 1. The zero Bits lies nowhere. The
// methods have pointer receivers because copying eight small fields would take
// longer than they do.
//
//	byte 0: 7 6 5 4 3 2 1 0   byte 1: 15 14 13 12 11 10 9 8   byte 2: 23 …
//
//	little-endian, first 4, count 8: low half in 4–7, high half in 8–11
//	big-endian, first 3, count 8: high half in 3–0, low half in 15–12
type Bits struct {
	window uint8 // end of the eight bytes that are loaded at once; over any payload if nine are needed
	at     uint8 // and their start
	up     uint8 // shift that drops the bits above the number
	down   uint8 // shift that drops the bits below it
	big    bool
	end    uint8 // bytes a payload must have; 0 only in the zero Bits
	skip   uint8 // bits between the start of byte at and the number
	count  uint8
}

// never is the window of a number that is not loaded at once.
const never = 0xFF

// LittleEndian returns count bits upwards from bit first, its least bit (Intel
// order). ok is false if they do not fit a payload of 64 bytes.
func LittleEndian(first, count int) (b Bits, ok bool) {
	if count < 1 || count > 64 || first < 0 || first+count > 8*maxBytes {
		return Bits{}, false
	}
	b = place(first, count)
	b.up = 64 - b.count - b.skip // not used if nine bytes are needed
	return b, true
}

// BigEndian returns count bits downwards from bit first, its highest bit, on
// through the high end of the next byte (Motorola order, numbered as in DBC).
func BigEndian(first, count int) (b Bits, ok bool) {
	if count < 1 || count > 64 || first < 0 || first >= 8*maxBytes {
		return Bits{}, false
	}
	line := first&^7 + 7 - first&7 // counted from the high end of byte 0
	if line+count > 8*maxBytes {
		return Bits{}, false
	}
	b = place(line, count)
	b.big = true
	b.up = b.skip
	return b, true
}

// place finds the bytes that hold count bits from line on. A number within the
// first eight bytes loads exactly those, all that a classic frame has.
func place(line, count int) Bits {
	b := Bits{end: uint8((line + count + 7) / 8), count: uint8(count), down: uint8(64 - count)}
	if b.end > 8 {
		b.at = uint8(line / 8)
	}
	b.skip = uint8(line - 8*int(b.at))
	b.window = b.at + 8
	if b.end > b.window {
		b.window = never
	}
	return b
}

// Count is the number of bits.
func (b *Bits) Count() int { return int(b.count) }

// End is the number of bytes that a payload must have to hold the number.
func (b *Bits) End() int { return int(b.end) }

// Uint returns the number in data, without sign. ok is false if data is too
// short to hold it: what was not received is absent, not zero.
func (b *Bits) Uint(data []byte) (v uint64, ok bool) {
	if len(data) < int(b.window) || b.end == 0 {
		return b.slow(data)
	}
	word := binary.LittleEndian.Uint64(data[b.at:])
	if b.big {
		word = bits.ReverseBytes64(word)
	}
	return word << b.up >> b.down, true
}

// slow gathers the number bit by bit: it spans nine bytes, or the payload ends
// before the eight that are loaded at once.
func (b *Bits) slow(data []byte) (v uint64, ok bool) {
	if len(data) < int(b.end) || b.end == 0 {
		return 0, false
	}
	for i := range int(b.count) {
		if at, mask := b.bit(i); data[at]&mask != 0 {
			v |= 1 << i
		}
	}
	return v, true
}

// Put writes the low bits of v and leaves every other bit of data alone. It
// writes nothing and returns false if data is too short.
func (b *Bits) Put(data []byte, v uint64) bool {
	if len(data) < int(b.end) || b.end == 0 {
		return false
	}
	for i := range int(b.count) {
		at, mask := b.bit(i)
		data[at] &^= mask
		if v>>i&1 == 1 {
			data[at] |= mask
		}
	}
	return true
}

// bit returns where the number's bit i lies, 0 being its least.
func (b *Bits) bit(i int) (at int, mask byte) {
	line := 8*int(b.at) + int(b.skip)
	if b.big {
		line += int(b.count) - 1 - i
		return line / 8, 0x80 >> (line & 7)
	}
	line += i
	return line / 8, 1 << (line & 7)
}
