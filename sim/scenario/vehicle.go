package scenario

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"glovebox/hal"
	"glovebox/sim/car"
)

// Vehicle is how the made car begins, as the head says it.
type Vehicle struct {
	Odometer float64       // metres
	Charge   float64       // %; 0: not said
	Cold     time.Duration // of the car's time until the receiver has a fix
}

// door is opened or closed; with a fob the car is unlocked by it first.
type door struct {
	name string
	open bool
	fob  string
}

func (c *door) String() string {
	s := "door " + c.name + " close"
	if c.open {
		s = "door " + c.name + " open"
	}
	if c.fob != "" {
		s += " fob=" + c.fob
	}
	return s
}

func parseDoor(p *parser, l *line) (Command, error) {
	c := &door{}
	var err error
	if c.name, err = l.choice("door", car.Doors()...); err != nil {
		return nil, err
	}
	w, err := l.choice("word", "open", "close")
	if err != nil {
		return nil, err
	}
	c.open = w == "open"
	if c.fob, err = l.fob(); err == nil && c.fob != "" && !c.open {
		err = errors.New("a fob opens a door, it does not close one")
	}
	return c, p.made(err)
}

// fob takes fob=NAME if it comes next.
func (l *line) fob() (string, error) {
	name, ok := l.option("fob")
	if ok && (name == "" || strings.ContainsFunc(name, notName)) {
		return "", fmt.Errorf("fob=%s: want a name of lower-case letters and digits", name)
	}
	return name, nil
}

// made notes that the car must be a made one: the recorded one has no people.
func (p *parser) made(err error) error {
	if err == nil && p.handled == 0 {
		p.handled = p.line
	}
	return err
}

// lock locks or unlocks all doors, by hand or with a fob.
type lock struct {
	locked bool
	fob    string
}

func (c *lock) String() string {
	switch {
	case c.locked:
		return "lock"
	case c.fob != "":
		return "unlock fob=" + c.fob
	}
	return "unlock"
}

func parseLock(p *parser, _ *line) (Command, error) { return &lock{locked: true}, p.made(nil) }

func parseUnlock(p *parser, l *line) (Command, error) {
	name, err := l.fob()
	return &lock{fob: name}, p.made(err)
}

type ignition struct{ on bool }

func (c *ignition) String() string { return "ignition " + onOff(c.on) }

func parseIgnition(p *parser, l *line) (Command, error) {
	w, err := l.choice("state", "on", "off")
	return &ignition{w == "on"}, p.made(err)
}

type gear struct{ name string }

func (c *gear) String() string { return "gear " + c.name }

func parseGear(p *parser, l *line) (Command, error) {
	w, err := l.choice("gear", "P", "R", "N", "D")
	return &gear{w}, p.made(err)
}

// fob comes near the driver's seat, or goes.
type fob struct {
	name string
	in   bool
}

func (c *fob) String() string {
	if c.in {
		return "fob " + c.name + " in"
	}
	return "fob " + c.name + " out"
}

func parseFob(p *parser, l *line) (Command, error) {
	name, err := l.need("the name")
	if err != nil {
		return nil, err
	}
	if strings.ContainsFunc(name, notName) {
		return nil, fmt.Errorf("%q: want a name of lower-case letters and digits", name)
	}
	w, err := l.choice("word", "in", "out")
	return &fob{name, w == "in"}, p.made(err)
}

// drive follows a route. It goes on while the next lines run, until sync.
type drive struct {
	route string
	speed hal.Speed // 0: as the route says
}

func (c *drive) String() string {
	if c.speed > 0 {
		return "drive " + c.route + " speed=" + decimal(c.speed.KilometresPerHour()) + "km/h"
	}
	return "drive " + c.route
}

func parseDrive(p *parser, l *line) (Command, error) {
	c := &drive{}
	var err error
	if c.route, err = l.need("the route"); err != nil {
		return nil, err
	}
	if v, ok := l.option("speed"); ok {
		text, unit := strings.CutSuffix(v, "km/h")
		kmh, err := number(text)
		if !unit || err != nil || kmh < 1 || kmh > 250 {
			return nil, fmt.Errorf("speed=%s: want such as 50km/h, from 1 to 250", v)
		}
		c.speed = hal.KilometresPerHour(kmh)
	}
	if p.playing {
		return nil, errors.New("a drive plays already: sync first")
	}
	p.playing = true
	p.routes = append(p.routes, routed{p.name, p.line, c.route})
	return c, p.made(nil)
}

// routed is a line that names a route.
type routed struct {
	file string
	line int
	name string
}
