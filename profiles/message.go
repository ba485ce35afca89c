package profiles

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// MessageKind is what a message is about; the words are those of Messages1.
type MessageKind string

const (
	ChatLine          MessageKind = "chat"
	AlarmMessage      MessageKind = "alarm"
	MaintenanceNotice MessageKind = "maintenance"
	Notice            MessageKind = "notice" // a quote too
	Booking           MessageKind = "booking"
)

// MessageKinds lists all.
func MessageKinds() []MessageKind {
	return []MessageKind{ChatLine, AlarmMessage, MaintenanceNotice, Notice, Booking}
}

// Roles of who writes and is no person of the car.
const (
	RoleWorkshop = "workshop"
	RoleBackEnd  = "backend"
	RoleCar      = "car"
)

// Message is what one person of the car was told, or wrote.
type Message struct {
	ID   string // of ours 32 hex digits
	Kind MessageKind
	From Private // the writer's name; empty for the car's own
	Role string  // the writer's: main, secondary, workshop, backend, car
	Text Private
	Code string  // of a warning light, or of a notice of the car's own
	Wish Private // of a booking: a JSON object, empty if there is nothing but text
	Time time.Time
	Came time.Time // by the car's clock; zero where that was never set
	Read bool
}

// keptMessage is the form of a message on disk, before it is sealed for its person.
type keptMessage struct {
	ID   string          `json:"id"`
	Kind MessageKind     `json:"kind"`
	From string          `json:"from,omitempty"`
	Role string          `json:"role"`
	Text string          `json:"text"`
	Code string          `json:"code,omitempty"`
	Wish json.RawMessage `json:"wish,omitempty"`
	Time int64           `json:"time"` // UTC, ms
	Came int64           `json:"came,omitempty"`
	Read bool            `json:"read,omitempty"`
}

// Encode is the form in which m is sealed and kept.
func (m Message) Encode() ([]byte, error) {
	kept := keptMessage{
		m.ID, m.Kind, m.From.Reveal(), m.Role, m.Text.Reveal(), m.Code, json.RawMessage(m.Wish.Reveal()), m.Time.UnixMilli(), 0, m.Read,
	}
	if !m.Came.IsZero() {
		kept.Came = m.Came.UnixMilli()
	}
	return json.Marshal(kept)
}

// DecodeMessage reads what Encode wrote.
func DecodeMessage(data []byte) (Message, error) {
	var k keptMessage
	if err := json.Unmarshal(data, &k); err != nil || !isMessageID(k.ID) || !slices.Contains(MessageKinds(), k.Kind) {
		return Message{}, errors.Join(errors.New("not a message"), err)
	}
	m := Message{
		ID: k.ID, Kind: k.Kind, From: Conceal(k.From), Role: k.Role, Text: Conceal(k.Text), Code: k.Code, Wish: Conceal(string(k.Wish)),
		Time: time.UnixMilli(k.Time).UTC(), Read: k.Read,
	}
	if k.Came != 0 {
		m.Came = time.UnixMilli(k.Came).UTC()
	}
	return m, nil
}

// How long what people write may be.
const (
	longestFrom = 100     // characters
	MaxWish     = 2 << 10 // bytes of a booking's JSON
	MaxMessage  = 16 << 10
)

// isMessageID reports whether a text can be an id: 1 to 64 characters that are printed.
func isMessageID(id string) bool {
	return id != "" && len(id) <= 64 && !strings.ContainsFunc(id, func(r rune) bool { return r < '!' || r > '~' })
}

// CheckText refuses a line of the chat that is empty or too long.
func CheckText(text string) error {
	if strings.TrimSpace(text) == "" || utf8.RuneCountInString(text) > longestText || !utf8.ValidString(text) {
		return fmt.Errorf("%w: want a text of 1 to %d characters", ErrInvalid, longestText)
	}
	return nil
}

