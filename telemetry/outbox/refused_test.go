package outbox_test

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"glovebox/telemetry/outbox"
	"glovebox/telemetry/outside"
)

// A newer message that cannot be sealed takes nobody's place: what waits stays, an alarm
// as well as a gap record.
func TestRefusedReplacesNothing(t *testing.T) {
	b := newBox(t, roomy)
	record := outside.GapRecord(anna, outside.KindStatus, noon, noon, 2, outside.ReasonAge)
	b.put(alarm(t, anna, "abs", "warning", b.clock), record)
	before := b.ids()
	b.keys.refuse(id(t, anna.ID), true)
	refused, err := b.Put([]outside.Released{alarm(t, anna, "abs", "critical", b.clock), record})
	if err != nil || len(refused) != 2 {
		t.Errorf("refused %d, %v", len(refused), err)
	}
	if after := b.ids(); !slices.Equal(after, before) || gaps(t, b)[0].Dropped != 2 {
		t.Errorf("wait %v, before %v", after, before)
	}
}

// What is settled, or cannot be read any more, is not handed over and takes no number.
func TestSettleOfWhatIsGone(t *testing.T) {
	b := newBox(t, roomy)
	b.put(result(t, anna, 1), result(t, lea, 2), result(t, anna, 3))
	all := b.ids()
	b.keys.remove(id(t, lea.ID))
	asked := 0
	sent := b.settle(all[:1], all, func(string) (string, uint64) { asked++; return epoch, uint64(asked) })
	if len(sent) != 1 || sent[0].ID != all[2] || sent[0].Seq != 1 || asked != 1 || b.Len() != 1 {
		t.Errorf("handed over %+v, %d numbers taken, %d wait", sent, asked, b.Len())
	}
	if left := b.ids(); !slices.Equal(left, all[2:]) {
		t.Errorf("left %v", left)
	}
	if sent := b.settle([]uint64{99}, []uint64{99}, nil); len(sent) != 0 {
		t.Errorf("of a number that nobody has: %+v", sent)
	}
}

// An epoch is 32 hex digits; under any other nothing is handed over.
func TestEpochIsHex(t *testing.T) {
	for _, bad := range []string{"e0", epoch[:30], "x" + epoch[1:], epoch[:31] + "x"} {
		b := newBox(t, roomy)
		b.put(result(t, anna, 1))
		if _, err := b.Settle(nil, b.ids(), func(string) (string, uint64) { return bad, 1 }); err == nil {
			t.Errorf("%q: handed over", bad)
		}
		if k := b.next()[0]; k.Seq != 0 || k.Resend {
			t.Errorf("%q: stamped %+v", bad, k)
		}
	}
}

// Check says of what is no file of ours that it cannot be opened, and where it is.
func TestCheckOfNoQueue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox.db")
	b := newBox(t, roomy)
	if err := outbox.Check(path, b.keys); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("none: %v", err)
	}
	if err := os.WriteFile(path, []byte(strings.Repeat("no queue ", 2000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := outbox.Check(path, b.keys); err == nil || !strings.HasPrefix(err.Error(), path) {
		t.Errorf("another file: %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || len(text) != 9*2000 {
		t.Errorf("%d bytes of it are left, %v", len(text), err)
	}
}

// Check finds pages that belong to nobody, although every record can be read.
func TestLostPages(t *testing.T) {
	b := newBox(t, roomy)
	for i := range 30 {
		b.put(result(t, anna, i))
	}
	b.settle(b.ids()[:20], nil, nil)
	if err := errors.Join(b.Close(), outbox.Check(b.path, b.keys)); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(b.path)
	if err != nil {
		t.Fatal(err)
	}
	const free = 0x10 // the flag of a page of free pages; bbolt's page: id 8, flags 2, count 2
	size := os.Getpagesize()
	for at := 0; at < len(file); at += size {
		if binary.NativeEndian.Uint16(file[at+8:]) == free {
			binary.NativeEndian.PutUint16(file[at+10:], 0)
		}
	}
	if err := os.WriteFile(b.path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := outbox.Check(b.path, b.keys); err == nil || !strings.Contains(err.Error(), b.path) {
		t.Errorf("Check says %v", err)
	}
}

// A record whose head can be read waits until it is sent; what then is no message leaves
// the queue, and nobody gets it.
func TestContentIsReadWhenSent(t *testing.T) {
	b := newBox(t, roomy)
	message := result(t, anna, 1)
	content, err := message.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	content = append(content[:len(content)-2], `,"more":1}}`...)
	plain := binary.BigEndian.AppendUint64([]byte{1}, uint64(noon.UnixNano()))
	plain = append(append(plain, make([]byte, 16+8+2)...), content...)
	owner := id(t, anna.ID)
	sealed, err := b.keys.Seal(owner, "outbox.db", "7", 1, plain)
	if err != nil {
		t.Fatal(err)
	}
	b.plant(owner[:], binary.BigEndian.AppendUint64(nil, 7), sealed)
	b.open()
	if b.Len() != 1 || b.Dropped() != 0 {
		t.Fatalf("%d wait, %d dropped", b.Len(), b.Dropped())
	}
	if kept := b.next(); len(kept) != 0 || b.Len() != 0 {
		t.Errorf("sent %+v, %d wait", kept, b.Len())
	}
}

// With the last message of a tag its bucket goes.
func TestNothingIsLeftOfATag(t *testing.T) {
	b := newBox(t, roomy)
	b.put(result(t, anna, 1), alarm(t, anna, "abs", "warning", b.clock), result(t, lea, 1))
	b.settle(b.ids()[:1], nil, nil)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(b.path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	buckets := 0
	if err := db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func([]byte, *bbolt.Bucket) error { buckets++; return nil })
	}); err != nil || buckets != 3 { // _meta, the alarm's, lea's
		t.Errorf("%d buckets, %v", buckets, err)
	}
}
