package dbc

import (
	"errors"
	"fmt"
	"math"

	"glovebox/hal/can"
)

// What Put can be refused with.
var (
	ErrShort       = errors.New("the payload is too short for the signal")
	ErrRange       = errors.New("the value does not fit the signal's bits")
	ErrNotSelected = errors.New("the multiplexor selects other signals")
)

type form uint8

const (
	integer  form = iota
	unsigned      // of 64 bits: raw wraps
	single
	double
)

// Plan takes one signal out of a payload and puts it back. A Plan is read only
// and safe to share. The zero Plan finds nothing anywhere.
type Plan struct {
	bits   can.Bits
	sign   uint64    // the highest bit of a signed integer, or none
	under  *selector // nil: in every frame of the message
	factor float64
	offset float64
	form   form
}

// newPlan is the plan of an integer.
func newPlan(bits can.Bits, signed bool) Plan {
	p := Plan{bits: bits}
	switch {
	case signed:
		p.sign = 1 << (bits.Count() - 1)
	case bits.Count() == 64:
		p.form = unsigned
	}
	return p
}

// selector is one step of multiplexing: the raw value in bits must lie in one
// of the ranges, and bits itself must be there.
type selector struct {
	bits   can.Bits
	ranges []Range
	under  *selector
}

func (s *selector) selects(data []byte) bool {
	for ; s != nil; s = s.under {
		v, ok := s.bits.Uint(data)
		if !ok || !within(s.ranges, v) {
			return false
		}
	}
	return true
}

func within(ranges []Range, v uint64) bool {
	for _, r := range ranges {
		if r.Low <= v && v <= r.High {
			return true
		}
	}
	return false
}

// Raw returns the signal's bits: a number in two's complement, an unsigned one
// of 64 bits wrapped, or the bits of a floating-point number. ok is false if
// data does not hold the signal, being too short or multiplexed otherwise.
func (p *Plan) Raw(data []byte) (raw int64, ok bool) {
	if p.under != nil && !p.under.selects(data) {
		return 0, false
	}
	v, ok := p.bits.Uint(data)
	return int64((v ^ p.sign) - p.sign), ok // flips the sign bit, then takes it off: extends it
}

// Value returns the physical value, raw × factor + offset. ok is false if data
// does not hold the signal, or holds a float that is no number.
func (p *Plan) Value(data []byte) (v float64, ok bool) {
	raw, ok := p.Raw(data)
	if !ok {
		return 0, false
	}
	v = p.Physical(raw)
	return v, p.form == integer || !math.IsNaN(v) && !math.IsInf(v, 0)
}

// Physical is raw × factor + offset. The product is rounded by itself, so that
// every machine gives the same number.
func (p *Plan) Physical(raw int64) float64 {
	v := float64(raw)
	if p.form != integer {
		v = p.unusual(raw)
	}
	return float64(v*p.factor) + p.offset
}

// unusual is the number in the bits of everything but a plain integer.
func (p *Plan) unusual(raw int64) float64 {
	switch p.form {
	case single:
		return float64(math.Float32frombits(uint32(raw)))
	case double:
		return math.Float64frombits(uint64(raw))
	}
	return float64(uint64(raw))
}

// Nearest returns the raw value whose physical value is nearest to v, which is
// never further than half a factor. ok is false if the bits cannot hold it.
func (p *Plan) Nearest(v float64) (raw int64, ok bool) {
	if p.bits.Count() == 0 || p.factor == 0 {
		return 0, false
	}
	x := (v - p.offset) / p.factor
	switch p.form {
	case single:
		narrow := float32(x)
		return int64(math.Float32bits(narrow)), !math.IsInf(float64(narrow), 0)
	case double:
		return int64(math.Float64bits(x)), !math.IsInf(x, 0)
	}
	x = math.Round(x)
	low, high := 0.0, math.Ldexp(1, p.bits.Count())
	if p.sign != 0 {
		high /= 2
		low = -high
	}
	switch {
	case !(low <= x && x < high): // NaN too
		return 0, false
	case p.form == unsigned:
		return int64(uint64(x)), true
	}
	return int64(x), true
}

// Put writes v, rounded to the nearest raw value, and leaves every other bit of
// data alone. A multiplexed signal is written only where the multiplexor in
// data selects it. The errors are ErrShort, ErrRange and ErrNotSelected.
func (p *Plan) Put(data []byte, v float64) error {
	raw, ok := p.Nearest(v)
	if !ok {
		return fmt.Errorf("put %v: %w", v, ErrRange)
	}
	return p.PutRaw(data, raw)
}

// PutRaw is Put for the signal's bits themselves.
func (p *Plan) PutRaw(data []byte, raw int64) error {
	if len(data) < p.bits.End() || p.bits.End() == 0 {
		return ErrShort
	}
	if !p.under.selects(data) {
		return ErrNotSelected
	}
	p.bits.Put(data, uint64(raw))
	return nil
}

// Select sets the multiplexors above the signal to the first value that selects
// it, so that Put finds its place in a payload of zeroes.
func (p *Plan) Select(data []byte) error {
	for s := p.under; s != nil; s = s.under {
		if !s.bits.Put(data, s.ranges[0].Low) {
			return ErrShort
		}
	}
	return nil
}

// Bits is the number of bits.
func (p *Plan) Bits() int { return p.bits.Count() }

// End is the number of bytes a payload must have to hold the signal.
func (p *Plan) End() int { return p.bits.End() }