// ParseWish reads what somebody wants of a booking: a JSON object, of which the member
// text is set apart. It is in one fixed form then.
func ParseWish(data []byte) (text string, wish string, err error) {
	members, err := Members(data)
	if err != nil || len(members) == 0 || len(data) > MaxWish {
		return "", "", fmt.Errorf("%w: want a wish of at most %d bytes with something in it", ErrInvalid, MaxWish)
	}
	if raw, there := members["text"]; there {
		text, err = textOf(raw)
		if err == nil {
			err = CheckText(text)
		}
		if err != nil {
			return "", "", fmt.Errorf("%w: text: want 1 to %d characters", ErrInvalid, longestText)
		}
		delete(members, "text")
	}
	if len(members) == 0 {
		return text, "", nil
	}
	rest, err := encodeJSON(members)
	return text, string(rest), err
}

// Letter is a message that the back end brings, for one person or, if To is zero, for
// everybody who may be at the wheel.
type Letter struct {
	Message
	To ID
}

// ErrBadMessage is a message that does not keep to its form.
var ErrBadMessage = errors.New("malformed message")

// time takes a time that may be absent: RFC 3339, or whole UTC seconds as on D-Bus.
func (o *object) time(name string) (t time.Time) {
	raw := o.pop(name)
	if raw == nil {
		return t
	}
	if seconds, err := integerOf(raw, 1<<40); err == nil {
		t = time.Unix(int64(seconds), 0).UTC()
	} else {
		text, err := textOf(raw)
		o.fail(name, err)
		t, err = time.Parse(time.RFC3339, text)
		o.fail(name, err)
		t = t.UTC()
	}
	if t.Year() < 1970 || t.Year() > 9999 {
		o.fail(name, errors.New("out of range"))
	}
	return t
}

// DecodeLetter reads a message on the car's inbox: id, kind and text, and besides them
// from, role, time (RFC 3339, or UTC seconds), read and to, which may be absent. What every payload to a mailbox has
// (epoch, seq, resend) says nothing here. Unknown members and members that stand twice
// are refused. A message without a time has the zero one.
func DecodeLetter(payload []byte) (Letter, error) {
	if len(payload) > MaxMessage {
		return Letter{}, fmt.Errorf("%w: more than %d bytes", ErrBadMessage, MaxMessage)
	}
	o := newObject(payload)
	l := Letter{Message: Message{ID: o.text("id"), Kind: MessageKind(o.text("kind")), Role: o.optionalText("role")}}
	text, from, to := o.text("text"), o.optionalText("from"), o.optionalText("to")
	l.Time = o.time("time")
	o.flag("read") // in the car nobody has read it
	o.optionalText("epoch")
	o.flag("resend")
	if raw := o.pop("seq"); raw != nil {
		_, err := integerOf(raw, 1<<63)
		o.fail("seq", err)
	}
	if !isMessageID(l.ID) {
		o.fail("id", errors.New("want 1 to 64 visible ASCII characters"))
	}
	if l.Kind == Booking || !slices.Contains(MessageKinds(), l.Kind) {
		o.fail("kind", errors.New("want chat, alarm, maintenance or notice"))
	}
	switch l.Role {
	case "":
		l.Role = RoleWorkshop
	case RoleWorkshop, RoleBackEnd:
	default:
		o.fail("role", errors.New("want workshop or backend"))
	}
	if err := CheckText(text); err != nil {
		o.fail("text", err)
	}
	if utf8.RuneCountInString(from) > longestFrom {
		o.fail("from", fmt.Errorf("want at most %d characters", longestFrom))
	}
	if to != "" {
		id, err := ParseID(to)
		o.fail("to", err)
		l.To = id
	}
	if err := o.end(); err != nil {
		return Letter{}, fmt.Errorf("%w: %w", ErrBadMessage, err)
	}
	l.From, l.Text = Conceal(from), Conceal(text)
	return l, nil
}
