package cloud

import (
	"crypto/ecdh"
	"crypto/rand"
	"fmt"
	"slices"

	"glovebox/profiles"
)

// Roles of the people that a world enrols.
const (
	Main    = "main"
	Shared  = "shared"  // a secondary user who sees what the main user sees
	Limited = "limited" // a secondary user who sees no live place
)

// The readers who are no person, by name.
const (
	Workshop    = "workshop"
	BackendName = "backend"
)

// User is a person to be enrolled. Without a PIN they get the one of their role.
type User struct {
	Name string
	Role string // main, shared or limited
	PIN  string // "none" for a person without a PIN
	Seal bool   // the car is told their phone's sealing key: positions and trips come sealed
}

// DefaultPIN is the PIN of people for whom a scenario names none.
func DefaultPIN(role string) string {
	switch role {
	case Main:
		return "480213"
	case Shared:
		return "590324"
	}
	return "601435"
}

// Reader is one entry of the access document with a mailbox of its own.
type Reader struct {
	Name    string
	ID      string // of the person in hex, else the reader's name
	Role    string // main, shared, limited, workshop or backend
	State   string // of a person: invited, confirmed, awaiting-activation or active
	PIN     string // empty if none
	Mailbox string // changes with each grant; empty before the first
	Removed bool

	Restricted []string // functions that the newest document takes from a person

	phone *Phone           // nil of a reader who is no person
	seal  *ecdh.PrivateKey // of the back end, which has no phone
}

// key is what opens the payloads sealed to r, nil if nothing is to be sealed.
func (r *Reader) key() *ecdh.PrivateKey {
	if r.phone == nil {
		return r.seal
	}
	if !r.phone.sealed {
		return nil
	}
	return r.phone.seal
}

// box is what became of one mailbox.
type box struct {
	reader *Reader
	until  uint64 // the document that took it away, 0 while in use
}

// Readers returns everybody who ever had a mailbox.
func (b *BackEnd) Readers() []Reader {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]Reader, len(b.readers))
	for i, r := range b.readers {
		all[i] = *r
	}
	return all
}

// Reader returns a reader by name.
func (b *BackEnd) Reader(name string) (Reader, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.find(name); r != nil {
		return *r, true
	}
	return Reader{}, false
}

// find returns a reader by name, nil if there is none; mu is held.
func (b *BackEnd) find(name string) *Reader {
	for _, r := range b.readers {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// Owner names the reader a mailbox belongs or belonged to, empty if unknown.
func (b *BackEnd) Owner(mailbox string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if known, ok := b.boxes[mailbox]; ok {
		return known.reader.Name
	}
	return ""
}

// newReader makes a reader who is no person; mu is held.
func (b *BackEnd) newReader(name string, sealed bool) (*Reader, error) {
	r := &Reader{Name: name, ID: name, Role: name}
	if sealed {
		var err error
		if r.seal, err = ecdh.X25519().GenerateKey(rand.Reader); err != nil {
			return nil, fmt.Errorf("make a sealing key: %w", err)
		}
	}
	b.readers = append(b.readers, r)
	if b.received[name] == nil {
		b.received[name] = &inbox{}
	}
	b.grant(r, token())
	return r, nil
}

// newPerson makes a person with a phone and without a mailbox. Who was removed
// may come again, as somebody new to the car; mu is held.
func (b *BackEnd) newPerson(name, role string, sealed bool) (*Reader, error) {
	phone, err := b.newPhone(name, role, sealed)
	if err != nil {
		return nil, err
	}
	r := b.find(name)
	switch {
	case name == "" || name == Workshop || name == BackendName:
		return nil, fmt.Errorf("%q is no name of a person", name)
	case role != Main && role != Shared && role != Limited:
		return nil, fmt.Errorf("role %q of %s: want main, shared or limited", role, name)
	case r == nil:
		r = &Reader{Name: name}
		b.readers = append(b.readers, r)
		b.received[name] = &inbox{}
	case !r.Removed:
		return nil, fmt.Errorf("two readers with the name %s", name)
	}
	r.ID, r.Role, r.State, r.PIN, r.Mailbox, r.Removed, r.phone = token(), role, "", "", "", false, phone
	return r, nil
}

// grant gives a reader a mailbox; mu is held.
func (b *BackEnd) grant(r *Reader, mailbox string) {
	r.Mailbox = mailbox
	b.boxes[mailbox] = box{reader: r}
}

// withdraw takes a reader's mailbox away with a document of that version; mu is
// held.
func (b *BackEnd) withdraw(r *Reader, version uint64) {
	if r.Mailbox != "" {
		b.boxes[r.Mailbox] = box{reader: r, until: version}
	}
}

// follow brings people and mailboxes in line with claims that are now the
// current ones; mu is held.
func (b *BackEnd) follow(c *claims) {
	for _, r := range b.readers {
		if r.phone == nil || r.Removed || r.State == "" {
			continue // no person, or one that no document has named yet
		}
		i := slices.IndexFunc(c.Users, func(e entry) bool { return e.ID == r.ID })
		if i < 0 {
			b.withdraw(r, c.Version)
			r.Removed = true
			continue
		}
		e := c.Users[i]
		if e.Mailbox != r.Mailbox {
			b.withdraw(r, c.Version)
			b.grant(r, e.Mailbox)
		}
		r.State, r.Restricted = e.State, e.Restricted
		if e.Role != Main {
			r.Role = e.Sharing
		}
	}
}

// enter makes the entry of a person with a mailbox and keys; mu is held.
func (b *BackEnd) enter(r *Reader, state, pin string) (entry, error) {
	e, err := b.announce(r, state)
	if err != nil {
		return entry{}, err
	}
	if pin == "" {
		pin = DefaultPIN(r.Role)
	}
	var verifier profiles.Verifier
	if pin != "none" {
		r.PIN = pin
		if verifier, err = profiles.NewVerifier(profiles.NewPIN(pin), rand.Reader); err != nil {
			return entry{}, fmt.Errorf("enrol %s: %w", r.Name, err)
		}
	}
	e.Mailbox, e.Sign, e.Seal = token(), r.phone.sign.public, r.phone.sealKey()
	e.Private, err = b.private(r, verifier)
	return e, err
}

// announce makes the entry of a person of whom only name and rights are known;
// mu is held.
func (b *BackEnd) announce(r *Reader, state string) (entry, error) {
	e := entry{ID: r.ID, Role: "secondary", State: state, Sharing: r.Role, Restricted: []string{}}
	if r.Role == Main {
		e.Role, e.Sharing = Main, Shared
	}
	var err error
	e.Private, err = b.private(r, profiles.Verifier{})
	return e, err
}

// private seals name and PIN verifier to the car; mu is held.
func (b *BackEnd) private(r *Reader, v profiles.Verifier) (string, error) {
	id, err := profiles.ParseID(r.ID)
	if err != nil {
		return "", err
	}
	sealed, err := profiles.SealPrivate(b.car.Seal, b.car.VID, id, profiles.Conceal(r.Name), v)
	if err != nil {
		return "", fmt.Errorf("enrol %s: %w", r.Name, err)
	}
	return sealed, nil
}
