package outside

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// event is a VISS v3 subscription event with the members that every payload
// to a mailbox has. Values are strings, times UTC.
type event struct {
	Action         string  `json:"action"`
	SubscriptionID string  `json:"subscriptionId"`
	Epoch          string  `json:"epoch"`
	Seq            uint64  `json:"seq"`
	Resend         bool    `json:"resend"`
	TS             string  `json:"ts"`
	Data           []point `json:"data"`
	Aud            string  `json:"aud,omitempty"` // the mailbox, inside a seal
}

// point is what one path said, at one moment or at several.
type point struct {
	Path string `json:"path"`
	DP   []dp   `json:"dp"`
}

type dp struct {
	Value string `json:"value"`
	TS    string `json:"ts"`
}

// eventBody is the content of a status or a position message.
type eventBody struct {
	id   string
	ts   string
	data []point // never nil: an empty list is written as one
}

func (b *eventBody) json(s Seq, aud string) ([]byte, error) {
	return json.Marshal(event{
		Action: "subscription", SubscriptionID: b.id,
		Epoch: s.Epoch, Seq: s.N, Resend: s.Resend, TS: b.ts, Data: b.data, Aud: aud,
	})
}

// millis is the form of a time on the wire.
func millis(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

var (
	errEmpty    = errors.New("nothing was released")
	errUnsealed = errors.New("whether its reader has a key was not asked")
)

// Encode makes the last words of the topic and the payload. A sealed message
// goes up in steps of its plaintext and is fresh at each call; a limited
// reader's is padded with spaces.
func (r Released) Encode(s Seq) (suffix string, payload []byte, err error) {
	if r.body == nil {
		return "", nil, errEmpty
	}
	if r.row().sealed && r.seal == nil && !r.open {
		return "", nil, errUnsealed
	}
	aud := ""
	if r.seal != nil {
		aud = r.mailbox
	}
	plain, err := r.body.json(s, aud)
	if err != nil {
		return "", nil, fmt.Errorf("encode %s: %w", r.Kind(), err)
	}
	suffix = string(r.Kind())
	switch {
	case r.seal != nil:
		suffix += "/hpke"
		payload, err = r.seal.close(r.mailbox, r.Kind(), suffix, plain)
		return suffix, payload, err
	case r.gzip:
		suffix += "/gz"
		payload, err = zip(plain)
		return suffix, payload, err
	}
	return suffix, pad(plain, r.pad, ' '), nil
}

// pad appends fill up to a multiple of step; a step of zero leaves p alone.
func pad(p []byte, step int, fill byte) []byte {
	if step <= 0 || len(p)%step == 0 {
		return p
	}
	return append(p, bytes.Repeat([]byte{fill}, step-len(p)%step)...)
}

func zip(p []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(p); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// strictJSON reads one JSON value with known members only and nothing after it.
func strictJSON(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more than one value")
	}
	return nil
}
