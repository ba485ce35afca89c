package bolt_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"glovebox/profiles"
	"glovebox/profiles/bolt"
)

// The roster comes back as it was applied, after a restart too; a newcomer has
// nothing, and of who left nothing can be opened.
func TestRosterComesBack(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, inChild(t))
	if r, err := s.Roster(); err != nil || r.Version != 0 || len(r.People) != 0 {
		t.Fatalf("a new store has the roster %+v, %v", r, err)
	}
	for version, people := range [][]int{{1}, {1, 2, 3}, {1, 3, 4}, {}, {2}} {
		want := roster(t, uint64(version+1), people...)
		must(t, applied(s.Apply(want)))
		must(t, s.Close())
		s = open(t, dir, ring, inChild(t))
		got, err := s.Roster()
		must(t, err)
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) || s.Recovered() {
			t.Errorf("applied %+v, back came %+v", want, got)
		}
		if !slices.Equal(slices.Sorted(idTexts(ring.IDs())), slices.Sorted(idTexts(ids(want)))) {
			t.Errorf("version %d: the ring holds %v", version+1, ring.IDs())
		}
	}
	must(t, s.Close())
	if got := kept(t, dir, "_car", "removal"); !regexp.MustCompile(`^{"generation":[1-9][0-9]*,"result":"erased"}$`).MatchString(got) {
		t.Errorf("kept of the last removal: %s", got)
	}
}

// kept is what stands in the file of a closed store.
func kept(t *testing.T, dir, bucket, key string) string {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(dir, bolt.Name), 0o600, &bbolt.Options{ReadOnly: true})
	must(t, err)
	defer db.Close()
	var value string
	must(t, db.View(func(tx *bbolt.Tx) error {
		value = string(tx.Bucket([]byte(bucket)).Get([]byte(key)))
		return nil
	}))
	return value
}

func idTexts(ids []profiles.ID) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, id := range ids {
			if !yield(id.String()) {
				return
			}
		}
	}
}

// Whatever is set, taken back, reset and reopened, the store gives back what a
// plain map holds, and its file passes its own check.
func TestSettingsEqualAMap(t *testing.T) {
	people := []profiles.ID{{}, person(t, 1).ID, person(t, 2).ID}
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	must(t, applied(s.Apply(roster(t, 1, 1, 2))))
	type place struct {
		id         profiles.ID
		group, key string
	}
	model := map[place]string{}
	rapid.Check(t, func(t *rapid.T) {
		who := rapid.SampledFrom(people)
		group := rapid.SampledFrom([]string{"radio", "radio2", "app.1"})
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				id, group := who.Draw(t, "who"), group.Draw(t, "group")
				if id.IsZero() && profiles.IsApp(group) {
					group = "radio" // apps are a person's
				}
				values := map[string][]byte{}
				for _, key := range rapid.SliceOfN(rapid.SampledFrom([]string{"volume", "station", "a/b"}), 1, 3).Draw(t, "keys") {
					at := place{id, group, key}
					if rapid.IntRange(0, 3).Draw(t, "take back") == 0 {
						values[key] = nil
						delete(model, at)
					} else {
						text := rapid.StringMatching(`[a-zä<&"]{0,20}`).Draw(t, "value")
						if profiles.IsApp(group) {
							typed, err := profiles.Typed{Type: "s", Value: text}.MarshalJSON()
							if err != nil {
								t.Fatal(err)
							}
							text = string(typed)
						}
						values[key] = []byte(text)
						model[at] = text
					}
				}
				if err := s.SetSettings(id, profiles.Encoded{group: values}, nil); err != nil {
					t.Fatal(err)
				}
			},
			"reset": func(t *rapid.T) {
				id, group := who.Draw(t, "who"), group.Draw(t, "group")
				if id.IsZero() && profiles.IsApp(group) {
					group = "radio" // apps are a person's
				}
				maps.DeleteFunc(model, func(at place, _ string) bool { return at.id == id && at.group == group })
				values := map[string][]byte{"volume": nil, "station": nil, "a/b": nil}
				if profiles.IsApp(group) {
					values = nil
				}
				if err := s.SetSettings(id, profiles.Encoded{group: values}, nil); err != nil {
					t.Fatal(err)
				}
			},
			"reopen": func(t *rapid.T) {
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				var err error
				if s, err = bolt.Open(dir, ring, bolt.Check); err != nil || s.Recovered() {
					t.Fatalf("reopened: %v, recovered %v", err, s.Recovered())
				}
			},
			"": func(t *rapid.T) {
				got := map[place]string{}
				for _, id := range people {
					for _, group := range []string{"radio", "radio2", "app.1"} {
						values, err := s.Settings(id, group)
						if err != nil {
							t.Fatal(err)
						}
						for key, value := range values[group] {
							got[place{id, group, key}] = string(value)
						}
					}
				}
				if !maps.Equal(got, model) {
					t.Fatalf("store holds %v, want %v", got, model)
				}
			},
		})
	})
}

