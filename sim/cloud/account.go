package cloud

import (
	"fmt"
	"strings"

	"glovebox/profiles"
)

// Contact is a person as the back end's own books have them: how they are
// reached, before and after they are anybody in a car.
type Contact struct {
	Name   string // what the car and the others call them
	Mail   string // address; made up from the name if empty
	Mobile string // number; made up if empty
}

// Contact returns how a person is reached.
func (b *BackEnd) Contact(name string) (Contact, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, known := b.accounts[name]
	return c, known
}

// password is what a person chose for their account, or one that is made up where they
// chose none. mu is held.
func (b *BackEnd) password(name, chosen string) (profiles.Password, error) {
	if chosen == "" {
		chosen = token()
	}
	c, fresh := b.accounts[name], profiles.NewPassword(chosen)
	return fresh, fresh.Acceptable(profiles.Contact{Name: profiles.Conceal(c.Name), Email: profiles.Conceal(c.Mail), Mobile: profiles.Conceal(c.Mobile)})
}

// reachable is the contact of an account with what is new of it; a mobile number must be
// one. mu is held.
func (b *BackEnd) reachable(who Contact) (Contact, error) {
	before, known := b.accounts[who.Name]
	c := b.register(who)
	_, err := profiles.Contact{Name: profiles.Conceal(c.Name), Email: profiles.Conceal(c.Mail), Mobile: profiles.Conceal(c.Mobile)}.Plain()
	if err != nil {
		if delete(b.accounts, who.Name); known {
			b.accounts[who.Name] = before
		}
	}
	return c, err
}

// register opens an account, or brings the contact of one up to date; mu is held.
func (b *BackEnd) register(who Contact) Contact {
	c, known := b.accounts[who.Name]
	if !known {
		// Names and numbers that are kept for examples: RFC 2606, NANP 555-01xx.
		number := fmt.Sprintf("+1 202 555 01%02d", len(b.accounts)%100)
		c = Contact{who.Name, strings.ToLower(who.Name) + "@example.com", number}
	}
	if who.Mail != "" {
		c.Mail = who.Mail
	}
	if who.Mobile != "" {
		c.Mobile = who.Mobile
	}
	b.accounts[who.Name] = c
	return c
}
