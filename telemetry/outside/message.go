package outside

import (
	"encoding/json"
	"time"

	"glovebox/hal"
)

// Message is what somebody wrote: a line of the chat with the workshop, or a booking with
// a wish, which is a JSON object or empty. Whoever writes chooses every word of it; nothing
// in it is formed from what the car knows.
type Message struct {
	ID, Kind, From, Role, Text string
	Wish                       string
	Time                       time.Time
}

// messageBody is a message on the wire.
type messageBody struct {
	ID   string          `json:"id"`
	Kind string          `json:"kind"`
	From string          `json:"from"`
	Role string          `json:"role"`
	Text string          `json:"text"`
	Wish json.RawMessage `json:"wish,omitempty"`
	Time string          `json:"time"`
	Read bool            `json:"read"`
}

func (b *messageBody) json(s Seq, _ string) ([]byte, error) {
	return json.Marshal(struct {
		Epoch  string `json:"epoch"`
		Seq    uint64 `json:"seq"`
		Resend bool   `json:"resend"`
		messageBody
	}{s.Epoch, s.N, s.Resend, *b})
}

func (b *messageBody) sound() bool {
	_, err := time.Parse(time.RFC3339, b.Time)
	return b.ID != "" && b.Kind != "" && b.Role != "" && err == nil && (len(b.Wish) == 0 || b.Wish[0] == '{')
}

// kindBooking is the kind of a message that is decided as a booking; any other is chat.
const kindBooking = "booking"

// Message gives the reader of a mailbox a message that the reader named by wrote: it is
// theirs as long as it waits, and goes with them. An empty by is the addressee.
func (o *Outside) Message(mailbox, by string, m Message, at hal.Instant) {
	o.advance(at)
	to := o.find(mailbox)
	if to == nil {
		return
	}
	form := formChat
	if m.Kind == kindBooking {
		form = formBooking
	}
	out, ok := o.offer(to, form, at)
	if !ok {
		return
	}
	if by != to.ID {
		out.by = by
	}
	out.body = &messageBody{m.ID, m.Kind, m.From, m.Role, m.Text, json.RawMessage(m.Wish), millis(m.Time), false}
	o.pending = append(o.pending, out)
}
