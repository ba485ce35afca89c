package can

import "encoding/binary"

// maxBytes is the longest payload of CAN FD; bits are counted over that range.
const maxBytes = 64

// Bits is where one number lies in the bytes of a payload, worked out once so
// that each later look is a load and two shifts. Bit 0 is the least bit of
// byte 0, bit 8 the least bit of byte 1. The zero Bits lies nowhere.
//
//	byte 0: 7 6 5 4 3 2 1 0   byte 1: 15 14 13 12 11 10 9 8   byte 2: 23 …
//
//	little-endian, first 4, count 8: low half in 4–7, high half in 8–11
//	big-endian, first 3, count 8: high half in 3–0, low half in 15–12
type Bits struct {
	end   uint8 // bytes a payload must have; 0 only in the zero Bits
	at    uint8 // first byte of the eight that are loaded at once
	skip  uint8 // bits between the start of that byte and the number
	up    uint8 // shift that drops the bits above the number
	down  uint8 // shift that drops the bits below it
	count uint8
	big   bool
	wide  bool // nine bytes: does not fit one load
}

// LittleEndian returns count bits upwards from bit first, its least bit (Intel
// order). ok is false if they do not fit a payload of 64 bytes.
func LittleEndian(first, count int) (b Bits, ok bool) {
	if count < 1 || count > 64 || first < 0 || first+count > 8*maxBytes {
		return Bits{}, false
	}
	b = place(first, count)
	b.up = 64 - b.count - b.skip // meaningless if wide, and not used then
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
	b.wide = b.end-b.at > 8
	return b
}

// Count is the number of bits.
func (b Bits) Count() int { return int(b.count) }

// End is the number of bytes that a payload must have to hold the number.
func (b Bits) End() int { return int(b.end) }

// Uint returns the number in data as an unsigned one. ok is false if data is
// too short to hold it: what was not received is absent, not zero.
func (b Bits) Uint(data []byte) (v uint64, ok bool) {
	if len(data) < int(b.end) || b.end == 0 {
		return 0, false
	}
	if b.wide {
		return b.slow(data), true
	}
	return b.load(data) << (b.up & 63) >> (b.down & 63), true
}

// Int returns the number in data in two's complement.
func (b Bits) Int(data []byte) (v int64, ok bool) {
	if len(data) < int(b.end) || b.end == 0 {
		return 0, false
	}
	if b.wide {
		return int64(b.slow(data)<<(b.down&63)) >> (b.down & 63), true
	}
	return int64(b.load(data)<<(b.up&63)) >> (b.down & 63), true
}

// Put writes the low bits of v and leaves every other bit of data alone. It
// writes nothing and returns false if data is too short.
func (b Bits) Put(data []byte, v uint64) bool {
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

// load returns the eight bytes from at on as one word, in the number's order.
// Bytes that a short payload does not have read as zero; none of them is ours.
func (b Bits) load(data []byte) uint64 {
	data = data[b.at:]
	if len(data) >= 8 {
		if b.big {
			return binary.BigEndian.Uint64(data)
		}
		return binary.LittleEndian.Uint64(data)
	}
	var word uint64
	if b.big {
		for i, v := range data {
			word |= uint64(v) << (56 - 8*i)
		}
		return word
	}
	for i, v := range data {
		word |= uint64(v) << (8 * i)
	}
	return word
}

// slow gathers a number that spans nine bytes, bit by bit.
func (b Bits) slow(data []byte) (v uint64) {
	for i := range int(b.count) {
		if at, mask := b.bit(i); data[at]&mask != 0 {
			v |= 1 << i
		}
	}
	return v
}

// bit returns where the number's bit i lies, 0 being its least.
func (b Bits) bit(i int) (at int, mask byte) {
	line := 8*int(b.at) + int(b.skip)
	if b.big {
		line += int(b.count) - 1 - i
		return line / 8, 0x80 >> (line & 7)
	}
	line += i
	return line / 8, 1 << (line & 7)
}
