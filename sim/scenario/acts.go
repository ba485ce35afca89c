package scenario

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"glovebox/hal/mapping"
	"glovebox/sim/cloud"
)

// verb is a command of one word.
type verb struct{ word string }

func (v *verb) String() string { return v.word }

func parseVerb(word string) func(*parser, *line) (Command, error) {
	return func(*parser, *line) (Command, error) { return &verb{word}, nil }
}

func parseBoot(p *parser, _ *line) (Command, error) {
	if p.running {
		return nil, errors.New("the agent runs already")
	}
	p.booted, p.running = true, true
	return &verb{"boot"}, nil
}

func parseStop(p *parser, _ *line) (Command, error) {
	p.running = false
	return &verb{"stop"}, nil
}

func parseEnd(p *parser, _ *line) (Command, error) {
	p.ended = true
	return &verb{"end"}, nil
}

// parseSync waits for the drive and for faults.
func parseSync(p *parser, _ *line) (Command, error) {
	p.playing = false
	return &verb{"sync"}, nil
}

// kill ends the agent as a power cut does: at once, or some time into a command
// that may then go unanswered.
type kill struct {
	after time.Duration
	into  Command // nil: at once
}

func (k *kill) String() string {
	if k.into == nil {
		return "kill"
	}
	return "kill " + span(k.after) + " into " + k.into.String()
}

func parseKill(p *parser, l *line) (Command, error) {
	w := l.word()
	if w == "" {
		p.running = false
		return &kill{}, nil
	}
	after, err := duration(w)
	if err != nil {
		return nil, err
	}
	if w := l.word(); w != "into" {
		return nil, fmt.Errorf("%q: want into", w)
	}
	into, err := p.command(l)
	if err != nil {
		return nil, err
	}
	if d, ok := into.(*document); ok {
		d.unawaited = true
	} else if _, away := into.(*order); away || !refusable(into) {
		return nil, fmt.Errorf("%s: the agent is not asked anything by that", into)
	}
	p.running = false
	return &kill{after, into}, nil
}

// refusable reports whether somebody answers a command, and may refuse it.
func refusable(c Command) bool {
	switch c := c.(type) {
	case *login, *guest, *set, *level, *order:
		return true
	case *verb:
		return c.word == "logout"
	case *at:
		return refusable(c.command)
	}
	return false
}

// login is of a person, with their own PIN unless another is given.
type login struct {
	name string
	pin  string // empty: their own; none: an empty one
	wait bool
}

func (c *login) String() string {
	s := "login " + c.name
	if c.pin != "" {
		s += " pin=" + c.pin
	}
	if c.wait {
		s += " wait"
	}
	return s
}

func parseLogin(p *parser, l *line) (Command, error) {
	c := &login{}
	var err error
	if c.name, err = l.name(p.people()); err != nil {
		return nil, err
	}
	if c.pin, _ = l.option("pin"); len(c.pin) > 64 {
		return nil, errors.New("the PIN is longer than any may be")
	}
	c.wait, err = l.flag("wait")
	return c, err
}

// flag takes the next word, which can only be this one, if there is one.
func (l *line) flag(word string) (bool, error) {
	switch w := l.word(); w {
	case "":
		return false, nil
	case word:
		return true, nil
	default:
		return false, unknown("word", w, []string{word})
	}
}

type guest struct{ wait bool }

func (c *guest) String() string {
	if c.wait {
		return "guest wait"
	}
	return "guest"
}

func parseGuest(_ *parser, l *line) (Command, error) {
	wait, err := l.flag("wait")
	return &guest{wait}, err
}

// set writes one setting of whoever is at the wheel.
type set struct{ group, key, value string }

func (c *set) String() string { return "set " + c.group + " " + c.key + " " + c.value }

func parseSet(_ *parser, l *line) (Command, error) {
	c := &set{}
	var err error
	if c.group, err = l.need("the group"); err != nil {
		return nil, err
	}
	if c.key, err = l.need("the key"); err != nil {
		return nil, err
	}
	if c.value = l.text(); c.value == "" {
		return nil, errors.New("the value is missing")
	}
	return c, nil
}

func levels() []string { return []string{"share", "no-position", "offline"} }

type level struct{ level string }

func (c *level) String() string { return "level " + c.level }

func parseLevel(_ *parser, l *line) (Command, error) {
	w, err := l.choice("level", levels()...)
	return &level{w}, err
}

// document is one that the back end publishes: a bad one, or one that the car
// has to accept.
type document struct {
	kind, name string
	unawaited  bool // it is not waited for until it is in force
}

func (c *document) String() string {
	if c.name != "" {
		return "document " + c.kind + " " + c.name
	}
	return "document " + c.kind
}

func (c *document) bad() bool { return slices.Contains(cloud.Variants(), c.kind) }

func parseDocument(p *parser, l *line) (Command, error) {
	kind, err := l.choice("document", append(cloud.Variants(), "fresh", "limit", "remove")...)
	if err != nil {
		return nil, err
	}
	if len(p.s.Users) == 0 {
		return nil, errors.New("nobody is enrolled")
	}
	c := &document{kind: kind}
	if kind == "limit" || kind == "remove" {
		c.name, err = l.name(p.people())
	}
	return c, err
}

// signal overwrites the bits of a path in what the drive plays from now on.
type signal struct{ path, value string }

func (c *signal) String() string { return "signal " + c.path + " " + c.value }

func parseSignal(_ *parser, l *line) (Command, error) {
	path, err := vssPath(l)
	if err != nil {
		return nil, err
	}
	value, err := l.need("the value")
	return &signal{path, value}, err
}

// alarm overwrites the bits of the path that stands for a warning.
type alarm struct {
	code string
	on   bool
}

func (c *alarm) String() string { return "alarm " + c.code + " " + onOff(c.on) }

func parseAlarm(_ *parser, l *line) (Command, error) {
	code, err := l.choice("alarm", mapping.Codes()...)
	if err != nil {
		return nil, err
	}
	state, err := l.choice("state", "on", "off")
	return &alarm{code, state == "on"}, err
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
