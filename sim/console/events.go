package console

import (
	"slices"
	"time"

	"glovebox/sim/cloud"
)

// How moments stand in events: UTC.
const (
	stampEvent  = "2006-01-02T15:04:05.000Z"
	stampMinute = "2006-01-02T15:04Z"
)

// Head is what every event has: when it was seen, and which it is. An event is one JSON
// object a line where there is no terminal.
type Head struct {
	T     string `json:"t"`
	Event string `json:"event"`
}

func (o *Observer) head(event string) Head {
	return Head{time.Now().UTC().Format(stampEvent), event}
}

// PlaybackEvent says how far the scenario is.
type PlaybackEvent struct {
	Head
	Playback int    `json:"lap"`
	Phase    string `json:"phase"` // driving, or the line that runs
}

// SessionEvent says who is at the wheel.
type SessionEvent struct {
	Head
	State  string `json:"state"`
	Who    string `json:"who"` // a name, guest, or empty
	Role   string `json:"role"`
	Reason string `json:"reason"`
}

// PrivacyEvent says what leaves the car; location_in_use is the indicator.
type PrivacyEvent struct {
	Head
	Level         string   `json:"level"`
	Effective     string   `json:"effective"`
	LimitedBy     []string `json:"limited_by"`
	LocationInUse bool     `json:"location_in_use"`
}

// SignalsEvent samples all signals, once a second.
type SignalsEvent struct {
	Head
	AgeMS  int64          `json:"age_ms"` // of the newest
	Values map[string]any `json:"values"`
}

// AlarmEvent is a warning of the car, inside it.
type AlarmEvent struct {
	Head
	Alarm    string `json:"alarm"`
	Severity string `json:"severity,omitempty"`
	Active   bool   `json:"active"`
}

// StateEvent is what the car said of itself to the back end.
type StateEvent struct {
	Head
	Online bool   `json:"online"`
	Epoch  string `json:"epoch"`
	Policy uint64 `json:"policy"`
}

// PublishedEvent is a message that a reader found in their mailbox.
type PublishedEvent struct {
	Head
	Reader string       `json:"reader"`
	Kind   string       `json:"kind"`
	Form   string       `json:"form,omitempty"` // gz or hpke
	Bytes  int          `json:"bytes"`
	Epoch  string       `json:"epoch"`
	Seq    uint64       `json:"seq"`
	Resend bool         `json:"resend"`
	Repeat bool         `json:"repeat,omitempty"`
	Paths  []string     `json:"paths,omitempty"`
	Points int          `json:"points,omitempty"`
	Alarm  *cloud.Alarm `json:"alarm,omitempty"`
	Gap    *cloud.Gap   `json:"gap,omitempty"`
	Error  string       `json:"error,omitempty"` // why it could not be understood
}

// published dates an event with the arrival at the broker.
func published(m cloud.Message) PublishedEvent {
	e := PublishedEvent{
		Head: Head{m.At.UTC().Format(stampEvent), "published"}, Reader: m.Reader, Kind: m.Kind, Form: m.Form, Bytes: len(m.Raw), Epoch: m.Epoch, Seq: m.Seq,
		Resend: m.Resend, Repeat: m.Repeat, Points: len(m.Points), Alarm: m.Alarm, Gap: m.Gap,
	}
	for _, p := range m.Points {
		e.Paths = append(e.Paths, p.Path)
	}
	slices.Sort(e.Paths)
	e.Paths = slices.Compact(e.Paths)
	if m.Err != nil {
		e.Error = m.Err.Error()
	}
	return e
}

// LedgerEvent is an entry of the ledger of whoever is at the wheel, again when
// its count rose.
type LedgerEvent struct {
	Head
	Who       string   `json:"who"`
	ID        uint64   `json:"id"`
	Minute    string   `json:"minute"`
	Class     string   `json:"class"`
	Reader    string   `json:"reader"`
	Kind      string   `json:"kind"`
	Outcome   string   `json:"outcome"`
	Rule      string   `json:"rule"`
	LimitedBy []string `json:"limited_by"`
	Count     uint64   `json:"count"`
}

// BreachEvent is a breach of the contract that the back end saw.
type BreachEvent struct {
	Head
	Breach string `json:"fault"`
}
