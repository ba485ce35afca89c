package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// Note is a message to a person: of the chat with the workshop, or a notice.
type Note struct {
	ID   string    `json:"id"`
	Kind string    `json:"kind"` // chat, alarm, maintenance or notice
	From string    `json:"from"`
	Role string    `json:"role"`
	Text string    `json:"text"`
	Time time.Time `json:"time"`
	Read bool      `json:"read"`
}

// Chat is what the workshop writes to everybody in the car's chat, by way of the
// car's inbox.
func (b *BackEnd) Chat(ctx context.Context, text string) error { return b.write(ctx, "chat", text) }

// Quote is an offer of the workshop for a service.
func (b *BackEnd) Quote(ctx context.Context, text string) error { return b.write(ctx, "notice", text) }

func (b *BackEnd) write(ctx context.Context, kind, text string) error {
	n := Note{ID: token(), Kind: kind, From: "The workshop", Role: Workshop, Text: text, Time: time.Now().UTC().Truncate(time.Millisecond)}
	b.mu.Lock()
	if b.current == nil || len(b.current.Users) == 0 {
		b.mu.Unlock()
		return errors.New("the car has no users to write to")
	}
	for _, name := range b.people() {
		b.post(name, App, "The workshop", "%s", text)
	}
	inbox := b.current.Inbox
	b.mu.Unlock()
	payload, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("write to the car: %w", err)
	}
	return b.say(ctx, "to/"+inbox+"/messages", false, payload)
}
