package bolt_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"glovebox/profiles"
	"glovebox/profiles/bolt"
)

// Fobs come back after a restart, stand nowhere in the file as they are, and go with the
// person: who comes again under the same id has none.
func TestFobsAreSealedAndGo(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	take := func(r profiles.Roster) { _, err := s.Apply(r); must(t, err) }
	take(roster(t, 1, 1, 2))
	want := []profiles.Fob{profiles.NewFob(8899776655), profiles.NewFob(1122334455)}
	id := person(t, 2).ID
	must(t, s.SetFobs(id, want))
	must(t, s.Close())
	file, err := os.ReadFile(filepath.Join(dir, bolt.Name))
	must(t, err)
	if bytes.Contains(file, []byte("8899776655")) || bytes.Contains(file, []byte("1122334455")) {
		t.Error("a fob stands open in the file")
	}
	s = open(t, dir, ring, nil)
	if got, err := s.Fobs(id); err != nil || !slices.Equal(got, want) {
		t.Errorf("%d fobs came back, %v", len(got), err)
	}
	if got, err := s.Fobs(person(t, 1).ID); err != nil || len(got) != 0 {
		t.Errorf("another has %d, %v", len(got), err)
	}
	take(roster(t, 2, 1))
	if err := s.SetFobs(id, want); err == nil {
		t.Error("who was removed was given a fob")
	}
	take(roster(t, 3, 1, 2))
	if got, err := s.Fobs(id); err != nil || len(got) != 0 {
		t.Errorf("who came again has %d, %v", len(got), err)
	}
	must(t, s.SetFobs(id, want))
	must(t, s.SetFobs(id, nil))
	if got, err := s.Fobs(id); err != nil || len(got) != 0 {
		t.Errorf("unlinked, %d are left, %v", len(got), err)
	}
}
