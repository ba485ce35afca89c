package dbc

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// The statements about messages and signals, which follow them.

// CM_ "text"; CM_ BO_ id "text"; CM_ SG_ id name "text"; and, broken, CM_ id
// "text"; and CM_ SG_ id "text";
func (p *parser) comment() error {
	kind := p.word()
	switch kind {
	case "":
		if _, err := p.text(alone); err != nil {
			return err
		}
		return p.end()
	case "BU_", "EV_":
		return p.skip()
	case "BO_", "SG_":
		return p.commentOn(kind)
	}
	if strings.Trim(kind, "0123456789") != "" {
		return fmt.Errorf("comment on %q: want BO_, SG_, BU_ or EV_", kind)
	}
	p.pos -= len(kind) // it is the identifier
	if err := p.commentOn("BO_"); err != nil {
		return err
	}
	p.repaired("BO_ is missing")
	return nil
}

func (p *parser) commentOn(kind string) error {
	m, err := p.about()
	if err != nil {
		return err
	}
	name := ""
	if kind == "SG_" {
		name = p.word()
	}
	text, err := p.text(alone)
	if err != nil {
		return err
	}
	target := &m.Comment
	switch s := m.Signal(name); {
	case s != nil:
		target = &s.Comment
	case name != "":
		return noSignal(m, name)
	case kind == "SG_":
		p.repaired("no signal is named, read as a comment on %s", m.Name)
	}
	if *target == "" {
		*target = text
	}
	return p.end()
}

// about reads an identifier and returns its message.
func (p *parser) about() (*Message, error) {
	raw, err := p.whole(0xFFFFFFFF)
	if err != nil {
		return nil, err
	}
	if m := p.known[key{id: uint32(raw)}]; m != nil && m == p.loose {
		return m, nil
	}
	k, err := identifier(uint32(raw))
	if err != nil {
		return nil, err
	}
	if m := p.known[k]; m != nil {
		return m, nil
	}
	return nil, fmt.Errorf("there is no message %d", raw)
}

// signal reads an identifier and a name and returns that signal.
func (p *parser) signal() (*Message, *Signal, error) {
	m, err := p.about()
	if err != nil {
		return nil, nil, err
	}
	name, err := p.name()
	if err != nil {
		return nil, nil, err
	}
	if s := m.Signal(name); s != nil {
		return m, s, nil
	}
	return nil, nil, noSignal(m, name)
}

func noSignal(m *Message, name string) error {
	return fmt.Errorf("message %s has no signal %s", m.Name, name)
}

// VAL_ 956 GEAR 0 "D" 8 "N"; a table without an identifier is that of an
// environment variable, which no frame carries.
func (p *parser) values() error {
	if p.ended() || p.src[p.pos] < '0' || p.src[p.pos] > '9' {
		return p.skip()
	}
	_, s, err := p.signal()
	if err != nil {
		return err
	}
	if s.Values != nil {
		return fmt.Errorf("%s has a value table already", s.Name)
	}
	table := []Meaning{}
	for !p.ended() {
		v, err := p.number()
		if err != nil {
			return err
		}
		if math.Abs(v) >= 1<<63 || v != math.Trunc(v) {
			return fmt.Errorf("want a whole number, found %v", v)
		}
		text, err := p.text(beforeNumber)
		if err != nil {
			return err
		}
		table = append(table, Meaning{int64(v), text})
	}
	s.Values = table
	return p.end()
}

// SIG_VALTYPE_ 100 NAME : 1;
func (p *parser) valueType() error {
	_, s, err := p.signal()
	if err != nil {
		return err
	}
	p.take(':')
	kind, err := p.whole(2)
	if err != nil {
		return err
	}
	switch {
	case kind == 0:
		return p.end()
	case kind == 1 && s.Bits == 32:
		s.Float, s.plan.form, s.plan.sign = Single, single, 0
	case kind == 2 && s.Bits == 64:
		s.Float, s.plan.form, s.plan.sign = Double, double, 0
	default:
		return fmt.Errorf("%s has %d bits: want 32 for type 1 and 64 for type 2", s.Name, s.Bits)
	}
	return p.end()
}

// SG_MUL_VAL_ 416 NAME SWITCH 0-0, 4-7;
func (p *parser) multiplexed() error {
	m, s, err := p.signal()
	if err != nil {
		return err
	}
	under, err := p.name()
	if err != nil {
		return err
	}
	by := m.Signal(under)
	switch {
	case by == nil:
		return noSignal(m, under)
	case !by.Mux.Switch:
		return fmt.Errorf("%s is not a multiplexor", under)
	}
	ranges, err := p.ranges()
	if err != nil {
		return err
	}
	p.pending = append(p.pending, override{s, under, ranges})
	return p.end()
}

// override is what SG_MUL_VAL_ says about a signal.
type override struct {
	signal *Signal
	under  string
	ranges []Range
}

func (p *parser) ranges() (ranges []Range, err error) {
	for {
		low, err := p.whole(1<<64 - 1)
		if err != nil {
			return nil, err
		}
		if err := p.want('-'); err != nil {
			return nil, err
		}
		high, err := p.whole(1<<64 - 1)
		if err != nil {
			return nil, err
		}
		if high < low {
			return nil, errors.New("a range ends before it starts")
		}
		ranges = append(ranges, Range{low, high})
		if !p.take(',') {
			return slices.Clip(ranges), nil
		}
	}
}
