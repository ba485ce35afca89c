package scenario

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// condition is what can be true or not of a world. holds looks once, at what
// happened since a moment where that matters, and says what it saw; an error
// means that it could not look.
type condition interface {
	fmt.Stringer
	holds(ctx context.Context, s *stage, since moment) (ok bool, got string, err error)
}

// checkEntry is a row of the table of checks.
type checkEntry struct {
	word  string
	usage string
	since bool          // it asks what happened since a moment
	pace  time.Duration // how long to wait before looking again
	parse func(*parser, *line) (condition, error)
}

// How long to wait before looking again: the head unit may call twenty times a
// second, and files are large.
const (
	paceLine  = 25 * time.Millisecond
	paceBus   = 150 * time.Millisecond
	paceFiles = 600 * time.Millisecond
)

// checks is the table of what may follow expect and never.
func checks() []checkEntry {
	return []checkEntry{
		{"state", "state guest|idle|active NAME", false, paceBus, parseState},
		{"setting", "setting GROUP KEY VALUE|default", false, paceBus, parseSetting},
		{"settings", "settings acknowledged", false, paceBus, parseWords(&acknowledged{}, "acknowledged")},
		{"permits", "permits FUNCTION yes|no", false, paceBus, parsePermits},
		{"mail", "mail NAME CONTAINING", true, paceLine, parseLetter("mail")},
		{"sms", "sms NAME CONTAINING", true, paceLine, parseLetter("sms")},
		{"message", "message NAME CONTAINING", true, paceLine, parseLetter("message")},
		{"frame", "frame BUS MESSAGE[.SIGNAL VALUE]", true, paceBus, parseFrame},
		{"publish", "publish NAME KIND [PATH|CODE [VALUE]]", true, paceLine, parsePublish},
		{"messages", "messages NAME KIND N", true, paceLine, parseMessages},
		{"points", "points NAME N", true, paceLine, parsePoints},
		{"recorded", "recorded NAME", true, paceLine, parseRecorded},
		{"track", "track NAME [length=M]", true, paceLine, parseTrack},
		{"place", "place NAME", false, paceFiles, parsePlace},
		{"first", "first NAME KIND", false, paceLine, parseFirst},
		{"gap", "gap NAME KIND [dropped=N]", true, paceLine, parseGap},
		{"backfill", "backfill NAME", false, paceLine, parseBackfill},
		{"repeats", "repeats consistent", false, paceLine, parseWords(&repeats{}, "consistent")},
		{"withheld", "withheld CLASS [for NAME] [rule=R]", false, paceBus, parseWithheld},
		{"indicator", "indicator on|off", false, paceBus, parseIndicator},
		{"level", "level share|no-position|offline", false, paceBus, parseLevelIs},
		{"warning", "warning CODE on|off", false, paceBus, parseWarning},
		{"signal", "signal PATH VALUE [at=D] | signal PATH min=A max=B", true, paceBus, parseSignalIs},
		{"signals", "signals mapped|recorded", true, paceBus, parseSignals},
		{"statistic", "statistic NAME N", true, paceBus, parseStatistic},
		{"port", "port can|gnss|cloud up|down|degraded|off", false, paceBus, parsePort},
		{"document", "document N", false, paceLine, parseInForce},
		{"sent", "sent", true, paceFiles, parseWords(&sent{})},
		{"wire", "wire TEXT", false, paceFiles, parseWire},
		{"disk", "disk TEXT | disk unchanged since LABEL", true, paceFiles, parseDisk},
		{"stores", "stores whole", false, paceFiles, parseWords(&stores{}, "whole")},
		{"ready", "ready", false, paceBus, parseWords(&ready{})},
	}
}

// parseWords is a check that consists of fixed words.
func parseWords(c condition, words ...string) func(*parser, *line) (condition, error) {
	return func(_ *parser, l *line) (condition, error) {
		for _, w := range words {
			if _, err := l.choice("word", w); err != nil {
				return nil, err
			}
		}
		return c, nil
	}
}

// expect is a check that must hold, at once or within a time.
type expect struct {
	not     bool
	what    condition // nil where refused is set
	refused string    // expect error: how the line before was refused
	since   string    // a label; empty is the start
	within  time.Duration
	pace    time.Duration
}

