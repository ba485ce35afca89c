package outbox

import (
	"time"

	"glovebox/telemetry/outside"
)

// missed is what fell out, for a gap record. Records of the same kind and
// reason grow into one while they wait.
type missed struct {
	gapOf
	first, last time.Time
	dropped     uint64
}

type gapOf struct {
	kind   outside.Kind
	reason outside.Reason
}

// lost is what one mailbox missed in this transaction.
type lost struct {
	tag *tagged // any tag of that mailbox
	missed
}

// miss counts a message that fell out. A gap record leaves no gap of its own.
func (t *transaction) miss(it *item, reason outside.Reason) {
	if it.tag.Kind == outside.KindGaps {
		return
	}
	at := it.slot
	of := gapOf{it.tag.Kind, reason}
	for _, l := range t.lost {
		if l.tag.Mailbox == it.tag.Mailbox && l.gapOf == of {
			l.grow(at, at, 1)
			return
		}
	}
	t.lost = append(t.lost, &lost{it.tag, missed{of, at, at, 1}})
}

func (m *missed) grow(first, last time.Time, dropped uint64) {
	if first.Before(m.first) {
		m.first = first
	}
	if last.After(m.last) {
		m.last = last
	}
	m.dropped += dropped
}

// writeGaps writes the gap records. Whose person is gone gets none.
func (t *transaction) writeGaps() {
	for _, l := range t.lost {
		reader := outside.Reader{ID: l.tag.Reader, Mailbox: l.tag.Mailbox, Column: l.tag.Column}
		r := outside.GapRecord(reader, l.kind, l.first, l.last, l.dropped, l.reason)
		if t.keep(r.Tag()) {
			t.putGap(r, l.missed)
		}
	}
}

// putGap keeps a gap record. One that waits and was not handed over yet is replaced by
// one that counts both.
func (t *transaction) putGap(r outside.Released, m missed) (kept bool) {
	old := t.index.holder(r.Mailbox(), role{gapOf: m.gapOf})
	if old == nil {
		return t.add(r, &m)
	}
	m.grow(old.missed.first, old.missed.last, old.missed.dropped)
	reader := outside.Reader{ID: r.Reader(), Mailbox: r.Mailbox(), Column: r.Column()}
	kept = t.add(outside.GapRecord(reader, m.kind, m.first, m.last, m.dropped, m.reason), &m)
	if kept {
		t.remove(old)
	}
	return kept
}
