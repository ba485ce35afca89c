// Package killmatrix_test proves the people's store, with its key ring, against death and
// failing disks at every file system call of a start, of a setting, of a ledger, and of
// somebody who is added or removed.
package killmatrix_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glovebox/internal/planted"
	"glovebox/profiles"
	"glovebox/profiles/bolt"
	"glovebox/profiles/keyring"
	"glovebox/profiles/keyring/killmatrix"
)

// calls are the file system calls at which a change can be torn; allCalls adds those
// before and after it.
var (
	calls    = []string{"pwrite64", "fdatasync", "fsync"}
	allCalls = append(calls[:len(calls):len(calls)], "openat", "pread64", "write", "flock", "munmap", "close", "exit_group")
)

// most bounds the rising N of a program that never survives.
const most = 300

// build compiles the program; where old is not empty, with that text of a file below
// profiles replaced.
func build(t *testing.T, file, old, new string) string {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Fatal("strace is missing: apt-get install strace")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "store")
	args := []string{"build", "-o", program}
	if old != "" {
		overlay, err := planted.Overlay("../..", dir, planted.Edit{File: file, Old: old, New: new})
		must(t, err)
		args = append(args, "-overlay", overlay)
	}
	if out, err := exec.Command("go", append(args, "./testdata/store")...).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// car is a state directory with three people, each with settings, a ledger, messages and trips.
type car struct {
	files map[string][]byte
	keys  map[string][]byte // by id
}

func newCar(t *testing.T) car {
	t.Helper()
	dir := t.TempDir()
	ring, err := keyring.Open(dir)
	must(t, err)
	store, err := bolt.Open(dir, ring, nil)
	must(t, err)
	roster := profiles.Roster{VID: strings.Repeat("ab", 16), Version: 1, Hash: profiles.Hash{1}}
	for n := range byte(3) {
		role := profiles.Secondary
		if n == 0 {
			role = profiles.Main
		}
		roster.People = append(roster.People, profiles.Person{ID: profiles.ID{n + 1}, Role: role, State: profiles.Active})
	}
	_, err = store.Apply(roster)
	must(t, err)
	for n := range byte(3) {
		must(t, store.SetSettings(profiles.ID{n + 1}, profiles.Encoded{"radio": {"a": []byte("old"), "b": []byte("old")}, "seat": {"c": []byte("old")}}, nil))
		must(t, store.SetLedger(profiles.ID{n + 1}, map[string][]byte{"last": []byte("1"), "page/0": []byte("old"), "page/1": []byte("old")}))
		must(t, store.ChangeMessages(map[profiles.ID]profiles.MessageChange{{n + 1}: {0: message("old"), 1: message("old")}}))
		must(t, store.SetTrips(map[profiles.ID]map[string][]byte{{n + 1}: {"0": []byte("old"), "1": []byte("old")}}))
	}
	must(t, errors.Join(store.Close(), ring.Close()))
	c := car{files: map[string][]byte{}}
	for _, name := range []string{"keys", bolt.Name} {
		c.files[name], err = os.ReadFile(filepath.Join(dir, name))
		must(t, err)
	}
	c.keys = killmatrix.Scan(c.files["keys"])[0].Keys
	return c
}

func message(text string) *profiles.Message {
	return &profiles.Message{ID: "m", Kind: profiles.ChatLine, Text: profiles.Conceal(text)}
}