func TestPINsAndLockouts(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	must(t, applied(s.Apply(roster(t, 1, 1, 2))))
	lea := person(t, 2).ID
	waiting := profiles.Lockout{Failures: 5, Remaining: 59 * time.Second}
	must(t, s.SetLockout(lea, waiting))
	must(t, s.SetOwnVerifier(lea, verifier(t, 20)))

	must(t, applied(s.Apply(roster(t, 2, 1, 2, 3)))) // the same verifier for her: nothing changes
	if v, err := s.OwnVerifier(lea); err != nil || v != verifier(t, 20) {
		t.Errorf("own verifier after a document with the same one: %q, %v", v.Reveal(), err)
	}
	if l, err := s.Lockout(lea); err != nil || l != waiting {
		t.Errorf("lockout after a document with the same verifier: %v, %v", l, err)
	}
	next := roster(t, 3, 1, 2, 3)
	next.People[1].Verifier = verifier(t, 21)
	must(t, applied(s.Apply(next))) // recovery: a new PIN
	if v, err := s.OwnVerifier(lea); err != nil || !v.IsZero() {
		t.Errorf("own verifier after a document with another one: %q, %v", v.Reveal(), err)
	}
	if l, err := s.Lockout(lea); err != nil || l != (profiles.Lockout{}) {
		t.Errorf("lockout after a document with another verifier: %v, %v", l, err)
	}
	must(t, s.SetLockout(lea, waiting))
	must(t, s.SetLockout(lea, profiles.Lockout{}))
	if l, err := s.Lockout(lea); err != nil || l != (profiles.Lockout{}) {
		t.Errorf("cleared lockout: %v, %v", l, err)
	}
	stranger := profiles.ID{1, 2, 3}
	for name, err := range map[string]error{
		"lockout":  s.SetLockout(stranger, waiting),
		"verifier": s.SetOwnVerifier(stranger, verifier(t, 1)),
		"settings": s.SetSettings(stranger, group("radio", map[string][]byte{"volume": []byte("1")}), nil),
	} {
		if !errors.Is(err, profiles.ErrNoSuchProfile) {
			t.Errorf("%s of a stranger: %v", name, err)
		}
	}
}

// Nothing a person brought or set stands in the file in the clear, and nothing
// at all of who was removed can be opened by any key that is left.
func TestFileHoldsNothingInTheClear(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	must(t, applied(s.Apply(roster(t, 1, 1, 2))))
	secret := []byte("a station nobody should read")
	for _, n := range []int{1, 2} {
		must(t, s.SetSettings(person(t, n).ID, group("radio", map[string][]byte{"station": secret}), nil))
		must(t, s.SetOwnVerifier(person(t, n).ID, verifier(t, 20)))
	}
	raw, err := os.ReadFile(filepath.Join(dir, bolt.Name))
	must(t, err)
	for _, text := range [][]byte{secret, []byte("Person Number"), []byte("argon2id"), []byte(person(t, 2).Mailbox)} {
		if bytes.Contains(raw, text) {
			t.Errorf("the file holds %q in the clear", text)
		}
	}
	if !bytes.Contains(raw, []byte("guest_services")) {
		t.Error("the scan does not even find what is open")
	}
	must(t, applied(s.Apply(roster(t, 2, 1))))
	for _, look := range []func(profiles.ID) error{
		func(id profiles.ID) error { _, err := s.Settings(id, "radio"); return err },
		func(id profiles.ID) error { _, err := s.OwnVerifier(id); return err },
		func(id profiles.ID) error { _, err := s.Lockout(id); return err },
	} {
		if err := look(person(t, 2).ID); !errors.Is(err, profiles.ErrNoSuchProfile) {
			t.Errorf("a removed person is answered %v", err)
		}
	}
}

