package cloud

import (
	"fmt"
	"time"

	"glovebox/profiles"
)

// Invite asks a person to become a secondary user, shared or limited. They find
// a link in their mail; a code comes by text message when they ask for it.
func (p *Phone) Invite(who Contact, sharing string) (Document, error) {
	b := p.back
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.main() != p.name { // nobody gets a letter: the car refuses
		return p.ordered(func(c *claims) error { return b.addStranger(c, who.Name) })
	}
	if sharing != Shared && sharing != Limited {
		return Document{}, fmt.Errorf("invite %s: sharing %q: want shared or limited", who.Name, sharing)
	}
	const most = 6 // one main user and five others
	if len(b.current.Users) >= most {
		return Document{}, fmt.Errorf("invite %s: the car already has five secondary users; remove one first", who.Name)
	}
	if err := b.invite(who, sharing, p.name); err != nil {
		return Document{}, err
	}
	return p.ordered(func(c *claims) error {
		r := b.find(who.Name)
		e, err := b.announce(r, invited)
		if err != nil {
			return err
		}
		r.State = invited
		c.Users = append(c.Users, e)
		return nil
	})
}

// invite makes a person and their invitation, and writes the mail; mu is held.
func (b *BackEnd) invite(who Contact, role, by string) error {
	if _, err := b.newPerson(who.Name, role, true); err != nil {
		return fmt.Errorf("invite: %w", err)
	}
	b.register(who)
	i := &invitation{By: by, Link: "https://glovebox.example/i/" + token()}
	b.invitations[who.Name] = i
	b.post(who.Name, Mail, "You are invited", "%s invites you to the car as %s user. Open %s on your phone.", by, role, i.Link)
	return nil
}

// Code asks for a code by text message, as often as wanted. Only the newest one
// counts, for 12 hours.
func (p *Phone) Code() error {
	b := p.back
	b.mu.Lock()
	defer b.mu.Unlock()
	i := b.invitations[p.name]
	if i == nil {
		return fmt.Errorf("%s is not invited", p.name)
	}
	b.post(p.name, SMS, "", "Your code is %s. It counts for 12 hours.", i.fresh(b.codeKey, time.Now()))
	return nil
}

// Accept takes an invitation up with the code from the text message and a PIN for
// the car (their role's own if empty, "none" for none). The document it returns
// brings the phone's keys. A secondary user is then confirmed and waits for the
// main user. A main user of a car that never had people is active; one who comes
// after others activates in the car.
func (p *Phone) Accept(code, pin string) (Document, error) {
	b := p.back
	b.mu.Lock()
	defer b.mu.Unlock()
	i := b.invitations[p.name]
	if i == nil {
		return Document{}, fmt.Errorf("%s is not invited", p.name)
	}
	if pin != "" && pin != "none" {
		if err := profiles.NewPIN(pin).Acceptable(); err != nil {
			return Document{}, err // before the code is used up
		}
	}
	if err := i.redeem(b.codeKey, code, time.Now()); err != nil {
		return Document{}, err
	}
	d, err := b.admit(b.find(p.name), pin)
	if err != nil {
		return Document{}, err
	}
	delete(b.invitations, p.name)
	return d, nil
}

// admit issues the document that says so, signed by the back end; mu is held.
func (b *BackEnd) admit(r *Reader, pin string) (Document, error) {
	switch {
	case r.Role != Main:
		c := b.successor()
		_, i, err := b.entryOf(c, r.Name)
		if err != nil {
			return Document{}, err
		}
		e, err := b.enter(r, confirmed, pin)
		if err != nil {
			return Document{}, err
		}
		e.Sharing, e.Restricted = c.Users[i].Sharing, c.Users[i].Restricted // as the main user set them
		c.Users[i] = e
		return b.issue(c, b.signer)
	case b.current == nil:
		e, err := b.enter(r, active, pin)
		if err != nil {
			return Document{}, err
		}
		r.State = active
		return b.first([]entry{e})
	default:
		c := b.successor()
		e, err := b.enter(r, awaiting, pin)
		if err != nil {
			return Document{}, err
		}
		r.State = awaiting
		c.Users = append(c.Users, e)
		return b.issue(c, b.signer)
	}
}
