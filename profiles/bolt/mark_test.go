package bolt_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glovebox/profiles/bolt"
	"glovebox/profiles/keyring"
)

// marked is a directory that a clean stop left: the key ring, the store, the mark.
func (c car) marked(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "keys"), c.keys, 0o600))
	must(t, os.WriteFile(filepath.Join(dir, bolt.Name), c.after, 0o600))
	must(t, bolt.LeaveMark(dir, checkIn, "keys", bolt.Name))
	return dir
}

// checkIn checks the store of a directory.
func checkIn(dir string) error { return bolt.Check(filepath.Join(dir, bolt.Name)) }

// A mark vouches once, for each file that is as it was left.
func TestMarkVouchesOnce(t *testing.T) {
	dir := newCar(t).marked(t)
	m := usedMark(dir)
	if !m.Holds("keys") || !m.Holds(bolt.Name) || m.Holds("outbox.db") {
		t.Errorf("the mark holds keys %v, the store %v, a file that it does not name %v", m.Holds("keys"), m.Holds(bolt.Name), m.Holds("outbox.db"))
	}
	if m := usedMark(dir); m.Holds("keys") || m.Holds(bolt.Name) {
		t.Error("a mark vouches twice")
	}
	if (bolt.Mark{}).Holds("keys") {
		t.Error("no mark vouches")
	}
}

// Whatever goes bad while the car is parked, the mark vouches for no file that
// changed.
func TestDamageAfterACleanStop(t *testing.T) {
	c := newCar(t)
	used := len(trimmed(c.after))
	for _, kind := range append(c.damages(),
		damage{"behind what is used", func(b []byte, _ *rand.Rand) []byte { return append(b, 0) }},
		damage{"every bit of a page", func(b []byte, r *rand.Rand) []byte { b[r.IntN(used)] ^= 0xFF; return b }}) {
		t.Run(kind.name, func(t *testing.T) {
			for seed := range uint64(each) {
				dir := c.marked(t)
				bad := kind.damage(slices.Clone(c.after), rand.New(rand.NewPCG(seed, 2)))
				must(t, os.WriteFile(filepath.Join(dir, bolt.Name), bad, 0o600))
				m := usedMark(dir)
				if same := bytes.Equal(bad, c.after); m.Holds(bolt.Name) != same || !m.Holds("keys") {
					t.Errorf("seed %d: unchanged %v, the mark holds %v, keys %v", seed, same, m.Holds(bolt.Name), m.Holds("keys"))
				}
			}
		})
	}
	t.Run("key ring", func(t *testing.T) {
		dir := c.marked(t)
		must(t, os.WriteFile(filepath.Join(dir, "keys"), append(slices.Clone(c.keys[1:]), c.keys[0]), 0o600))
		if usedMark(dir).Holds("keys") {
			t.Error("the mark holds for another ring")
		}
	})
}

// A mark in which any bit is not as it was written vouches for nothing.
func TestDamagedMark(t *testing.T) {
	dir := newCar(t).marked(t)
	name := filepath.Join(dir, bolt.MarkName)
	whole, err := os.ReadFile(name)
	must(t, err)
	try := func(what string, mark []byte) {
		must(t, os.WriteFile(name, mark, 0o600))
		if m := usedMark(dir); m.Holds("keys") || m.Holds(bolt.Name) {
			t.Errorf("%s: the mark vouches", what)
		}
	}
	for i := range whole {
		mark := slices.Clone(whole)
		mark[i] ^= 1 << (i % 8)
		try(fmt.Sprintf("byte %d", i), mark)
	}
	for cut := range len(bytes.TrimRight(whole, "\x00")) - 1 {
		try(fmt.Sprintf("cut to %d", cut), whole[:cut])
		try(fmt.Sprintf("torn at %d", cut), append(slices.Clone(whole[:cut]), make([]byte, len(whole)-cut)...))
	}
	must(t, os.Remove(name))
	if usedMark(dir).Holds("keys") {
		t.Error("a mark that is not there vouches")
	}
}

// What the check does not find sound gets no mark.
func TestNoMarkWithoutCheck(t *testing.T) {
	dir := newCar(t).marked(t)
	usedMark(dir)
	unsound := errors.New("unsound")
	if err := bolt.LeaveMark(dir, func(string) error { return unsound }, "keys", bolt.Name); !errors.Is(err, unsound) {
		t.Errorf("left a mark: %v", err)
	}
	if err := bolt.LeaveMark(dir, checkIn, "keys", "outbox.db"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("left a mark for a file that is not there: %v", err)
	}
	if usedMark(dir).Holds("keys") {
		t.Error("a mark was left")
	}
}

