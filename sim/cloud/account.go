package cloud

import (
	"fmt"
	"strings"
)

// Contact is how a person is reached before they have anything of this car.
type Contact struct {
	Name   string // what the car and the others call them
	Mail   string // address; made up from the name if empty
	Mobile string // number; made up if empty
}

// account is a person as the back end's own books have them. It outlives what
// they are in a car.
type account struct {
	Contact
	Open bool // they accepted an invitation once, or were enrolled
}

// Contact returns how a person is reached.
func (b *BackEnd) Contact(name string) (Contact, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if a := b.accounts[name]; a != nil {
		return a.Contact, true
	}
	return Contact{}, false
}

// register makes an account, or brings the contact of one up to date; mu is held.
func (b *BackEnd) register(c Contact) *account {
	a := b.accounts[c.Name]
	if a == nil {
		// Names and numbers that are kept for examples: RFC 2606, NANP 555-01xx.
		number := fmt.Sprintf("+1 202 555 01%02d", len(b.accounts)%100)
		a = &account{Contact: Contact{c.Name, strings.ToLower(c.Name) + "@example.com", number}}
		b.accounts[c.Name] = a
	}
	if c.Mail != "" {
		a.Mail = c.Mail
	}
	if c.Mobile != "" {
		a.Mobile = c.Mobile
	}
	return a
}
