package agent

import (
	"context"
	"errors"
	"fmt"

	"glovebox/hal"
	"glovebox/profiles"
)

// Messages is the cabin's door to what people are told and write: for the head unit, and
// for what the back end brings.
type Messages struct{ Cabin *Cabin }

// begin has what the disk has read, which a start does not wait for, and what phones
// write taken in.
func (d Messages) begin(needs Needs) {
	c := d.Cabin
	c.messages = newMessages(needs.Random("message"), needs.Random("notice"), &c.mu, c.news)
	c.effects.add(readMessages(c.people.roster, func(kept map[profiles.ID]map[uint64]profiles.Message, lights []byte, err error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if err != nil {
			needs.Log.Warn("messages unreadable", "error", err)
		}
		c.effects.add(c.messages.open(kept, lights, c.people.roster)...)
	}))
	c.remote.write = func(p profiles.Person, a profiles.Action, args profiles.Arguments, at hal.Instant) bool {
		if c.people.workshop() == nil { // a phone's line, looked at while mu is held
			return false
		}
		c.effects.add(c.messages.order(p, a, args, c.session, &c.people, c.privacy.out, at)...)
		return true
	}
}

// opened is the cabin, with its lock held, once it is known what the disk has.
func (d Messages) opened() *Cabin {
	c := d.Cabin
	c.mu.Lock()
	if !c.messages.opened {
		c.mu.Unlock()
		c.effects.wait()
		c.mu.Lock()
	}
	return c
}

// List is the messages of the person at the wheel, oldest first.
func (d Messages) List(filter profiles.MessageFilter) ([]profiles.Message, error) {
	c := d.opened()
	defer c.mu.Unlock()
	who, err := c.people.reads(c.session)
	if err != nil {
		return nil, err
	}
	return filter.Of(c.messages.of[who].List()), nil
}

// reads is who at the wheel has messages.
func (p *people) reads(s profiles.Session) (profiles.ID, error) {
	if s.State != profiles.PersonDriving || !p.active(s.Who) {
		return profiles.ID{}, profiles.ErrNotPermitted
	}
	return s.Who, nil
}

// MarkRead marks messages of the person at the wheel as read. When it returns that is on
// disk.
func (d Messages) MarkRead(_ context.Context, ids []string) error {
	c := d.opened()
	c.vehicle.leaving.call(c.needs.Now().Boot)
	who, err := c.people.reads(c.session)
	var wrote error
	if err == nil {
		var next profiles.Messages
		var change profiles.MessageChange
		if next, change, err = c.messages.of[who].Mark(ids); err == nil {
			c.messages.replace(who, next, change)
			c.effects.put(c.messages.save(func(err error) { wrote = err }))
		}
	}
	c.mu.Unlock()
	if err != nil {
		return err
	}
	c.effects.wait()
	if wrote != nil {
		return fmt.Errorf("keep what was read: %w", wrote)
	}
	return nil
}

// Send writes a line of the chat with the workshop and returns its id. When it returns
// the line is on disk, and is on its way.
func (d Messages) Send(_ context.Context, text string) (id string, err error) {
	if err := profiles.CheckText(text); err != nil {
		return "", err
	}
	return d.write(profiles.SendMessage, profiles.ChatLine, profiles.Conceal(text), profiles.Private{})
}

// Book asks the workshop for a service; wish is a JSON object. It is as Send.
func (d Messages) Book(_ context.Context, wish []byte) (id string, err error) {
	text, rest, err := profiles.ParseWish(wish)
	if err != nil {
		return "", err
	}
	return d.write(profiles.Book, profiles.Booking, profiles.Conceal(text), profiles.Conceal(rest))
}

func (d Messages) write(verb profiles.Verb, kind profiles.MessageKind, text, wish profiles.Private) (string, error) {
	c := d.opened()
	now := c.needs.Now()
	c.vehicle.leaving.call(now.Boot)
	function, _ := verb.Function()
	allowed, why := c.people.rights(c.session).Permits(function)
	if !allowed || !c.needs.Cloud || c.people.workshop() == nil {
		c.mu.Unlock()
		if !allowed {
			return "", fmt.Errorf("%w: %s", profiles.ErrNotPermitted, why)
		}
		return "", profiles.ErrOffline
	}
	p, _ := c.people.roster.Find(c.session.Who)
	message := draft(newMessageID(c.messages.written), p, kind, text, wish, now)
	c.messages.put(p.ID, message, c.session, now)
	var wrote error
	c.effects.put(c.messages.save(func(err error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		now := c.needs.Now()
		if wrote = err; err != nil {
			c.messages.withdraw(p.ID, message.ID)
			return
		}
		post(p, message, &c.people, c.privacy.out, now)
		c.effects.put(c.privacy.tick(now)...)
		c.clock.sooner(c.privacy.out.Next())
	}))
	c.mu.Unlock()
	c.effects.wait()
	c.effects.atOnce() // what followed from the write
	if wrote != nil {
		return "", fmt.Errorf("keep a message: %w", wrote)
	}
	return message.ID, nil
}

// ErrNobody is a message for somebody who is not of this car.
var ErrNobody = errors.New("nobody of this car is meant")

// Take takes in what the back end brings. When it returns that is on disk, unless the disk
// fails: then it is tried again.
func (d Messages) Take(l profiles.Letter) error {
	c := d.opened()
	now := c.needs.Now()
	todo, ok := c.messages.receive(l, c.session, &c.people, c.privacy.out, now)
	c.effects.put(todo...)
	c.effects.put(c.privacy.tick(now)...)
	c.clock.sooner(c.privacy.out.Next())
	c.mu.Unlock()
	c.effects.wait()
	if !ok {
		return ErrNobody
	}
	return nil
}

// Inbox is the mailbox on which the back end brings messages; empty if there is none.
func (d Messages) Inbox() string {
	c := d.Cabin
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.people.roster.Inbox
}

// refused tells the main user that a document was not taken for which there is no good
// reason: one that is older than that in force, or another of its version.
func (d Messages) refused(step string) {
	if step != "older" && step != "forked" {
		return
	}
	c := d.Cabin
	c.mu.Lock()
	c.effects.add(c.messages.mainUser(noticeRefused, c.session, &c.people, c.needs.Now())...)
	c.mu.Unlock()
}
