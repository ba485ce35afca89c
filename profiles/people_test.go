package profiles_test

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"glovebox/profiles"
)

// fixed derives 32 bytes from a label, so that a test's keys and ids are the same
// at each run.
func fixed(label string) []byte {
	sum := sha256.Sum256([]byte(label))
	return sum[:]
}

func hex128(label string) string { return fmt.Sprintf("%x", fixed(label)[:16]) }

func idOf(label string) profiles.ID { return profiles.ID(fixed(label)[:16]) }

func signKey(t testing.TB, label string) profiles.Key {
	return keyOf(t, ed25519.NewKeyFromSeed(fixed(label)).Public())
}

func sealKey(t testing.TB, label string) profiles.Key {
	return keyOf(t, x25519(t, label).PublicKey())
}

func keyOf(t testing.TB, public any) profiles.Key {
	t.Helper()
	k, err := profiles.KeyOf(public)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func x25519(t testing.TB, label string) *ecdh.PrivateKey {
	t.Helper()
	k, err := ecdh.X25519().NewPrivateKey(fixed(label))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// cheap is a verifier that costs microseconds.
func cheap(t testing.TB, pin string) profiles.Verifier {
	t.Helper()
	salt := fixed("salt " + pin)[:16]
	v, err := profiles.ParseVerifier("$argon2id$v=19$m=8,t=1,p=1$" + base64.RawStdEncoding.EncodeToString(salt) + "$" +
		base64.RawStdEncoding.EncodeToString(argon2.IDKey([]byte(pin), salt, 1, 8, 1, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// car is the identity of every test's car.
func car(t testing.TB) profiles.Identity {
	return profiles.Identity{VID: hex128("car"), Sign: ed25519.NewKeyFromSeed(fixed("car")), Seal: x25519(t, "car seal")}
}

// user is a person of a test's document, with all they can have.
func user(t testing.TB, label string, role profiles.Role, state profiles.State, sharing profiles.Sharing, restricted ...profiles.Function) profiles.User {
	return profiles.User{Person: profiles.Person{
		ID: idOf(label), Mailbox: hex128("mailbox " + label), Role: role, State: state, Sharing: sharing,
		Restricted: restricted, Sign: signKey(t, label), Seal: sealKey(t, label),
		Name: profiles.Conceal(label), Verifier: cheap(t, "480213"),
	}}
}

// household is a document with a main user and secondary users in each state.
func household(t testing.TB) profiles.Access {
	invited := user(t, "invited", profiles.Secondary, profiles.Invited, profiles.Shared)
	invited.Mailbox, invited.Sign, invited.Seal, invited.Verifier = "", profiles.Key{}, profiles.Key{}, profiles.Verifier{}
	return profiles.Access{
		VID: hex128("car"), Version: 7, Issued: time.Date(2026, 11, 21, 20, 33, 10, 0, time.UTC),
		Users: []profiles.User{
			user(t, "main", profiles.Main, profiles.Active, profiles.Shared),
			user(t, "shared", profiles.Secondary, profiles.Active, profiles.Shared, "radio", "chat"),
			user(t, "limited", profiles.Secondary, profiles.Active, profiles.Limited, "radio", "chat"),
			invited,
			user(t, "confirmed", profiles.Secondary, profiles.Confirmed, profiles.Shared),
			user(t, "awaiting", profiles.Secondary, profiles.AwaitingActivation, profiles.Shared),
		},
		Readers: []profiles.Reader{
			{Role: "backend", Mailbox: hex128("mailbox backend"), Seal: sealKey(t, "backend")},
			{Role: "workshop", Mailbox: hex128("mailbox workshop")},
		},
		Inbox: hex128("inbox"), GuestServices: true, RemoteServices: false,
		Hash: profiles.Hash(fixed("payload 7")),
	}
}

// copyOf shares nothing with a.
func copyOf(a profiles.Access) profiles.Access {
	a.Users, a.Readers = slices.Clone(a.Users), slices.Clone(a.Readers)
	for i := range a.Users {
		a.Users[i].Restricted = slices.Clone(a.Users[i].Restricted)
	}
	return a
}

// enrolled is the roster of a car that took a as its first document.
func enrolled(t testing.TB, a profiles.Access) profiles.Roster {
	t.Helper()
	r, _, err := profiles.Roster{VID: a.VID}.Apply(a, profiles.Signer{Kind: profiles.BackEnd})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// follow makes a the next document after r.
func follow(a profiles.Access, r profiles.Roster) profiles.Access {
	a.Version, a.Previous = r.Version+1, r.Hash
	a.Hash = profiles.Hash(fixed(fmt.Sprintf("payload %d", a.Version)))
	return a
}

// wire seals what is private, encodes, decodes and opens a again: what comes out is
// what a car gets of it.
func wire(t testing.TB, a profiles.Access) (profiles.Access, error) {
	t.Helper()
	for i := range a.Users {
		u := &a.Users[i]
		sealed, err := profiles.SealPrivate(car(t).Seal.PublicKey(), a.VID, u.ID, u.Name, u.Verifier)
		if err != nil {
			t.Fatal(err)
		}
		u.Sealed = sealed
	}
	payload, err := a.Encode()
	if err != nil {
		return profiles.Access{}, err
	}
	decoded, err := profiles.DecodeAccess(payload)
	if err != nil {
		t.Fatalf("what was encoded does not decode: %v", err)
	}
	return decoded.Open(car(t).Seal)
}
