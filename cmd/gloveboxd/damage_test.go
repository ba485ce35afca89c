package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"glovebox/profiles"
	"glovebox/profiles/bolt"
	"glovebox/profiles/keyring"
)

const page = 4096

// harms are the ways in which a file goes bad; old is what it was before its last changes.
var harms = []struct {
	name string
	harm func(b, old []byte, r *rand.Rand) []byte
}{
	{"bit flip", func(b, _ []byte, r *rand.Rand) []byte { b[r.IntN(len(b))] ^= 1 << r.IntN(8); return b }},
	{"zero page", func(b, _ []byte, r *rand.Rand) []byte { clear(one(b, r.IntN(len(b)/page))); return b }},
	{"garbage page", func(b, _ []byte, r *rand.Rand) []byte {
		p := one(b, r.IntN(len(b)/page))
		for i := range p {
			p[i] = byte(r.Uint32())
		}
		return b
	}},
	{"truncation", func(b, _ []byte, r *rand.Rand) []byte { return b[:r.IntN(len(b))] }},
	{"stale page", func(b, old []byte, r *rand.Rand) []byte {
		n := r.IntN(min(len(b), len(old)) / page)
		copy(one(b, n), one(old, n))
		return b
	}},
	{"both metas", func(b, _ []byte, r *rand.Rand) []byte { // of a ring both slots
		second := page
		if len(b) == 32<<10 && string(b[:4]) == "GBKE" {
			second = len(b) / 2
		}
		b[16+r.IntN(64)] ^= 1
		b[second+16+r.IntN(64)] ^= 1
		return b
	}},
	{"empty file", func([]byte, []byte, *rand.Rand) []byte { return nil }},
}

func one(b []byte, n int) []byte { return b[n*page : (n+1)*page] }

// used cuts off what was never written.
func used(b []byte) []byte {
	n := len(b)
	for n > page && b[n-1] == 0 {
		n--
	}
	return b[:(n+page-1)/page*page]
}

// Whatever became of a store, the agent comes up, with everything that there was or with
// the store named in Recovered; and what it leaves is sound.
func TestDamagedStores(t *testing.T) {
	each := uint64(1)
	if soak {
		each = 25
	}
	a := peopled(t)
	names := []string{keysFile, bolt.Name, outboxFile}
	old, files := map[string][]byte{}, map[string][]byte{}
	keep := func(into map[string][]byte) {
		for _, name := range append(names, keyring.IdentityName) {
			text, err := os.ReadFile(a.state(name))
			if err != nil {
				t.Fatal(err)
			}
			into[name] = text
		}
	}
	keep(old)
	ring, err := keyring.Open(a.state(""))
	if err != nil {
		t.Fatal(err)
	}
	people, err := bolt.Open(a.state(""), ring, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(ring.Add(profiles.ID{9}))
	_, wrong := ring.Remove(profiles.ID{9})
	err = errors.Join(err, wrong)
	for n := range 300 {
		err = errors.Join(err, people.SetCarFact(fmt.Sprint("fact ", n%40), []byte(strings.Repeat("x", n))))
	}
	if err := errors.Join(err, people.Close(), ring.Close()); err != nil {
		t.Fatal(err)
	}
	keep(files)
	for _, store := range names {
		for _, kind := range harms {
			ends := map[string]int{}
			for seed := range each {
				if err := os.RemoveAll(a.state("")); err != nil {
					t.Fatal(err)
				}
				if err := os.MkdirAll(a.state(""), 0o700); err != nil {
					t.Fatal(err)
				}
				for name, text := range files {
					a.write(filepath.Join("state", name), string(text))
				}
				a.write(filepath.Join("state", store), string(kind.harm(used(append([]byte(nil), files[store]...)), old[store], rand.New(rand.NewPCG(seed, 7)))))
				check, _ := a.run("--check-store", a.state(store)) // it may die of what it finds
				unsound := store != keysFile && check != exitStopped
				vehicle, stop := a.boot()
				recovered := func() bool { return strings.Contains(fmt.Sprint(vehicle()["Recovered"]), store) }
				if unsound {
					eventually(t, fmt.Sprintf("%s, %s %d is reported", store, kind.name, seed), recovered)
				}
				reported := recovered()
				code, said := stop(syscall.SIGTERM) // be the queue open by now or not
				if code != exitStopped {
					t.Errorf("%s, %s %d: exit %d: %s", store, kind.name, seed, code, said)
				}
				reported = reported || strings.Contains(said, "store recovered")
				_ = a.hmi.Close()
				if err := checkStore(a.state("")); err != nil {
					t.Errorf("%s, %s %d: what is left: %v", store, kind.name, seed, err)
				}
				roster, err := bolt.ReadRoster(a.state(""))
				if err != nil {
					t.Errorf("%s, %s %d: %v", store, kind.name, seed, err)
				}
				whole := len(roster.People) == 2
				if !whole && !reported {
					t.Errorf("%s, %s %d: %d people, and nothing is reported", store, kind.name, seed, len(roster.People))
				}
				ends[fmt.Sprintf("reported %v, people %v", reported, whole)]++
			}
			t.Log(store, kind.name, ends)
		}
	}
}
