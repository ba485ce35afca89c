package scenario

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"glovebox/sim/cloud"
	"glovebox/telemetry/outside"
)

// found is what a reader found since a moment, of one kind.
func (s *stage) found(name, kind string, since moment) []cloud.Message {
	all := s.back.Since(name, since.received[name])
	return slices.DeleteFunc(all, func(m cloud.Message) bool { return m.Kind != kind || m.Err != nil })
}

// news is that without the repeats.
func (s *stage) news(name, kind string, since moment) []cloud.Message {
	return slices.DeleteFunc(s.found(name, kind, since), func(m cloud.Message) bool { return m.Repeat })
}

// publish is a message that a reader found; with a path, one that holds it; with
// a value, one that holds it with that value. Of alarms the path is the code and
// the newest message counts.
type publish struct{ name, kind, path, value string }

func (c *publish) slots() slots { return slots{&c.name, &c.kind, &c.path, &c.value} }

func (c *publish) holds(_ context.Context, s *stage, since moment) (bool, string, error) {
	all := s.news(c.name, c.kind, since)
	got := fmt.Sprintf("%d messages", len(all))
	switch {
	case c.path == "":
		return len(all) > 0, got, nil
	case c.kind == "alarms":
		state := "never"
		for _, m := range all {
			if m.Alarm.Code == c.path {
				state = onOff(m.Alarm.Active)
			}
		}
		return state == c.value || c.value == "" && state != "never", fmt.Sprintf("%s, %s %s", got, c.path, state), nil
	case c.kind == "gaps":
		for _, m := range all {
			if m.Gap.Kind == c.path {
				return true, got, nil
			}
		}
		return false, got, nil
	}
	var values []string
	for _, m := range all {
		for _, p := range m.Points {
			if p.Path != c.path {
				continue
			}
			if values = append(values, p.Value); c.value == "" || p.Value == c.value {
				return true, got + ", " + p.Value, nil
			}
		}
	}
	return false, fmt.Sprintf("%s, %s %v", got, c.path, slices.Compact(values)), nil
}

// messages counts those of a kind, repeats once.
type messages struct {
	name, kind string
	least      int
}

func (c *messages) slots() slots { return slots{&c.name, &c.kind, &c.least} }

func (c *messages) holds(_ context.Context, s *stage, since moment) (bool, string, error) {
	n := len(s.news(c.name, c.kind, since))
	return n >= c.least, fmt.Sprint(n), nil
}

// outageOver returns the newest outage if it is over.
func (s *stage) outageOver() (outage, bool) {
	o := s.outage()
	if o == nil || o.to.IsZero() {
		return outage{}, false
	}
	return *o, true
}

// first is the kind of the first message after the newest outage.
type first struct{ name, kind string }

func (c *first) slots() slots          { return slots{&c.name, &c.kind} }
func (c *first) check(p *parser) error { return refuse(!p.offline, "no line above says fault offline") }

func (c *first) holds(_ context.Context, s *stage, since moment) (bool, string, error) {
	o, over := s.outageOver()
	if !over || o.to.Before(since.at) {
		return false, "the line is still cut, or never was", nil
	}
	for _, m := range s.back.Since(c.name, 0) {
		if m.At.After(o.to) {
			return m.Kind == c.kind, fmt.Sprintf("%s, %v after the line was mended", m.Kind, m.At.Sub(o.to).Round(time.Millisecond)), nil
		}
	}
	return false, "nothing yet", nil
}

// backfill is a live message from within an outage that came after it.
type backfill struct{ name string }

func (c *backfill) slots() slots { return slots{&c.name} }

func (c *backfill) holds(_ context.Context, s *stage, since moment) (bool, string, error) {
	spells := s.spells
	if s.hidden != nil {
		lasting := *s.hidden
		lasting.to = time.Now()
		spells = append(slices.Clone(spells), lasting)
	}
	all := s.back.Since(c.name, since.received[c.name])
	for _, m := range all {
		for _, o := range s.during() {
			if found := o.filled(m, true); found != "" && m.At.After(o.to) {
				return true, found + " from an outage", nil
			}
		}
		for _, o := range spells {
			if found := o.filled(m, o.offline); found != "" {
				return true, found + " from a lower level", nil
			}
		}
	}
	return false, fmt.Sprintf("nothing in %d messages", len(all)), nil
}

