package scenario

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"glovebox/hal/mapping"
	"glovebox/telemetry/outside"
)

// publish is a message that a reader found; with a path, one that holds it; with
// a value, one that holds it with that value. Of alarms the path is the code and
// the newest message counts.
type publish struct{ name, kind, path, value string }

func (c *publish) String() string {
	return strings.TrimSpace(strings.Join([]string{"publish", c.name, c.kind, c.path, c.value}, " "))
}

func kinds() []string {
	var all []string
	for _, k := range []outside.Kind{outside.KindStatus, outside.KindPosition, outside.KindAlarms, outside.KindGaps} {
		all = append(all, string(k))
	}
	return all
}

func (p *parser) readerKind(l *line) (name, kind string, err error) {
	if name, err = l.name(p.readers()); err == nil {
		kind, err = l.choice("kind", kinds()...)
	}
	return name, kind, err
}

func parsePublish(p *parser, l *line) (condition, error) {
	c := &publish{}
	var err error
	if c.name, c.kind, err = p.readerKind(l); err != nil {
		return nil, err
	}
	ahead := *l
	if ahead.word() == "" {
		return c, nil
	}
	switch c.kind {
	case "alarms":
		if c.path, err = l.choice("alarm", mapping.Codes()...); err != nil {
			return nil, err
		}
		if ahead = *l; ahead.word() != "" {
			c.value, err = l.choice("state", "on", "off")
		}
	case "gaps":
		c.path, err = l.choice("kind", kinds()...)
	default:
		if c.path, err = vssPath(l); err == nil {
			c.value = l.text()
		}
	}
	return c, err
}

// messages counts those of a kind, repeats once.
type messages struct {
	name, kind string
	least      int
}

func (c *messages) String() string { return fmt.Sprintf("messages %s %s %d", c.name, c.kind, c.least) }

func parseMessages(p *parser, l *line) (condition, error) {
	name, kind, err := p.readerKind(l)
	if err != nil {
		return nil, err
	}
	least, err := l.number("the number", 1)
	return &messages{name, kind, least}, err
}

// points counts the places in a reader's positions that are not older than the
// moment.
type points struct {
	name  string
	least int
}

func (c *points) String() string { return fmt.Sprintf("points %s %d", c.name, c.least) }

func parsePoints(p *parser, l *line) (condition, error) {
	name, err := l.name(p.readers())
	if err != nil {
		return nil, err
	}
	least, err := l.number("the number", 1)
	return &points{name, least}, err
}

// first is the kind of the first message after the newest outage.
type first struct{ name, kind string }

func (c *first) String() string { return "first " + c.name + " " + c.kind }

func parseFirst(p *parser, l *line) (condition, error) {
	name, kind, err := p.readerKind(l)
	if err == nil && !p.offline {
		err = errors.New("no line above says fault offline")
	}
	return &first{name, kind}, err
}

// gap is a record of what a reader missed, that counts right.
type gap struct {
	name, kind string
	dropped    int // -1: what the slots between its times are
}

func (c *gap) String() string {
	s := "gap " + c.name + " " + c.kind
	if c.dropped >= 0 {
		s += " dropped=" + strconv.Itoa(c.dropped)
	}
	return s
}

func parseGap(p *parser, l *line) (condition, error) {
	name, kind, err := p.readerKind(l)
	if err != nil {
		return nil, err
	}
	c := &gap{name, kind, -1}
	if v, ok := l.option("dropped"); ok {
		if c.dropped, err = strconv.Atoi(v); err != nil || c.dropped < 0 {
			return nil, fmt.Errorf("dropped=%s: want a whole number", v)
		}
	}
	return c, nil
}

// backfill is a live message from within an outage that came after it.
type backfill struct{ name string }

func (c *backfill) String() string { return "backfill " + c.name }

func parseBackfill(p *parser, l *line) (condition, error) {
	name, err := l.name(p.readers())
	return &backfill{name}, err
}

// repeats looks at every message with a number that was there before.
type repeats struct{}

func (*repeats) String() string { return "repeats consistent" }

// inForce is the version of the access document that the car says it has.
type inForce struct{ version int }

func (c *inForce) String() string { return fmt.Sprintf("document %d", c.version) }

func parseInForce(_ *parser, l *line) (condition, error) {
	version, err := l.number("the version", 1)
	return &inForce{version}, err
}

// recorded is true if every published place is a recorded fix.
type recorded struct{ name string }

func (c *recorded) String() string { return "recorded " + c.name }

func parseRecorded(p *parser, l *line) (condition, error) {
	name, err := l.name(p.readers())
	return &recorded{name}, err
}

// track is the whole drive as a reader got it.
type track struct {
	name   string
	length float64 // metres between the first and the last recorded fix; 0: not compared
}

func (c *track) String() string {
	if c.length > 0 {
		return "track " + c.name + " length=" + decimal(c.length) + "m"
	}
	return "track " + c.name
}

func parseTrack(p *parser, l *line) (condition, error) {
	c := &track{}
	var err error
	if c.name, err = l.name(p.readers()); err != nil {
		return nil, err
	}
	if v, ok := l.option("length"); ok {
		metres, ok := strings.CutSuffix(v, "m")
		if c.length, err = number(metres); err != nil || !ok || c.length <= 0 {
			return nil, fmt.Errorf("length=%s: want such as 1011m", v)
		}
	}
	return c, nil
}

// place is any coordinate of the drive in any byte to a reader.
type place struct{ name string }

func (c *place) String() string { return "place " + c.name }

func parsePlace(p *parser, l *line) (condition, error) {
	name, err := l.name(p.readers())
	return &place{name}, err
}
