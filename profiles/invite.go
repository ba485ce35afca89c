package profiles

import (
	"crypto/rand"
	"fmt"
	"slices"
)

// Invite asks somebody to become a secondary user. They are reached by the back end, to
// which the contact is sealed.
type Invite struct {
	Contact Contact
	Sharing Sharing
}

func (v Invite) revise(d *draft) error {
	if err := d.main(); err != nil {
		return err
	}
	contact, err := v.Contact.Plain()
	if err != nil {
		return err
	}
	if len(d.Users) > MaxSecondary {
		return ErrRosterFull
	}
	u := User{Person{Role: Secondary, State: Invited, Sharing: v.Sharing, Name: contact.Name}}
	rand.Read(u.ID[:])
	d.who = u.ID
	if u.Contact, err = d.seal(contact, u.ID.String()); err != nil {
		return err
	}
	d.Users = append(d.Users, u)
	return nil
}

// Cancel takes an invitation back that was not accepted yet.
type Cancel struct{ Who ID }

func (v Cancel) revise(d *draft) error {
	u, err := d.other(v.Who)
	if err != nil {
		return err
	}
	if u.State != Invited {
		return fmt.Errorf("%w: there is no open invitation", ErrInvalid)
	}
	d.drop(u.ID)
	return nil
}

// Activate lets somebody in who has accepted: by the main user's hand, with the car's
// security code where the model asks for it, and in some models by the code alone. A main user who arrived after
// others, or who lost a key, proves with the car's security code that the car is theirs.
type Activate struct{ Who ID }

func (v Activate) revise(d *draft) error {
	u, err := d.user(v.Who)
	if err != nil {
		return err
	}
	switch {
	case u.Role == Main && u.State == AwaitingActivation:
		if !d.owner {
			return fmt.Errorf("%w: this needs the car's security code", ErrNotPermitted)
		}
	case u.Role == Main:
		return errUnchanged
	default:
		admission := d.roster.Admission
		if err := d.main(); err != nil && !(admission.Alone && admission.Code) {
			return err
		}
		if admission.Code && !d.owner && u.State != Active {
			return fmt.Errorf("%w: this needs the car's security code", ErrNotPermitted)
		}
		if u.State == Active {
			return errUnchanged
		}
		if u.State != Confirmed && u.State != AwaitingActivation {
			return fmt.Errorf("%w: the invitation is not accepted yet", ErrInvalid)
		}
	}
	u.State = Active
	return nil
}

// Transfer gives the car to a new main user, whom the back end invites: everybody leaves
// it. No secondary user becomes the main user.
type Transfer struct{ Contact Contact }

func (v Transfer) revise(d *draft) error {
	if err := d.main(); err != nil {
		return err
	}
	contact, err := v.Contact.Plain()
	if err != nil {
		return err
	}
	if slices.ContainsFunc(d.Users, func(u User) bool { return u.Role == Secondary && u.Name == contact.Name }) {
		return fmt.Errorf("%w: a secondary user never becomes the main user", ErrNotPermitted)
	}
	if d.Contact, err = d.seal(contact, ""); err != nil {
		return err
	}
	d.Users = nil
	return nil
}

// seal closes a contact to the back end.
func (d *draft) seal(c Contact, id string) (string, error) {
	back, there := d.roster.Reader("backend")
	key := back.Seal.Sealing()
	if !there || key == nil {
		return "", fmt.Errorf("%w: there is no back end to invite anybody", ErrOffline)
	}
	return sealContact(key, d.VID, id, c)
}
