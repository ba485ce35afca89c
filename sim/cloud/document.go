package cloud

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"glovebox/profiles"
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
	Contact        string  `json:"contact,omitempty"` // of a transfer at the wheel, sealed to the back end
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
	Contact    string   `json:"contact,omitempty"` // of who was invited at the wheel, sealed to the back end
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

	hash   string // of the payload
	change change
	by     signer
	before *previous
}

// Good reports whether the back end holds it for one that the car has to accept.
func (d Document) Good() bool { return d.good }

// change is what a document changes of the one before it; it may be made again of another.
type change func(*claims) error

// previous is what a document took the place of.
type previous struct {
	claims *claims
	hash   string
	roster profiles.Roster
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
	b.car, b.roster = car, profiles.Roster{VID: car.VID, Admission: b.admits}
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
		r.State, r.Restricted = e.State, e.Restricted
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
	return b.issue(c, b.signer, nil)
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
func (b *BackEnd) next(change change) (Document, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.follows(change, b.signer)
}

// follows is next, by whom it is signed; mu is held.
func (b *BackEnd) follows(change change, by signer) (Document, error) {
	if b.current == nil {
		return Document{}, errors.New("nobody is enrolled yet")
	}
	c := b.successor()
	if err := change(c); err != nil {
		return Document{}, err
	}
	return b.issue(c, by, change)
}

// successor is a copy of the current claims, one version on; mu is held.
func (b *BackEnd) successor() *claims {
	c := *b.current
	c.Users, c.Readers = slices.Clone(c.Users), slices.Clone(c.Readers)
	c.Version = max(c.Version, b.highest) + 1
	c.Contact = ""
	c.Previous = b.hash
	c.Issued = issuedNow()
	return &c
}

func issuedNow() string { return time.Now().UTC().Format(time.RFC3339) }

// issue signs claims and makes them the current ones, if the rules of the roster allow it;
// mu is held.
func (b *BackEnd) issue(c *claims, by signer, change change) (Document, error) {
	d, payload, err := draft(c, by)
	if err != nil {
		return Document{}, err
	}
	access, err := profiles.DecodeAccess(payload)
	if err != nil {
		return Document{}, err
	}
	kind := profiles.MainUser
	if by.kid == b.signer.kid {
		kind = profiles.BackEnd
	}
	roster, _, err := b.roster.Apply(access, profiles.Signer{Kind: kind, Key: by.kid})
	if err != nil {
		return Document{}, err
	}
	d.before = &previous{b.current, b.hash, b.roster}
	d.good, d.change, d.by = true, change, by
	d.hash = b.adopt(c, payload, roster)
	b.unshown = append(b.unshown, d)
	return d, nil
}

// adopt makes claims the current ones and returns the hash of their payload; mu is held.
func (b *BackEnd) adopt(c *claims, payload []byte, roster profiles.Roster) string {
	before, sum := b.current, sha256.Sum256(payload)
	b.current, b.hash, b.roster, b.highest = c, hex.EncodeToString(sum[:]), roster, max(b.highest, c.Version)
	b.follow(c)
	if before != nil {
		b.report(before, c)
	}
	return b.hash
}

// Withdraw takes back the newest document, which the car has refused.
func (b *BackEnd) Withdraw(ctx context.Context, d Document) error {
	b.mu.Lock()
	if d.before == nil || d.before.claims == nil || d.hash != b.hash {
		b.mu.Unlock()
		return errors.New("only the newest document is taken back")
	}
	before := *d.before
	b.unshown = slices.DeleteFunc(b.unshown, func(u Document) bool { return u.hash == d.hash })
	b.held = slices.DeleteFunc(b.held, func(l heldLetter) bool { return l.version == d.Version })
	for _, e := range b.current.Users {
		if name := b.named(e.ID); !slices.ContainsFunc(before.claims.Users, func(o entry) bool { return o.ID == e.ID }) {
			b.find(name).Removed = true
			delete(b.invitations, name)
		}
	}
	b.current, b.hash, b.roster, b.highest = before.claims, before.hash, before.roster, before.claims.Version
	b.accepted = min(b.accepted, b.highest)
	jws := b.last
	b.mu.Unlock()
	return b.Publish(ctx, Document{Version: before.claims.Version, JWS: jws})
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
