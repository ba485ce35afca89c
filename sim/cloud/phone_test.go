package cloud_test

import (
	"bytes"
	"testing"

	"glovebox/profiles"
	"glovebox/sim/cloud"
)

// sealedFamily is one person of each role whose phones all have a sealing key.
func sealedFamily() []cloud.User {
	all := family()
	for i := range all {
		all[i].Seal = true
	}
	return all
}

// Each phone has keys of its own, of both kinds that sign, and the document names
// them.
func TestPhonesHaveKeysOfTheirOwn(t *testing.T) {
	back, car, first := world(t, sealedFamily()...)
	access, err := profiles.DecodeAccess(car.verified(first, car.trusted(first))) // refuses a key that stands twice
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct{ name, alg string }{{"anna", "ES256"}, {"lea", "EdDSA"}, {"jonas", "EdDSA"}} {
		phone, err := back.Phone(want.name)
		if err != nil {
			t.Fatal(err)
		}
		if u := access.Users[i]; u.Sign.Algorithm() != want.alg || u.Sign.Thumbprint() != phone.Key() || !u.Seal.Seals() {
			t.Errorf("%s: %s key %s, the phone's is %s, seals %t", want.name, u.Sign.Algorithm(), u.Sign, phone.Key(), u.Seal.Seals())
		}
	}
	if _, err := back.Phone(cloud.Workshop); err == nil {
		t.Error("the workshop has a phone")
	}
}

// What is sealed to one person's key is opened on no other phone.
func TestOnlyTheOwnPhoneOpens(t *testing.T) {
	back, car, first := world(t, sealedFamily()...)
	for _, name := range []string{"anna", "lea", "jonas"} {
		own, _ := back.Reader(name)
		for _, other := range []string{"anna", "lea", "jonas"} {
			to, _ := back.Reader(other)
			topic := "to/" + own.Mailbox + "/position/hpke"
			sealed := car.sealTo(to.Mailbox, car.own.Sign, first, own.Mailbox, own.Mailbox, topic)
			n := back.Count(name)
			car.say(topic, sealed)
			m := wait(t, back, name, n+1)[n]
			if opened := m.Err == nil && bytes.Contains(m.Plain, []byte("37.72")); opened != (name == other) {
				t.Errorf("sealed to %s, found by %s: opened %t, %v", other, name, opened, m.Err)
			}
		}
	}
}
