package mapping

import (
	"glovebox/hal/can"
	"glovebox/hal/dbc"
)

// payload is a frame that is being decoded.
type payload struct {
	words can.Words
	data  *can.Data
	n     int // bytes used of data
}

// signal finds a signal of the DBC file in payloads. What it finds are bits: the
// same bits are the same value, and only who needs to know which one asks.
type signal struct {
	mask   dbc.Mask
	plan   *dbc.Plan
	masked bool // or else only the plan will do
}

func newSignal(s *dbc.Signal) signal {
	mask, ok := s.Plan().Mask()
	return signal{mask, s.Plan(), ok}
}

// find returns the signal's bits; ok is false if the payload does not hold it.
func (s *signal) find(p *payload) (bits uint64, ok bool) {
	if s.masked {
		return s.mask.Bits(&p.words), p.n >= s.mask.End()
	}
	raw, ok := s.plan.Raw(p.data[:p.n])
	return uint64(raw), ok
}

// bits returns the bits of a raw value.
func (s *signal) bits(raw int64) uint64 {
	if s.masked {
		return s.mask.InPlace(raw)
	}
	return uint64(raw)
}

// physical is the physical value of bits.
func (s *signal) physical(bits uint64) float64 {
	if s.masked {
		return s.mask.Physical(bits)
	}
	return s.plan.Physical(int64(bits))
}
