package bolt_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"glovebox/profiles"
	"glovebox/profiles/bolt"
)

type drives = map[profiles.ID]map[string][]byte

// Trips come back after a restart, stand nowhere in the file as they are, belong to who
// drove, and go with them.
func TestTripsAreSealedAndGo(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	take := func(r profiles.Roster) { _, err := s.Apply(r); must(t, err) }
	take(roster(t, 1, 1, 2))
	one, two, stranger := person(t, 1).ID, person(t, 2).ID, profiles.ID{9}
	must(t, s.SetTrips(drives{
		one:      {"a": []byte("from 54.19 to 54.23")},
		two:      {"b": []byte("from 54.30"), "c": []byte("over 54.41"), "d": []byte("to 54.52")},
		stranger: {"e": []byte("nobody's 54.63")},
	}))
	must(t, s.SetTrips(drives{two: {"b": []byte("from 54.74 on"), "d": nil}}))
	must(t, s.Close())
	file, err := os.ReadFile(filepath.Join(dir, bolt.Name))
	must(t, err)
	for _, place := range []string{"54.19", "54.30", "54.41", "54.52", "54.63", "54.74"} {
		if bytes.Contains(file, []byte(place)) {
			t.Errorf("%q stands open in the file", place)
		}
	}
	s = open(t, dir, ring, inChild(t))
	shown := func(who profiles.ID, ids ...string) string {
		got, err := s.Trips(who, ids...)
		return fmt.Sprintf("%s %v", got, err)
	}
	for _, row := range []struct{ name, got, want string }{
		{"all", shown(two), "map[b:from 54.74 on c:over 54.41] <nil>"},
		{"one", shown(two, "c", "d"), "map[c:over 54.41] <nil>"},
		{"another's", shown(one, "b"), "map[] <nil>"},
		{"a stranger's", shown(stranger), "map[] read the trips: " + profiles.ErrNoSuchProfile.Error()},
	} {
		if row.got != row.want {
			t.Errorf("%s: %s, want %s", row.name, row.got, row.want)
		}
	}
	take(roster(t, 2, 1))
	must(t, s.SetTrips(drives{two: {"f": []byte("too late")}}))
	take(roster(t, 3, 1, 2))
	if got := shown(two); got != "map[] <nil>" {
		t.Errorf("who came again has %s", got)
	}
}

// One trip that is damaged takes no other with it.
func TestADamagedTripIsLeftOut(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	_, err := s.Apply(roster(t, 1, 1))
	must(t, err)
	id := person(t, 1).ID
	must(t, s.SetTrips(drives{id: {"a": []byte("one"), "b": []byte("two")}}))
	must(t, s.Close())
	db, err := bbolt.Open(filepath.Join(dir, bolt.Name), 0o600, nil)
	must(t, err)
	must(t, db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(id.String()))
		value := bytes.Clone(b.Get([]byte("trip/a")))
		value[len(value)-1] ^= 1
		return b.Put([]byte("trip/a"), value)
	}))
	must(t, db.Close())
	s = open(t, dir, ring, nil)
	if got, err := s.Trips(id); err != nil || len(got) != 1 || string(got["b"]) != "two" {
		t.Errorf("%q, %v", got, err)
	}
}
