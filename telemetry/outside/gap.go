package outside

import (
	"bytes"
	"encoding/json"
	"time"

	"glovebox/hal"
)

// Reason is why something did not reach a reader. There is no other reason:
// what the policy withheld leaves no gap.
type Reason string

const (
	ReasonAge   Reason = "age"   // it was live and its slot passed, or it waited too long
	ReasonBytes Reason = "bytes" // the queue was full
)

// gapBody is what did not reach a reader.
type gapBody struct {
	Kind    Kind   `json:"kind"`
	From    string `json:"from"` // UTC of the first and the last thing dropped
	To      string `json:"to"`
	Dropped uint64 `json:"dropped"`
	Reason  Reason `json:"reason"`
}

func (b *gapBody) json(s Seq, _ string) ([]byte, error) {
	return json.Marshal(struct {
		Epoch  string `json:"epoch"`
		Seq    uint64 `json:"seq"`
		Resend bool   `json:"resend"`
		gapBody
	}{s.Epoch, s.N, s.Resend, *b})
}

func (b *gapBody) sound() bool {
	return b.Kind != "" && (b.Reason == ReasonAge || b.Reason == ReasonBytes)
}

// GapRecord tells a reader how much of a kind was dropped, and nothing of
// what it was. The caller's decision at sending still applies to it. Only
// ID, Mailbox and Column of the reader are used.
func GapRecord(to Reader, kind Kind, first, last time.Time, dropped uint64, reason Reason) Released {
	return Released{
		reader: to.ID, mailbox: to.Mailbox, column: to.Column,
		form: formGap, pad: Builtin().Slot(to.Column).Pad,
		body: &gapBody{kind, millis(first), millis(last), dropped, reason},
	}
}

// Gap is what a gap record says.
type Gap struct {
	Kind        Kind
	First, Last time.Time
	Dropped     uint64
	Reason      Reason
}

// Gap is the content of a gap record; ok is false for any other message.
func (r Released) Gap() (g Gap, ok bool) {
	b, ok := r.body.(*gapBody)
	if !ok {
		return g, false
	}
	first, err := time.Parse(time.RFC3339, b.From)
	last, err2 := time.Parse(time.RFC3339, b.To)
	return Gap{b.Kind, first, last, b.Dropped, b.Reason}, err == nil && err2 == nil
}

// Replaces reports whether a message makes an older one that still waits for the same
// reader needless: an alarm one of its code, a gap record one of its kind and reason
// once it has Grown by it.
func (r Released) Replaces(old Released) bool {
	if r.mailbox != old.mailbox || r.form != old.form {
		return false
	}
	g, gap := r.Gap()
	other, _ := old.Gap()
	return gap && g.Kind == other.Kind && g.Reason == other.Reason || r.Code() != "" && r.Code() == old.Code()
}

// Grown is a gap record that counts an older one too; any other message is as it was.
func (r Released) Grown(old Released) Released {
	g, ok := r.Gap()
	other, both := old.Gap()
	if !ok || !both {
		return r
	}
	if other.First.Before(g.First) {
		g.First = other.First
	}
	if other.Last.After(g.Last) {
		g.Last = other.Last
	}
	r.body = &gapBody{g.Kind, millis(g.First), millis(g.Last), g.Dropped + other.Dropped, g.Reason}
	return r
}

// gaps tells the readers of a column what they missed of status and position.
func (o *Outside) gaps(i int, slot hal.Instant) {
	for _, r := range o.readers {
		if r.index == i {
			o.gap(r, KindStatus, &r.missedStatus, slot)
			o.gap(r, KindPosition, &r.missedPosition, slot)
		}
	}
}

func (o *Outside) gap(r *reader, kind Kind, m *missed, slot hal.Instant) {
	if m.dropped == 0 {
		return
	}
	if r.without(kind) {
		*m = missed{} // nobody promised it
		return
	}
	if out, ok := o.offer(r, formGap, slot); ok {
		out.body = &gapBody{kind, millis(o.clock.latched(m.first)), millis(o.clock.latched(m.last)), m.dropped, ReasonAge}
		o.pending = append(o.pending, out)
	}
	*m = missed{}
}

// Lost is told that the broker never acknowledged a live message: it was handed to a
// line that was dead already, as Link says next. A line that is found dead loses the
// zero message at least.
func (o *Outside) Lost(r Released) {
	o.dead = true
	if m := o.missedBy(r); m != nil && m.lost == 0 {
		m.lost = r.slot.Boot
	}
}

// Taken is told that the broker has a live message. It reports whether that was the change
// which the back end did not have.
func (o *Outside) Taken(r Released) (change bool) {
	if body, ok := r.body.(changeBody); ok && o.change != nil && bytes.Equal(body, o.change) {
		o.change = nil
		return true
	}
	if o.missedBy(r) != nil {
		o.alive = max(o.alive, r.slot.Boot)
	}
	return false
}

// missedBy is what the reader of a message with a slot has missed of its kind.
func (o *Outside) missedBy(r Released) *missed {
	switch to := o.find(r.mailbox); {
	case to == nil:
	case r.form == formStatus:
		return &to.missedStatus
	case r.form == formPosition:
		return &to.missedPosition
	}
	return nil
}

// missLost counts the slots since the line died: those of all readers and kinds, whether
// or not there was something to say, so that no kind tells why it was silent.
func (o *Outside) missLost() {
	for _, r := range o.readers {
		r.missedStatus.addSince(&o.columns[r.index].status, o.clock, o.alive, r.since)
		if o.policy.Decide(ClassPosition, r.Column, Unassigned, Open).Verdict == Allow {
			r.missedPosition.addSince(&o.position, o.clock, o.alive, r.since)
		}
	}
}
