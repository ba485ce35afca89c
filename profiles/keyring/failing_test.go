package keyring_test

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"glovebox/profiles"
	"glovebox/profiles/keyring"
	"glovebox/profiles/keyring/killmatrix"
)

// alone runs a test in a process of its own, in which it may limit what files take: the
// test program itself writes files too. It is false where that was done.
func alone(t *testing.T) bool {
	t.Helper()
	const name = "GLOVEBOX_TEST_ALONE"
	if os.Getenv(name) != "" {
		return true
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), name+"=yes")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
	return false
}

// short makes every write behind so many bytes of a file fail, until the returned
// function is called.
func short(t *testing.T, most uint64) (restore func()) {
	t.Helper()
	signal.Ignore(unix.SIGXFSZ)
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: most, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	restore = func() { _ = unix.Setrlimit(unix.RLIMIT_FSIZE, &was) }
	t.Cleanup(restore)
	return restore
}

// held is what the process holds: locked memory, and how many files.
func held(t *testing.T) (locked string, files int) {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmLck:")
	line, _, _ := strings.Cut(rest, "\n")
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line), len(all)
}

// A disk that takes nothing, or only the first slot, gives nobody a key: not now, and
// after a start all or none.
func TestAddOnAFullDisk(t *testing.T) {
	if !alone(t) {
		return
	}
	for _, most := range []uint64{0, killmatrix.SlotSize} {
		dir := t.TempDir()
		r := open(t, dir)
		if err := r.Add(person(1)); err != nil {
			t.Fatal(err)
		}
		restore := short(t, most)
		err := r.Add(person(2))
		restore()
		if !errors.Is(err, unix.EFBIG) || r.Has(person(2)) || !r.Has(person(1)) {
			t.Errorf("up to %d bytes: %v, and the ring holds %v", most, err, r.IDs())
		}
		nothingBeside(t, r)
		if err := r.Add(); err != nil {
			t.Fatal(err)
		}
		if err := killmatrix.AtRest(killmatrix.Scan(content(t, dir))); err != nil {
			t.Errorf("up to %d bytes: the next change leaves %v", most, err)
		}
		_ = r.Close()
		if r = open(t, dir); r.Has(person(2)) {
			t.Errorf("up to %d bytes: a key that was taken back is there after a start", most)
		}
		if err := r.Add(person(2)); err != nil || !r.Has(person(2)) {
			t.Errorf("up to %d bytes: then %v", most, err)
		}
		_ = r.Close()
	}
}

// A removal that the disk does not take is said to have failed, and the key is used no
// more all the same. Whatever comes next settles it: once more, another change, a start.
func TestRemoveOnAFullDisk(t *testing.T) {
	if !alone(t) {
		return
	}
	settles := map[string]func(r *keyring.Ring) error{
		"once more": func(r *keyring.Ring) error {
			receipt, err := r.Remove(person(2))
			if receipt.Before != 1 || receipt.After != 1 {
				t.Errorf("once more: %+v", receipt)
			}
			return err
		},
		"another change": func(r *keyring.Ring) error { return r.Add(person(3)) },
		"no change":      func(r *keyring.Ring) error { return r.Add(person(1)) },
	}
	for _, most := range []uint64{0, killmatrix.SlotSize} {
		for name, settle := range settles {
			dir := t.TempDir()
			r := open(t, dir)
			if err := r.Add(person(1), person(2)); err != nil {
				t.Fatal(err)
			}
			key := killmatrix.Scan(content(t, dir))[0].Keys[person(2).String()]
			if len(key) == 0 {
				t.Fatal("no key to look for")
			}
			restore := short(t, most)
			receipt, err := r.Remove(person(2))
			restore()
			if !errors.Is(err, profiles.ErrEraseFailed) || !errors.Is(err, unix.EFBIG) || r.Has(person(2)) || receipt.Before != 2 || receipt.After != 1 {
				t.Errorf("%s: %v, %+v, the ring holds %v", name, err, receipt, r.IDs())
			}
			nothingBeside(t, r)
			if err := settle(r); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			slots := killmatrix.Scan(content(t, dir))
			if err := killmatrix.AtRest(slots); err != nil || slots[0].Keys[person(2).String()] != nil {
				t.Errorf("%s: %v, keys %v", name, err, slots[0].Keys)
			}
			if slots[0].Generation <= receipt.Generation {
				t.Errorf("%s: generation %d after %d", name, slots[0].Generation, receipt.Generation)
			}
			_ = r.Close()
		}
	}
}

// However often the disk fails, at whichever slot, one slot is whole all the while, nobody
// who was removed has a key, and the first change that it takes leaves both at rest.
func TestOneSlotIsAlwaysWhole(t *testing.T) {
	if !alone(t) {
		return
	}
	dir := t.TempDir()
	r := open(t, dir)
	draw := rand.New(rand.NewPCG(7, 8))
	for step := range 200 {
		restore := func() {}
		if most := draw.IntN(3); most < 2 {
			restore = short(t, uint64(most)*killmatrix.SlotSize)
		}
		who, removed := person(byte(1+draw.IntN(3))), draw.IntN(2) == 0
		var err error
		if removed {
			_, err = r.Remove(who)
		} else {
			err = r.Add(who)
		}
		restore()
		slots := killmatrix.Scan(content(t, dir))
		switch {
		case slots[0].Err != nil && slots[1].Err != nil:
			t.Fatalf("step %d: no slot is whole: %v, %v", step, slots[0].Err, slots[1].Err)
		case err == nil && killmatrix.AtRest(slots) != nil:
			t.Fatalf("step %d: %v", step, killmatrix.AtRest(slots))
		case err == nil && removed && slots[0].Keys[who.String()] != nil, removed && r.Has(who):
			t.Fatalf("step %d: who was removed has a key", step)
		}
	}
}

