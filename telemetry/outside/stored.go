package outside

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

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
//	{"v":1,"reader":…,"mailbox":…,"column":…,"kind":…,"utc":…,"boot":…,"pad":…,"alarm":{…}}
type envelope struct {
	Version int       `json:"v"`
	Reader  string    `json:"reader"`
	Mailbox string    `json:"mailbox"`
	Column  Column    `json:"column"`
	Kind    Kind      `json:"kind"`
	UTC     time.Time `json:"utc"`
	Boot    int64     `json:"boot"`
	Pad     int       `json:"pad,omitempty"`
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
		UTC: r.slot.UTC.UTC(), Boot: int64(r.slot.Boot), Pad: r.pad,
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

func readStored(data []byte) (Released, error) {
	var h envelope
	member, content, err := h.read(data)
	switch {
	case err != nil:
		return Released{}, err
	case h.Version != storedVersion:
		return Released{}, fmt.Errorf("version %d: want %d", h.Version, storedVersion)
	case !isMailbox(h.Mailbox):
		return Released{}, errors.New("the mailbox is not 32 hex digits")
	case columnIndex(h.Column) < 0:
		return Released{}, fmt.Errorf("unknown column %q", h.Column)
	case h.Pad < 0 || h.Pad > 1<<20:
		return Released{}, fmt.Errorf("padding of %d bytes", h.Pad)
	}
	for id, f := range forms {
		if f.content == nil || f.kind != h.Kind || f.member != member {
			continue
		}
		b := f.content()
		if err := strictJSON(content, b); err != nil {
			return Released{}, err
		}
		if !b.sound() {
			return Released{}, fmt.Errorf("%s: not a content of ours", member)
		}
		return Released{
			reader: h.Reader, mailbox: h.Mailbox, column: h.Column, form: formID(id), pad: h.Pad, body: b,
			slot: hal.Instant{UTC: h.UTC, Boot: time.Duration(h.Boot)},
		}, nil
	}
	return Released{}, fmt.Errorf("kind %q does not go with %q", h.Kind, member)
}

// read fills the envelope, each member at most once, and returns the one member that
// is not of it.
func (h *envelope) read(data []byte) (member string, content json.RawMessage, err error) {
	into := map[string]any{
		"v": &h.Version, "reader": &h.Reader, "mailbox": &h.Mailbox, "column": &h.Column, "kind": &h.Kind,
		"utc": &h.UTC, "boot": &h.Boot, "pad": &h.Pad,
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return "", nil, errors.New("not an object")
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return "", nil, err
		}
		name := t.(string) // in an object the decoder returns nothing else
		to, known := into[name]
		if !known {
			if member != "" {
				return "", nil, fmt.Errorf("member %q beside %q", name, member)
			}
			member, to = name, &content
		}
		delete(into, name)
		if err := d.Decode(to); err != nil {
			return "", nil, err
		}
	}
	if _, err := d.Token(); err != nil {
		return "", nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return "", nil, errors.New("more than one value")
	}
	return member, content, nil
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