// stopMarked changes the store, closes it and leaves a mark, as a clean stop does.
func stopMarked(dir string) error {
	ring, err := keyring.Open(dir)
	if err != nil {
		return err
	}
	s, err := bolt.Open(dir, ring, nil)
	if err != nil {
		return err
	}
	if err := errors.Join(s.SetCarFact("odometer", []byte("at the stop")), s.Close()); err != nil {
		return err
	}
	if err := bolt.LeaveMark(dir, checkIn, "keys", bolt.Name); err != nil {
		return err
	}
	_, err = os.Stdout.WriteString("done\n")
	return errors.Join(err, ring.Close())
}

// startMarked opens a store that the mark vouches for and changes it.
func startMarked(dir string) error {
	m := usedMark(dir)
	if !m.Holds("keys") || !m.Holds(bolt.Name) {
		return errors.New("the mark does not vouch")
	}
	ring, err := keyring.Open(dir)
	if err != nil {
		return err
	}
	s, err := bolt.Open(dir, ring, nil)
	if err != nil {
		return err
	}
	err = s.SetCarFact("odometer", []byte("after the start"))
	_, werr := os.Stdout.WriteString("done\n")
	return errors.Join(err, werr, s.Close(), ring.Close())
}

// strace runs this program as a child under strace.
func strace(t *testing.T, child, dir string, options ...string) (out string, err error) {
	t.Helper()
	tool, lerr := exec.LookPath("strace")
	if lerr != nil {
		t.Skip("strace is not installed")
	}
	program, perr := os.Executable()
	must(t, perr)
	got, err := exec.Command(tool, slices.Concat([]string{"-f", "-qq"}, options, []string{program, child, dir})...).Output()
	return string(got), err
}

// Wherever a stop or a start dies, a mark vouches only for a file that is sound;
// and once a start may have written, for none.
func TestMarkKillMatrix(t *testing.T) {
	c := newCar(t)
	for _, child := range []string{"stop", "start"} {
		for _, call := range []string{"openat", "pread64", "read", "pwrite64", "fsync", "fdatasync", "close", "munmap", "exit_group"} {
			t.Run(child+" "+call, func(t *testing.T) {
				t.Parallel()
				held := map[bool]int{}
				for n := 1; ; n++ {
					dir := c.marked(t)
					out, err := strace(t, child, dir, "-o", os.DevNull, "-e", "trace="+call, "-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", call, n))
					m := usedMark(dir)
					holds := m.Holds(bolt.Name)
					held[holds]++
					switch sound := checkIn(dir); {
					case holds && sound != nil:
						t.Errorf("killed at %d: the mark holds, and %v", n, sound)
					case holds && child == "start" && out != "":
						t.Errorf("killed at %d: the mark holds for what a start wrote", n)
					case !holds && child == "stop" && out != "":
						t.Errorf("killed at %d: the stop said that it left a mark", n)
					}
					if err == nil {
						break // it makes fewer calls than n
					}
					if n == 200 {
						t.Fatalf("still dying: %v", err)
					}
				}
				if call == "pwrite64" && (held[true] == 0 || held[false] == 0) {
					t.Errorf("the kills did not hit every stage: held %v", held)
				}
			})
		}
	}
}

// The mark is gone from the disk before any file is opened for writing, and it is
// written after the store is closed.
func TestMarkIsTakenFirst(t *testing.T) {
	dir := newCar(t).marked(t)
	trace := filepath.Join(t.TempDir(), "trace")
	if _, err := strace(t, "start", dir, "-o", trace, "-y", "-e", "trace=openat,pwrite64,fdatasync"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(trace)
	must(t, err)
	var order []string
	for line := range strings.Lines(string(text)) {
		switch {
		case strings.Contains(line, "/clean>") && strings.Contains(line, "pwrite64("):
			order = append(order, "zeros")
		case strings.Contains(line, "/clean>") && strings.Contains(line, "fdatasync("):
			order = append(order, "synced")
		case strings.Contains(line, dir) && strings.Contains(line, "O_RDWR"):
			order = append(order, "open")
		}
	}
	if len(order) < 4 || !slices.Equal(order[:3], []string{"zeros", "synced", "open"}) {
		t.Errorf("a start does %v, want the mark overwritten and synced first:\n%s", order, text)
	}
}

// usedMark is the mark in dir as a start believes it.
func usedMark(dir string) bolt.Mark {
	m := bolt.ReadMark(dir)
	if m.Use() != nil {
		return bolt.Mark{}
	}
	return m
}
