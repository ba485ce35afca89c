package bolt_test

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"glovebox/profiles"
	"glovebox/profiles/bolt"
)

// A ledger is read by prefix, outlives a restart, and is sealed: not one byte of a value
// stands open in the file. So are the car's own counters.
func TestLedgerIsKept(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	for _, id := range []profiles.ID{person(t, 1).ID, {}} {
		if id.IsZero() {
			must(t, s.SetLedger(id, map[string][]byte{"day/2026-11-21": []byte("canary")}))
			continue
		}
		if err := s.SetLedger(id, map[string][]byte{"last": []byte("1")}); !errors.Is(err, profiles.ErrNoSuchProfile) {
			t.Errorf("somebody who is not of this car: %v", err)
		}
	}
	must(t, applied(s.Apply(roster(t, 1, 1, 2))))
	id := person(t, 1).ID
	must(t, s.SetLedger(id, map[string][]byte{"last": []byte("7"), "head/1": []byte("canary"), "head/2": []byte("canary"), "page/1": []byte("canary")}))
	must(t, s.SetLedger(id, map[string][]byte{"head/2": nil, "head/3": []byte("canary")}))
	must(t, s.Close())
	must(t, bolt.Check(filepath.Join(dir, bolt.Name)))
	s = open(t, dir, ring, nil)
	for prefix, want := range map[string][]string{"head/": {"head/1", "head/3"}, "page/1": {"page/1"}, "last": {"last"}, "page/2": nil} {
		got, err := s.Ledger(id, prefix)
		if keys := slices.Sorted(maps.Keys(got)); err != nil || !slices.Equal(keys, want) {
			t.Errorf("%s: %v, %v", prefix, keys, err)
		}
	}
	if got, err := s.Ledger(person(t, 2).ID, "head/", "last"); err != nil || len(got) != 0 {
		t.Errorf("another's: %v, %v", got, err)
	}
	if got, err := s.Ledger(profiles.ID{}, "day/"); err != nil || string(got["day/2026-11-21"]) != "canary" {
		t.Errorf("the car's: %q, %v", got, err)
	}
	file, err := os.ReadFile(filepath.Join(dir, bolt.Name))
	must(t, err)
	if bytes.Contains(file, []byte("canary")) {
		t.Error("a value stands open in the file")
	}
}

// Who is removed takes the ledger along, and leaves the others' as they are.
func TestRemovalTakesTheLedger(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	must(t, applied(s.Apply(roster(t, 1, 1, 2))))
	gone, stays := person(t, 2).ID, person(t, 1).ID
	for _, id := range []profiles.ID{gone, stays} {
		must(t, s.SetLedger(id, map[string][]byte{"last": []byte("7")}))
	}
	must(t, applied(s.Apply(roster(t, 2, 1))))
	must(t, s.Close())
	if all := buckets(t, dir, gone); len(all) != 0 {
		t.Errorf("after the removal there are still %v", all)
	}
	s = open(t, dir, ring, nil)
	if _, err := s.Ledger(gone, "last"); !errors.Is(err, profiles.ErrNoSuchProfile) {
		t.Errorf("the ledger of who was removed: %v", err)
	}
	must(t, s.Close())
	must(t, bolt.Check(filepath.Join(dir, bolt.Name)))
	s = open(t, dir, ring, nil)
	must(t, applied(s.Apply(roster(t, 3, 1, 2)))) // the same id again
	if got, err := s.Ledger(gone, "last"); err != nil || len(got) != 0 {
		t.Errorf("who came again reads %q, %v", got, err)
	}
	if got, err := s.Ledger(stays, "last"); err != nil || string(got["last"]) != "7" {
		t.Errorf("who stayed reads %q, %v", got, err)
	}
}

// A ledger whose key is gone, for a power cut came between, is deleted at the next start.
func TestKeylessLedgerIsDeleted(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	must(t, applied(s.Apply(roster(t, 1, 1, 2))))
	must(t, s.SetLedger(person(t, 2).ID, map[string][]byte{"last": []byte("7")}))
	must(t, s.Close())
	_, err := ring.Remove(person(t, 2).ID)
	must(t, err)
	must(t, open(t, dir, ring, nil).Close())
	if all := buckets(t, dir, person(t, 2).ID); len(all) != 0 {
		t.Errorf("there are still %v", all)
	}
}

// buckets are the names of those of id in a closed store.
func buckets(t *testing.T, dir string, id profiles.ID) (all []string) {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(dir, bolt.Name), 0o600, &bbolt.Options{ReadOnly: true})
	must(t, err)
	defer db.Close()
	must(t, db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
			if strings.HasPrefix(string(name), id.String()) {
				all = append(all, string(name))
			}
			return nil
		})
	}))
	return all
}
