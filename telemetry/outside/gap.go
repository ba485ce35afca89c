package outside

import (
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
		out.body = &gapBody{kind, millis(m.first), millis(m.last), m.dropped, ReasonAge}
		o.pending = append(o.pending, out)
	}
	*m = missed{}
}
