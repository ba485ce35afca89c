package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"glovebox/profiles"
	"glovebox/profiles/bolt"
	"glovebox/profiles/keyring"
	"glovebox/profiles/keyring/killmatrix"
)

// eraseCar opens the stores in a directory, erases everything and says when that was
// answered. It runs in a process of its own, which may be killed.
func eraseCar() {
	if os.Args[1] == childArgs[0] {
		main()
	}
	runtime.LockOSThread() // strace counts calls for each thread
	s, err := openStores(context.Background(), os.Args[1], slog.New(slog.DiscardHandler))
	if err == nil {
		_, err = s.eraseAll()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Stdout.WriteString("done\n")
	os.Exit(0)
}

// planted is a value that nobody else has.
func planted(n int) string { return fmt.Sprintf("planted value %03d of the car that is sold", n) }

// sale is a car with 100 planted values, and what must be gone of it.
type sale struct {
	dir, config string
	vid         string
	gone        [][]byte
}

// carForSale plants values where anything may be kept: sealed for its people, in facts
// about the car, in copies, in the quarantine, beside the stores.
func carForSale(t *testing.T) sale {
	t.Helper()
	a := peopled(t)
	s := sale{dir: a.state(""), config: filepath.Join(a.dir, "gloveboxd.toml")}
	_, said := a.run("--identity")
	s.vid = vid([]byte(said))
	ring, err := keyring.Open(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	people, err := bolt.Open(s.dir, ring, nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 80 {
		if n < 40 {
			err = errors.Join(err, people.SetSettings(profiles.ID{byte(n%2 + 1)}, profiles.Encoded{"radio": {fmt.Sprint("k", n): []byte(planted(n))}}, nil))
		} else {
			err = errors.Join(err, people.SetCarFact(fmt.Sprint("f", n), []byte(planted(n))))
		}
	}
	if err := errors.Join(err, people.Close(), ring.Close()); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(a.state("quarantine"), 0o700); err != nil {
		t.Fatal(err)
	}
	for n, name := range []string{"quarantine/profiles.db.1", "quarantine/keys.2", "profiles.db.new", "outbox.db.new", "identity.new", bolt.CopyName(1)} {
		text := ""
		for i := 80 + n; i < 100; i += 6 {
			text += strings.Repeat(planted(i)+"\n", 200)
		}
		if err := os.WriteFile(a.state(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 100 {
		s.gone = append(s.gone, []byte(planted(n)))
	}
	keys, err := os.ReadFile(a.state(keysFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, slot := range killmatrix.Scan(keys) {
		for _, key := range slot.Keys {
			s.gone = append(s.gone, key)
		}
	}
	s.gone = append(s.gone, []byte(s.vid))
	return s
}

// copyTo makes a copy of the car, and returns its directory and configuration.
func (s sale) copyTo(t *testing.T) (dir, config string) {
	t.Helper()
	at := t.TempDir()
	dir, config = filepath.Join(at, "state"), filepath.Join(at, "gloveboxd.toml")
	text, err := os.ReadFile(s.config)
	if err == nil {
		err = os.WriteFile(config, text, 0o600)
	}
	if err == nil {
		err = os.CopyFS(dir, os.DirFS(s.dir))
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir, config
}

// found counts what must be gone in all files below dir, raw.
func (s sale) found(dir string) (n int) {
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			text, _ := os.ReadFile(path)
			for _, secret := range s.gone {
				if bytes.Contains(text, secret) {
					n++
				}
			}
		}
		return nil
	})
	return n
}

// check starts the car whole and says what is wrong with it: it is the old one with its
// people, or an erased one of which nothing is left. erased says that it must be.
func (s sale) check(dir, config string, erased bool) error {
	said, err := exec.Command("gloveboxd", "--config", config, "--identity").Output()
	if err != nil {
		return fmt.Errorf("the next start: %w", err)
	}
	ring, err := keyring.Open(dir)
	if err != nil {
		return err
	}
	people := ring.IDs()
	store, err := bolt.Open(dir, ring, nil)
	if err != nil {
		return errors.Join(err, ring.Close())
	}
	fact, _ := store.CarFact("gate")
	settings, _ := store.Settings(profiles.ID{1}, "radio")
	values := settings["radio"]
	if err := errors.Join(store.Close(), ring.Close()); err != nil {
		return err
	}
	switch left := s.found(dir); {
	case vid(said) == s.vid && (erased || ordered(dir)):
		return errors.New("the car is the old one")
	case vid(said) == s.vid && (len(people) != 2 || len(values) != 20):
		return fmt.Errorf("the old car has %d people and %d values", len(people), len(values))
	case vid(said) == s.vid:
		return nil
	case ordered(dir) || len(people) > 0 || left > 0 || string(fact) != "hidden-end":
		return fmt.Errorf("erased: ordered %v, %d people, %d secrets, gate %q", ordered(dir), len(people), left, fact)
	}
	return nil
}

// allCalls are the file system calls at which a process dies in the long run.
var allCalls = []string{"openat", "pwrite64", "write", "fsync", "fdatasync", "renameat", "unlinkat", "close", "exit_group"}

// Wherever the power fails while everything is erased, the next start finds the old car,
// whole, or an erased one: of 100 planted values, of every key and of the vehicle id nothing
// is in any file. Once it was answered, it is erased. So it is where the power fails again
// while the next start finishes it.
func TestEraseKillMatrix(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Fatal("strace is missing: apt-get install strace")
	}
	s := carForSale(t)
	if n := s.found(s.dir); n < 60 {
		t.Fatalf("the scan finds %d of what is planted in the clear", n)
	}
	ordering, ordered := map[bool]int{}, map[bool]int{}
	for _, half := range []struct {
		name   string
		run    func(dir, config string) []string
		begun  bool
		calls  []string // of the short run
		stride int
		seen   map[bool]int // the kills, by whether the files were gone
	}{
		{"the order and the keys", func(dir, _ string) []string { return []string{"erase-car", dir} }, false, []string{"fsync", "renameat"}, 4, ordering},
		{"the next start", func(_, config string) []string { return []string{"gloveboxd", "--config", config, "--identity"} }, true, []string{"pwrite64", "unlinkat", "renameat"}, 24, ordered},
	} {
		stride, calls := half.stride, half.calls
		if soak {
			stride, calls = 1, allCalls
		}
		for _, call := range calls {
			for n := 1; ; n += stride {
				dir, config := s.copyTo(t)
				if half.begun {
					if out, err := exec.Command("erase-car", dir).CombinedOutput(); err != nil {
						t.Fatalf("%v: %s", err, out)
					}
				}
				args := append([]string{"-f", "-qq", "-o", os.DevNull, "-e", "trace=" + call, "-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", call, n)}, half.run(dir, config)...)
				cmd := exec.Command("strace", args...)
				out, _ := cmd.Output()
				killed, answered := cmd.ProcessState.ExitCode() < 0, string(out) == "done\n"
				if killed {
					_, err := os.Stat(filepath.Join(dir, bolt.CopyName(1)))
					half.seen[errors.Is(err, fs.ErrNotExist)]++
				}
				if err := s.check(dir, config, half.begun || answered); err != nil {
					t.Errorf("%s, killed at %s %d: %v", half.name, call, n, err)
				}
				if err := os.RemoveAll(filepath.Dir(dir)); err != nil {
					t.Fatal(err)
				}
				if !killed || n > 400 {
					break
				}
			}
		}
	}
	t.Logf("kills before and after the files were gone: %v, then %v", ordering, ordered)
	if ordering[false] == 0 || ordered[false] == 0 || ordered[true] == 0 {
		t.Error("the kills did not hit every stage")
	}
}
