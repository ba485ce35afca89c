package bolt_test

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glovebox/profiles"
	"glovebox/profiles/bolt"
	"glovebox/profiles/keyring"
)

// each is how many times a kind of damage is tried.
const each = 8

// car is a state directory with six people, before and after one more change.
type car struct {
	keys               []byte
	old, before, after []byte // the profiles file: long ago, before the last change, after it
	was, is            string // what a store of before and of after gives back
}

func newCar(t *testing.T) car {
	t.Helper()
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	must(t, applied(s.Apply(roster(t, 1, 1, 2, 3, 4, 5, 6))))
	var c car
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		return b
	}
	for round := range 12 {
		for n := 1; n <= 6; n++ {
			id := person(t, n).ID
			must(t, s.SetSettings(id, group("radio", map[string][]byte{"station": []byte{byte(round)}, "favourites": []byte(strings.Repeat("Radio", 99))}), nil))
			must(t, s.SetSettings(id, group("navigation", map[string][]byte{"home": []byte(strings.Repeat("Home", 100+round))}), nil))
		}
		if round == 6 {
			c.old = read(bolt.Name)
		}
	}
	must(t, s.SetCarFact("odometer", []byte("25089000")))
	var err error
	c.was, err = dump(s)
	must(t, err)
	c.before = read(bolt.Name)
	must(t, s.SetSettings(person(t, 3).ID, group("radio", map[string][]byte{"station": []byte("the last one")}), nil))
	c.is, err = dump(s)
	must(t, err)
	c.after, c.keys = read(bolt.Name), read("keys")
	return c
}

// damage is one way in which a file goes bad.
type damage struct {
	name   string
	damage func(b []byte, r *rand.Rand) []byte
}

// damages are the ways in which the newest file may go bad.
func (c car) damages() []damage {
	page := os.Getpagesize()
	pages := len(trimmed(c.after)) / page
	return []damage{
		{"bit flip", func(b []byte, r *rand.Rand) []byte { b[r.IntN(pages*page)] ^= 1 << r.IntN(8); return b }},
		{"zero page", func(b []byte, r *rand.Rand) []byte { p := r.IntN(pages); clear(b[p*page : (p+1)*page]); return b }},
		{"garbage page", func(b []byte, r *rand.Rand) []byte {
			p := r.IntN(pages)
			for i := p * page; i < (p+1)*page; i += 8 {
				binary.NativeEndian.PutUint64(b[i:], r.Uint64())
			}
			return b
		}},
		{"page of another place", func(b []byte, r *rand.Rand) []byte {
			from, to := r.IntN(pages), r.IntN(pages)
			copy(b[to*page:(to+1)*page], b[from*page:(from+1)*page])
			return b
		}},
		{"truncation", func(b []byte, r *rand.Rand) []byte { return b[:r.IntN(pages*page)] }},
		{"stale page", func(b []byte, r *rand.Rand) []byte {
			p := r.IntN(pages)
			copy(b[p*page:(p+1)*page], c.old[p*page:])
			return b
		}},
		{"both meta pages", func(b []byte, r *rand.Rand) []byte { b[16+r.IntN(64)] ^= 1; b[page+16+r.IntN(64)] ^= 1; return b }},
		{"empty file", func([]byte, *rand.Rand) []byte { return nil }},
		{"another file", func([]byte, *rand.Rand) []byte { return []byte(strings.Repeat("not a store\n", 1000)) }},
	}
}

// Whatever is damaged, the store opens: as it was, or reported as recovered with
// the state before the last change, or reported and empty. It never opens with
// anything else.
func TestDamagedFileNeverOpensWrong(t *testing.T) {
	c := newCar(t)
	for _, kind := range c.damages() {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			ends := map[string]int{}
			for seed := range uint64(each) {
				r := rand.New(rand.NewPCG(seed, 1))
				ends[c.end(t, kind.damage(slices.Clone(c.after), r), seed)]++
			}
			t.Log(ends)
		})
	}
}

// trimmed cuts off the pages at the end that were never written.
func trimmed(b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	page := os.Getpagesize()
	return b[:(len(b)+page-1)/page*page]
}

