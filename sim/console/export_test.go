package console

import (
	"encoding/json"
	"time"

	"glovebox/headunit"
	"glovebox/sim"
	"glovebox/sim/cloud"
)

var (
	LetterOf      = letterOf
	ValueWords    = valueWords
	PlaceWords    = placeWords
	SentenceKind  = sentenceKind
	ReadingsOf    = newReadings
	PlaceFresh    = placeFresh
	NewMailboxFor = newMailbox
)

// Line and Due are how readings come and go.
func (r *readings) Line(text string) { r.line([]byte(text)) }
func (r *readings) Due() string      { return asJSON(r.due()) }

// Take and Shows are how a mailbox is filled and shown.
func (m *mailbox) Take(one cloud.Message) { m.take(one) }
func (m *mailbox) Shows(now time.Time) string {
	return asJSON(map[string]any{"place": m.live(now), "values": m.values, "warnings": m.warningList(), "chat": m.chat("jonas"), "trips": m.tripList("", nil, nil)})
}

// Tail reads a log of which so many bytes were dropped.
type Tail struct{ logTail }

func NewTail(path string, dropped func() int64) *Tail {
	return &Tail{logTail{path: path, dropped: dropped}}
}
func (t *Tail) Read() []string { return t.read() }

// Log and Bus are how a line of the agent's log and a message of the bus are told.
func LogLine(line string) string { return asJSON(logOf(line, time.Unix(0, 0))) }
func BusLine(line sim.BusLine) string {
	if d, shown := busOf(line); shown {
		return asJSON(d)
	}
	return ""
}

// Heard is what a head unit wants to ask for after a signal, and what it has as Session1.
func Heard(s headunit.Signal) (wants []string, session map[string]any) {
	h := &hmi{feed: &Feed{}, ask: map[string]bool{}, session: map[string]any{}, privacy: map[string]any{}, vehicle: map[string]any{}}
	h.changed(s)
	for _, part := range parts {
		if h.ask[part] {
			wants = append(wants, part)
		}
	}
	return wants, h.session
}

// Told is an event as it stands in a log.
func Told(kind string, data string) Event { return Event{Kind: kind, Data: json.RawMessage(data)} }

// Receiver is one that somebody hears.
type Receiver struct{ receiver }

func (r *Receiver) Hear(text string) { r.hear([]byte(text)) }
func (r *Receiver) Due() (all []string) {
	for _, s := range r.due() {
		all = append(all, s.kind+" "+s.text)
	}
	return all
}
func (r *Receiver) Holds() int { return cap(r.rest) }

// Truth is what is said on the buses of a world.
type Truth struct{ *truth }

func TruthOf(w *sim.World) Truth             { return Truth{newTruth(w)} }
func (t Truth) Hear(bus string, said []byte) { t.hear(bus, said) }
func (t Truth) Of(class string) string       { return t.of(class) }
func (t Truth) Due(now time.Time) (all []string) {
	for _, d := range t.due(now, time.Minute) {
		all = append(all, asJSON(d))
	}
	return all
}

func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
