package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrWarning is what the workshop is shown before it removes a main user.
var ErrWarning = errors.New("this removes every user of the car; confirm it")

// InviteMain is the workshop's invitation of a main user to a car without one.
// The workshop invites nobody else.
func (b *BackEnd) InviteMain(who Contact) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.car.VID == "" {
		return errors.New("invite a main user: no car is known yet")
	}
	if main := b.main(); main != "" {
		return fmt.Errorf("the car has a main user, %s; remove them first", main)
	}
	return b.invite(who, Main, "The workshop", "", 0)
}

// RemoveMain is the workshop's removal of the main user and with them of all. It
// fails with ErrWarning, which names them, unless it is confirmed.
func (b *BackEnd) RemoveMain(confirmed bool) (Document, error) {
	b.mu.Lock()
	people, main := b.people(), b.main()
	b.mu.Unlock()
	switch {
	case main == "":
		return Document{}, errors.New("the car has no main user")
	case !confirmed:
		return Document{}, fmt.Errorf("%w: %s", ErrWarning, strings.Join(people, ", "))
	}
	return b.Remove(main)
}

// Note is a message to a person or to the workshop: of the chat, a booking, or a notice.
type Note struct {
	ID   string          `json:"id"`
	Kind string          `json:"kind"` // chat, alarm, maintenance, notice or booking
	From string          `json:"from"`
	Role string          `json:"role"`
	Text string          `json:"text"`
	Wish json.RawMessage `json:"wish,omitempty"` // of a booking
	To   string          `json:"to,omitempty"`   // one person's id, on the car's inbox
	Time time.Time       `json:"time"`
	Read bool            `json:"read"`
}

// Chat is what the workshop writes to everybody in the car's chat, by way of the
// car's inbox.
func (b *BackEnd) Chat(ctx context.Context, text string) error { return b.write(ctx, "chat", "", text) }

// Write is what the workshop writes to one person alone.
func (b *BackEnd) Write(ctx context.Context, name, text string) error {
	return b.write(ctx, "chat", name, text)
}

// Quote is an offer of the workshop for a service.
func (b *BackEnd) Quote(ctx context.Context, text string) error {
	return b.write(ctx, "notice", "", text)
}

func (b *BackEnd) write(ctx context.Context, kind, name, text string) error {
	n := Note{ID: token(), Kind: kind, From: "The workshop", Role: Workshop, Text: text, Time: time.Now().UTC().Truncate(time.Millisecond)}
	b.mu.Lock()
	if b.current == nil || len(b.current.Users) == 0 {
		b.mu.Unlock()
		return errors.New("the car has no users to write to")
	}
	to := b.people()
	if name != "" {
		r, _, err := b.entryOf(b.current, name)
		if err != nil {
			b.mu.Unlock()
			return err
		}
		to, n.To = []string{name}, r.ID
	}
	for _, name := range to {
		b.post(name, App, "The workshop", "%s", text)
	}
	payload, err := json.Marshal(n)
	if err != nil {
		b.mu.Unlock()
		return fmt.Errorf("write to the car: %w", err)
	}
	b.unheard = append(b.unheard, heard{n.ID, payload})
	b.unheard = b.unheard[max(0, len(b.unheard)-mostUnheard):]
	inbox := b.current.Inbox
	b.mu.Unlock()
	return b.say(ctx, "to/"+inbox+"/messages", false, payload)
}

// heard is a line to the car until it is seen that the car has it: a person's mailbox then
// has it too. The car's connection begins anew each time, and what was said while it was
// away is lost, so it is said again.
type heard struct {
	id      string
	payload []byte
}

const mostUnheard = 20

// sayAgain says what the car may not have; mu is held.
func (b *BackEnd) sayAgain() {
	if b.connection == nil || b.current == nil {
		return
	}
	topic := "gb/1/" + b.car.VID + "/to/" + b.current.Inbox + "/messages"
	connection, all := b.connection, slices.Clone(b.unheard)
	go func() { // it may block, and this is the handler
		for _, l := range all {
			connection.Publish(topic, 1, false, l.payload)
		}
	}()
}