// A crash between the key ring and the store leaves a whole roster: without who
// lost the key, or without who got one for nothing.
func TestCrashBetweenRingAndStore(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	s := open(t, dir, ring, nil)
	must(t, applied(s.Apply(roster(t, 1, 1, 2))))
	must(t, s.Close())
	_, err := ring.Remove(person(t, 2).ID)
	must(t, err)
	must(t, ring.Add(person(t, 3).ID))

	s = open(t, dir, ring, inChild(t))
	r, err := s.Roster()
	if err != nil || len(r.People) != 1 || r.People[0].ID != person(t, 1).ID || s.Recovered() {
		t.Errorf("after the crash: %+v, %v, recovered %v", r, err, s.Recovered())
	}
	must(t, applied(s.Apply(roster(t, 2, 1, 2)))) // her again, with another key
	if values, err := s.Settings(person(t, 2).ID, "radio"); err != nil || len(values) != 0 {
		t.Errorf("who came back has %v, %v", values, err)
	}
	if ring.Has(person(t, 3).ID) {
		t.Error("a key without a person stays in the ring")
	}
	must(t, s.Close())
	must(t, bolt.Check(filepath.Join(dir, bolt.Name)))
}

func TestCheckThatCannotRunChangesNothing(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	must(t, open(t, dir, ring, nil).Close())
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	program, err := os.Executable()
	must(t, err)
	for name, check := range map[string]func(string) error{
		"no such program": bolt.ChildCheck(t.Context(), filepath.Join(dir, "nothing")),
		"stopped":         bolt.ChildCheck(ended, program, "check-store"),
	} {
		if _, err := bolt.Open(dir, ring, check); !errors.Is(err, bolt.ErrNotChecked) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "quarantine")); err == nil {
			t.Errorf("%s: the file went to the quarantine", name)
		}
	}
}

// A check that works for ever has found damage; one that is slow, because the unit has
// much else to do, has not.
func TestASlowCheckIsNoDamage(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	must(t, err)
	for how, sound := range map[string]bool{"slowly": true, "for-ever": false} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			if err := bolt.ChildCheck(t.Context(), program, how)(t.TempDir()); (err == nil) != sound || errors.Is(err, bolt.ErrNotChecked) {
				t.Error(err)
			}
		})
	}
}

// A state that could not be checked is not taken for damaged: nothing goes, and the next
// start tries again.
func TestAStateThatWasNotCheckedStays(t *testing.T) {
	dir := t.TempDir()
	ring := openRing(t, dir)
	must(t, open(t, dir, ring, nil).Close())
	before, err := os.ReadFile(filepath.Join(dir, bolt.Name))
	must(t, err)
	asked := 0
	_, err = bolt.Mend(dir, bolt.Name, func(string) error {
		if asked++; asked == 1 {
			return errors.New("damaged")
		}
		return bolt.ErrNotChecked
	})
	if !errors.Is(err, bolt.ErrNotChecked) || asked != 2 {
		t.Errorf("asked %d times: %v", asked, err)
	}
	if after, err := os.ReadFile(filepath.Join(dir, bolt.Name)); err != nil || !bytes.Equal(after, before) {
		t.Errorf("the file is another, %v", err)
	}
	if recovered, err := bolt.Mend(dir, bolt.Name, bolt.Check); recovered || err != nil {
		t.Errorf("the next start: %v, %v", recovered, err)
	}
}
