package cloud

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// claims are those of an access document.
type claims struct {
	VID            string  `json:"vid"`
	Version        uint64  `json:"version"`
	Previous       string  `json:"previous"` // SHA-256 of the last payload in hex, empty in the first
	Issued         string  `json:"issued"`
	Users          []entry `json:"users"`
	Readers        []post  `json:"readers"`
	Inbox          string  `json:"inbox"`
	GuestServices  bool    `json:"guest_services"`
	RemoteServices bool    `json:"remote_services"`
}

// entry is one person in an access document.
type entry struct {
	ID         string   `json:"id"`
	Mailbox    string   `json:"mailbox,omitempty"` // none while invited
	Role       string   `json:"role"`
	State      string   `json:"state"`
	Sharing    string   `json:"sharing"`
	Restricted []string `json:"restricted"`
	Sign       *jwk     `json:"sign,omitempty"`
	Seal       *jwk     `json:"seal,omitempty"`
	Private    string   `json:"private"`
}

// post is a reader who is no person.
type post struct {
	Role    string `json:"role"`
	Mailbox string `json:"mailbox"`
	Seal    *jwk   `json:"seal,omitempty"`
}

// Document is a signed access document.
type Document struct {
	Version uint64
	JWS     string // what is published
	good    bool   // one that the car has to accept
}

// States of a person in a document.
const (
	invited   = "invited"
	confirmed = "confirmed"
	awaiting  = "awaiting-activation"
	active    = "active"
)

// firstVersion leaves room for a document that is older than the first.
const firstVersion = 2

// typePolicy is the type of an access document.
const typePolicy = "gb-policy"

// Enrol makes the first document of a car. It is published as soon as there is
// a line. Without users there is no document: the car has no people yet.
func (b *BackEnd) Enrol(car Identity, users []User) (Document, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.car.VID != "" {
		return Document{}, errors.New("this car has been enrolled already")
	}
	b.car = car
	if len(users) == 0 {
		return Document{}, nil
	}
	var entries []entry
	for _, u := range users {
		r, err := b.newPerson(u.Name, u.Role, u.Seal)
		if err != nil {
			return Document{}, fmt.Errorf("enrol: %w", err)
		}
		e, err := b.enter(r, active, u.PIN)
		if err != nil {
			return Document{}, err
		}
		r.State = e.State
		b.register(Contact{Name: u.Name})
		entries = append(entries, e)
	}
	return b.first(entries)
}

// first issues the document of a car that has had no people so far; mu is held.
func (b *BackEnd) first(users []entry) (Document, error) {
	c := &claims{VID: b.car.VID, Version: firstVersion, Users: users, Inbox: token(), GuestServices: true, RemoteServices: true}
	for _, name := range []string{Workshop, BackendName} {
		r, err := b.newReader(name, name == BackendName)
		if err != nil {
			return Document{}, err
		}
		p := post{Role: name, Mailbox: r.Mailbox}
		if r.seal != nil {
			p.Seal = sealJWK(r.seal.PublicKey())
		}
		c.Readers = append(c.Readers, p)
	}
	return b.issue(c, b.signer)
}

// Remove takes a person out, and with the main user everybody.
func (b *BackEnd) Remove(name string) (Document, error) {
	return b.next(func(c *claims) error { return b.remove(c, name) })
}

// remove changes claims; mu is held.
func (b *BackEnd) remove(c *claims, name string) error {
	_, i, err := b.entryOf(c, name)
	switch {
	case err != nil:
		return err
	case c.Users[i].Role == Main:
		c.Users = []entry{}
	default:
		c.Users = slices.Delete(c.Users, i, i+1)
	}
	return nil
}

// Limit takes the live place from a person, who gets a new mailbox.
func (b *BackEnd) Limit(name string) (Document, error) {
	return b.next(func(c *claims) error { return b.share(c, name, Limited) })
}

// share changes claims; mu is held.
func (b *BackEnd) share(c *claims, name, sharing string) error {
	r, i, err := b.entryOf(c, name)
	if err != nil {
		return err
	}
	if r.Role == Main || r.Role == sharing || sharing != Shared && sharing != Limited {
		return fmt.Errorf("%s is %s and cannot become %s", name, r.Role, sharing)
	}
	c.Users[i].Sharing = sharing
	if c.Users[i].Mailbox != "" { // one who is only invited has none
		c.Users[i].Mailbox = token()
	}
	return nil
}

// Freshen issues the same content again, so that the car knows that it is current.
func (b *BackEnd) Freshen() (Document, error) {
	return b.next(func(*claims) error { return nil })
}

// next issues the document that follows the current one with a change in it.
func (b *BackEnd) next(change func(*claims) error) (Document, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.current == nil {
		return Document{}, errors.New("nobody is enrolled yet")
	}
	c := b.successor()
	if err := change(c); err != nil {
		return Document{}, err
	}
	return b.issue(c, b.signer)
}

// successor is a copy of the current claims, one version on; mu is held.
func (b *BackEnd) successor() *claims {
	c := *b.current
	c.Users, c.Readers = slices.Clone(c.Users), slices.Clone(c.Readers)
	c.Version++
	c.Previous = b.hash
	c.Issued = issuedNow()
	return &c
}

func issuedNow() string { return time.Now().UTC().Format(time.RFC3339) }

// issue signs claims and makes them the current ones; mu is held.
func (b *BackEnd) issue(c *claims, by signer) (Document, error) {
	d, payload, err := draft(c, by)
	if err != nil {
		return Document{}, err
	}
	before, sum := b.current, sha256.Sum256(payload)
	b.current, b.hash = c, hex.EncodeToString(sum[:])
	b.follow(c)
	if before != nil {
		b.report(before, c)
	}
	d.good = true
	b.unshown = append(b.unshown, d)
	return d, nil
}

// draft signs claims and leaves all as it is.
func draft(c *claims, by signer) (Document, []byte, error) {
	if c.Issued == "" {
		c.Issued = issuedNow()
	}
	payload, err := json.Marshal(c)
	if err != nil {
		return Document{}, nil, fmt.Errorf("access document: %w", err)
	}
	jws, err := by.sign(typePolicy, payload)
	if err != nil {
		return Document{}, nil, fmt.Errorf("access document: %w", err)
	}
	return Document{Version: c.Version, JWS: jws}, payload, nil
}

// entryOf finds a person in the claims by name; mu is held.
func (b *BackEnd) entryOf(c *claims, name string) (*Reader, int, error) {
	r := b.find(name)
	if r == nil {
		return nil, 0, fmt.Errorf("nobody is called %s", name)
	}
	i := slices.IndexFunc(c.Users, func(e entry) bool { return e.ID == r.ID })
	if i < 0 {
		return nil, 0, fmt.Errorf("%s is no user of this car", name)
	}
	return r, i, nil
}

// Version is that of the newest document that was published and that the car has
// to accept, 0 if there is none.
func (b *BackEnd) Version() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.accepted
}
