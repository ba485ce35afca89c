package outbox_test

import (
	"encoding"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
	"golang.org/x/sys/unix"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry/outbox"
	"glovebox/telemetry/outside"
)

// A check writes nothing and keeps nobody from reading.
func TestCheckReadsOnly(t *testing.T) {
	b := newBox(t, roomy)
	b.put(alarm(t, anna, "abs", "warning", b.clock))
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	reader, err := os.Open(b.path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := unix.Flock(int(reader.Fd()), unix.LOCK_SH); err != nil {
		t.Fatal(err)
	}
	if err := outbox.Check(b.path, b.keys); err != nil {
		t.Errorf("beside a reader: %v", err)
	}
}

// A record under a key of another length is no record of ours: the file is damaged.
func TestKeyOfAnotherLength(t *testing.T) {
	b, owner := newBox(t, roomy), id(t, anna.ID)
	b.plant(owner[:], binary.BigEndian.AppendUint64(nil, 5), []byte("what cannot be read, before it"))
	b.plant(owner[:], []byte("abc"), []byte("x"))
	if err := outbox.Check(b.path, b.keys); !errors.Is(err, outbox.ErrDamaged) {
		t.Errorf("Check: %v", err)
	}
	o := outbox.New(b.path, b.keys, roomy, func() hal.Instant { return b.clock })
	if err := o.Open(); !errors.Is(err, outbox.ErrDamaged) {
		t.Errorf("Open: %v", err)
	}
}

// Where there can be no file Open says so, and so do all who waited for it.
func TestNoFileThere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := newBox(t, roomy)
	o := outbox.New(filepath.Join(file, "outbox.db"), b.keys, roomy, func() hal.Instant { return b.clock })
	if err := o.Open(); err == nil {
		t.Error("opened below a file")
	}
	if _, err := o.Next(0, 1); err == nil {
		t.Error("it is used")
	}
}

// A record that is not whole, of its gap or of itself, is dropped when the queue opens;
// the same with nothing wrong is kept.
func TestRecordsThatAreNotWhole(t *testing.T) {
	text := func(s string) []byte { return append([]byte{byte(len(s))}, s...) }
	times := make([]byte, 24)
	whole := slices.Concat(times, text("status"), text("age"))
	record := func(version byte, gapLen int, gap []byte) []byte {
		b := append([]byte{version}, make([]byte, 8+16+8)...)
		return append(binary.BigEndian.AppendUint16(b, uint16(gapLen)), gap...)
	}
	content, err := encoding.BinaryMarshaler(outside.GapRecord(anna, outside.KindStatus, noon, noon, 1, outside.ReasonAge)).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	with := func(gap []byte) []byte { return append(record(1, len(gap), gap), content...) }
	for name, plain := range map[string][]byte{
		"whole":                    with(whole),
		"nothing":                  {},
		"of a later version":       append(record(2, len(whole), whole), content...),
		"cut in its head":          record(1, 0, nil)[:34],
		"no message":               record(1, 0, nil),
		"cut in its gap":           record(1, len(whole)+1, whole),
		"a gap of times alone":     with(times),
		"a gap of half its times":  with(times[:23]),
		"a gap that ends early":    with(whole[:len(whole)-1]),
		"a gap that ends late":     with(append(slices.Clone(whole), 0)),
		"a gap of no kind":         with(slices.Concat(times, text(""), text("age"))),
		"a gap for no reason":      with(slices.Concat(times, text("status"), text(""))),
		"a gap with half a text":   with(slices.Concat(times, text("status"), []byte{200, 'a'})),
		"a message that is no one": append(record(1, 0, nil), 0xff),
	} {
		for _, owner := range []profiles.ID{id(t, anna.ID), {}} { // a person's, and the car's own
			b := newBox(t, roomy)
			sealed, err := b.keys.Seal(owner, "outbox.db", "5", 1, plain)
			if err != nil {
				t.Fatal(err)
			}
			b.plant(owner[:], binary.BigEndian.AppendUint64(nil, 5), sealed)
			if err := outbox.Check(b.path, b.keys); (err == nil) != (name == "whole") {
				t.Errorf("%s: Check says %v", name, err)
			}
			b.open()
			waits := 0
			if name == "whole" && !owner.IsZero() { // it is anna's, whoever sealed it
				waits = 1
			}
			if b.Dropped() != 1-waits || b.Len() != waits {
				t.Errorf("%s: %d dropped, %d wait", name, b.Dropped(), b.Len())
			}
		}
	}
}

// A file whose head is not whole is damaged; one of a later agent is not, and is left alone.
func TestHeadOfTheFile(t *testing.T) {
	for name, row := range map[string]struct {
		key     string
		value   []byte // nil: there is none
		damaged bool
	}{
		"an id that is short":  {"id", make([]byte, 15), true},
		"an id that is long":   {"id", make([]byte, 17), true},
		"no id":                {"id", nil, true},
		"half a schema":        {"schema", []byte{0, 0, 1}, true},
		"no schema":            {"schema", nil, true},
		"a later agent's file": {"schema", []byte{0, 0, 0, 2}, false},
	} {
		b := newBox(t, roomy)
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		db, err := bbolt.Open(b.path, 0o600, nil)
		if err != nil {
			t.Fatal(err)
		}
		err = db.Update(func(tx *bbolt.Tx) error {
			if row.value == nil {
				return tx.Bucket([]byte("_meta")).Delete([]byte(row.key))
			}
			return tx.Bucket([]byte("_meta")).Put([]byte(row.key), row.value)
		})
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		o := outbox.New(b.path, b.keys, roomy, func() hal.Instant { return b.clock })
		for what, err := range map[string]error{"Check": outbox.Check(b.path, b.keys), "Open": o.Open()} {
			if err == nil || errors.Is(err, outbox.ErrDamaged) != row.damaged {
				t.Errorf("%s: %s says %v", name, what, err)
			}
		}
	}
}

// No two files have one id: a queue that was made anew cannot be taken for the one before.
func TestFilesHaveIDsOfTheirOwn(t *testing.T) {
	seen := map[string]bool{string(make([]byte, 16)): true}
	for range 2 {
		b := newBox(t, roomy)
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		db, err := bbolt.Open(b.path, 0o600, &bbolt.Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		err = db.View(func(tx *bbolt.Tx) error {
			name := string(tx.Bucket([]byte("_meta")).Get([]byte("id")))
			if seen[name] {
				t.Errorf("id %x came before", name)
			}
			seen[name] = true
			return nil
		})
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// A file that another process has is refused in a moment, not waited for.
func TestFileInUse(t *testing.T) {
	b := newBox(t, roomy)
	o := outbox.New(b.path, b.keys, roomy, func() hal.Instant { return b.clock })
	begun := time.Now()
	if err := o.Open(); !errors.Is(err, bbolterrors.ErrTimeout) || !strings.Contains(err.Error(), b.path) || time.Since(begun) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(begun))
	}
}
