package mapping

import (
	"fmt"
	"strconv"
	"strings"

	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/dbc"
)

// Compile binds file to the DBC files of the buses, by name of the bus: an
// identifier means what its own bus's file says. The error is Problems, all
// that does not fit.
func Compile(file *File, dbcs map[string]*dbc.File) (*Plan, error) {
	c := &compiler{file: file, dbcs: dbcs, plan: &Plan{file: file, decoders: map[string]*Decoder{}}, groups: map[group]*dbc.Message{}}
	shared := &drives{}
	for bus := range dbcs {
		c.plan.decoders[bus] = newDecoder()
		c.plan.decoders[bus].drives = shared
	}
	for _, s := range file.Signals {
		c.signal(s)
	}
	for _, a := range file.Actuators {
		c.actuator(a)
	}
	for _, f := range file.Fobs {
		c.fob(f)
	}
	if len(c.problems) > 0 {
		c.problems.sort()
		return nil, c.problems
	}
	for _, s := range c.bound {
		c.plan.decoders[s.spec.Bus].add(s)
	}
	for _, f := range c.fobs {
		d := c.plan.decoders[f.bus]
		d.fobs = append(d.fobs, f)
	}
	c.plan.bound, c.plan.commands = c.bound, c.commands
	return c.plan, nil
}

type compiler struct {
	file     *File
	dbcs     map[string]*dbc.File
	plan     *Plan
	bound    []bound
	commands []bound
	fobs     []fob
	problems Problems
	line     int
	groups   map[group]*dbc.Message
}

// group is a parameter group on one bus.
type group struct {
	bus string
	pgn uint32
}

// bound is a [[signal]] with the DBC's message and signal, and with every
// physical value of the file turned into the raw one nearest to it.
type bound struct {
	spec     Signal
	message  *dbc.Message
	signal   *dbc.Signal
	invalid  []int64
	values   []rawMeaning
	when     []rawCondition
	rounding float64
}

type rawMeaning struct {
	raw int64
	to  hal.Value
}

type rawCondition struct {
	message *dbc.Message
	signal  *dbc.Signal
	raw     int64
}

func (c *compiler) problem(key, format string, args ...any) {
	c.problems = append(c.problems, Problem{c.file.Name, c.line, key + ": " + fmt.Sprintf(format, args...)})
}

// find returns the signal that ref names on bus, or notes why there is none.
func (c *compiler) find(key, bus string, ref Ref, match Match) (*dbc.Message, *dbc.Signal) {
	file, ok := c.dbcs[bus]
	if !ok {
		c.problem(key, "there is no bus %q", bus)
		return nil, nil
	}
	m := file.Message(ref.Message)
	if m == nil {
		c.problem(key, "%s has no message %s", file.Name, ref.Message)
		return nil, nil
	}
	s := m.Signal(ref.Signal)
	switch {
	case s == nil:
		c.problem(key, "message %s of %s has no signal %s", m.Name, file.Name, ref.Signal)
	case m.Len > can.MaxLen:
		c.problem(key, "message %s has %d bytes: no frame is longer than %d", m.Name, m.Len, can.MaxLen)
	case s.Plan().End() == 0 || s.Plan().End() > room(m):
		c.problem(key, "no frame can hold the signal %s", ref)
	case match == PGN && !m.Extended:
		c.problem(key, "message %s has an identifier of 11 bits: only one of 29 has a PGN", m.Name)
	case match == PGN && !c.alone(bus, m):
		c.problem(key, "messages %s and %s have the same PGN: a frame would be both", c.groups[group{bus, can.PGN(m.ID)}].Name, m.Name)
	default:
		return m, s
	}
	return nil, nil
}

// room is how many bytes the frames of m have at most: a classic frame may be longer
// than its DBC file says.
func room(m *dbc.Message) int {
	if m.Len <= can.MaxClassic {
		return can.MaxClassic
	}
	return int(m.Frame().Len)
}

// alone reports whether m is the only message that its PGN stands for on bus.
func (c *compiler) alone(bus string, m *dbc.Message) bool {
	g := group{bus, can.PGN(m.ID)}
	if c.groups[g] == nil {
		c.groups[g] = m
	}
	return c.groups[g] == m
}

func (c *compiler) signal(spec Signal) {
	c.line = spec.Line
	if b, ok := c.bind("can", spec); ok {
		c.bound = append(c.bound, b)
	}
}

// bind finds the signal of spec, which stands behind key in the file.
func (c *compiler) bind(key string, spec Signal) (b bound, ok bool) {
	b.spec = spec
	if b.message, b.signal = c.find(key, spec.Bus, spec.CAN, spec.Match); b.signal == nil {
		return b, false
	}
	for _, v := range spec.Invalid {
		b.invalid = append(b.invalid, c.raw("invalid", spec.CAN, b.signal, v))
	}
	for _, m := range spec.Values {
		b.values = append(b.values, rawMeaning{c.raw("values", spec.CAN, b.signal, m.From), m.To})
	}
	for i, m := range b.values {
		for _, before := range b.values[:i] {
			if m.raw == before.raw {
				c.problem("values", "%v and %v are the same raw value of %s", spec.Values[i-1].From, spec.Values[i].From, spec.CAN)
			}
		}
	}
	for _, w := range spec.When {
		m, s := c.find("when", spec.Bus, w.CAN, spec.Match)
		if s != nil {
			b.when = append(b.when, rawCondition{m, s, c.raw("when", w.CAN, s, w.Value)})
		}
	}
	b.rounding = rounding(b.signal, spec)
	return b, true
}

// raw returns the raw value for a physical one that the file names: the nearest,
// and never further than half a factor.
func (c *compiler) raw(key string, ref Ref, s *dbc.Signal, v float64) int64 {
	raw, ok := s.Plan().Nearest(v)
	if !ok {
		c.problem(key, "%s is never %v", ref, v)
	}
	return raw
}

// most is how many decimals a value is rounded to at most.
const most = 9

// rounding returns the power of ten that rounds a value to the decimals that it can
// have, so that 6123 × 0.01 is 61.23 and not 61.230000000000004; or 0 if it can
// have too many.
func rounding(s *dbc.Signal, spec Signal) float64 {
	if s.Float != dbc.Integer {
		return 0
	}
	digits := max(decimals(s.Factor), decimals(s.Offset)) + decimals(spec.Scale)
	if digits = max(digits, decimals(spec.Offset)); digits > most {
		return 0
	}
	power := 1.0
	for range digits {
		power *= 10
	}
	return power
}

// decimals is the number of digits behind the point.
func decimals(v float64) int {
	_, behind, _ := strings.Cut(strconv.FormatFloat(v, 'f', -1, 64), ".")
	return len(behind)
}
