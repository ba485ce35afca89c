package mapping

import (
	"errors"
	"fmt"
	"math"

	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/dbc"
)

// actuator binds the command of an [[actuator]], and its confirm as one more
// source of the path unless a [[signal]] is that already.
func (c *compiler) actuator(a Actuator) {
	c.line = a.Line
	spec := Signal{Path: a.Path, Bus: a.Bus, CAN: a.CAN, Values: a.Values, Scale: a.Scale, Offset: a.Offset, Line: a.Line}
	shown, mapped := c.shown(a)
	switch plain := a.Values == nil && a.Scale == 1 && a.Offset == 0; {
	case plain && mapped:
		spec.Values, spec.Scale, spec.Offset = shown.Values, shown.Scale, shown.Offset
	case plain && truth(a.Path):
		spec.Values = []Meaning{{0, hal.Bool(false)}, {1, hal.Bool(true)}}
	}
	command, ok := c.bind("can", spec)
	if ok && command.signal.Plan().End() > command.message.Len {
		c.problem("can", "%s ends in byte %d of a message of %d", a.CAN, command.signal.Plan().End(), command.message.Len)
	}
	c.commands = append(c.commands, command)
	switch {
	case !mapped:
		spec.CAN, spec.Match = a.Confirm, a.Match
		if confirm, ok := c.bind("confirm", spec); ok {
			c.bound = append(c.bound, confirm)
		}
	case shown.CAN != a.Confirm || shown.Bus != a.Bus:
		c.problem("confirm", "%s comes from %s of bus %s, line %d: that is what shows the effect", a.Path, shown.CAN, shown.Bus, shown.Line)
	case a.Match != Exact && a.Match != shown.Match:
		c.problem("match", "%s is matched otherwise in line %d", a.Confirm, shown.Line)
	case kindOf(spec) != kindOf(shown):
		c.problem("values", "%s is %s in line %d and %s here", a.Path, kindOf(shown), shown.Line, kindOf(spec))
	}
}

// shown returns the [[signal]] of the actuator's path: the one that is its
// confirm, or else the first.
func (c *compiler) shown(a Actuator) (s Signal, mapped bool) {
	for _, known := range c.file.Signals {
		switch {
		case known.Path != a.Path:
		case known.CAN == a.Confirm && known.Bus == a.Bus:
			return known, true
		case !mapped:
			s, mapped = known, true
		}
	}
	return s, mapped
}

// ErrValue says that an actuator cannot be set to a value.
var ErrValue = errors.New("no value that it can be set to")

// Actuate returns the frame that sets path to v, and the bus to send it on. Its
// multiplexors select the actuator's signal; every other bit is 0. A number is
// sent as the nearest one that the bits can have, and refused outside of the
// range that the DBC file gives, if it gives one. A message of more than eight bytes
// is a frame of CAN FD at one bit rate, filled up to a length that there is. The errors are ErrUnknown for
// a path without an actuator, and ErrValue. What came of it is a later reading
// of the same path.
func (p *Plan) Actuate(path string, v hal.Value) (bus string, f can.Frame, err error) {
	b := p.command(path)
	if b == nil {
		return "", can.Frame{}, fmt.Errorf("actuator of %s: %w", path, ErrUnknown)
	}
	raw, ok := b.encode(v)
	if s := b.signal; ok && s.Min < s.Max {
		physical, off := s.Plan().Physical(raw), 0.0
		if s.Float == dbc.Integer {
			off = math.Abs(s.Factor) * 1e-6 // by which rounding may miss the end of the range
		}
		ok = s.Min-off <= physical && physical <= s.Max+off
	}
	if !ok {
		return "", can.Frame{}, fmt.Errorf("set %s to %q: %w", path, v, ErrValue)
	}
	f = b.message.Frame()
	data := f.Data[:f.Len]
	if err := errors.Join(b.signal.Plan().Select(data), b.signal.Plan().PutRaw(data, raw)); err != nil {
		return "", can.Frame{}, fmt.Errorf("set %s to %q: %w", path, v, err)
	}
	return b.spec.Bus, f, nil
}

// NeedsFD reports whether what sets path is a frame of CAN FD.
func (p *Plan) NeedsFD(path string) bool {
	b := p.command(path)
	return b != nil && b.message.Frame().FD
}

// Reach returns how far the number of an actuator goes by the range that the DBC file
// gives, and its smallest step, all in the unit of its path. ok is false where there is
// no such number or range.
func (p *Plan) Reach(path string) (least, most, step float64, ok bool) {
	b := p.command(path)
	if b == nil || b.values != nil || b.signal.Min >= b.signal.Max || math.IsInf(b.signal.Max-b.signal.Min, 0) {
		return 0, 0, 0, false
	}
	of := func(physical float64) float64 { return physical*b.spec.Scale + b.spec.Offset }
	least, most = of(b.signal.Min), of(b.signal.Max)
	step = of(b.signal.Plan().Physical(1)) - of(b.signal.Plan().Physical(0))
	return min(least, most), max(least, most), math.Abs(step), true
}

// command returns what sets a path, or nil.
func (p *Plan) command(path string) *bound {
	if p == nil {
		return nil
	}
	for i := range p.commands {
		if p.commands[i].spec.Path == path {
			return &p.commands[i]
		}
	}
	return nil
}
