package cloud

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
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
		return Document{}, fmt.Errorf("%w: sharing %q: want shared or limited", profiles.ErrInvalid, sharing)
	}
	if len(b.current.Users) > profiles.MaxSecondary {
		return Document{}, profiles.ErrRosterFull
	}
	if err := b.invite(who, sharing, p.name, "", b.successor().Version); err != nil {
		return Document{}, err
	}
	r := b.find(who.Name)
	d, err := p.ordered(func(c *claims) error {
		e, err := b.announce(r, invited)
		if err != nil {
			return err
		}
		r.State = invited
		c.Users = append(c.Users, e)
		return nil
	})
	if err != nil {
		r.Removed = true
		delete(b.invitations, who.Name)
		b.held = nil
		return Document{}, err
	}
	return d, nil
}

// invite makes a person and their invitation, and writes the mail once the car shows the
// document of that version; with an id they have one already. mu is held.
func (b *BackEnd) invite(who Contact, role, by, id string, version uint64) error {
	known, err := b.reachable(who)
	if err != nil {
		return err
	}
	r, err := b.newPerson(who.Name, role, true)
	if err != nil {
		return fmt.Errorf("invite: %w", err)
	}
	if id != "" {
		r.ID = id
	}
	b.accounts[who.Name] = known
	i := &invitation{By: by, Link: "https://glovebox.example/i/" + token()}
	b.invitations[who.Name] = i
	b.later(version, who.Name, Mail, "You are invited", fmt.Sprintf("%s invites you to the car as %s user. Open %s on your phone.", by, role, i.Link))
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
	var code string
	i.Invitation, code = i.Ask(b.codeKey, time.Now())
	b.post(p.name, SMS, "", "Your code is %s. It counts for 12 hours.", code)
	return nil
}

// Accept takes an invitation up with the code from the text message, a PIN for
// the car (their role's own if empty, "none" for none) and a password for the account (made
// up if empty; who has one keeps it). The document it returns
// brings the phone's keys. A secondary user is then confirmed, or active where the model
// asks for nothing more. A main user of a car that never had people is active; one who
// comes after others activates in the car. Who is not invited, or no more, is answered as
// one whose code does not count, as late.
func (p *Phone) Accept(code, pin, password string) (Document, error) {
	b := p.back
	b.mu.Lock()
	defer b.mu.Unlock()
	if pin != "" && pin != "none" {
		if err := profiles.NewPIN(pin).Acceptable(); err != nil {
			return Document{}, err // before the code is used up
		}
	}
	chosen, err := b.password(p.name, password)
	if err != nil {
		return Document{}, err
	}
	i := b.invitations[p.name]
	if i == nil {
		i = &invitation{}
	}
	if i.Invitation, err = i.Redeem(b.codeKey, code, time.Now()); err != nil {
		return Document{}, err
	}
	d, err := b.admit(b.find(p.name), pin)
	if err != nil {
		return Document{}, err
	}
	delete(b.invitations, p.name)
	if _, has := b.passwords[p.name]; !has || password != "" {
		b.passwords[p.name], err = chosen.Verifier(rand.Reader)
	}
	return d, err
}

// SecurityCode is that of every made car. Its owner has it on paper.
const SecurityCode = "K7QM2R9T"

// AddCar makes the person of a phone the main user of a car without people: the other way
// to become one, with the car's security code.
func (p *Phone) AddCar(code, pin string) (Document, error) {
	b := p.back
	b.mu.Lock()
	defer b.mu.Unlock()
	const tries = 10 // as the car itself has them
	switch {
	case b.car.VID == "":
		return Document{}, errors.New("no car is known yet")
	case b.main() != "":
		return Document{}, fmt.Errorf("%w: the car has a main user", profiles.ErrNotPermitted)
	case b.wrong >= tries:
		return Document{}, profiles.ErrLockedOut
	case subtle.ConstantTimeCompare([]byte(profiles.PlainCode(code)), []byte(SecurityCode)) != 1:
		b.wrong++
		return Document{}, profiles.ErrCodeWrong
	}
	b.wrong = 0
	return b.admit(b.find(p.name), pin)
}

// admit issues the document that says so, signed by the back end; mu is held.
func (b *BackEnd) admit(r *Reader, pin string) (Document, error) {
	state := active
	switch {
	case r.Role != Main && !b.admits.AtOnce():
		state = confirmed
	case r.Role == Main && b.current != nil:
		state = awaiting
	}
	e, err := b.enter(r, state, pin)
	if err != nil {
		return Document{}, err
	}
	if b.current == nil {
		r.State = state
		return b.first([]entry{e})
	}
	return b.follows(func(c *claims) error {
		if r.Role == Main {
			r.State = state
			c.Users = append(c.Users, e)
			return nil
		}
		_, i, err := b.entryOf(c, r.Name)
		if err != nil {
			return err
		}
		e.Sharing, e.Restricted = c.Users[i].Sharing, c.Users[i].Restricted // as the main user set them
		c.Users[i] = e
		return nil
	}, b.signer)
}
