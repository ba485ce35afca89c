package cloud

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Message is what one reader found in their mailbox.
type Message struct {
	At      time.Time // arrival here
	Reader  string    // name of the reader the mailbox belongs or belonged to
	Mailbox string
	Topic   string
	Kind    string // status, position, alarms, gaps ...
	Form    string // "", gz or hpke: how Raw is wrapped
	Raw     []byte // as it came
	Plain   []byte // as it was before it was zipped or sealed

	Epoch  string
	Seq    uint64
	Resend bool
	Repeat bool // (mailbox, epoch, seq) was here before, with equal content
	Time   time.Time
	Points []Point
	Alarm  *Alarm
	Gap    *Gap
	Trip   *Trip
	Note   *Note
	Err    error // why it could not be understood
}

// Point is one value of one VSS path.
type Point struct {
	Path  string
	Value string
	Time  time.Time
}

// Alarm is a warning light that went on or off.
type Alarm struct {
	Code     string `json:"alarm"`
	Severity string `json:"severity"`
	Active   bool   `json:"active"`
	Minute   string `json:"minute"`
}

// Gap says what a reader will never get.
type Gap struct {
	Kind    string    `json:"kind"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Dropped uint64    `json:"dropped"`
	Reason  string    `json:"reason"`
}

// Trip is a drive that is over. What a reader may not have is absent.
type Trip struct {
	ID       string   `json:"trip"`
	Day      string   `json:"day"`
	Assigned []string `json:"assigned"`
	Metres   *float64 `json:"distance_m"`
	Seconds  *float64 `json:"duration_s"`
	Band     string   `json:"distance_km"` // instead of metres, as 10-25
	Start    *End     `json:"start"`
	End      *End     `json:"end"`
	Track    string   `json:"track"` // encoded polyline
}

// End is one of the two ends of a trip.
type End struct {
	Time      time.Time `json:"ts"`
	Latitude  float64   `json:"latitude"`
	Longitude float64   `json:"longitude"`
}

// Value is the newest value of a path in the message.
func (m Message) Value(path string) (string, bool) {
	value, found := "", false
	for _, p := range m.Points {
		if p.Path == path {
			value, found = p.Value, true
		}
	}
	return value, found
}

// envelope is what every payload carries.
type envelope struct {
	Epoch  string  `json:"epoch"`
	Seq    *uint64 `json:"seq"`
	Resend *bool   `json:"resend"`
}

// event is a VISS v3 subscription event.
type event struct {
	envelope
	Action       string    `json:"action"`
	Subscription string    `json:"subscriptionId"`
	TS           time.Time `json:"ts"`
	Data         []struct {
		Path string `json:"path"`
		DP   []struct {
			Value string    `json:"value"`
			TS    time.Time `json:"ts"`
		} `json:"dp"`
	} `json:"data"`
}

// read fills the message from its plain text, by its kind.
func (m *Message) read() error {
	var head envelope
	switch m.Kind {
	case "status", "position":
		var e event
		if err := strict(m.Plain, &e); err != nil {
			return err
		}
		if e.Action != "subscription" || e.Subscription != m.Kind {
			return fmt.Errorf("event of %s %s", e.Action, e.Subscription)
		}
		head, m.Time = e.envelope, e.TS
		for _, item := range e.Data {
			for _, dp := range item.DP {
				m.Points = append(m.Points, Point{Path: item.Path, Value: dp.Value, Time: dp.TS})
			}
		}
	case "alarms":
		var a struct {
			envelope
			Alarm
		}
		if err := strict(m.Plain, &a); err != nil {
			return err
		}
		head, m.Alarm = a.envelope, &a.Alarm
	case "gaps":
		var g struct {
			envelope
			Gap
		}
		if err := strict(m.Plain, &g); err != nil {
			return err
		}
		head, m.Gap = g.envelope, &g.Gap
	case "trips":
		var trip struct {
			envelope
			Trip
		}
		if err := strict(m.Plain, &trip); err != nil {
			return err
		}
		head, m.Trip = trip.envelope, &trip.Trip
	case "messages":
		var note struct {
			envelope
			Note
		}
		if err := strict(m.Plain, &note); err != nil {
			return err
		}
		head, m.Note = note.envelope, &note.Note
	default:
		return fmt.Errorf("unknown kind %q", m.Kind)
	}
	if head.Epoch == "" || head.Seq == nil || head.Resend == nil {
		return errors.New("no epoch, seq or resend")
	}
	m.Epoch, m.Seq, m.Resend = head.Epoch, *head.Seq, *head.Resend
	return nil
}

// strict reads one JSON value and refuses members it does not know. Spaces may
// follow: payloads to a limited reader are padded with them.
func strict(text []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value")
	}
	return nil
}

// content sums up the plain text without the one member that a repeat may
// change, in one fixed form, so that repeats can be compared.
func (m Message) content() [sha256.Size]byte {
	var members map[string]json.RawMessage
	if json.Unmarshal(m.Plain, &members) != nil {
		return sha256.Sum256(m.Plain)
	}
	delete(members, "resend")
	text, err := json.Marshal(members) // sorts the members
	if err != nil {
		return sha256.Sum256(m.Plain)
	}
	return sha256.Sum256(text)
}

// mailbox splits a topic of this car into way (to or ack), mailbox, kind and form;
// ok is false for a topic that is no reader's.
func mailbox(vid, topic string) (way, box, kind, form string, ok bool) {
	rest, ok := strings.CutPrefix(topic, "gb/1/"+vid+"/")
	if !ok {
		return "", "", "", "", false
	}
	way, rest, _ = strings.Cut(rest, "/")
	box, rest, _ = strings.Cut(rest, "/")
	switch way {
	case "to":
		kind, form, _ = strings.Cut(rest, "/")
		return way, box, kind, form, kind != ""
	case "ack":
		return way, box, "ack", rest, box != ""
	}
	return "", "", "", "", false
}
