package cloud

import (
	"errors"
	"fmt"
	"slices"
)

// order issues the document that follows the current one, signed by this phone.
// On the main user's phone it becomes the current one. On any other it is signed
// and can be sent all the same, and nothing here changes: it is the car that
// refuses it.
func (p *Phone) order(change func(*claims) error) (Document, error) {
	p.back.mu.Lock()
	defer p.back.mu.Unlock()
	return p.ordered(change)
}

// ordered is order while mu is held.
func (p *Phone) ordered(change func(*claims) error) (Document, error) {
	b := p.back
	if b.current == nil {
		return Document{}, errors.New("nobody is enrolled yet")
	}
	c := b.successor()
	if err := change(c); err != nil {
		return Document{}, err
	}
	if b.main() == p.name {
		return b.issue(c, p.sign)
	}
	d, _, err := draft(c, p.sign)
	return d, err
}

// Share says what a secondary user is told while others drive: shared or limited.
func (p *Phone) Share(name, sharing string) (Document, error) {
	return p.order(func(c *claims) error { return p.back.share(c, name, sharing) })
}

// Restrict says which functions are closed to a secondary user, none to lift all.
func (p *Phone) Restrict(name string, functions ...string) (Document, error) {
	return p.order(func(c *claims) error {
		_, i, err := p.back.entryOf(c, name)
		if err != nil {
			return err
		}
		c.Users[i].Restricted = append([]string{}, functions...)
		return nil
	})
}

// GuestServices switches the connected services for guests.
func (p *Phone) GuestServices(on bool) (Document, error) {
	return p.order(func(c *claims) error { c.GuestServices = on; return nil })
}

// RemoteServices switches what secondary users do from afar.
func (p *Phone) RemoteServices(on bool) (Document, error) {
	return p.order(func(c *claims) error { c.RemoteServices = on; return nil })
}

// Remove takes a person out, and with the main user everybody.
func (p *Phone) Remove(name string) (Document, error) {
	return p.order(func(c *claims) error { return p.back.remove(c, name) })
}

// Cancel takes an invitation back that was not accepted yet.
func (p *Phone) Cancel(name string) (Document, error) {
	return p.order(func(c *claims) error {
		_, i, err := p.back.entryOf(c, name)
		if err != nil {
			return err
		}
		if c.Users[i].State != invited {
			return fmt.Errorf("%s is %s: there is no invitation to cancel", name, c.Users[i].State)
		}
		c.Users = slices.Delete(c.Users, i, i+1)
		return nil
	})
}

// Activate lets a person in who has accepted.
func (p *Phone) Activate(name string) (Document, error) {
	return p.order(func(c *claims) error {
		_, i, err := p.back.entryOf(c, name)
		if err != nil {
			return err
		}
		if c.Users[i].State != confirmed {
			return fmt.Errorf("%s is %s: only who has accepted can be activated", name, c.Users[i].State)
		}
		c.Users[i].State = active
		return nil
	})
}

// Transfer gives the car to a new main user: everybody leaves it, and the new one
// is invited.
func (p *Phone) Transfer(to Contact) (Document, error) {
	b := p.back
	b.mu.Lock()
	defer b.mu.Unlock()
	d, err := p.ordered(func(c *claims) error { c.Users = []entry{}; return nil })
	if err != nil || !d.good {
		return d, err
	}
	return d, b.invite(to, Main, p.name)
}
