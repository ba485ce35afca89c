package ni_test

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"time"

	"glovebox/profiles"
)

// person is somebody of the family, with a phone.
type person struct {
	id   profiles.ID
	role profiles.Role
	sign ed25519.PrivateKey
	seal *ecdh.PrivateKey // nil: nothing is sealed for them
}

func (p person) key() profiles.Key {
	key, err := profiles.KeyOf(p.sign.Public())
	if err != nil {
		panic(err)
	}
	return key
}

// standing is what a document says of a person.
type standing struct {
	who        int // of the skeleton's people
	mailbox    string
	sharing    profiles.Sharing
	restricted []profiles.Function
}

// document is an access document that comes at a moment.
type document struct {
	at    time.Duration
	users []standing
}

// family draws the people: the main user and one to five others.
func (s *skeleton) family() {
	r, random := draws(s.seed, "people"), bytesOf(s.seed, "keys")
	seed := make([]byte, 32)
	key := func() []byte { _, _ = io.ReadFull(random, seed); return slices.Clone(seed) }
	seal := func() *ecdh.PrivateKey {
		k, err := ecdh.X25519().NewPrivateKey(key())
		if err != nil {
			panic(err)
		}
		return k
	}
	s.identity = profiles.Identity{VID: s.mailbox(), Sign: ed25519.NewKeyFromSeed(key()), Seal: seal()}
	s.workshop, s.backend, s.inbox = s.mailbox(), s.mailbox(), s.mailbox()
	var first document
	for i := range 2 + r.IntN(5) {
		p := person{id: profiles.ID{byte(0xa0 + i)}, role: profiles.Secondary, sign: ed25519.NewKeyFromSeed(key())}
		sharing := pick(r, profiles.Limited, profiles.Shared)
		switch i {
		case 0:
			p.role, sharing = profiles.Main, profiles.Shared
		case 1:
			sharing = profiles.Limited
		}
		if s.sealed {
			p.seal = seal()
		}
		s.people = append(s.people, p)
		first.users = append(first.users, standing{who: i, mailbox: s.mailbox(), sharing: sharing})
	}
	s.documents = []document{first}
}

// mailbox is the next name of one.
func (s *skeleton) mailbox() string {
	if s.mailboxes == nil {
		s.mailboxes = bytesOf(s.seed, "mailbox")
	}
	b := make([]byte, 16)
	_, _ = io.ReadFull(s.mailboxes, b)
	return hex.EncodeToString(b)
}

// changes draws later documents: one is limited or shared, restricted, or removed. The
// main user and the first of the others stay, and so does whoever drives.
func (s *skeleton) changes() {
	r := draws(s.seed, "documents")
	for range r.IntN(3) {
		at, ok := s.calm(r.within(time.Minute, s.length-time.Minute), 2*time.Minute)
		last := s.documents[len(s.documents)-1]
		if !ok || at <= last.at || len(last.users) < 3 {
			continue
		}
		users := slices.Clone(last.users)
		i := 2 + r.IntN(len(users)-2)
		switch r.IntN(4) {
		case 0:
			users = slices.Delete(users, i, i+1)
			s.corners["removal"]++
		case 1:
			users[i].restricted = []profiles.Function{pick[profiles.Function](r, "position", "vehicle-status", "alerts")}
		default:
			users[i].sharing, users[i].mailbox = profiles.Shared-users[i].sharing, s.mailbox()
		}
		s.documents = append(s.documents, document{at, users})
	}
}

// access is a document as the roster takes it.
func (s *skeleton) access(version int, previous profiles.Hash) profiles.Access {
	d := s.documents[version-1]
	a := profiles.Access{
		VID: s.identity.VID, Version: uint64(version), Hash: profiles.Hash{byte(version)}, Previous: previous,
		Issued: s.start.Add(d.at), GuestServices: true, RemoteServices: true, Inbox: s.inbox,
		Readers: []profiles.Reader{{Role: "workshop", Mailbox: s.workshop}, {Role: "backend", Mailbox: s.backend}},
	}
	for _, u := range d.users {
		p := s.people[u.who]
		user := profiles.User{Person: profiles.Person{
			ID: p.id, Mailbox: u.mailbox, Role: p.role, State: profiles.Active, Sharing: u.sharing, Restricted: u.restricted,
			Name: profiles.Conceal(fmt.Sprint("name ", u.who)), Sign: p.key(),
		}}
		if p.seal != nil {
			key, err := profiles.KeyOf(p.seal.PublicKey())
			if err != nil {
				panic(err)
			}
			user.Seal = key
		}
		a.Users = append(a.Users, user)
	}
	return a
}

// apply is a document that reaches the car.
func (w *world) apply(version int) {
	p := w.runs()
	if p == nil {
		return
	}
	by := profiles.Signer{Kind: profiles.MainUser, Key: w.s.people[0].key().Thumbprint()}
	if version == 1 {
		by = profiles.Signer{Kind: profiles.BackEnd}
	}
	_, documents := p.Rosters()
	if err := p.Apply(w.t.Context(), w.s.access(version, documents.Hash), by); err != nil {
		w.t.Errorf("seed %d: document %d: %v", w.s.seed, version, err)
	}
}

// mailboxesOf are those that a person ever has, and whether they are limited readers all
// the while.
func (s *skeleton) mailboxesOf(who int) (all []string, limited bool) {
	limited = true
	for _, d := range s.documents {
		for _, u := range d.users {
			if u.who != who {
				continue
			}
			limited = limited && u.sharing == profiles.Limited && s.people[who].role != profiles.Main
			if !slices.Contains(all, u.mailbox) {
				all = append(all, u.mailbox)
			}
		}
	}
	return all, limited
}
