package outside_test

import (
	"slices"
	"testing"

	"glovebox/telemetry/outside"
)

func (c *car) change(document string) {
	c.out.SetChange([]byte(document), c.now)
	c.take()
}

// inbox is what went to the inbox, in order.
func (c *car) inbox() (all []string) {
	for _, w := range c.of(boxInbox, outside.KindAck) {
		all = append(all, w.payload)
	}
	return all
}

// A change made at the wheel goes to the back end alone, on the inbox: again with each
// link until the broker has it, the newest one only, and then never again.
func TestChangeIsSaidUntilTaken(t *testing.T) {
	c := newCar(t, outside.Builtin(), outside.Options{})
	c.change("two")
	c.change("three")
	want := func(when string, all ...string) {
		t.Helper()
		if got := c.inbox(); !slices.Equal(got, all) {
			t.Errorf("%s: %q, want %q", when, got, all)
		}
	}
	want("without a link")
	c.link(true)
	want("the link opens", "three")
	if c.sent[0].mailbox != boxInbox {
		t.Errorf("the first message goes to %s, whose mailbox the change may name", c.sent[0].mailbox)
	}
	c.link(false)
	c.link(true)
	want("the broker did not have it", "three", "three")
	three := c.released[len(c.released)-1]
	if three.Mailbox() != boxInbox || three.Reader() != "backend" || three.Class() != "access-change" {
		t.Errorf("to %s, reader %s, class %s", three.Mailbox(), three.Reader(), three.Class())
	}
	if _, err := three.MarshalBinary(); err == nil {
		t.Error("a change waits on disk, where it would outlive who was removed")
	}
	c.change("four")
	want("another while that is on its way", "three", "three", "four")
	if c.out.Taken(three) {
		t.Error("the older one is taken for the newest")
	}
	four := c.released[len(c.released)-1]
	if !c.out.Taken(four) || c.out.Taken(four) {
		t.Error("the broker's word for the newest counts once")
	}
	c.link(false)
	c.link(true)
	want("the broker has it", "three", "three", "four")
	for _, r := range family {
		if acks := c.of(r.Mailbox, outside.KindAck); len(acks) > 0 {
			t.Errorf("%s is told %d", r.ID, len(acks))
		}
	}
}

// Another inbox is told what the old one was not; without an inbox, or without a back end,
// nobody is.
func TestChangeFollowsTheInbox(t *testing.T) {
	c := newCar(t, outside.Builtin(), outside.Options{})
	c.link(true)
	c.out.SetReaders(2, family[:4], c.now)
	c.change("two")
	c.take()
	if got := c.inbox(); len(got) > 0 {
		t.Errorf("told %q without a back end", got)
	}
	moved := slices.Clone(family)
	moved[4].Inbox = boxLimited[:31] + "0"
	c.out.SetReaders(3, moved, c.now)
	c.take()
	if got := c.of(moved[4].Inbox, outside.KindAck); len(got) != 1 || got[0].payload != "two" {
		t.Errorf("the new inbox is told %v", got)
	}
}