// A start that cannot finish what was interrupted, or cannot make the file, gives no
// ring, and keeps neither memory nor a file; the next start does it.
func TestStartOnAFullDisk(t *testing.T) {
	if !alone(t) {
		return
	}
	dir := t.TempDir()
	torn := func() {
		b := content(t, dir)
		b[killmatrix.SlotSize] ^= 1
		if err := os.WriteFile(filepath.Join(dir, "keys"), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, before := range map[string]func(){"no file": func() { _ = os.Remove(filepath.Join(dir, "keys")) }, "torn": torn} {
		if r, err := keyring.Open(dir); err != nil {
			t.Fatal(err)
		} else {
			_ = r.Close()
		}
		before()
		locked, files := held(t)
		restore := short(t, 0)
		_, err := keyring.Open(dir)
		restore()
		if !errors.Is(err, unix.EFBIG) {
			t.Errorf("%s: %v", name, err)
		}
		if l, f := held(t); l != locked || f != files {
			t.Errorf("%s: %s locked and %d files, before %s and %d", name, l, f, locked, files)
		}
		r, err := keyring.Open(dir)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_ = r.Close()
		if err := killmatrix.AtRest(killmatrix.Scan(content(t, dir))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is no ring is not taken for a lost one, which would be replaced: a folder or a
// pipe in its place, no file, one that another process holds. Nothing stays held.
func TestNoRingThere(t *testing.T) {
	pipe, folder, none, busy := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	if err := unix.Mkfifo(filepath.Join(pipe, "keys"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "keys"), 0o700); err != nil {
		t.Fatal(err)
	}
	open(t, busy)
	check := func(dir string) (*keyring.Ring, error) { return nil, keyring.Check(dir) }
	for _, row := range []struct {
		name string
		open func(string) (*keyring.Ring, error)
		dir  string
		want error
	}{
		{"open a pipe, which cannot be synced", keyring.Open, pipe, unix.EINVAL},
		{"open a folder", keyring.Open, folder, unix.EISDIR},
		{"read a folder", keyring.Peek, folder, unix.EISDIR},
		{"check a folder", check, folder, unix.EISDIR},
		{"read none", keyring.Peek, none, fs.ErrNotExist},
		{"check none", check, none, fs.ErrNotExist},
		{"open below none", keyring.Open, filepath.Join(none, "x"), fs.ErrNotExist},
		{"open what another holds", keyring.Open, busy, unix.EWOULDBLOCK},
	} {
		locked, files := held(t)
		if _, err := row.open(row.dir); !errors.Is(err, row.want) || errors.Is(err, keyring.ErrNoSlot) {
			t.Errorf("%s: %v, want %v", row.name, err, row.want)
		}
		if l, f := held(t); l != locked || f != files {
			t.Errorf("%s: %s locked and %d files, before %s and %d", row.name, l, f, locked, files)
		}
	}
	if _, err := os.Stat(filepath.Join(none, "keys")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading made a file: %v", err)
	}
}

// Without locked memory there is no ring, and no file is made or left open: a key never
// lies where it may be swapped.
func TestNoMemoryForKeys(t *testing.T) {
	if !alone(t) {
		return
	}
	runtime.LockOSThread() // never unlocked: the thread is of no use to others after
	dir, none := t.TempDir(), t.TempDir()
	_ = open(t, dir).Close()
	for _, row := range []struct {
		name     string
		resource int
		most     uint64
	}{{"no memory", unix.RLIMIT_AS, 1}, {"none that may be locked", unix.RLIMIT_MEMLOCK, 0}} {
		locked, files := held(t)
		var was unix.Rlimit
		if err := unix.Getrlimit(row.resource, &was); err != nil {
			t.Fatal(err)
		}
		unprivileged(t)
		if err := unix.Setrlimit(row.resource, &unix.Rlimit{Cur: row.most, Max: was.Max}); err != nil {
			t.Fatal(err)
		}
		_, opened := keyring.Open(dir)
		_, made := keyring.Open(none)
		_, peeked := keyring.Peek(dir)
		checked := keyring.Check(dir)
		if err := unix.Setrlimit(row.resource, &was); err != nil {
			t.Fatal(err)
		}
		for what, err := range map[string]error{"open": opened, "make": made, "peek": peeked, "check": checked} {
			if !errors.Is(err, unix.ENOMEM) && !errors.Is(err, unix.EPERM) {
				t.Errorf("%s: %s: %v", row.name, what, err)
			}
		}
		if l, f := held(t); l != locked || f != files {
			t.Errorf("%s: %s locked and %d files, before %s and %d", row.name, l, f, locked, files)
		}
		if _, err := os.Stat(filepath.Join(none, "keys")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: a file was made: %v", row.name, err)
		}
	}
}

// unprivileged takes from this thread the right to lock as much memory as it likes.
func unprivileged(t *testing.T) {
	t.Helper()
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if err := unix.Capget(&header, &sets[0]); err != nil {
		t.Fatal(err)
	}
	sets[0].Effective &^= 1 << unix.CAP_IPC_LOCK
	if err := unix.Capset(&header, &sets[0]); err != nil {
		t.Fatal(err)
	}
}
