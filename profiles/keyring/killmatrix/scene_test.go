package killmatrix_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"glovebox/profiles"
	"glovebox/profiles/keyring"
	"glovebox/profiles/keyring/killmatrix"
)

const (
	file   = "profiles.db"
	key    = "radio/volume"
	schema = 1
)

var (
	anna, lea, jonas, mia = profiles.ID{0: 0xA, 15: 1}, profiles.ID{0: 0xB, 15: 1}, profiles.ID{0: 0xC, 15: 1}, profiles.ID{0: 0xD, 15: 1}
	everybody             = []profiles.ID{anna, lea, jonas}
)

// scene is one change, from a known file to one of two states.
type scene struct {
	name          string
	file          []byte // the key file to begin with; nil for none
	command       []string
	before, after []profiles.ID
	values        map[profiles.ID][]byte // sealed before the change, by everybody
}

// scenes are the changes that must be whole or not at all.
func scenes(t *testing.T) []scene {
	t.Helper()
	dir := t.TempDir()
	ring, err := keyring.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer ring.Close()
	if err := ring.Add(everybody...); err != nil {
		t.Fatal(err)
	}
	values := map[profiles.ID][]byte{}
	for _, id := range everybody {
		if values[id], err = ring.Seal(id, file, key, schema, id[:]); err != nil {
			t.Fatal(err)
		}
	}
	all := content(t, dir)
	if _, err := ring.Remove(lea); err != nil {
		t.Fatal(err)
	}
	gone := content(t, dir)

	const half = killmatrix.SlotSize
	committed := slices.Concat(gone[:half], all[half:])
	tear := func(slot int, b []byte) []byte {
		b = slices.Clone(b)
		clear(b[slot*half+5000 : (slot+1)*half])
		return b
	}
	others := []profiles.ID{anna, jonas}
	return []scene{
		{"make a ring", nil, []string{"boot"}, nil, nil, nil},
		{"add one", all, []string{"add", mia.String()}, everybody, append(slices.Clone(everybody), mia), values},
		{"remove one", all, []string{"remove", lea.String()}, everybody, others, values},
		{"remove all", all, []string{"remove", anna.String(), lea.String(), jonas.String()}, everybody, nil, values},
		{"repair, torn within the first write", tear(0, all), []string{"boot"}, everybody, everybody, values},
		{"repair, cut between the writes", committed, []string{"boot"}, others, others, values},
		{"repair, torn within the second write", tear(1, committed), []string{"boot"}, others, others, values},
		{"repair, then remove", tear(0, all), []string{"remove", lea.String()}, everybody, others, values},
	}
}

func content(t *testing.T, dir string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "keys"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return b
}

// stage makes a directory in which the scene begins.
func (s scene) stage(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if s.file != nil {
		if err := os.WriteFile(filepath.Join(dir, "keys"), s.file, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// removed are the people whose keys the change destroys, or an earlier one did.
func (s scene) removed() []profiles.ID {
	return slices.DeleteFunc(slices.Clone(everybody), func(id profiles.ID) bool { return slices.Contains(s.after, id) })
}

// check starts the ring on what a run left in dir and says what is wrong: half
// a person, a lost value, a key that should be destroyed. done is whether the
// run said that its change has happened.
func (s scene) check(t *testing.T, dir string, done bool) error {
	t.Helper()
	raw := content(t, dir)
	if done {
		if err := s.erased(raw); err != nil {
			return fmt.Errorf("after the answer: %w", err)
		}
		if err := killmatrix.AtRest(killmatrix.Scan(raw)); err != nil {
			return fmt.Errorf("after the answer: %w", err)
		}
	}
	ring, err := keyring.Open(dir)
	if err != nil {
		return err
	}
	defer ring.Close()
	got := ring.IDs()
	if !slices.Equal(got, s.after) && (done || !slices.Equal(got, s.before)) {
		return fmt.Errorf("after the start the ring holds %v", got)
	}
	for id, value := range s.values {
		text, err := ring.Open(id, file, key, schema, value)
		if has := slices.Contains(got, id); has != (err == nil) || has && !bytes.Equal(text, id[:]) {
			return fmt.Errorf("after the start a value of %s opens as %x, %v", id, text, err)
		}
	}
	raw = content(t, dir)
	if slices.Equal(got, s.after) {
		if err := s.erased(raw); err != nil {
			return fmt.Errorf("after the start: %w", err)
		}
	}
	return killmatrix.AtRest(killmatrix.Scan(raw))
}

// erased scans the raw file: no slot may name a removed person, and no key in it
// may open what was sealed for them.
func (s scene) erased(raw []byte) error {
	for i, slot := range killmatrix.Scan(raw) {
		for _, id := range s.removed() {
			if _, there := slot.Keys[id.String()]; there {
				return fmt.Errorf("slot %d still holds the key of %s", i, id)
			}
			for owner, k := range slot.Keys {
				if s.values != nil && killmatrix.OpensWith(k, s.values[id], label(id)) {
					return fmt.Errorf("slot %d: the key of %s opens a value of %s", i, owner, id)
				}
			}
		}
	}
	return nil
}

// label is the associated data of a value: length 4, file, id, length 4, key, schema 4.
func label(id profiles.ID) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(file)))
	b = append(append(b, file...), id[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(key)))
	return binary.BigEndian.AppendUint32(append(b, key...), schema)
}

// run is how one run of the program ended.
type run struct {
	done, killed bool
	exit         int
	stderr       string
}

// strace runs program with args in dir, with these options of strace.
func strace(t *testing.T, program string, options []string, command []string, dir string) run {
	t.Helper()
	args := slices.Concat([]string{"-f", "-qq"}, options, []string{program, command[0], dir}, command[1:])
	cmd := exec.Command("strace", args...)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	code := cmd.ProcessState.ExitCode()
	return run{out.String() == "done\n", code < 0, code, stderr.String()}
}
