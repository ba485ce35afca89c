package scenario

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// fault is something that breaks, for a time or until the scenario ends.
type fault struct {
	kind  string
	span  time.Duration // 0: until the end; of garbage, power and a broker: once
	shift time.Duration // of a clock
}

func (c *fault) String() string {
	s := "fault " + c.kind
	if c.shift > 0 {
		s += " +" + span(c.shift)
	}
	if c.span > 0 {
		s += " for " + span(c.span)
	}
	return s
}

func faults() []string {
	return []string{
		"power", "offline", "broker-restart", "duplicate", "unplug", "can", "gnss", "can-garbage", "gnss-garbage",
		"clock", "disk-full", "slow-disk",
	}
}

func parseFault(p *parser, l *line) (c Command, err error) {
	f := &fault{}
	if value, ok := l.last("for"); ok {
		if f.span, err = duration(value); err != nil {
			return nil, err
		}
	}
	if f.kind, err = l.choice("fault", faults()...); err != nil {
		return nil, err
	}
	switch f.kind {
	case "unplug":
		what, err := l.choice("port", "can", "gnss")
		if err != nil {
			return nil, err
		}
		f.kind += " " + what
	case "clock":
		return f, f.parseShift(l)
	case "offline":
		p.offline = true
	case "disk-full":
		p.s.SmallDisk = true
	}
	if (f.kind == "power" || f.kind == "slow-disk") && !p.running {
		return nil, errors.New("the agent does not run here")
	}
	return f, nil
}

// parseShift reads such as +25h.
func (c *fault) parseShift(l *line) error {
	w, err := l.need("the time")
	if err != nil {
		return err
	}
	text, ok := strings.CutPrefix(w, "+")
	if !ok {
		return fmt.Errorf("%q: want such as +25h", w)
	}
	if c.span > 0 {
		return errors.New("a clock that was moved stays so, say no for")
	}
	if c.shift, err = duration(text); err == nil && (c.shift < time.Second || c.shift%time.Second != 0 || c.shift > furthest) {
		err = fmt.Errorf("%q: want whole seconds, at most %s", w, span(furthest))
	}
	return err
}

// furthest is how far a boot clock is moved at once.
const furthest = 10 * 365 * 24 * time.Hour
