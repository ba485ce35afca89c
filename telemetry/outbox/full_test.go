package outbox_test

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"glovebox/hal"
	"glovebox/telemetry/outbox"
	"glovebox/telemetry/outside"
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

// short makes every write behind so many bytes of a file fail while it is used.
func short(t *testing.T, most uint64, use func()) {
	t.Helper()
	signal.Ignore(unix.SIGXFSZ)
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: most, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Setrlimit(unix.RLIMIT_FSIZE, &was) }()
	use()
}

// ids are those of what waits.
func (b *box) ids() (all []uint64) {
	b.t.Helper()
	for _, k := range b.next() {
		all = append(all, k.ID)
	}
	return all
}

// What the disk does not take has not happened: not what was put, settled or purged. It
// can be done again, and the next start finds the same.
func TestFullDisk(t *testing.T) {
	if !alone(t) {
		return
	}
	for name, change := range map[string]func(b *box) (n int, err error){
		"put": func(b *box) (int, error) {
			refused, err := b.Put([]outside.Released{alarm(t, anna, "abs", "critical", b.clock), alarm(t, lea, "abs", "warning", b.clock)})
			return len(refused), err
		},
		"forget": func(b *box) (int, error) {
			kept, err := b.Settle([]uint64{1}, nil, nil)
			return len(kept), err
		},
		"stamp": func(b *box) (int, error) {
			kept, err := b.Settle(nil, []uint64{1, 2}, counter(nil))
			if err == nil {
				kept = nil
			}
			return len(kept), err
		},
		"purge": func(b *box) (int, error) {
			n, err := b.Purge(func(tag outside.Tag, _ int) bool { return tag.Reader != lea.ID })
			if err == nil {
				n = 0
			}
			return n, err
		},
	} {
		b := newBox(t, roomy)
		b.put(alarm(t, anna, "abs", "warning", b.clock), result(t, lea, 1), result(t, lea, 2))
		before := b.ids()
		short(t, 0, func() {
			if n, err := change(b); !errors.Is(err, unix.EFBIG) || n != 0 {
				t.Errorf("%s: %d, %v", name, n, err)
			}
		})
		for _, k := range b.next() {
			if k.Seq != 0 {
				t.Errorf("%s: stamped %+v", name, k)
			}
		}
		if after := b.ids(); !slices.Equal(after, before) {
			t.Errorf("%s: wait %v, before %v", name, after, before)
		}
		b.reopen()
		if after := b.ids(); !slices.Equal(after, before) {
			t.Errorf("%s: after a start wait %v, before %v", name, after, before)
		}
		if n, err := change(b); n != 0 || err != nil {
			t.Errorf("%s: then %d, %v", name, n, err)
		}
	}
}

// What is too old, or cannot be read any more, leaves once the disk takes it; until
// then looking at the queue says why it cannot.
func TestFullDiskWhenLooking(t *testing.T) {
	if !alone(t) {
		return
	}
	for name, happens := range map[string]func(b *box){
		"too old":        func(b *box) { b.pass(roomy.MaxAge + 1) },
		"a person gone":  func(b *box) { b.keys.remove(id(t, lea.ID)) },
		"a clock is set": func(b *box) { b.clock.UTC = b.clock.UTC.Add(2 * day) },
	} {
		b := newBox(t, roomy)
		b.put(alarm(t, lea, "abs", "warning", b.clock), result(t, anna, 1))
		happens(b)
		short(t, 0, func() {
			if _, err := b.Next(0, 9); !errors.Is(err, unix.EFBIG) {
				t.Errorf("%s: %v", name, err)
			}
		})
		if b.Len() != 2 {
			t.Errorf("%s: %d wait", name, b.Len())
		}
		b.next()
		if name == "a person gone" && b.Len() != 1 {
			t.Errorf("%s: then %d wait", name, b.Len())
		}
	}
}

// A queue that cannot be made or mended says so, leaves nothing that is taken for a
// queue, and is made at the next start.
func TestFullDiskAtTheStart(t *testing.T) {
	if !alone(t) {
		return
	}
	b := newBox(t, roomy)
	b.put(result(t, lea, 1), result(t, anna, 1))
	b.keys.remove(id(t, lea.ID))
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	at := func() hal.Instant { return b.clock }
	for _, row := range []struct {
		name, path string
		most       uint64
	}{
		{"no page", filepath.Join(t.TempDir(), "outbox.db"), 0},
		{"the first pages", filepath.Join(t.TempDir(), "outbox.db"), 16 << 10},
		{"a record to drop", b.path, 0},
	} {
		short(t, row.most, func() {
			o := outbox.New(row.path, b.keys, roomy, at)
			if err := o.Open(); err == nil {
				t.Errorf("%s: it is open", row.name)
			}
			if err := o.Close(); err != nil {
				t.Errorf("%s: closed: %v", row.name, err)
			}
		})
		if row.path != b.path {
			if _, err := os.Stat(row.path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s: a file is there: %v", row.name, err)
			}
		}
		o := outbox.New(row.path, b.keys, roomy, at)
		if err := o.Open(); err != nil {
			t.Errorf("%s: then %v", row.name, err)
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	}
	b.open()
	if b.Len() != 1 {
		t.Errorf("%d wait", b.Len())
	}
}

// What stands in the way of a new file is named; a file that was left half made is not in the way.
func TestLeftAside(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "outbox.db")
	if err := os.WriteFile(path+".new", []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := newBox(t, roomy)
	o := outbox.New(path, b.keys, roomy, func() hal.Instant { return b.clock })
	if err := errors.Join(o.Open(), o.Close()); err != nil {
		t.Errorf("half a file: %v", err)
	}
	path = filepath.Join(t.TempDir(), "outbox.db")
	if err := os.MkdirAll(filepath.Join(path+".new", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	o = outbox.New(path, b.keys, roomy, func() hal.Instant { return b.clock })
	if err := o.Open(); !errors.Is(err, unix.ENOTEMPTY) {
		t.Errorf("a folder: %v", err)
	}
}
