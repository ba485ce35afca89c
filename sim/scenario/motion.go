package scenario

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Recorded is the name of the drive that the simulator brings along.
const Recorded = "rav4"

// Replay plays a recorded drive on the car's buses and its receiver. It goes on
// while the next lines run, until sync.
type Replay struct {
	CAN     string            // a candump log, or Recorded; empty for none
	NMEA    string            // sentences, or Recorded; empty for none
	DBC     map[string]string // file by the log's name of the bus
	Mapping string
	For     time.Duration // only so much of the beginning; 0 is all
}

func (r *Replay) String() string {
	s := "replay"
	add := func(key, value string) {
		if value != "" {
			s += " " + key + "=" + value
		}
	}
	add("can", r.CAN)
	add("nmea", r.NMEA)
	for _, bus := range slices.Sorted(maps.Keys(r.DBC)) {
		add("dbc", bus+":"+r.DBC[bus])
	}
	add("mapping", r.Mapping)
	if r.For > 0 {
		add("for", span(r.For))
	}
	return s
}

// attached are the names of the files that the replay needs beside the recorded
// drive.
func (r *Replay) attached() []string {
	names := []string{r.CAN, r.NMEA, r.Mapping}
	names = append(names, slices.Sorted(maps.Values(r.DBC))...)
	return slices.DeleteFunc(names, func(n string) bool { return n == "" || n == Recorded })
}

// sameCar reports whether one car can play both.
func (r *Replay) sameCar(other *Replay) bool {
	return maps.Equal(r.DBC, other.DBC) && r.Mapping == other.Mapping
}

func parseReplay(p *parser, l *line) (Command, error) {
	r := &Replay{DBC: map[string]string{}}
	for {
		ahead := *l
		w := ahead.word()
		if w == "" {
			break
		}
		*l = ahead
		key, value, ok := strings.Cut(w, "=")
		if !ok || value == "" {
			return nil, fmt.Errorf("%q: want such as can=%s", w, Recorded)
		}
		if err := r.option(key, value); err != nil {
			return nil, err
		}
	}
	if r.CAN == "" && r.NMEA == "" {
		return nil, errors.New("want can, nmea or both")
	}
	if own := r.CAN != "" && r.CAN != Recorded; own != (len(r.DBC) > 0 && r.Mapping != "") || own != (len(r.DBC) > 0 || r.Mapping != "") {
		return nil, fmt.Errorf("dbc and mapping belong to a log of one's own; %s brings its own", Recorded)
	}
	if p.playing {
		return nil, errors.New("a drive plays already: sync first")
	}
	p.playing = true
	p.replays = append(p.replays, r)
	return r, nil
}

func (r *Replay) option(key, value string) (err error) {
	once := func(into *string) {
		if *into != "" {
			err = fmt.Errorf("%s stands twice", key)
		}
		*into = value
	}
	switch key {
	case "can":
		once(&r.CAN)
	case "nmea":
		once(&r.NMEA)
	case "mapping":
		once(&r.Mapping)
	case "dbc":
		bus, file, ok := strings.Cut(value, ":")
		if !ok || bus == "" || file == "" {
			return fmt.Errorf("dbc=%s: want BUS:FILE", value)
		}
		if _, twice := r.DBC[bus]; twice {
			return fmt.Errorf("dbc of %s stands twice", bus)
		}
		r.DBC[bus] = file
	case "for":
		r.For, err = duration(value)
	default:
		return unknown("option", key, []string{"can", "nmea", "dbc", "mapping", "for"})
	}
	return err
}

type wait struct{ span time.Duration }

func (c *wait) String() string { return "wait " + span(c.span) }

// longest is how long a line may wait: no scenario takes over 150 s.
const longest = 150 * time.Second

func parseWait(_ *parser, l *line) (Command, error) {
	w, err := l.need("the time")
	if err != nil {
		return nil, err
	}
	d, err := duration(w)
	if err == nil && d > longest {
		err = fmt.Errorf("%s: the agent runs in real time, no wait is over %s", w, longest)
	}
	return &wait{d}, err
}

// at waits for a time of the drive, and then runs a command.
type at struct {
	time    time.Duration
	command Command
}

func (c *at) String() string { return "at " + span(c.time) + " " + c.command.String() }

func parseAt(p *parser, l *line) (Command, error) {
	w, err := l.need("the time")
	if err != nil {
		return nil, err
	}
	d, err := duration(w)
	if err != nil {
		return nil, err
	}
	if !p.playing {
		return nil, errors.New("no drive plays here")
	}
	command, err := p.command(l)
	if err != nil {
		return nil, err
	}
	switch command.(type) {
	case *at, *heading, *Replay, *never, *wait:
		return nil, fmt.Errorf("%s cannot stand behind at", command)
	}
	return &at{d, command}, nil
}

// bare is a command without the time at which it runs.
func bare(c Command) Command {
	if a, ok := c.(*at); ok {
		return a.command
	}
	return c
}

type mark struct{ label string }

func (c *mark) String() string { return "mark " + c.label }

func parseMark(p *parser, l *line) (Command, error) {
	w, err := l.need("the label")
	if err != nil {
		return nil, err
	}
	if strings.ContainsFunc(w, notName) {
		return nil, fmt.Errorf("label %q: want lower-case letters, digits and -", w)
	}
	if p.labels[w] {
		return nil, fmt.Errorf("label %s stands twice", w)
	}
	p.labels[w] = true
	return &mark{w}, nil
}
