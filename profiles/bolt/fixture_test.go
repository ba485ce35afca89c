package bolt_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/profiles"
	"glovebox/profiles/bolt"
	"glovebox/profiles/keyring"
)

// children are what this program does where it is called `bolt.test NAME PATH`:
// check-store is the child that checks a file.
var children = map[string]func(path string) error{"check-store": bolt.Check, "stop": stopMarked, "start": startMarked,
	"for-ever": func(string) error {
		for n := 0; ; n++ {
			runtime.KeepAlive(n)
		}
	},
	"slowly": func(string) error { time.Sleep(6 * time.Second); return nil },
}

// A child's calls are counted by strace for each thread: all of them come from one.
func init() {
	if len(os.Args) == 3 && children[os.Args[1]] != nil {
		runtime.LockOSThread()
	}
}

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && children[os.Args[1]] != nil {
		if err := children[os.Args[1]](os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// inChild checks a file in a process of its own, as the daemon does.
func inChild(t testing.TB) func(string) error {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return bolt.ChildCheck(t.Context(), program, "check-store")
}

const phc = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$" // and the tag

// verifier is one that a PIN of its own gave.
func verifier(t testing.TB, n int) profiles.Verifier {
	t.Helper()
	v, err := profiles.ParseVerifier(phc + strings.Repeat(string(rune('A'+n)), 42) + "A")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func person(t testing.TB, n int) profiles.Person {
	t.Helper()
	p := profiles.Person{
		ID: profiles.ID{0: byte(n), 15: 7}, Mailbox: fmt.Sprintf("%032x", n), Role: profiles.Secondary, State: profiles.Active,
		Sharing: profiles.Limited, Name: profiles.Conceal(fmt.Sprintf("Person Number %d", n)), Verifier: verifier(t, n),
	}
	if n == 1 {
		p.Role, p.Sharing = profiles.Main, profiles.Shared
	}
	return p
}

// roster is a car of these people.
func roster(t testing.TB, version uint64, people ...int) profiles.Roster {
	t.Helper()
	r := profiles.Roster{
		VID: strings.Repeat("c0", 16), Version: version, Hash: profiles.Hash{byte(version)}, Issued: time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC),
		Readers: []profiles.Reader{{Role: "workshop", Mailbox: strings.Repeat("5d", 16)}}, Inbox: strings.Repeat("1b", 16), GuestServices: true,
	}
	for _, n := range people {
		r.People = append(r.People, person(t, n))
	}
	return r
}

// group is what is kept of one group.
func group(name string, values map[string][]byte) profiles.Encoded {
	return profiles.Encoded{name: values}
}

func openRing(t testing.TB, dir string) *keyring.Ring {
	t.Helper()
	ring, err := keyring.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ring.Close() })
	return ring
}

func open(t testing.TB, dir string, ring *keyring.Ring, check func(string) error) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(dir, ring, check)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// must passes when nothing went wrong.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// applied is whether a store took a roster; the receipt is not looked at.
func applied(_ profiles.Receipt, err error) error { return err }

// dump is all that a store gives back, as text.
func dump(s *bolt.Store) (string, error) {
	var out strings.Builder
	r, err := s.Roster()
	if err != nil {
		return "", err
	}
	encoded, err := r.EncodeOpen()
	if err != nil {
		return "", err
	}
	fmt.Fprintf(&out, "%s\n", encoded)
	for _, id := range append([]profiles.ID{{}}, ids(r)...) {
		if p, known := r.Find(id); known {
			data, err := p.Encode()
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&out, "%s\n", data)
		}
		for _, group := range []string{"radio", "navigation", "app.1"} {
			all, err := s.Settings(id, group)
			if err != nil {
				return "", err
			}
			values := all[group]
			for _, key := range slices.Sorted(maps.Keys(values)) {
				fmt.Fprintf(&out, "%s %s.%s = %q\n", id, group, key, values[key])
			}
		}
		l, errL := s.Lockout(id)
		v, errV := s.OwnVerifier(id)
		if err := errors.Join(errL, errV); err != nil {
			return "", err
		}
		fmt.Fprintf(&out, "%s lockout %v, own PIN %q\n", id, l, v.Reveal())
	}
	fact, err := s.CarFact("odometer")
	fmt.Fprintf(&out, "odometer %q\n", fact)
	return out.String(), err
}

func ids(r profiles.Roster) []profiles.ID {
	var all []profiles.ID
	for _, p := range r.People {
		all = append(all, p.ID)
	}
	return all
}