// filled says what of a live message lies inside a time in which nothing was to
// be made: a place, and with slots also the message itself.
func (o outage) filled(m cloud.Message, slots bool) string {
	inside := func(t time.Time) bool { return t.After(o.from) && t.Before(o.to) }
	if slots && inside(m.Time) && (m.Kind == "status" || m.Kind == "position") {
		return fmt.Sprintf("%s of %s", m.Kind, m.Time.Format(time.TimeOnly))
	}
	for _, p := range m.Points {
		if m.Kind == "position" && inside(p.Time) {
			return "a place of " + p.Time.Format(time.TimeOnly)
		}
	}
	return ""
}

// repeats looks at every message with a number that was there before.
type repeats struct{ none }

func (*repeats) holds(_ context.Context, s *stage, _ moment) (bool, string, error) {
	var all []cloud.Message
	for _, r := range s.back.Readers() {
		all = append(all, s.back.Since(r.Name, 0)...)
	}
	n, wrong := judgeRepeats(all)
	for _, fault := range s.back.Breaches() {
		if strings.Contains(fault, "came before") { // with other content
			wrong = fault
		}
	}
	if wrong != "" {
		return false, wrong, nil
	}
	return len(all) > 0, fmt.Sprintf("%d repeats in %d messages", n, len(all)), nil
}

// judgeRepeats counts the repeats, and says which of them should not be one:
// only what is kept comes again, and says that it does.
func judgeRepeats(all []cloud.Message) (n int, wrong string) {
	for _, m := range all {
		if !m.Repeat {
			continue
		}
		n++
		if !m.Resend || m.Kind == "status" || m.Kind == "position" {
			return n, fmt.Sprintf("%s to %s, seq %d, came again, resend %t", m.Kind, m.Reader, m.Seq, m.Resend)
		}
	}
	return n, ""
}

// gap is a record of what a reader missed, that counts right.
type gap struct{ name, kind, dropped string } // empty: what the slots between its times are

func (c *gap) slots() slots { return slots{&c.name, &c.kind, &c.dropped} }

func (c *gap) holds(_ context.Context, s *stage, since moment) (bool, string, error) {
	o, over := s.outageOver()
	if !over {
		return false, "there was no outage, or it lasts", nil
	}
	var back time.Time // the first that any reader found after the outage
	for _, r := range s.back.Readers() {
		for _, m := range s.back.Since(r.Name, 0) {
			if m.At.After(o.to) && (back.IsZero() || m.At.Before(back)) {
				back = m.At
			}
		}
	}
	for _, m := range s.news(c.name, "gaps", since) {
		if m.Gap.Kind != c.kind || m.At.Before(o.to) {
			continue
		}
		got := fmt.Sprintf("%d dropped from %s to %s", m.Gap.Dropped, m.Gap.From.Format(time.TimeOnly), m.Gap.To.Format(time.TimeOnly))
		if c.dropped != "" && fmt.Sprint(m.Gap.Dropped) != c.dropped {
			return false, got, nil
		}
		if wrong := o.miscounted(*m.Gap, s.every(c.name, c.kind), back, s.news(c.name, c.kind, s.start)); wrong != "" {
			return false, got + ": " + wrong, nil
		}
		return true, got, nil
	}
	return false, "no gap record of " + c.kind, nil
}

// every is the time between two slots of a reader and kind.
func (s *stage) every(name, kind string) time.Duration {
	if kind == "position" {
		return s.policy.Numbers().PositionEvery
	}
	return s.policy.Slot(outside.Column(s.reader(name).Role)).Every
}

// miscounted says what is wrong with a gap record of live messages: it must hold
// each slot between the cut and the return of the line, and no other, and none
// of which the reader found a message. The boundaries are known to a second.
func (o outage) miscounted(g cloud.Gap, every time.Duration, back time.Time, found []cloud.Message) string {
	const slack = time.Second
	if every <= 0 {
		return "there are no slots"
	}
	switch slots := uint64(g.To.Sub(g.From)/every) + 1; {
	case g.To.Before(g.From):
		return "it ends before it begins"
	case g.Dropped != slots:
		return fmt.Sprintf("there are %d slots in that time", slots)
	case g.From.Before(o.from.Add(-slack)) || g.From.After(o.from.Add(every+slack)):
		return "the line was cut at " + o.from.UTC().Format(time.TimeOnly)
	case g.To.After(back.Add(slack)) || g.To.Before(back.Add(-every-slack)):
		return "the line was back at " + back.UTC().Format(time.TimeOnly)
	case g.Reason != "age":
		return "reason " + g.Reason
	}
	for _, m := range found {
		if !m.Time.Before(g.From) && !m.Time.After(g.To) {
			return "the message of " + m.Time.Format(time.TimeOnly) + " is there"
		}
	}
	return ""
}
