package cloud

import (
	"errors"
	"fmt"
	"slices"

	"glovebox/profiles"
)

// order issues the document that follows the current one, signed by this phone.
// On the main user's phone it becomes the current one. On any other it is signed
// and can be sent all the same, and nothing here changes: it is the car that
// refuses it.
func (p *Phone) order(change change) (Document, error) {
	p.back.mu.Lock()
	defer p.back.mu.Unlock()
	return p.ordered(change)
}

// ordered is order while mu is held.
func (p *Phone) ordered(change change) (Document, error) {
	b := p.back
	if b.main() == p.name {
		return b.follows(change, p.sign)
	}
	if b.current == nil {
		return Document{}, errors.New("nobody is enrolled yet")
	}
	c := b.successor()
	if err := change(c); err != nil {
		return Document{}, err
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
		for _, f := range functions {
			if !profiles.Function(f).Restrictable() {
				return fmt.Errorf("%w: %s cannot be restricted", profiles.ErrInvalid, f)
			}
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
		if b := p.back; b.admits.Code && c.Users[i].State != active {
			return fmt.Errorf("%w: this model asks for the car's security code, in the car", profiles.ErrNotPermitted)
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
	if r := b.find(to.Name); r != nil && !r.Removed && r.Role != Main && b.main() == p.name {
		return Document{}, fmt.Errorf("%w: a secondary user never becomes the main user", profiles.ErrNotPermitted)
	}
	d, err := p.ordered(func(c *claims) error { c.Users = []entry{}; return nil })
	if err != nil || !d.good {
		return d, err
	}
	return d, b.invite(to, Main, p.name, "", d.Version)
}
