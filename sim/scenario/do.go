package scenario

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"glovebox/sim"
	"glovebox/sim/cloud"
)

// doer is a command that needs nothing but the stage.
type doer interface {
	do(ctx context.Context, s *stage) (got string, err error)
}

// do runs the command of a step.
func (s *stage) do(ctx context.Context, step int, c Command) (string, error) {
	switch c := c.(type) {
	case *heading:
		return "", nil
	case *verb:
		return s.verb(ctx, c.word)
	case *at:
		return c.do(ctx, s, step)
	case *never:
		since, err := s.now(ctx, false)
		s.nevers = append(s.nevers, &watchman{step: step, never: c, since: since})
		return "", err
	case doer:
		return c.do(ctx, s)
	}
	return "", fmt.Errorf("%s: not built yet", c)
}

func (s *stage) verb(ctx context.Context, word string) (string, error) {
	switch word {
	case "boot", "restart":
		if word == "restart" {
			if err := s.stop(ctx); err != nil {
				return "", err
			}
		}
		if err := s.world.Boot(ctx); err != nil {
			return "", err
		}
		s.up, s.who = true, ""
		return fmt.Sprintf("document %d", s.world.Cloud.State().Policy), s.watch()
	case "stop":
		return "", s.stop(ctx)
	case "logout":
		err := s.world.HMI.Logout(ctx)
		if err == nil {
			s.who = ""
		}
		return "", err
	case "sync":
		return s.sync(ctx)
	}
	return "", nil // end
}

// stop asks the agent to end; files are looked at before and after.
func (s *stage) stop(ctx context.Context) error {
	s.guard(ctx, true)
	s.up, s.who = false, ""
	err := s.world.Stop()
	s.guard(ctx, true)
	return err
}

func (c *kill) do(ctx context.Context, s *stage) (string, error) {
	s.guard(ctx, true)
	if c.into == nil {
		s.up, s.who = false, ""
		s.world.Kill()
		return "", nil
	}
	type answer struct {
		got string
		err error
	}
	asked := make(chan answer, 1)
	s.jobs.Go(func() {
		got, err := s.do(ctx, 0, c.into)
		asked <- answer{got, err}
	})
	select {
	case <-time.After(c.after):
	case <-ctx.Done():
	}
	s.world.Kill()
	a := <-asked
	s.up, s.who = false, ""
	switch {
	case a.err == nil:
		return "answered before", nil
	case sim.RefusedAs(a.err) != "" && !lost(a.err):
		return "", a.err
	}
	return "unanswered", ctx.Err()
}

// lost reports whether an error says that nobody answered. The bus says so, or
// the agent was not there (any more).
func lost(err error) bool {
	return strings.HasPrefix(sim.RefusedAs(err), "org.freedesktop.DBus.Error.")
}

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

func (c *guest) do(ctx context.Context, s *stage) (string, error) {
	_, err := s.world.HMI.Guest(ctx, c.wait)
	if err == nil {
		s.who = ""
	}
	return "", err
}

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

func (c *document) do(ctx context.Context, s *stage) (string, error) {
	back := s.world.Cloud
	if c.bad() {
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
	return got, s.world.Issue(ctx, d)
}

func (c *wait) do(ctx context.Context, s *stage) (string, error) { return "", s.pause(ctx, c.span) }

func (c *mark) do(ctx context.Context, s *stage) (string, error) {
	m, err := s.now(ctx, s.comparesDisk(c.label))
	s.marks[c.label] = m
	return "", err
}

// comparesDisk reports whether a later line compares the disk with a label.
func (s *stage) comparesDisk(label string) bool {
	if s.byHand {
		return true
	}
	for _, step := range s.Steps {
		e, ok := bare(step.Command).(*expect)
		if !ok || e.since != label {
			continue
		}
		if d, ok := e.what.(*disk); ok && d.text == "" {
			return true
		}
	}
	return false
}

// do looks until the check holds or its time is up.
func (c *expect) do(ctx context.Context, s *stage) (string, error) {
	since := s.start
	if c.since != "" {
		var ok bool
		if since, ok = s.marks[c.since]; !ok {
			return "", fmt.Errorf("mark %s was not reached", c.since)
		}
	}
	for end := time.Now().Add(c.within); ; {
		met, got, err := c.what.holds(ctx, s, since)
		if err == nil && met != c.not {
			return got, nil
		}
		if left := time.Until(end); left > 0 {
			if err := s.pause(ctx, min(left, c.pace)); err != nil {
				return "", err
			}
			continue
		}
		if err == nil {
			err = errors.New(got)
		}
		return got, err
	}
}