func (c *expect) String() string {
	if c.refused != "" {
		return "expect error " + c.refused
	}
	s := "expect "
	if c.not {
		s += "not "
	}
	s += c.what.String()
	if c.since != "" {
		s += " since " + c.since
	}
	if c.within > 0 {
		s += " within " + span(c.within)
	}
	return s
}

func parseExpect(p *parser, l *line) (Command, error) {
	c := &expect{}
	if value, ok := l.last("within"); ok {
		d, err := duration(value)
		if err == nil && d > longest {
			err = fmt.Errorf("within %s: no wait is over %s", value, longest)
		}
		if err != nil {
			return nil, err
		}
		c.within = d
	}
	if label, ok := l.last("since"); ok {
		if !p.labels[label] {
			return nil, fmt.Errorf("no line above says mark %s: %w", clip(label), unknown("label", label, slices.Sorted(maps.Keys(p.labels))))
		}
		c.since = label
	}
	ahead := *l
	if ahead.word() == "not" {
		*l, c.not = ahead, true
	}
	ahead = *l
	if ahead.word() == "error" {
		if c.not || c.since != "" || c.within > 0 {
			return nil, errors.New("expect error takes a name and nothing else")
		}
		var err error
		c.refused, err = ahead.choice("error", refusals()...)
		*l = ahead
		return c, err
	}
	what, row, err := parseCheck(p, l)
	if err != nil {
		return nil, err
	}
	if c.since != "" && !row.since {
		return nil, fmt.Errorf("%s looks at now, not since %s", row.word, c.since)
	}
	if d, ok := what.(*disk); ok && d.text == "" && c.since == "" {
		return nil, errors.New("disk unchanged needs since LABEL")
	}
	if s, ok := what.(*sent); ok && c.since == "" {
		return nil, fmt.Errorf("%s needs since LABEL", s)
	}
	c.what, c.pace = what, row.pace
	return c, nil
}

// refusals are the names of the errors with which the agent refuses, then those
// of D-Bus for what it does not have, of actions, and of the back end.
func refusals() []string {
	return []string{
		"WrongPIN", "LockedOut", "NoSuchProfile", "NotPermitted", "NotParked", "Superseded", "GuestUnavailable",
		"RosterFull", "NotReady", "InvalidArgument", "QuotaExceeded", "CodeExpired", "CodeWrong", "CodeVoid",
		"EraseFailed", "Offline",
		"UnknownMethod", "UnknownInterface", "UnknownObject", "Failed",
		"expired", "not-permitted", "bad-request", "not-now", "busy", "unknown",
		"Refused", "Warning",
	}
}

// parseCheck reads what may follow expect and never.
func parseCheck(p *parser, l *line) (condition, checkEntry, error) {
	word, err := l.need("the check")
	if err != nil {
		return nil, checkEntry{}, err
	}
	if slices.Contains(laterChecks(), word) {
		return nil, checkEntry{}, fmt.Errorf("%s: not built yet", word)
	}
	known := laterChecks()
	for _, row := range checks() {
		known = append(known, row.word)
		if row.word != word {
			continue
		}
		c, err := row.parse(p, l)
		if err == nil {
			err = l.end()
		}
		if err != nil {
			err = fmt.Errorf("%s: %w (%s)", word, err, row.usage)
		}
		return c, row, err
	}
	return nil, checkEntry{}, unknown("check", word, append(known, "error", "not"))
}

// never is a check that must not hold from its line to the end. What it finds is
// reported at the end.
type never struct {
	what condition
	pace time.Duration
}

func (c *never) String() string { return "never " + c.what.String() }

func parseNever(p *parser, l *line) (Command, error) {
	what, row, err := parseCheck(p, l)
	if err != nil {
		return nil, err
	}
	switch c := what.(type) {
	case *signals, *repeats, *acknowledged, *recorded, *track, *stores, *gap:
		return nil, fmt.Errorf("never %s: say expect", what)
	case *disk:
		if c.text == "" {
			return nil, errors.New("never disk unchanged: say expect")
		}
	}
	return &never{what, row.pace}, nil
}

// vssPath takes the next word, a VSS path.
func vssPath(l *line) (string, error) {
	w, err := l.need("the path")
	if err == nil && (!strings.HasPrefix(w, "Vehicle.") || strings.HasSuffix(w, ".") || strings.Contains(w, "..")) {
		err = fmt.Errorf("path %q: want such as Vehicle.Speed", clip(w))
	}
	return w, err
}
