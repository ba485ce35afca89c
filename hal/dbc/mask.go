package dbc

import (
	"math"

	"glovebox/hal/can"
)

// Mask takes one signal out of a classic frame, where it lies: its bits are not
// moved, and its factor is made smaller by as much as they stand too high, which
// is exact. It is the hot half of a Plan, for a signal that has one. Frames that
// hold the same bits hold the same value.
type Mask struct {
	bits   uint64
	sign   uint64  // the highest of the bits, if they have a sign
	factor float64 // of the bits where they lie
	offset float64
	word   uint8
	down   uint8
	end    uint8
}

// Mask returns the plan's mask. ok is false where only the plan will do: the
// signal is multiplexed, a floating-point number, 64 bits without a sign, or it
// does not lie in eight bytes.
func (p *Plan) Mask() (m Mask, ok bool) {
	if p.form != integer || p.under != nil {
		return Mask{}, false
	}
	at, ok := p.bits.Place(p.sign != 0)
	factor := math.Ldexp(p.factor, -int(at.Down))
	if !ok || math.Ldexp(factor, int(at.Down)) != p.factor { // not a factor of 1e-300
		return Mask{}, false
	}
	return Mask{at.Mask, p.sign << at.Down, factor, p.offset, at.Word, at.Down, uint8(p.bits.End())}, true
}

// Bits returns the signal's bits where they lie, in a frame of at least End bytes.
func (m *Mask) Bits(w *can.Words) uint64 { return w[m.word&3] & m.bits }

// Physical is the physical value of bits.
func (m *Mask) Physical(bits uint64) float64 {
	return float64(float64(int64((bits^m.sign)-m.sign))*m.factor) + m.offset
}

// Value is Physical of the bits in w. It is small enough to be inlined.
func (m *Mask) Value(w *can.Words) float64 { return m.Physical(m.Bits(w)) }

// InPlace returns the bits of a raw value, where they would lie.
func (m *Mask) InPlace(raw int64) uint64 { return uint64(raw) << m.down & m.bits }

// End is the number of bytes a frame must have to hold the signal.
func (m *Mask) End() int { return int(m.end) }
