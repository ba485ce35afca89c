package outside

import (
	"cmp"
	"slices"
	"time"

	"glovebox/hal"
)

// Tag is all that the decision about a kept message depends on: messages with the
// same tag are kept or purged together. It can be compared.
type Tag struct {
	Reader, Mailbox string
	Column          Column // the reader's, when the message was made
	Kind            Kind
	Class           Class
	Trip            TripState // whether it is of a trip that was assigned to the reader
	By              string    // the reader who wrote it; empty: nobody but Reader
}

// Head is what a queue has to know of a message that waits.
type Head struct {
	Tag
	Code string    // of an alarm
	Slot time.Time // UTC
}

// Tag is the message's tag.
func (r Released) Tag() Tag {
	return Tag{r.reader, r.mailbox, r.column, r.Kind(), r.Class(), r.row().trip, r.by}
}

// Owner is the reader whose it is: who wrote it, or else whom it goes to.
func (t Tag) Owner() string { return cmp.Or(t.By, t.Reader) }

// Head is the message without its content.
func (r Released) Head() Head { return Head{r.Tag(), r.Code(), r.slot.UTC} }

// Keeps is the decision once more about n messages of one tag that wait. What it
// refuses must be forgotten, and is reported as purged, in one decision.
func (o *Outside) Keeps(t Tag, n int, now hal.Instant) bool {
	_, cell, ok := o.decide(t, now)
	if !ok && n > 0 {
		o.report(Decision{
			At: now, Class: t.Class, Reader: t.Reader, Kind: t.Kind,
			Outcome: Purged, Rule: cell.Rule, LimitedBy: cell.LimitedBy, Count: n,
		})
	}
	return ok
}

// decide is the decision about a tag by the readers and the place of now, and the
// reader it is about.
func (o *Outside) decide(t Tag, now hal.Instant) (to *reader, cell Cell, ok bool) {
	cell = Cell{Rule: DefaultDeny, LimitedBy: nobody}
	if to = o.addressee(t.Mailbox, t.Class); to == nil || to.ID != t.Reader {
		return nil, cell, false
	}
	if t.By != "" && !slices.ContainsFunc(o.readers, func(r *reader) bool { return r.ID == t.By }) {
		return to, cell, false // who wrote it is gone
	}
	if to.without(t.Kind) {
		return to, restricted, false
	}
	if t.Class != "" {
		state := o.state(now.Boot)
		if rowOf(t.Kind).driven {
			state = Open
		}
		cell = o.policy.Decide(t.Class, to.Column, t.Trip, state)
		return to, cell, cell.Verdict.Releases()
	}
	return to, cell, true // decided class by class when it was made
}
