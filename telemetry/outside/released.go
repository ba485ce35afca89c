package outside

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"glovebox/hal"
)

// Kind is what a message is: the last word of its topic.
type Kind string

// The kinds of messages to a reader's mailbox.
const (
	KindStatus   Kind = "status"
	KindPosition Kind = "position"
	KindAlarms   Kind = "alarms"
	KindGaps     Kind = "gaps"
	KindAck      Kind = "ack" // beside the mailbox: what became of an action, the answer to an ask
)

// Kinds lists every kind of message to a reader's mailbox.
func Kinds() []Kind { return []Kind{KindStatus, KindPosition, KindAlarms, KindGaps} }

// Topic is where a message of a mailbox goes, by what Encode calls its suffix.
func Topic(vid, mailbox, suffix string) string {
	if suffix == string(KindAck) {
		return "gb/1/" + vid + "/ack/" + mailbox
	}
	return "gb/1/" + vid + "/to/" + mailbox + "/" + suffix
}

// Series is the row of numbers that a message is counted in: that of its mailbox.
// An ack carries no number and takes none away.
func Series(mailbox string, kind Kind) string {
	if kind == KindAck {
		return mailbox + "/ack"
	}
	return mailbox
}

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
	kind    Kind
	class   Class
	code    string
	live    bool
	first   bool
	slot    hal.Instant
	pad     int    // payload size in steps of this many bytes; 0 is as it comes
	gzip    bool   // may be sent gzipped
	seal    *seal  // to be sealed; nil if the reader has no key or the kind is open
	place   uint64 // position: which opening of the place it belongs to
	oldest  time.Duration
	runs    []run // status: what was decided, class by class
	body    body
}

// body is the content of one kind of message.
type body interface {
	json(s Seq, aud string) ([]byte, error)
}

// Reader is the id of the reader it goes to: a person's id or workshop or backend.
func (r Released) Reader() string { return r.reader }

// Mailbox is where it goes, 32 hex digits.
func (r Released) Mailbox() string { return r.mailbox }

// Column is the reader's column when the message was made.
func (r Released) Column() Column { return r.column }

// Kind is status, position, alarms, gaps or ack; empty for the zero Released.
func (r Released) Kind() Kind { return r.kind }

// Class is the row of the policy it was decided by; empty for status, which
// holds many.
func (r Released) Class() Class { return r.class }

// Code is the alarm's code; empty for other kinds. A newer alarm of the same
// code and mailbox replaces one that waits.
func (r Released) Code() string { return r.code }

// Live reports whether the message is worthless once a newer one exists: it
// is never stored and never sent after a gap.
func (r Released) Live() bool { return r.live }

// First reports whether it is the newest state after a gap in the link and
// goes before everything else.
func (r Released) First() bool { return r.first }

// Slot is the instant it is meant to leave.
func (r Released) Slot() hal.Instant { return r.slot }

// stored is a kept message on disk, before it is sealed for its person.
type stored struct {
	Version int         `json:"v"`
	Reader  string      `json:"reader"`
	Mailbox string      `json:"mailbox"`
	Column  Column      `json:"column"`
	Kind    Kind        `json:"kind"`
	UTC     time.Time   `json:"utc"`
	Boot    int64       `json:"boot"`
	Pad     int         `json:"pad,omitempty"`
	Alarm   *alarmBody  `json:"alarm,omitempty"`
	Gap     *gapBody    `json:"gap,omitempty"`
	Ack     *resultBody `json:"ack,omitempty"`
}

const storedVersion = 1

var errLive = errors.New("live messages are never stored")

// MarshalBinary is the form in which a kept message waits on disk. Live
// messages are refused. Its time is on the clocks of the boot that made it.
func (r Released) MarshalBinary() ([]byte, error) {
	s := stored{
		Version: storedVersion, Reader: r.reader, Mailbox: r.mailbox, Column: r.column, Kind: r.kind,
		UTC: r.slot.UTC.UTC(), Boot: int64(r.slot.Boot), Pad: r.pad,
	}
	switch b := r.body.(type) {
	case *alarmBody:
		s.Alarm = b
	case *gapBody:
		s.Gap = b
	case *resultBody:
		s.Ack = b
	default:
		return nil, fmt.Errorf("store a %q message: %w", r.kind, errLive)
	}
	return json.Marshal(s)
}

// UnmarshalReleased reads what MarshalBinary wrote and refuses anything else.
func UnmarshalReleased(data []byte) (Released, error) {
	var s stored
	if err := strictJSON(data, &s); err != nil {
		return Released{}, fmt.Errorf("read a kept message: %w", err)
	}
	r := Released{
		reader: s.Reader, mailbox: s.Mailbox, column: s.Column, kind: s.Kind, pad: s.Pad,
		slot: hal.Instant{UTC: s.UTC, Boot: time.Duration(s.Boot)},
	}
	switch {
	case s.Version != storedVersion:
		return Released{}, fmt.Errorf("read a kept message: version %d: want %d", s.Version, storedVersion)
	case !isMailbox(s.Mailbox):
		return Released{}, errors.New("read a kept message: the mailbox is not 32 hex digits")
	case columnIndex(s.Column) < 0:
		return Released{}, fmt.Errorf("read a kept message: unknown column %q", s.Column)
	case s.Pad < 0 || s.Pad > 1<<20:
		return Released{}, fmt.Errorf("read a kept message: padding of %d bytes", s.Pad)
	case s.Kind == KindAck && s.Ack != nil && s.Ack.sound() && s.Alarm == nil && s.Gap == nil:
		r.class, r.body = classResult, s.Ack
	case s.Ack != nil:
		return Released{}, fmt.Errorf("read a kept message: kind %q does not go with its content", s.Kind)
	case s.Kind == KindAlarms && s.Alarm != nil && s.Gap == nil:
		r.class, r.code, r.body = classAlarm, s.Alarm.Alarm, s.Alarm
	case s.Kind == KindGaps && s.Gap != nil && s.Alarm == nil:
		r.class, r.body = classGapRecord, s.Gap
	default:
		return Released{}, fmt.Errorf("read a kept message: kind %q does not go with its content", s.Kind)
	}
	return r, nil
}

// isMailbox reports whether s is 32 lower-case hex digits.
func isMailbox(s string) bool {
	if len(s) != 32 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
