package outside

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"glovebox/hal"
)

// storable is the content of a kept message.
type storable interface {
	body
	sound() bool // it is one that this package makes
}

// envelope is what stands around the content of a kept message on disk, before it
// is sealed for its person:
//
//	{"v":1,"reader":…,"mailbox":…,"column":…,"kind":…,"utc":…,"boot":…,"pad":…,"by":…,"alarm":{…}}
type envelope struct {
	Version int       `json:"v"`
	Reader  string    `json:"reader"`
	Mailbox string    `json:"mailbox"`
	Column  Column    `json:"column"`
	Kind    Kind      `json:"kind"`
	UTC     time.Time `json:"utc"`
	Boot    int64     `json:"boot"`
	Pad     int       `json:"pad,omitempty"`
	By      string    `json:"by,omitempty"`
}

const storedVersion = 1

var errLive = errors.New("live messages are never stored")

// MarshalBinary is the form in which a kept message waits on disk. Live
// messages are refused. Its time is on the clocks of the boot that made it.
func (r Released) MarshalBinary() ([]byte, error) {
	f := r.row()
	if f.content == nil || r.body == nil {
		return nil, fmt.Errorf("store a %q message: %w", f.kind, errLive)
	}
	head, err := json.Marshal(envelope{
		Version: storedVersion, Reader: r.reader, Mailbox: r.mailbox, Column: r.column, Kind: f.kind,
		UTC: r.slot.UTC.UTC(), Boot: int64(r.slot.Boot), Pad: r.pad, By: r.by,
	})
	if err != nil {
		return nil, err
	}
	content, err := json.Marshal(r.body)
	if err != nil {
		return nil, err
	}
	b := append(head[:len(head)-1], `,"`+f.member+`":`...)
	return append(append(b, content...), '}'), nil
}

// UnmarshalReleased reads what MarshalBinary wrote and refuses anything else.
func UnmarshalReleased(data []byte) (Released, error) {
	r, err := readStored(data)
	if err != nil {
		return Released{}, fmt.Errorf("read a kept message: %w", err)
	}
	return r, nil
}

// UnmarshalHead reads the head alone: the content is looked at when the message is
// sent.
func UnmarshalHead(data []byte) (Head, error) {
	e, f, content, err := readEnvelope(data)
	if err != nil {
		return Head{}, fmt.Errorf("read a kept message: %w", err)
	}
	if forms[f].coded { // few wait: the newest of each code
		r, err := e.with(f, content)
		return r.Head(), err
	}
	return Head{Tag: Tag{e.Reader, e.Mailbox, e.Column, e.Kind, forms[f].class, forms[f].trip, e.By}, Slot: e.UTC}, nil
}

func readStored(data []byte) (Released, error) {
	e, f, content, err := readEnvelope(data)
	if err != nil {
		return Released{}, err
	}
	return e.with(f, content)
}

// with is the message in an envelope.
func (e envelope) with(f formID, content []byte) (Released, error) {
	b := forms[f].content()
	if err := strictJSON(content, b); err != nil {
		return Released{}, err
	}
	if !b.sound() {
		return Released{}, fmt.Errorf("%s: not a content of ours", forms[f].member)
	}
	return Released{
		reader: e.Reader, mailbox: e.Mailbox, column: e.Column, form: f, pad: e.Pad, by: e.By, body: b,
		slot: hal.Instant{UTC: e.UTC, Boot: time.Duration(e.Boot)},
	}, nil
}

// readEnvelope reads the members in the order in which MarshalBinary writes them,
// and refuses any other.
func readEnvelope(data []byte) (e envelope, f formID, content []byte, err error) {
	if !utf8.Valid(data) { // the encoder would put other letters there
		return e, 0, nil, errors.New("not UTF-8")
	}
	s := scanner{rest: data}
	s.literal(`{"v":`)
	e.Version = int(s.number())
	if !s.bad && e.Version != storedVersion {
		return e, 0, nil, fmt.Errorf("version %d: want %d", e.Version, storedVersion)
	}
	s.literal(`,"reader":`)
	e.Reader = string(s.text())
	s.literal(`,"mailbox":`)
	e.Mailbox = string(s.text())
	s.literal(`,"column":`)
	column := s.text()
	s.literal(`,"kind":`)
	kind := s.text()
	s.literal(`,"utc":`)
	utc := s.text()
	s.literal(`,"boot":`)
	e.Boot = s.number()
	s.literal(`,`)
	member := s.text()
	s.literal(`:`)
	if string(member) == "pad" {
		e.Pad = int(s.number())
		s.literal(`,`)
		member = s.text()
		s.literal(`:`)
	}
	if string(member) == "by" {
		e.By = string(s.text())
		s.bad = s.bad || e.By == ""
		s.literal(`,`)
		member = s.text()
		s.literal(`:`)
	}
	content, whole := bytes.CutSuffix(s.rest, []byte("}"))
	if e.UTC, err = time.Parse(time.RFC3339Nano, string(utc)); s.bad || !whole || err != nil {
		return e, 0, nil, errors.New("not as it was written")
	}
	c := columnIndex(Column(column))
	switch {
	case !is128(e.Mailbox):
		return e, 0, nil, errors.New("the mailbox is not 32 hex digits")
	case c < 0:
		return e, 0, nil, fmt.Errorf("unknown column %q", column)
	case e.Pad < 0 || e.Pad > 1<<20:
		return e, 0, nil, fmt.Errorf("padding of %d bytes", e.Pad)
	}
	e.Column = columns[c]
	for id := range forms {
		if of := &forms[id]; of.content != nil && string(of.kind) == string(kind) && of.member == string(member) {
			e.Kind = of.kind
			return e, formID(id), content, nil
		}
	}
	return e, 0, nil, fmt.Errorf("kind %q does not go with %q", kind, member)
}

// scanner reads what encoding/json wrote, piece by piece. It is bad after the first
// piece that is not there.
type scanner struct {
	rest []byte
	bad  bool
}

func (s *scanner) literal(text string) {
	rest, ok := bytes.CutPrefix(s.rest, []byte(text))
	s.rest, s.bad = rest, s.bad || !ok
}

// text reads a string. It is not copied unless something in it is escaped.
func (s *scanner) text() []byte {
	s.literal(`"`)
	end := 0
	for end < len(s.rest) && s.rest[end] != '"' {
		if s.rest[end] == '\\' {
			end++
		}
		end++
	}
	if s.bad || end >= len(s.rest) {
		s.bad = true
		return nil
	}
	raw := s.rest[:end]
	s.rest = s.rest[end+1:]
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw
	}
	var text string
	s.bad = json.Unmarshal(fmt.Appendf(nil, `"%s"`, raw), &text) != nil
	return []byte(text)
}

// number reads a whole number.
func (s *scanner) number() int64 {
	end := 0
	for end < len(s.rest) && (s.rest[end] >= '0' && s.rest[end] <= '9' || s.rest[end] == '-') {
		end++
	}
	n, err := strconv.ParseInt(string(s.rest[:end]), 10, 64)
	s.rest, s.bad = s.rest[end:], s.bad || err != nil
	return n
}

// is128 reports whether s is 32 lower-case hex digits, as a mailbox or an epoch.
func is128(s string) bool {
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
