package dbc

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"glovebox/hal/can"
)

// SG_ RPM m3 : 7|16@0- (0.78125,0) [0|0] "rpm" SCS
func (p *parser) sg() error {
	p.flat = true
	if p.message == nil {
		return errors.New("it belongs to no message that was read")
	}
	s := &Signal{Line: p.opened}
	var err error
	if s.Name, err = p.name(); err != nil {
		return err
	}
	bare, err := p.mux(s)
	if err != nil {
		return err
	}
	if err := p.layout(s); err != nil {
		return err
	}
	if err := p.scale(s); err != nil {
		return err
	}
	if s.Unit, err = p.text(); err != nil {
		return err
	}
	p.digit(s.Name)
	if bare {
		p.repaired("m without a number, read as the multiplexor M")
	}
	if s.Factor == 0 {
		p.repaired("a factor of 0: %s always has the value %v", s.Name, s.Offset)
	}
	if end := s.plan.End(); p.message != p.loose && end > p.message.Len {
		p.repaired("%s ends in byte %d of a message of %d", s.Name, end, p.message.Len)
	}
	if first := p.message.Signal(s.Name); first != nil {
		p.repaired("there is a signal %s in line %d already", s.Name, first.Line)
	}
	p.rest()
	p.message.Signals = append(p.message.Signals, s)
	if p.message == p.loose {
		p.file.Unassigned = append(p.file.Unassigned, s)
	}
	return nil
}

// mux reads what may stand between name and colon: M, m3, m3M or a bare m,
// which is taken for M.
func (p *parser) mux(s *Signal) (bare bool, err error) {
	if p.take(':') {
		return false, nil
	}
	word := p.word()
	rest, multiplexed := strings.CutPrefix(word, "m")
	switch {
	case word == "M":
		s.Mux.Switch = true
	case word == "m":
		s.Mux.Switch, bare = true, true
	case multiplexed:
		rest, s.Mux.Switch = strings.CutSuffix(rest, "M")
		v, err := strconv.ParseUint(rest, 10, 64)
		if err != nil {
			return false, fmt.Errorf("want M or m and a number, found %q", word)
		}
		s.Mux.Ranges = []Range{{v, v}}
	default:
		return false, fmt.Errorf("want M, m and a number, or a colon, found %q", firstWords(word, p.src[p.pos:]))
	}
	return bare, p.want(':')
}

// layout reads 7|16@0-: first bit, count, order, sign.
func (p *parser) layout(s *Signal) error {
	first, err := p.whole(511)
	if err != nil {
		return err
	}
	if err := p.want('|'); err != nil {
		return err
	}
	count, err := p.whole(64)
	if err != nil {
		return err
	}
	if err := p.want('@'); err != nil {
		return err
	}
	order, err := p.whole(1)
	if err != nil {
		return err
	}
	if s.Signed = p.take('-'); !s.Signed {
		if err := p.want('+'); err != nil {
			return err
		}
	}
	s.Start, s.Bits, s.BigEndian = int(first), int(count), order == 0
	place := can.LittleEndian
	if s.BigEndian {
		place = can.BigEndian
	}
	bits, ok := place(s.Start, s.Bits)
	if !ok {
		return fmt.Errorf("%d bits from bit %d on fit no payload", s.Bits, s.Start)
	}
	s.plan = newPlan(bits, s.Signed)
	return nil
}

// scale reads (factor,offset) [min|max].
func (p *parser) scale(s *Signal) error {
	for _, part := range []struct {
		before, after byte
		number        *float64
	}{{'(', ',', &s.Factor}, {0, ')', &s.Offset}, {'[', '|', &s.Min}, {0, ']', &s.Max}} {
		if part.before != 0 {
			if err := p.want(part.before); err != nil {
				return err
			}
		}
		v, err := p.number()
		if err != nil {
			return err
		}
		*part.number = v
		if err := p.want(part.after); err != nil {
			return err
		}
	}
	s.plan.factor, s.plan.offset = s.Factor, s.Offset
	return nil
}
