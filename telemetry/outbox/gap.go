package outbox

import (
	"errors"
	"time"

	"glovebox/telemetry/outside"
)

// missed is what fell out, for a gap record. Records of the same kind and
// reason grow into one while they wait.
type missed struct {
	kind        outside.Kind
	reason      outside.Reason
	first, last time.Time
	dropped     uint64
}

// lost is what one mailbox missed in this draft.
type lost struct {
	of *item // any item of that mailbox
	missed
}

// miss counts a message that fell out. A gap record leaves no gap of its own.
func (d *draft) miss(it *item, reason outside.Reason) {
	if it.kind == outside.KindGaps {
		return
	}
	at := it.slot
	if at.IsZero() {
		at = it.put.UTC
	}
	for _, l := range d.lost {
		if l.of.mailbox == it.mailbox && l.kind == it.kind && l.reason == reason {
			l.grow(at, at, 1)
			return
		}
	}
	d.lost = append(d.lost, &lost{it, missed{it.kind, reason, at, at, 1}})
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

// tell writes the gap records. One that waits and was not handed over yet is
// replaced by one that counts both.
func (d *draft) tell() error {
	for _, l := range d.lost {
		m := l.missed
		var old *item
		for _, it := range d.box(l.of.mailbox).items {
			if it.missed != nil && !it.stamped && it.missed.kind == m.kind && it.missed.reason == m.reason {
				old = it
				m.grow(it.missed.first, it.missed.last, it.missed.dropped)
			}
		}
		reader := outside.Reader{ID: l.of.reader, Mailbox: l.of.mailbox, Column: l.of.column}
		r := outside.GapRecord(reader, m.kind, m.first, m.last, m.dropped, m.reason)
		if d.keep != nil && !d.keep(r) {
			continue
		}
		if old != nil {
			if err := d.remove(old); err != nil {
				return err
			}
		}
		if err := d.add(r, &m); err != nil && !errors.Is(err, errRefused) {
			return err
		}
	}
	return nil
}
