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
	p.limits(s)
	p.unit(s)
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

// scale reads (factor,offset).
func (p *parser) scale(s *Signal) (err error) {
	if err = p.want('('); err != nil {
		return err
	}
	if s.Factor, err = p.number(); err != nil {
		return err
	}
	if err = p.want(','); err != nil {
		return err
	}
	if s.Offset, err = p.number(); err != nil {
		return err
	}
	s.plan.factor, s.plan.offset = s.Factor, s.Offset
	return p.want(')')
}

// limits reads [min|max]. A signal is found in its frames without them.
func (p *parser) limits(s *Signal) {
	before := p.cursor
	if p.take('[') {
		low, ok1 := p.limit()
		bar := p.take('|')
		high, ok2 := p.limit()
		if bar && p.take(']') {
			if s.Min, s.Max = low, high; !ok1 || !ok2 {
				s.Min, s.Max = 0, 0
				p.repaired("%s has a range that is no numbers, read as none", s.Name)
			}
			return
		}
	}
	p.repaired("want [min|max], found %s, and %s has no range", before.here(), s.Name)
	for p.cursor = before; !p.ended() && p.src[p.pos] != '"'; { // the unit is behind it
		p.pos++
	}
}

// unit reads the unit, without which a signal is kept too. The nodes behind one that
// never ends are lost with it.
func (p *parser) unit(s *Signal) {
	var err error
	if s.Unit, err = p.text(alone); err != nil {
		p.repaired("%s has no unit: %v", s.Name, err)
		p.tail()
	}
}
