package cloud_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"glovebox/profiles"
	"glovebox/sim/cloud"
)

// register is a car's list of people under the rules of the car.
type register struct {
	t     *testing.T
	own   profiles.Identity
	trust jose.JSONWebKeySet
	now   profiles.Roster
}

// fleet is a back end without a line and a car that knows its key.
func fleet(t *testing.T, users ...cloud.User) (*cloud.BackEnd, *register) {
	t.Helper()
	back, err := cloud.New()
	if err != nil {
		t.Fatal(err)
	}
	own, err := profiles.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	r := &register{t: t, own: own, now: profiles.Roster{VID: own.VID}}
	if err := json.Unmarshal(back.Trust(), &r.trust); err != nil {
		t.Fatal(err)
	}
	shown, err := json.Marshal(own.Public())
	if err != nil {
		t.Fatal(err)
	}
	id, err := cloud.ParseIdentity(shown)
	if err != nil {
		t.Fatal(err)
	}
	first, err := back.Enrol(id, users)
	if err != nil {
		t.Fatal(err)
	}
	if len(users) > 0 {
		r.accept(first, nil)
	}
	return back, r
}

// take holds a document against the rules: who signed it, and what it changes.
func (r *register) accept(d cloud.Document, failed error) []profiles.ChangeKind {
	r.t.Helper()
	if failed != nil {
		r.t.Fatal(failed)
	}
	changes, err := r.apply(d)
	if err != nil {
		r.t.Fatal(err)
	}
	return changes
}

func (r *register) apply(d cloud.Document) ([]profiles.ChangeKind, error) {
	r.t.Helper()
	signed, err := jose.ParseSignedCompact(d.JWS, []jose.SignatureAlgorithm{jose.EdDSA, jose.ES256})
	if err != nil {
		r.t.Fatal(err)
	}
	by := profiles.Signer{Key: signed.Signatures[0].Protected.KeyID}
	var payload []byte
	main, _ := r.now.Main()
	switch by.Key {
	case r.trust.Keys[0].KeyID:
		by.Kind = profiles.BackEnd
		payload, err = signed.Verify(r.trust.Keys[0])
	case main.Sign.Thumbprint():
		by.Kind = profiles.MainUser
		payload, err = signed.Verify(main.Sign.Public())
	default:
		payload = signed.UnsafePayloadWithoutVerification()
	}
	if err != nil {
		r.t.Fatal(err)
	}
	a, err := profiles.DecodeAccess(payload)
	if err != nil {
		r.t.Fatal(err)
	}
	if a, err = a.Open(r.own.Seal); err != nil {
		r.t.Fatal(err)
	}
	next, changes, err := r.now.Apply(a, by)
	r.now = next
	var kinds []profiles.ChangeKind
	for _, c := range changes {
		kinds = append(kinds, c.Kind)
	}
	return kinds, err
}

func phone(t *testing.T, back *cloud.BackEnd, name string) *cloud.Phone {
	t.Helper()
	p, err := back.Phone(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// letter is the newest letter to a person by one way.
func letter(t *testing.T, back *cloud.BackEnd, to, kind string) cloud.Letter {
	t.Helper()
	all := back.Outbox()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].To == to && all[i].Kind == kind {
			return all[i]
		}
	}
	t.Fatalf("no %s to %s", kind, to)
	return cloud.Letter{}
}

// code asks for a code and reads it off the text message.
func code(t *testing.T, back *cloud.BackEnd, name string) string {
	t.Helper()
	if err := phone(t, back, name).Code(); err != nil {
		t.Fatal(err)
	}
	text := letter(t, back, name, cloud.SMS).Text
	_, rest, _ := strings.Cut(text, "code is ")
	if len(rest) < 8 {
		t.Fatalf("no code in %q", text)
	}
	return rest[:8]
}
