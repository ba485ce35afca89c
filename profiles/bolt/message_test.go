package bolt_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"glovebox/profiles"
	"glovebox/profiles/bolt"
)

func message(id, text string) *profiles.Message {
	return &profiles.Message{ID: id, Kind: profiles.ChatLine, Role: "workshop", From: profiles.Conceal("Workshop North"), Text: profiles.Conceal(text), Time: time.UnixMilli(1795000000000).UTC()}
}

// Messages come back after a restart, in their order, with what was read; they stand
// nowhere in the file as they are, belong to one person, and go with them.
func TestMessagesAreSealedAndGo(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	take := func(r profiles.Roster) { _, err := s.Apply(r); must(t, err) }
	take(roster(t, 1, 1, 2))
	one, two, stranger := person(t, 1).ID, person(t, 2).ID, profiles.ID{9}
	must(t, s.ChangeMessages(map[profiles.ID]profiles.MessageChange{
		one:      {1: message("a", "for the main user")},
		two:      {255: message("b", "come at nine"), 256: message("c", "or at ten")},
		stranger: {1: message("d", "for nobody")},
	}))
	read := *message("b", "come at nine")
	read.Read = true
	must(t, s.ChangeMessages(map[profiles.ID]profiles.MessageChange{two: {255: &read}, one: {1: nil}}))
	must(t, s.Close())
	file, err := os.ReadFile(filepath.Join(dir, bolt.Name))
	must(t, err)
	for _, secret := range []string{"come at nine", "Workshop North", "for the main user", "for nobody"} {
		if bytes.Contains(file, []byte(secret)) {
			t.Errorf("%q stands open in the file", secret)
		}
	}
	s = open(t, dir, ring, inChild(t))
	got, err := s.Messages(two)
	if err != nil || len(got) != 2 || got[255] != read || got[256] != *message("c", "or at ten") {
		t.Errorf("%+v came back, %v", got, err)
	}
	if got, err := s.Messages(one); err != nil || len(got) != 0 {
		t.Errorf("another has %+v, %v", got, err)
	}
	if _, err := s.Messages(stranger); err == nil {
		t.Error("a stranger has messages")
	}
	take(roster(t, 2, 1))
	must(t, s.ChangeMessages(map[profiles.ID]profiles.MessageChange{two: {1: message("e", "too late")}}))
	take(roster(t, 3, 1, 2))
	if got, err := s.Messages(two); err != nil || len(got) != 0 {
		t.Errorf("who came again has %+v, %v", got, err)
	}
}

// One message that is damaged takes no other with it.
func TestADamagedMessageIsLeftOut(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	_, err := s.Apply(roster(t, 1, 1))
	must(t, err)
	id := person(t, 1).ID
	must(t, s.ChangeMessages(map[profiles.ID]profiles.MessageChange{id: {1: message("a", "one"), 2: message("b", "two")}}))
	must(t, s.Close())
	db, err := bbolt.Open(filepath.Join(dir, bolt.Name), 0o600, nil)
	must(t, err)
	must(t, db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(id.String()))
		value := bytes.Clone(b.Get([]byte("message/0000000000000001")))
		value[len(value)-1] ^= 1
		return b.Put([]byte("message/0000000000000001"), value)
	}))
	must(t, db.Close())
	s = open(t, dir, ring, nil)
	if got, err := s.Messages(id); err != nil || len(got) != 1 || got[2].ID != "b" {
		t.Errorf("%+v, %v", got, err)
	}
}
