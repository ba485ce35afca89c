package cloud_test

import (
	"testing"

	"glovebox/agent/cloud"
	"glovebox/profiles"
)

// The ceiling comes again at each connection as the document in force does, until it is
// the next of the chain.
func TestCeilingComesAgain(t *testing.T) {
	backEnd, me := ed("back end"), car(t)
	v := cloud.NewVerifier(me, trust(t, backEnd))
	a := access(t, ed("anna"))
	first, err := cloud.ReadDocument(sign(t, encode(t, a), backEnd), trust(t, backEnd), me)
	if err != nil {
		t.Fatal(err)
	}
	roster, _, err := profiles.Roster{VID: me.VID}.Apply(first.Access, first.By)
	if err != nil {
		t.Fatal(err)
	}
	a.Version, a.Previous = 3, profiles.Hash(fixed("2"))
	later := sign(t, encode(t, a), backEnd)
	seen, by, repeated, err := v.Document(later, roster)
	if err != nil || repeated {
		t.Fatalf("a later one: %v, repeated %v", err, repeated)
	}
	if roster, _, err = roster.Apply(seen, by); err != nil {
		t.Fatal(err)
	}
	if _, _, repeated, err := v.Document(later, roster); err != nil || !repeated {
		t.Errorf("the same again: %v, repeated %v", err, repeated)
	}
	roster.Hash = a.Previous
	if _, _, repeated, err := v.Document(later, roster); err != nil || repeated {
		t.Errorf("as the next of the chain: %v, repeated %v", err, repeated)
	}
}
