package bolt_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"glovebox/profiles"
	"glovebox/profiles/bolt"
)

// The ring is the first file that is ever made: where anything else is and it is not,
// it was lost, and what it sealed goes to the quarantine.
func TestLostRing(t *testing.T) {
	for _, row := range []struct {
		name  string
		there []string
		lost  bool
	}{
		{"a first start", nil, false},
		{"the people", []string{bolt.Name}, true},
		{"the queue", []string{"outbox.db"}, true},
		{"the identity", []string{"identity"}, true},
		{"something of somebody else", []string{"notes"}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			for _, name := range row.there {
				must(t, os.WriteFile(filepath.Join(dir, name), []byte("left"), 0o600))
			}
			ring, lost, err := bolt.OpenRing(dir, []string{bolt.Name, "outbox.db"}, "identity")
			must(t, err)
			if lost != row.lost || !ring.Unused() {
				t.Errorf("lost %v, and it was used: %v", lost, !ring.Unused())
			}
			must(t, ring.Close())
			for _, name := range row.there {
				_, err := os.Stat(filepath.Join(dir, name))
				if sealed := name == bolt.Name || name == "outbox.db"; sealed == (err == nil) {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

// A store that is missing is a loss once the ring has held somebody, also where nobody
// is left in it.
func TestLostStoreOfAnEmptyCar(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	must(t, applied(s.Apply(roster(t, 1, 1))))
	must(t, applied(s.Apply(roster(t, 2))))
	must(t, s.Close())
	must(t, os.Remove(filepath.Join(dir, bolt.Name)))
	if s = open(t, dir, ring, nil); !s.Recovered() {
		t.Error("nobody is told of the loss")
	}
}

// What stands in a file's place and is none goes to the quarantine, whole; files stay.
func TestSetAside(t *testing.T) {
	dir := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(dir, "keys", "inside"), 0o700))
	must(t, os.MkdirAll(filepath.Join(dir, "clean.new"), 0o700))
	must(t, syscall.Mkfifo(filepath.Join(dir, bolt.Name), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "identity"), []byte("i"), 0o600))
	for round := range 2 { // the second finds nothing
		freed, err := bolt.SetAside(dir, "keys", bolt.Name, "identity", "clean", "outbox.db")
		must(t, err)
		if want := []string{"keys", bolt.Name}; round == 0 && !slices.Equal(freed, want) || round == 1 && freed != nil {
			t.Errorf("round %d freed %v", round, freed)
		}
	}
	for name, there := range map[string]bool{"keys": false, bolt.Name: false, "clean.new": false, "identity": true, "quarantine/keys.1/inside": true, "quarantine/clean.new.1": true} {
		if _, err := os.Stat(filepath.Join(dir, name)); there != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The copy of the identity is sealed under the car's own key: it comes back as it was,
// no byte of it stands in the file, and without the ring it is gone.
func TestCopyOfTheIdentity(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	if none, err := s.Identity(); err != nil || none.VID != "" {
		t.Errorf("a new store has %v, %v", none.VID, err)
	}
	car, err := profiles.NewIdentity()
	must(t, err)
	must(t, s.SetIdentity(car))
	must(t, applied(s.Apply(roster(t, 1, 1))))
	must(t, applied(s.Apply(roster(t, 2)))) // nobody's removal takes it
	must(t, s.Close())
	must(t, bolt.Check(filepath.Join(dir, bolt.Name)))
	s = open(t, dir, ring, inChild(t))
	if kept, err := s.Identity(); err != nil || kept.Public() != car.Public() || !kept.Sign.Equal(car.Sign) {
		t.Errorf("the copy is of %v, %v", kept.VID, err)
	}
	must(t, s.Close())
	file, err := os.ReadFile(filepath.Join(dir, bolt.Name))
	must(t, err)
	if bytes.Contains(file, []byte(car.VID)) || bytes.Contains(file, car.Sign.Seed()) {
		t.Error("it stands in the open")
	}
	must(t, ring.Close())
	must(t, os.Remove(filepath.Join(dir, "keys")))
	ring, _, err = bolt.OpenRing(dir, []string{bolt.Name})
	must(t, err)
	defer ring.Close()
	if kept, err := open(t, dir, ring, inChild(t)).Identity(); err != nil || kept.VID != "" {
		t.Errorf("without its ring there is a copy of %v, %v", kept.VID, err)
	}
}

// People of a store that cannot be written are read without changing it.
func TestReadRoster(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	must(t, applied(s.Apply(roster(t, 1, 1, 2, 3))))
	must(t, s.Close())
	must(t, ring.Close())
	before, err := os.ReadFile(filepath.Join(dir, bolt.Name))
	must(t, err)
	r, err := bolt.ReadRoster(dir)
	if err != nil || len(r.People) != 3 || r.People[0].Name.Reveal() != "Person Number 1" {
		t.Errorf("%d people, %v", len(r.People), err)
	}
	if after, err := os.ReadFile(filepath.Join(dir, bolt.Name)); err != nil || string(after) != string(before) {
		t.Errorf("the file changed, %v", err)
	}
	must(t, os.Remove(filepath.Join(dir, "keys")))
	if _, err := bolt.ReadRoster(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a ring: %v", err)
	}
}