// stage makes the car in a directory.
func (c car) stage(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range c.files {
		must(t, os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	return dir
}

// state opens the store and says in a line who is in it and what they have: settings,
// ledger, messages, trips. What it leaves is sound.
func state(dir string) (string, error) {
	line, err := read(dir)
	if err != nil {
		return "", err
	}
	return line, bolt.Check(filepath.Join(dir, bolt.Name))
}

func read(dir string) (string, error) {
	ring, err := keyring.Open(dir)
	if err != nil {
		return "", err
	}
	defer ring.Close()
	store, err := bolt.Open(dir, ring, nil)
	if err != nil {
		return "", err
	}
	defer store.Close()
	roster, err := store.Roster()
	if err != nil {
		return "", err
	}
	if err := nothingOf(store, roster); err != nil {
		return "", err
	}
	line := ""
	for _, p := range roster.People {
		values, err := store.Settings(p.ID, "radio", "seat")
		if err != nil {
			return "", err
		}
		ledger, err := store.Ledger(p.ID, "last", "page/")
		if err != nil {
			return "", err
		}
		messages, err := store.Messages(p.ID)
		if err != nil {
			return "", err
		}
		trips, err := store.Trips(p.ID)
		if err != nil {
			return "", err
		}
		texts := func(n uint64) []byte { return []byte(messages[n].Text.Reveal()) }
		line += fmt.Sprintf("%d:%s,%s,%s", p.ID[0], values["radio"]["a"], values["radio"]["b"], values["seat"]["c"])
		line += listed(ledger, func(key string) []byte { return ledger[key] }) + listed(messages, texts) + listed(trips, func(key string) []byte { return trips[key] }) + " "
	}
	if keys := len(ring.IDs()); keys < len(roster.People) {
		return "", fmt.Errorf("%d people have %d keys", len(roster.People), keys)
	}
	return line, nil
}

// nothingOf looks for what is left of who is not of this car any more.
func nothingOf(store *bolt.Store, roster profiles.Roster) error {
	for n := range byte(4) {
		id := profiles.ID{n + 1}
		if _, there := roster.Find(id); there {
			continue
		}
		messages, err := store.Messages(id)
		trips, wrong := store.Trips(id)
		if len(messages) > 0 || len(trips) > 0 {
			return fmt.Errorf("%d messages and %d trips of %s are left (%v, %v)", len(messages), len(trips), id, err, wrong)
		}
	}
	return nil
}

// listed is the values of a map in the order of its keys.
func listed[K cmp.Ordered, V any](all map[K]V, text func(K) []byte) (line string) {
	for _, key := range slices.Sorted(maps.Keys(all)) {
		line += fmt.Sprintf(",%s", text(key))
	}
	return line + ";"
}

const (
	untouched = ":old,old,old,1,old,old;,old,old;,old,old; "
	before    = "1" + untouched + "2" + untouched + "3" + untouched
)

// changes are the commands and what the car is after each. A removal is two commits, of
// the ring and of the store: between them the person is gone, and the version is the old.
var changes = []struct{ command, after string }{
	{"boot", before},
	{"set", "1:new,new,old,1,old,old;,old,old;,old,old; 2" + untouched + "3" + untouched},
	{"import", "1:new,new,new,1,old,old;,old,old;,old,old; 2" + untouched + "3" + untouched},
	{"enter", "1:old,old,old,2,new,new;,old,old;,old,old; 2" + untouched + "3" + untouched},
	{"write", "1:old,old,old,1,old,old;,read,new;,old,old; 2:old,old,old,1,old,old;,old,old,new;,old,old; 3" + untouched},
	{"drive", "1:old,old,old,1,old,old;,old,old;,longer,new; 2:old,old,old,1,old,old;,old,old;,old,old,new; 3" + untouched},
	{"add", before + "4:,,;;; "},
	{"remove", "1" + untouched + "2" + untouched},
	{"late", "1" + untouched + "2" + untouched},
}

// removes reports whether somebody is gone after a command.
func removes(command string) bool { return command == "remove" || command == "late" }

// check starts what a run left, once, and says what it found and what of that is wrong.
func (c car) check(dir, command, after string, done bool) (got string, err error) {
	if done && removes(command) {
		if err := c.erased(dir); err != nil {
			return "", fmt.Errorf("after the answer: %w", err)
		}
	}
	got, err = state(dir)
	if err != nil {
		return "", err
	}
	if got != after && (done || got != before) {
		return got, fmt.Errorf("after the start: %s", got)
	}
	if removes(command) && got == after {
		return got, c.erased(dir)
	}
	return got, nil
}

// erased looks for the key of who was removed in every byte of the ring.
func (c car) erased(dir string) error {
	id := profiles.ID{3}
	raw, err := os.ReadFile(filepath.Join(dir, "keys"))
	if err != nil {
		return err
	}
	for i, slot := range killmatrix.Scan(raw) {
		for _, key := range slot.Keys {
			if bytes.Equal(key, c.keys[id.String()]) {
				return fmt.Errorf("slot %d holds the key of who was removed", i)
			}
		}
	}
	return nil
}

// strace runs a command with these options; done says that the change was answered.
func strace(t *testing.T, program, command, dir string, options ...string) (done, killed bool, exit int) {
	t.Helper()
	cmd := exec.Command("strace", append(append([]string{"-f", "-qq", "-o", os.DevNull}, options...), program, command, dir)...)
	var out bytes.Buffer
	cmd.Stdout = &out
	err := cmd.Run()
	if wrong := new(exec.ExitError); err != nil && !errors.As(err, &wrong) {
		t.Fatal(err)
	}
	return out.String() == "done\n", cmd.ProcessState.ExitCode() < 0, cmd.ProcessState.ExitCode()
}

// Wherever the process dies, or the disk fails once or from then on, the next start finds
// the old people and settings or the new ones, whole: never half of a Set, never half a
// person; and once a removal was answered, no key of who was removed.
func TestStoreKillMatrix(t *testing.T) {
	program, c := build(t, "", "", ""), newCar(t)
	which := calls
	if soak {
		which = allCalls
	}
	for _, change := range changes {
		for _, call := range which {
			for _, fault := range []string{"signal=SIGKILL:when=%d", "error=EIO:when=%d", "error=EIO:when=%d+"} {
				if strings.HasPrefix(fault, "error") && call != "pwrite64" && call != "fsync" && call != "fdatasync" {
					continue
				}
				t.Run(change.command+" "+call+" "+fault, func(t *testing.T) {
					t.Parallel()
					hits, old := 0, 0
					for n := 1; ; n++ {
						dir := c.stage(t)
						done, killed, exit := strace(t, program, change.command, dir, "-e", "trace="+call, "-e", "inject="+call+":"+fmt.Sprintf(fault, n))
						if !done {
							hits++
						}
						if !killed && done != (exit == 0) {
							t.Fatalf("%s %d: exit %d, done %v", call, n, exit, done)
						}
						got, err := c.check(dir, change.command, change.after, done)
						if err != nil {
							t.Errorf("%s %d: %v", call, n, err)
						}
						if got == before {
							old++
						}
						must(t, os.RemoveAll(dir))
						if !killed && done {
							break
						}
						if n == most {
							t.Fatalf("still failing at %s %d", call, n)
						}
					}
					commits := map[string]string{"set": "fdatasync", "import": "fdatasync", "enter": "fdatasync", "write": "fdatasync", "drive": "fdatasync", "add": "fdatasync", "remove": "fsync", "late": "fsync"}[change.command] // of a removal the ring
					if call == commits && (hits == 0 || old == 0) {
						t.Errorf("%d of the runs did not answer, %d left the old state: the faults missed the change", hits, old)
					}
				})
			}
		}
	}
}

// The check sees a build whose removal leaves the old key in the other slot.
func TestStoreKillMatrixControl(t *testing.T) {
	c := newCar(t)
	for name, program := range map[string]string{
		"whole":    build(t, "", "", ""),
		"no-erase": build(t, "keyring/file.go", "for range slotCount {\n\t\tolder", "for range 1 {\n\t\tolder"),
	} {
		dir := c.stage(t)
		if out, err := exec.Command(program, "remove", dir).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
		if _, err := c.check(dir, "remove", changes[len(changes)-2].after, true); (err == nil) != (name == "whole") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
