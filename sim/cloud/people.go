package cloud

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"

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
	Seal bool   // their phone has a key: positions and trips come sealed
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
	PIN     string // empty if none
	Mailbox string // changes with each grant
	Removed bool

	sign ed25519.PrivateKey
	seal *ecdh.PrivateKey // nil if this reader takes nothing sealed
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

// newReader makes a reader with keys and a mailbox; mu is held.
func (b *BackEnd) newReader(name, id, role string, sealed bool) (*Reader, error) {
	if b.find(name) != nil {
		return nil, fmt.Errorf("two readers with the name %s", name)
	}
	r := &Reader{Name: name, ID: id, Role: role}
	own, err := newSigner()
	if err != nil {
		return nil, err
	}
	r.sign = own.key
	if sealed {
		if r.seal, err = ecdh.X25519().GenerateKey(rand.Reader); err != nil {
			return nil, fmt.Errorf("make a sealing key: %w", err)
		}
	}
	b.readers = append(b.readers, r)
	b.received[name] = &inbox{}
	b.grant(r)
	return r, nil
}

// grant gives a reader a new mailbox; mu is held.
func (b *BackEnd) grant(r *Reader) {
	r.Mailbox = token()
	b.boxes[r.Mailbox] = box{reader: r}
}

// withdraw takes a mailbox away with a document of that version; mu is held.
func (b *BackEnd) withdraw(r *Reader, version uint64) {
	b.boxes[r.Mailbox] = box{reader: r, until: version}
}

// enter makes a person's entry of the document; mu is held.
func (b *BackEnd) enter(u User) (entry, error) {
	r, err := b.newReader(u.Name, token(), u.Role, u.Seal)
	if err != nil {
		return entry{}, err
	}
	var verifier profiles.Verifier
	if u.PIN == "" {
		u.PIN = DefaultPIN(u.Role)
	}
	if u.PIN != "none" {
		r.PIN = u.PIN
		if verifier, err = profiles.NewVerifier(profiles.NewPIN(u.PIN), rand.Reader); err != nil {
			return entry{}, fmt.Errorf("enrol %s: %w", u.Name, err)
		}
	}
	id, err := profiles.ParseID(r.ID)
	if err != nil {
		return entry{}, err
	}
	sealed, err := profiles.SealPrivate(b.car.Seal, b.car.VID, id, profiles.Conceal(u.Name), verifier)
	if err != nil {
		return entry{}, fmt.Errorf("enrol %s: %w", u.Name, err)
	}
	e := entry{ID: r.ID, Mailbox: r.Mailbox, State: "active", Restricted: []string{}, Sign: signJWK(r.sign.Public().(ed25519.PublicKey)), Private: sealed}
	switch u.Role {
	case Main:
		e.Role, e.Sharing = "main", Shared
	case Shared, Limited:
		e.Role, e.Sharing = "secondary", u.Role
	default:
		return entry{}, fmt.Errorf("enrol %s: role %q: want main, shared or limited", u.Name, u.Role)
	}
	if r.seal != nil {
		e.Seal = sealJWK(r.seal.PublicKey())
	}
	return e, nil
}
