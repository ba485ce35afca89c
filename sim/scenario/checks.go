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

// inForce is the version of the access document that the car says it has.
type inForce struct{ version int }

func (c *inForce) String() string { return fmt.Sprintf("document %d", c.version) }

func parseInForce(_ *parser, l *line) (condition, error) {
	version, err := l.number("the version", 1)
	return &inForce{version}, err
}

// sent is any byte from the agent to the broker.
type sent struct{}

func (*sent) String() string { return "sent" }

// wire is a text in any byte that the agent sent.
type wire struct{ text string }

func (c *wire) String() string { return "wire " + c.text }

// shortest is the least that is worth looking for: less is found anywhere.
const shortest = 4

func parseText(l *line) (string, error) {
	text := l.text()
	if len(text) < shortest {
		return "", fmt.Errorf("%q: less than %d letters are found anywhere", text, shortest)
	}
	return text, nil
}

func parseWire(_ *parser, l *line) (condition, error) {
	text, err := parseText(l)
	return &wire{text}, err
}

// disk is a text in the state directory or the log, sealed values opened; or,
// without a text, the people's values as they were.
type disk struct{ text string }

func (c *disk) String() string {
	if c.text == "" {
		return "disk unchanged"
	}
	return "disk " + c.text
}

func parseDisk(_ *parser, l *line) (condition, error) {
	text, err := parseText(l)
	if text == "unchanged" {
		text = ""
	}
	return &disk{text}, err
}

// stores is the state directory as the agent's own check finds it.
type stores struct{}

func (*stores) String() string { return "stores whole" }

// ready is true while the agent owns its name.
type ready struct{}

func (*ready) String() string { return "ready" }

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