// end opens a store of these bytes, checks what it holds and says how it ended.
func (c car) end(t *testing.T, damaged []byte, seed uint64) string {
	t.Helper()
	dir, err := os.MkdirTemp(t.TempDir(), "")
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "keys"), c.keys, 0o600))
	must(t, os.WriteFile(filepath.Join(dir, bolt.Name), damaged, 0o600))
	ring, err := keyring.Open(dir)
	must(t, err)
	defer ring.Close()
	s, err := bolt.Open(dir, ring, inChild(t))
	if err != nil {
		t.Errorf("seed %d: %v", seed, err)
		return "not open"
	}
	defer s.Close()
	got, err := dump(s)
	if err != nil {
		t.Errorf("seed %d: opened, then %v", seed, err)
	}
	roster, err := s.Roster()
	must(t, err)
	_, err = os.Stat(filepath.Join(dir, "quarantine", bolt.Name+".1"))
	if kept := err == nil; kept != s.Recovered() {
		t.Errorf("seed %d: recovered %v, in quarantine %v", seed, s.Recovered(), kept)
	}
	must(t, applied(s.Apply(roster))) // it takes changes
	switch {
	case got == c.is && !s.Recovered():
		return "intact"
	case got == c.is:
		return "recovered whole"
	case got == c.was && s.Recovered():
		return "recovered, one change back"
	case roster.Version == 0 && s.Recovered():
		return "recovered empty"
	}
	t.Errorf("seed %d: recovered %v, and the store holds\n%s", seed, s.Recovered(), got)
	return "wrong"
}

// A file that is gone though people have keys is reported, a first start is not.
func TestLostFileIsReported(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	must(t, os.WriteFile(filepath.Join(dir, bolt.Name+".new"), []byte("half made"), 0o600))
	s := open(t, dir, ring, inChild(t))
	if s.Recovered() {
		t.Error("a first start counts as recovered")
	}
	must(t, applied(s.Apply(roster(t, 1, 1))))
	must(t, s.Close())
	must(t, os.Remove(filepath.Join(dir, bolt.Name)))
	if s = open(t, dir, ring, inChild(t)); !s.Recovered() {
		t.Error("a lost file counts as a first start")
	}
}

// Without any key nothing can be read: all goes to the quarantine, which keeps
// one of each, and the car starts anew.
func TestRingWithoutSlots(t *testing.T) {
	dir := t.TempDir()
	for round := range 3 {
		ring, recovered, err := bolt.OpenRing(dir, []string{bolt.Name, "outbox.db"})
		must(t, err)
		if recovered != (round > 0) {
			t.Errorf("start %d: recovered %v", round, recovered)
		}
		s := open(t, dir, ring, inChild(t))
		if r, err := s.Roster(); err != nil || r.Version != 0 {
			t.Errorf("start %d: %+v, %v", round, r, err)
		}
		must(t, applied(s.Apply(roster(t, 1, 1))))
		must(t, s.Close())
		must(t, ring.Close())
		must(t, os.WriteFile(filepath.Join(dir, "keys"), make([]byte, 32<<10), 0o600))
	}
	kept, err := os.ReadDir(filepath.Join(dir, "quarantine"))
	must(t, err)
	if len(kept) != 2 || kept[0].Name() != "keys.2" || kept[1].Name() != bolt.Name+".2" {
		t.Errorf("quarantine holds %v, want keys.2 and %s.2", kept, bolt.Name)
	}
}

// A ring that was lost and made anew does not make a full store an empty one
// without a word.
func TestStoreOfAnotherRing(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	must(t, applied(s.Apply(roster(t, 1, 1, 2))))
	must(t, s.Close())
	must(t, ring.Close())
	must(t, os.Remove(filepath.Join(dir, "keys")))
	s = open(t, dir, openRing(t, dir), inChild(t))
	if r, err := s.Roster(); err != nil || len(r.People) != 0 || !s.Recovered() {
		t.Errorf("roster %+v, %v; recovered %v", r, err, s.Recovered())
	}
	if _, err := s.Settings(profiles.ID{}, "radio"); err != nil {
		t.Error(err)
	}
}

// A copy that could not be written says nothing about the state that was copied: on a full
// disk the damaged file stays where it is, and is mended when there is room.
func TestMendOnAFullDisk(t *testing.T) {
	c := newCar(t)
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "keys"), c.keys, 0o600))
	bad := slices.Clone(c.after)
	bad[16+16] ^= 1 // one meta page; the other is whole
	must(t, os.WriteFile(filepath.Join(dir, bolt.Name), bad, 0o600))
	must(t, os.Symlink("/dev/full", filepath.Join(dir, bolt.Name+".new")))
	if mended, err := bolt.Mend(dir, bolt.Name, inChild(t)); err == nil {
		t.Errorf("mended %v without room for it", mended)
	}
	mended, err := bolt.Mend(dir, bolt.Name, inChild(t))
	must(t, err)
	ring, err := keyring.Open(dir)
	must(t, err)
	defer ring.Close()
	s := open(t, dir, ring, nil)
	if r, err := s.Roster(); err != nil || len(r.People) != 6 || !mended {
		t.Errorf("%d people, %v; mended %v", len(r.People), err, mended)
	}
}
