package scenario

import (
	"context"
	"fmt"
	"slices"
	"time"

	"glovebox/sim/cloud"
)

// login is of a person, with their own PIN unless another is given.
type login struct {
	name string
	pin  string // empty: their own; none: an empty one
	wait bool
}

func (c *login) slots() slots { return slots{&c.name, &c.pin, &c.wait} }

func (c *login) do(ctx context.Context, s *stage) (string, error) {
	r := s.reader(c.name)
	code := r.PIN
	switch c.pin {
	case "":
	case "none":
		code = ""
	default:
		code = c.pin
	}
	_, err := s.world.HMI.Login(ctx, r.ID, code, c.wait)
	if err == nil {
		s.who = c.name
	}
	return "", err
}

type guest struct{ wait bool }

func (c *guest) slots() slots { return slots{&c.wait} }

func (c *guest) do(ctx context.Context, s *stage) (string, error) {
	_, err := s.world.HMI.Guest(ctx, c.wait)
	if err == nil {
		s.who = ""
	}
	return "", err
}

type logout struct{ none }

func (c *logout) do(ctx context.Context, s *stage) (string, error) {
	err := s.world.HMI.Logout(ctx)
	if err == nil {
		s.who = ""
	}
	return "", err
}

// set writes one setting of whoever is at the wheel.
type set struct{ group, key, value string }

func (c *set) slots() slots { return slots{&c.group, &c.key, &c.value} }

func (c *set) do(ctx context.Context, s *stage) (string, error) {
	err := s.world.HMI.SetText(ctx, c.group, c.key, c.value)
	if s.who == "" || err != nil && !lost(err) {
		return "", err
	}
	of := s.set[s.who]
	if of == nil {
		of = map[string]*kept{}
		s.set[s.who] = of
	}
	k := of[c.group+" "+c.key]
	if k == nil {
		k = &kept{}
		of[c.group+" "+c.key] = k
	}
	if err == nil {
		k.acked, k.maybe = c.value, nil
	} else {
		k.maybe = append(k.maybe, c.value)
	}
	return "", err
}

type level struct{ level string }

func (c *level) slots() slots { return slots{&c.level} }

func (c *level) do(ctx context.Context, s *stage) (string, error) {
	// A spell at a lower level lasts from the answer to the call that raises.
	asked := time.Now()
	err := s.world.HMI.SetLevel(ctx, c.level)
	if err != nil {
		return "", err
	}
	if s.hidden != nil {
		s.hidden.to = asked
		s.spells = append(s.spells, *s.hidden)
		s.hidden = nil
	}
	if c.level != "share" {
		s.hidden = &spell{outage{from: time.Now()}, c.level == "offline"}
	}
	return "", nil
}

// document is one that the back end publishes: a bad one, or one that the car
// has to accept.
type document struct {
	kind, name string
	unawaited  bool // it is not waited for until it is in force
}

func (c *document) slots() slots          { return slots{&c.kind, &c.name} }
func (c *document) check(p *parser) error { return refuse(len(p.s.Users) == 0, "nobody is enrolled") }

func (c *document) do(ctx context.Context, s *stage) (string, error) {
	back := s.world.Cloud
	if slices.Contains(cloud.Variants(), c.kind) {
		d, err := back.Variant(c.kind)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("version %d", d.Version), back.Publish(ctx, d)
	}
	issue := map[string]func(string) (cloud.Document, error){
		"fresh":  func(string) (cloud.Document, error) { return back.Freshen() },
		"limit":  back.Limit,
		"remove": back.Remove,
	}
	d, err := issue[c.kind](c.name)
	if err != nil {
		return "", err
	}
	got := fmt.Sprintf("version %d", d.Version)
	if c.unawaited || !s.up || s.hidden != nil && s.hidden.offline || !s.world.Tap.Passes() {
		return got, back.Publish(ctx, d)
	}
	s.free(func() { err = s.world.Issue(ctx, d) })
	return got, err
}
