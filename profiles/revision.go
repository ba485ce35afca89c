package profiles

import (
	"crypto/ecdh"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Revision is what is decided about the people of this car at the wheel, or by the main
// user's phone: a plain value, one of Invite, Cancel, Activate, Remove, SetSharing,
// Restrict, SetGuestServices, SetRemoteServices, Transfer, Rename and ResetPIN. Roster.Revise makes
// the access document of it.
type Revision interface{ revise(d *draft) error }

// Author is who decides.
type Author struct {
	At    ID   // the person at the wheel; zero: nobody, or a guest
	Owner bool // the car's security code was given with it, and is right
}

// Revised is the document that a revision makes, to be signed.
type Revised struct {
	Access
	Payload []byte // the claims; empty where nothing changes
	Who     ID     // whom it is about; of an invitation the new one
}

// draft is a document while it is revised.
type draft struct {
	Access
	roster Roster
	at     Person // who decides; the zero Person is nobody
	owner  bool
	who    ID
}

// errUnchanged is a revision after which everything is as it was.
var errUnchanged = errors.New("nothing changes")

// Revise makes the document that follows r with what author decides in it. car is the
// key that names and PIN verifiers are sealed to. While documents on the way to the
// ceiling are missing it is refused: what they say is not known yet.
func (r Roster) Revise(rev Revision, author Author, car *ecdh.PublicKey, issued time.Time) (Revised, error) {
	if r.Ceiling != nil {
		return Revised{}, fmt.Errorf("%w: documents are on their way", ErrNotReady)
	}
	d := &draft{roster: r, owner: author.Owner, Access: r.document()}
	d.Version, d.Previous, d.Contact, d.Issued = r.Version+1, r.Hash, "", issued.UTC().Truncate(time.Second)
	d.at, _ = r.Find(author.At)
	switch err := rev.revise(d); {
	case errors.Is(err, errUnchanged):
		return Revised{Who: d.who}, nil
	case err != nil:
		return Revised{}, err
	}
	for i := range d.Users {
		if u := &d.Users[i]; u.Sealed == "" && u.Name != (Private{}) { // new, or kept by an older agent; else invited without
			var err error
			if u.Sealed, err = SealPrivate(car, r.VID, u.ID, u.Name, u.Verifier); err != nil {
				return Revised{}, err
			}
		}
	}
	sortUsers(d.Users)
	payload, err := d.Access.Encode()
	if err != nil {
		return Revised{}, err
	}
	d.Hash = sha256.Sum256(payload)
	return Revised{d.Access, payload, d.who}, nil
}

// document is the newest document, as far as r has it.
func (r Roster) document() Access {
	a := Access{
		VID: r.VID, Version: r.Version, Hash: r.Hash, Previous: r.Previous, Issued: r.Issued, Contact: r.Contact,
		Readers: slices.Clone(r.Readers), Inbox: r.Inbox, GuestServices: r.GuestServices, RemoteServices: r.RemoteServices,
	}
	for _, p := range r.People {
		p.Restricted = slices.Clone(p.Restricted)
		a.Users = append(a.Users, User{p})
	}
	return a
}

// OwnPayload is the payload of the newest document if the car signed it: the back end may
// not have it yet. It is made again of what is kept, which holds nothing of who was removed.
func (r Roster) OwnPayload() ([]byte, bool) {
	if !r.Own || r.Ceiling != nil {
		return nil, false
	}
	payload, err := r.document().Encode()
	return payload, err == nil && sha256.Sum256(payload) == r.Hash
}

// main refuses whoever is not the active main user.
func (d *draft) main() error {
	if d.at.Role != Main || d.at.State != Active {
		return fmt.Errorf("%w: only the main user may do this", ErrNotPermitted)
	}
	return nil
}

// user is somebody of the car.
func (d *draft) user(who ID) (*User, error) {
	d.who = who
	for i := range d.Users {
		if d.Users[i].ID == who {
			return &d.Users[i], nil
		}
	}
	return nil, ErrNoSuchProfile
}

// other is a secondary user, of whom the main user decides.
func (d *draft) other(who ID) (*User, error) {
	if err := d.main(); err != nil {
		return nil, err
	}
	u, err := d.user(who)
	if err == nil && u.Role != Secondary {
		err = fmt.Errorf("%w: this is for secondary users", ErrNotPermitted)
	}
	return u, err
}

// drop takes a user out.
func (d *draft) drop(who ID) {
	d.Users = slices.DeleteFunc(d.Users, func(u User) bool { return u.ID == who })
}

// newMailbox draws a mailbox that nobody had.
func newMailbox() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// Remove takes a secondary user out of the car.
type Remove struct{ Who ID }

func (v Remove) revise(d *draft) error {
	u, err := d.other(v.Who)
	if err != nil {
		return err
	}
	d.drop(u.ID)
	return nil
}

// SetSharing says what a secondary user is told while others drive. It brings a new
// mailbox: what waits in the old one is not for the new level.
type SetSharing struct {
	Who     ID
	Sharing Sharing
}

func (v SetSharing) revise(d *draft) error {
	u, err := d.other(v.Who)
	if err != nil {
		return err
	}
	if u.Sharing == v.Sharing {
		return errUnchanged
	}
	if u.Sharing = v.Sharing; u.Mailbox != "" {
		u.Mailbox = newMailbox()
	}
	return nil
}

// alwaysOpen is what no main user takes from a secondary one.
var alwaysOpen = []Function{"chat", "alerts"}

// Restrict says which functions are closed to a secondary user, none to lift all.
type Restrict struct {
	Who       ID
	Functions []Function
}

func (v Restrict) revise(d *draft) error {
	u, err := d.other(v.Who)
	if err != nil {
		return err
	}
	closed := slices.Clone(v.Functions)
	slices.Sort(closed)
	closed = slices.Compact(closed)
	for _, f := range closed {
		if _, err := ParseFunction(string(f)); err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		if slices.Contains(alwaysOpen, f) {
			return fmt.Errorf("%w: %s cannot be restricted", ErrInvalid, f)
		}
	}
	before := slices.Clone(u.Restricted)
	slices.Sort(before)
	if slices.Equal(before, closed) {
		return errUnchanged
	}
	u.Restricted = closed
	return nil
}

// SetGuestServices switches the connected services for guests.
type SetGuestServices struct{ On bool }

func (v SetGuestServices) revise(d *draft) error { return d.set(&d.GuestServices, v.On) }

// SetRemoteServices switches what secondary users do from afar.
type SetRemoteServices struct{ On bool }

func (v SetRemoteServices) revise(d *draft) error { return d.set(&d.RemoteServices, v.On) }

func (d *draft) set(service *bool, on bool) error {
	if err := d.main(); err != nil {
		return err
	}
	if *service == on {
		return errUnchanged
	}
	*service = on
	return nil
}

// Rename gives the person who decides another name.
type Rename struct {
	Who  ID
	Name Private
}

func (v Rename) revise(d *draft) error {
	if d.at.State != Active || d.at.ID != v.Who {
		return fmt.Errorf("%w: a name is changed by whose it is, at the wheel", ErrNotPermitted)
	}
	if err := checkName(v.Name); err != nil {
		return err
	}
	u, err := d.user(v.Who)
	if err != nil {
		return err
	}
	if u.Name == v.Name {
		return errUnchanged
	}
	u.Name, u.Sealed = v.Name, ""
	return nil
}
