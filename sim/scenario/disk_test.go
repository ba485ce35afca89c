package scenario_test

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/profiles"
	"glovebox/profiles/bolt"
	"glovebox/profiles/keyring"
	"glovebox/sim"
	"glovebox/sim/scenario"
)

// store makes a state directory in which one person has set one thing.
func store(t *testing.T, home string) (dir string, who profiles.ID) {
	t.Helper()
	dir = t.TempDir()
	ring, err := keyring.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := bolt.Open(dir, ring, bolt.Check)
	if err != nil {
		t.Fatal(err)
	}
	who = profiles.ID{0: 1, 15: 7}
	value, err := json.Marshal(map[string]string{"name": home})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Apply(profiles.Roster{
		VID: strings.Repeat("c0", 16), Version: 2, Issued: time.Now(), Inbox: strings.Repeat("1b", 16),
		People: []profiles.Person{{ID: who, Mailbox: strings.Repeat("a1", 16), Role: profiles.Main, State: profiles.Active, Name: profiles.Conceal("Anna")}},
	})
	for _, err := range []error{
		err,
		s.SetSettings(who, profiles.Encoded{"navigation": {"home": value}}, nil),
		s.SetLedger(who, map[string][]byte{"page/0001": deflated("a page of " + home)}),
		s.Close(),
		ring.Close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir, who
}

// deflated is a text as it stands in a page of the ledger.
func deflated(text string) []byte {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, flate.BestCompression)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return out.Bytes()
}

// The disk check finds what is sealed, and only because it opens the seal; it
// finds a file, a log line, and nothing that is not there.
func TestDiskControls(t *testing.T) {
	dir, who := store(t, "Canary Wharf 4471")
	log := filepath.Join(t.TempDir(), "agent.log")
	find := func(text, want string) {
		t.Helper()
		where, err := scenario.OnDisk(dir, log, text)
		if err != nil || !strings.Contains(where, want) || (want == "") != (where == "") {
			t.Errorf("%s: found %q, want %q: %v", text, where, want, err)
		}
	}
	find("Canary Wharf 4471", "profiles.db, key set/navigation/home of "+who.String())
	find("a page of Canary", "profiles.db, key page/0001 of "+who.String()+"/ledger")
	find("Canary Wharf 4472", "")
	file, err := os.ReadFile(filepath.Join(dir, "profiles.db"))
	if err != nil || strings.Contains(string(file), "Canary") {
		t.Errorf("the value stands in the open: %v", err)
	}
	for name, text := range map[string]string{log: "msg=oops name=Heron", filepath.Join(dir, "left.tmp"): "a Plover here"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	find("Heron", "the log")
	find("Plover", "left.tmp")
	if err := os.Remove(filepath.Join(dir, "keys")); err != nil {
		t.Fatal(err)
	}
	if _, err := scenario.OnDisk(dir, log, "Canary Wharf 4471"); err == nil {
		t.Error("without its keys the store says nothing, and that is no proof")
	}
}

// One value that differs, is missing or new makes people's values differ.
func TestUnchangedControls(t *testing.T) {
	dir, _ := store(t, "Canary Wharf 4471")
	values, err := sim.Unsealed(dir, "profiles.db")
	if err != nil || len(values) < 3 {
		t.Fatalf("%d values: %v", len(values), err)
	}
	before := map[string]string{"a x": "1", "a y": "2"}
	if d := scenario.Difference(before, map[string]string{"a x": "1", "a y": "2"}); d != "" {
		t.Errorf("the same differs: %s", d)
	}
	for name, now := range map[string]map[string]string{
		"changed": {"a x": "1", "a y": "3"}, "missing": {"a x": "1"}, "new": {"a x": "1", "a y": "2", "b z": "3"},
	} {
		if scenario.Difference(before, now) == "" {
			t.Errorf("%s: no difference", name)
		}
	}
}

// A store that is damaged on the disk ends no scenario: it is said, and what stands in
// the others is found.
func TestDamagedStoreIsSaid(t *testing.T) {
	dir, _ := store(t, "Canary Wharf 4471")
	whole, err := os.ReadFile(filepath.Join(dir, "profiles.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name  string
		queue []byte
	}{
		{"no pages", append(slices.Clone(whole[:8192]), bytes.Repeat([]byte{0xA5}, len(whole)-8192)...)},
		{"cut off", whole[:8192]},
		{"empty pages", append(slices.Clone(whole[:8192]), make([]byte, len(whole)-8192)...)},
		{"no store", []byte("nothing of ours")},
	} {
		if err := os.WriteFile(filepath.Join(dir, "outbox.db"), row.queue, 0o600); err != nil {
			t.Fatal(err)
		}
		if all, err := sim.Unsealed(dir, "profiles.db", "outbox.db"); err == nil || !strings.Contains(err.Error(), "read outbox.db") {
			t.Errorf("%s: %d values, %v", row.name, len(all), err)
		}
		if all, err := sim.Unsealed(dir, "profiles.db"); err != nil || len(all) == 0 {
			t.Errorf("%s: %d values of the people, %v", row.name, len(all), err)
		}
	}
}
