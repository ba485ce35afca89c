package scenario

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"glovebox/headunit"
)

// doer is what is done at its line.
type doer interface {
	do(ctx context.Context, s *stage) (got string, err error)
}

// do runs the command of a step.
func (s *stage) do(ctx context.Context, step int, c Command) (string, error) {
	switch c := c.what.(type) {
	case *at:
		return c.do(ctx, s, step)
	case *meanwhile:
		return c.do(ctx, s, step)
	case *never:
		since, err := s.now(ctx, false)
		s.nevers = append(s.nevers, &watchman{step: step, never: c.what, since: since})
		return "", err
	case doer:
		return c.do(ctx, s)
	}
	return "", nil // of the head
}

type boot struct{ none }

func (c *boot) check(p *parser) error {
	already := p.running
	p.booted, p.running = true, true
	return refuse(already, "the agent runs already")
}

func (c *boot) do(ctx context.Context, s *stage) (string, error) {
	if err := s.world.Boot(ctx); err != nil {
		return "", err
	}
	s.up, s.who, s.fell = true, "", nil
	if !s.booted {
		s.booted, s.begun = true, fullSecond(time.Now())
	}
	if b := s.isBroken("slow-disk"); b != nil { // it was the agent that ended
		if err := s.heal(b); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("document %d", s.world.Cloud.State().Policy), s.watch()
}

type restart struct{ none }

func (c *restart) do(ctx context.Context, s *stage) (string, error) {
	if err := s.stop(ctx); err != nil {
		return "", err
	}
	return (&boot{}).do(ctx, s)
}

type stop struct{ none }

func (c *stop) check(p *parser) error { p.running = false; return nil }

func (c *stop) do(ctx context.Context, s *stage) (string, error) { return "", s.stop(ctx) }

type end struct{ none }

func (c *end) check(p *parser) error { p.ended = true; return nil }

// stop asks the agent to end; files are looked at before and after.
func (s *stage) stop(ctx context.Context) error {
	s.guard(ctx, true)
	s.up, s.who = false, ""
	err := s.world.Stop()
	s.guard(ctx, true)
	return err
}

// kill ends the agent as a power cut does: at once, or some time into a command
// that may then go unanswered.
type kill struct {
	after time.Duration // 0: at once
	into  Command
}

func (c *kill) slots() slots { return slots{&c.after, nil, &c.into} }

func (c *kill) check(p *parser) error {
	p.running = false
	if c.after == 0 {
		return nil
	}
	switch into := c.into.what.(type) {
	case *document:
		into.unawaited = true
	case *login, *guest, *logout, *set, *level:
	default:
		return fmt.Errorf("%s: the agent is not asked anything by that", c.into)
	}
	return nil
}

// refusable reports whether somebody answers a command, and may refuse it.
func refusable(c Command) bool {
	switch c := c.what.(type) {
	case *login, *guest, *logout, *set, *level, *assign, *phone, *workshop, *screen:
		return true
	case *at:
		return refusable(c.command)
	}
	return false
}

func (c *kill) do(ctx context.Context, s *stage) (string, error) {
	s.guard(ctx, true)
	if c.after == 0 {
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
	case headunit.RefusedAs(a.err) != "" && !lost(a.err):
		return "", a.err
	}
	return "unanswered", ctx.Err()
}

// lost reports whether an error says that nobody answered. The bus says so, or
// the agent was not there (any more).
func lost(err error) bool {
	return strings.HasPrefix(headunit.RefusedAs(err), "org.freedesktop.DBus.Error.")
}

type wait struct{ span time.Duration }

func (c *wait) slots() slots          { return slots{&c.span} }
func (c *wait) check(p *parser) error { return brief(p, span(c.span)) }

func (c *wait) do(ctx context.Context, s *stage) (string, error) { return "", s.pause(ctx, c.span) }

// waitUntil waits until so long after the full second in which the first boot was over; it is
// no wait if that is over.
type waitUntil struct{ since time.Duration }

func (c *waitUntil) slots() slots { return slots{nil, &c.since} }

func (c *waitUntil) do(ctx context.Context, s *stage) (string, error) {
	return "", s.pause(ctx, time.Until(s.begun.Add(c.since)))
}

// fullSecond is when the second of a time began, as the wall clock counts it.
func fullSecond(t time.Time) time.Time { return t.Add(-time.Duration(t.Nanosecond())) }

type mark struct{ label string }

func (c *mark) slots() slots { return slots{&c.label} }

func (c *mark) check(p *parser) error {
	twice := p.labels[c.label]
	p.labels[c.label] = true
	return refuse(twice, "label "+c.label+" stands twice")
}

func (c *mark) do(ctx context.Context, s *stage) (string, error) {
	m, err := s.now(ctx, s.comparesDisk(c.label))
	s.marks[c.label] = m
	return "", err
}

// comparesDisk reports whether a later line compares the disk with a label.
func (s *stage) comparesDisk(label string) bool {
	return s.byHand || slices.ContainsFunc(s.Steps, func(step Step) bool {
		e, ok := bare(step.Command).what.(*expect)
		if !ok || e.since != label {
			return false
		}
		_, compares := e.what.what.(*unchanged)
		return compares
	})
}
