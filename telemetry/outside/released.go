package outside

import (
	"time"

	"glovebox/hal"
)

// Seq is what a message is given when it is handed over, never earlier: a
// purge leaves no hole.
type Seq struct {
	Epoch  string // 32 hex digits
	N      uint64 // counts from 1 in each mailbox and epoch
	Resend bool   // true only for what was kept and is handed over again
}

// Released is a message that may leave to one reader. It has no exported
// field: only this package, after Decide, makes one with content. It is a
// value and is never changed.
type Released struct {
	reader  string
	mailbox string
	column  Column
	form    formID
	slot    hal.Instant
	pad     int    // payload size in steps of this many bytes; 0 is as it comes
	gzip    bool   // may be sent gzipped
	seal    *seal  // to be sealed; nil if the reader has no key or the form is open
	open    bool   // its reader has no key to seal to
	place   uint64 // position: which opening of the place it belongs to
	oldest  time.Duration
	runs    []run  // status: what was decided, class by class
	by      string // the reader who wrote it, and whose it is while it waits; empty: reader
	body    body
}

// body is the content of one form of message.
type body interface {
	json(s Seq, aud string) ([]byte, error)
}

// row is what is particular to its form; an empty row for the zero Released.
func (r Released) row() *form { return &forms[r.form] }

// Reader is the id of the reader it goes to: a person's id or workshop or backend.
func (r Released) Reader() string { return r.reader }

// Mailbox is where it goes, 32 hex digits.
func (r Released) Mailbox() string { return r.mailbox }

// Column is the reader's column when the message was made.
func (r Released) Column() Column { return r.column }

// Kind is status, position, alarms, messages, gaps or ack; empty for the zero Released.
func (r Released) Kind() Kind { return r.row().kind }

// Class is the row of the policy it was decided by; empty for status, which
// holds many.
func (r Released) Class() Class { return r.row().class }

// Code is the alarm's code; empty for other kinds. A newer alarm of the same
// code and mailbox replaces one that waits.
func (r Released) Code() string {
	if a, ok := r.body.(*alarmBody); ok {
		return a.Alarm
	}
	return ""
}

// Live reports whether the message is worthless once a newer one exists: it
// is never stored and never sent after a gap.
func (r Released) Live() bool { return r.row().live }

// Slot is the instant it is meant to leave.
func (r Released) Slot() hal.Instant { return r.slot }
