package bolt_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"glovebox/profiles"
	"glovebox/profiles/bolt"
	"glovebox/profiles/keyring"
)

// lowered is a car of these people under a ceiling that others pass: who is in no other
// is erased.
func lowered(t testing.TB, version uint64, people, ceiling []int) profiles.Roster {
	t.Helper()
	r, c := roster(t, version, people...), roster(t, version+3, ceiling...)
	c.GuestServices = false
	r.Ceiling, r.People = &c, nil
	for _, n := range people {
		if slices.Contains(ceiling, n) {
			r.People = append(r.People, person(t, n))
		} else {
			r.Erased = append(r.Erased, profiles.Erased{ID: person(t, n).ID})
		}
	}
	return r
}

func same(got, want profiles.Roster) bool {
	show := func(r profiles.Roster) string {
		var above profiles.Roster
		if r.Ceiling != nil {
			above = *r.Ceiling
		}
		r.Ceiling = nil
		return fmt.Sprintf("%+v %+v", r, above)
	}
	return show(got) == show(want)
}

// A ceiling comes back after a restart; whom it removes is erased, and the file is whole.
func TestCeilingComesBack(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	must(t, applied(s.Apply(roster(t, 1, 1, 2, 3))))
	must(t, s.SetSettings(person(t, 2).ID, group("radio", map[string][]byte{"volume": []byte("41")}), nil))
	for _, want := range []profiles.Roster{
		lowered(t, 1, []int{1, 2, 3}, []int{1, 3, 4}), // 2 was removed, 4 was invited
		lowered(t, 2, []int{1, 2, 3}, []int{1, 3, 4}),
		lowered(t, 2, []int{1, 2, 3}, []int{1}),
		roster(t, 3, 1, 2), // 2 was invited again
	} {
		must(t, applied(s.Apply(want)))
		must(t, s.Close())
		must(t, bolt.Check(filepath.Join(dir, bolt.Name)))
		s = open(t, dir, ring, nil)
		if got, err := s.Roster(); err != nil || !same(got, want) {
			t.Errorf("applied %+v, back came %+v, %v", want, got, err)
		}
		for _, e := range want.Erased {
			if ring.Has(e.ID) {
				t.Errorf("version %d: the key of one who is erased is there", want.Version)
			}
		}
	}
	if values, err := s.Settings(person(t, 2).ID, "radio"); err != nil || len(values) != 0 {
		t.Errorf("who came back has %v, %v", values, err)
	}
	must(t, s.SetSettings(person(t, 2).ID, group("radio", map[string][]byte{"volume": []byte("41")}), nil))
	must(t, applied(s.Apply(lowered(t, 4, []int{1}, []int{1, 2})))) // 2 was removed, and is to come again
	if values, err := s.Settings(person(t, 2).ID, "radio"); err != nil || len(values) != 0 {
		t.Errorf("who is to come again has %v, %v", values, err)
	}
}

// Whom a ceiling removes is written down before the key goes: where the erasure fails they
// are in no roster any more, and the next start finishes it.
func TestErasureUnderACeilingIsFinished(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	must(t, applied(s.Apply(roster(t, 1, 1, 2))))
	must(t, s.Close())
	must(t, ring.Close())
	still, err := keyring.Peek(dir) // opens and seals, and destroys nothing
	must(t, err)
	t.Cleanup(func() { _ = still.Close() })
	s = open(t, dir, still, nil)
	want, gone := lowered(t, 1, []int{1, 2}, []int{1}), person(t, 2).ID
	if _, err := s.Apply(want); err == nil {
		t.Fatal("it was erased without a key ring")
	}
	if got, err := s.Roster(); err != nil || !same(got, want) {
		t.Errorf("before the erasure: %+v, %v", got, err)
	}
	must(t, s.Close())
	ring = openRing(t, dir)
	if !ring.Has(gone) {
		t.Fatal("there is nothing to finish")
	}
	s = open(t, dir, ring, nil)
	if got, err := s.Roster(); err != nil || !same(got, want) || ring.Has(gone) {
		t.Errorf("after a start: %+v, %v, its key %v", got, err, ring.Has(gone))
	}
}

// Who was removed and is to come again gets a new key, and nothing is left then that the
// old one sealed: a change that ends in between costs nobody what is theirs.
func TestRemovedAndToComeAgain(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	must(t, applied(s.Apply(roster(t, 1, 1, 2))))
	next := lowered(t, 2, []int{1}, []int{1, 2})
	next.Issued = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) // it cannot be written
	if _, err := s.Apply(next); err == nil {
		t.Fatal("nothing kept the change from its end")
	}
	must(t, s.Close())
	must(t, bolt.Check(filepath.Join(dir, bolt.Name)))
	s = open(t, dir, ring, inChild(t))
	if r, err := s.Roster(); err != nil || len(r.People) != 1 || s.Recovered() {
		t.Errorf("%d people, %v; recovered %v", len(r.People), err, s.Recovered())
	}
}

// The receipt of whom a ceiling removes is one of a removal.
func TestReceiptOfACeiling(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, openRing(t, dir), nil)
	must(t, applied(s.Apply(roster(t, 1, 1, 2, 3))))
	for version, row := range []struct {
		people, ceiling []int
		before, after   uint32
	}{
		{[]int{1, 2, 3}, []int{1, 2}, 3, 2},
		{[]int{1, 2}, []int{1, 2}, 0, 0}, // who was erased is in no document any more
		{[]int{1, 2}, []int{1}, 2, 1},
	} {
		receipt, err := s.Apply(lowered(t, uint64(version+1), row.people, row.ceiling))
		must(t, err)
		want := ""
		if row.before > 0 {
			want = fmt.Sprintf("[{keys %d %d erased}]", row.before, row.after)
		}
		if got := fmt.Sprint(receipt.Stores); (receipt.Method == "key") != (want != "") || want != "" && got != want {
			t.Errorf("version %d: %+v, want %s", version+1, receipt, want)
		}
	}
}
