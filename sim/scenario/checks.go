package scenario

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"glovebox/hal/mapping"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// state is who is at the wheel: guest, idle, or active and a name.
type state struct{ state, name string }

func (c *state) String() string { return strings.TrimSpace("state " + c.state + " " + c.name) }

func parseState(p *parser, l *line) (condition, error) {
	w, err := l.choice("state", "guest", "idle", "active")
	if err != nil || w != "active" {
		return &state{state: w}, err
	}
	name, err := l.name(p.people())
	return &state{w, name}, err
}

// setting is one value of whoever is at the wheel; "default" is what nobody set.
type setting struct{ group, key, value string }

func (c *setting) String() string { return "setting " + c.group + " " + c.key + " " + c.value }

func parseSetting(_ *parser, l *line) (condition, error) {
	group, err := l.need("the group")
	if err != nil {
		return nil, err
	}
	key, err := l.need("the key")
	if err != nil {
		return nil, err
	}
	g, err := profiles.GroupByName(group)
	if err != nil {
		return nil, err
	}
	if _, err := g.Setting(key); err != nil {
		return nil, unknown("key", key, g.KeyNames())
	}
	c := &setting{group, key, l.text()}
	if c.value == "" {
		return nil, errors.New("the value is missing")
	}
	return c, nil
}

// acknowledged compares all that a person set with what the agent said of it.
type acknowledged struct{}

func (*acknowledged) String() string { return "settings acknowledged" }

type permits struct {
	function string
	yes      bool
}

func (c *permits) String() string {
	if c.yes {
		return "permits " + c.function + " yes"
	}
	return "permits " + c.function + " no"
}

func parsePermits(_ *parser, l *line) (condition, error) {
	var names []string
	for _, f := range profiles.Functions() {
		names = append(names, string(f))
	}
	f, err := l.choice("function", names...)
	if err != nil {
		return nil, err
	}
	answer, err := l.choice("answer", "yes", "no")
	return &permits{f, answer == "yes"}, err
}

// withheld is an entry of the ledger of whoever is at the wheel.
type withheld struct{ class, name, rule string }

func (c *withheld) String() string {
	s := "withheld " + c.class
	if c.name != "" {
		s += " for " + c.name
	}
	if c.rule != "" {
		s += " rule=" + c.rule
	}
	return s
}

func parseWithheld(p *parser, l *line) (condition, error) {
	var names []string
	for _, class := range outside.Builtin().Classes() {
		names = append(names, string(class))
	}
	c := &withheld{}
	var err error
	if c.class, err = l.choice("class", names...); err != nil {
		return nil, err
	}
	ahead := *l
	if ahead.word() == "for" {
		*l = ahead
		if c.name, err = l.name(p.readers()); err != nil {
			return nil, err
		}
	}
	c.rule, _ = l.option("rule")
	return c, nil
}

type indicator struct{ on bool }

func (c *indicator) String() string { return "indicator " + onOff(c.on) }

func parseIndicator(_ *parser, l *line) (condition, error) {
	w, err := l.choice("state", "on", "off")
	return &indicator{w == "on"}, err
}

type levelIs struct{ level string }

func (c *levelIs) String() string { return "level " + c.level }

func parseLevelIs(_ *parser, l *line) (condition, error) {
	w, err := l.choice("level", levels()...)
	return &levelIs{w}, err
}

// warning is a light on the head unit.
type warning struct {
	code string
	on   bool
}

func (c *warning) String() string { return "warning " + c.code + " " + onOff(c.on) }

func parseWarning(_ *parser, l *line) (condition, error) {
	code, err := l.choice("alarm", mapping.Codes()...)
	if err != nil {
		return nil, err
	}
	w, err := l.choice("state", "on", "off")
	return &warning{code, w == "on"}, err
}

// signalIs is what the agent decoded: the newest value of a path, the one at a
// time of the drive, or the smallest and largest.
type signalIs struct {
	path     string
	value    string
	at       time.Duration // of the drive; 0 is now
	min, max float64
	extremes bool
}

func (c *signalIs) String() string {
	s := "signal " + c.path
	if c.extremes {
		return s + " min=" + decimal(c.min) + " max=" + decimal(c.max)
	}
	s += " " + c.value
	if c.at > 0 {
		s += " at=" + span(c.at)
	}
	return s
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func parseSignalIs(_ *parser, l *line) (condition, error) {
	c := &signalIs{}
	var err error
	if c.path, err = vssPath(l); err != nil {
		return nil, err
	}
	if low, ok := l.option("min"); ok {
		high, _ := l.option("max")
		c.extremes = true
		var errMin, errMax error
		c.min, errMin = number(low)
		c.max, errMax = number(high)
		return c, errors.Join(errMin, errMax)
	}
	if c.value, err = l.need("the value"); err != nil {
		return nil, err
	}
	if v, ok := l.option("at"); ok {
		c.at, err = duration(v)
	}
	return c, err
}

func number(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v-v != 0 {
		return 0, fmt.Errorf("%q is no number", clip(s))
	}
	return v, nil
}

// signals compares all that was decoded with the mapping file or the drive.
type signals struct{ with string }

func (c *signals) String() string { return "signals " + c.with }

func parseSignals(_ *parser, l *line) (condition, error) {
	w, err := l.choice("word", "mapped", "recorded")
	return &signals{w}, err
}

// statistic is a counter that reached a number, or rose by it.
type statistic struct {
	name  string
	least int
}

func (c *statistic) String() string { return fmt.Sprintf("statistic %s %d", c.name, c.least) }

func parseStatistic(_ *parser, l *line) (condition, error) {
	name, err := l.need("the counter")
	if err != nil {
		return nil, err
	}
	least, err := l.number("the number", 1)
	return &statistic{name, least}, err
}

// port is how the agent finds one of its three lines.
type port struct{ name, state string }

func (c *port) String() string { return "port " + c.name + " " + c.state }

func parsePort(_ *parser, l *line) (condition, error) {
	name, err := l.choice("port", "can", "gnss", "cloud")
	if err != nil {
		return nil, err
	}
	state, err := l.choice("state", "up", "down", "degraded", "off")
	return &port{name, state}, err
}

// ready is true while the agent owns its name.
type ready struct{}

func (*ready) String() string { return "ready" }
