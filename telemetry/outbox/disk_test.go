package outbox_test

import (
	"encoding"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry/outbox"
	"glovebox/telemetry/outside"
)

// id is a person's.
func id(t testing.TB, text string) profiles.ID {
	t.Helper()
	who, err := profiles.ParseID(text)
	if err != nil {
		t.Fatal(err)
	}
	return who
}

// plant writes a record beside the queue, which is closed for it.
func (b *box) plant(bucket, key, sealed []byte) {
	b.t.Helper()
	if err := b.Close(); err != nil {
		b.t.Fatal(err)
	}
	db, err := bbolt.Open(b.path, 0o600, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		bucket, err := tx.CreateBucketIfNotExists(bucket)
		if err != nil {
			return err
		}
		return bucket.Put(key, sealed)
	})
	if err := errors.Join(err, db.Close()); err != nil {
		b.t.Fatal(err)
	}
}

// A record on disk is laid out as record.go draws it; a queue that waited over an
// update is still read.
func TestLayoutStays(t *testing.T) {
	for _, stamped := range []bool{false, true} {
		b := newBox(t, roomy)
		message := alarm(t, anna, "abs", "warning", b.clock)
		content, err := encoding.BinaryMarshaler(message).MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		plain := binary.BigEndian.AppendUint64([]byte{1}, uint64(noon.UnixNano())) // version, put
		of, seq := make([]byte, 16), uint64(0)
		if stamped {
			if of, err = hex.DecodeString(epoch); err != nil {
				t.Fatal(err)
			}
			seq = 9
		}
		plain = binary.BigEndian.AppendUint64(append(plain, of...), seq)
		plain = append(append(plain, 0, 0), content...) // no gap of its own
		owner := id(t, anna.ID)
		sealed, err := b.keys.Seal(owner, "outbox.db", "1234", 1, plain)
		if err != nil {
			t.Fatal(err)
		}
		b.plant(owner[:], binary.BigEndian.AppendUint64(nil, 1234), sealed)
		b.open()
		kept := b.next()
		if len(kept) != 1 || b.Dropped() != 0 {
			t.Fatalf("stamped %v: %d wait, %d dropped", stamped, len(kept), b.Dropped())
		}
		k := kept[0]
		if k.ID != 1234 || k.Released.Head() != message.Head() || k.Resend != stamped || k.Seq != seq || stamped != (k.Epoch == epoch) {
			t.Errorf("stamped %v: %+v", stamped, k)
		}
	}
}

// What lies in one bucket although it has several tags, as all of a person did before,
// is taken apart once at opening, and then a tag goes without the others.
func TestOneBucketOfSeveralTags(t *testing.T) {
	owner := id(t, anna.ID)
	for _, bucket := range [][]byte{owner[:], binary.BigEndian.AppendUint64(owner[:], 5)} {
		b := newBox(t, roomy)
		for i, r := range []outside.Released{result(t, anna, 1), alarm(t, anna, "abs", "warning", b.clock), result(t, anna, 2), alarm(t, anna, "esp", "warning", b.clock)} {
			content, err := encoding.BinaryMarshaler(r).MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			plain := binary.BigEndian.AppendUint64([]byte{1}, uint64(noon.UnixNano()))
			plain = append(append(plain, make([]byte, 16+8+2)...), content...)
			sealed, err := b.keys.Seal(owner, "outbox.db", fmt.Sprint(5+i), 1, plain)
			if err != nil {
				t.Fatal(err)
			}
			b.plant(bucket, binary.BigEndian.AppendUint64(nil, uint64(5+i)), sealed)
		}
		b.open()
		if b.Dropped() != 0 || b.Len() != 4 {
			t.Fatalf("%d dropped, %d wait: want 0 and 4", b.Dropped(), b.Len())
		}
		if b.reopen(); b.Writes() != 0 {
			t.Error("the second opening wrote again")
		}
		if n, _ := b.purge(func(tag outside.Tag) bool { return tag.Kind != outside.KindAck }); n != 2 {
			t.Errorf("%d purged: want 2", n)
		}
		for range 2 {
			kept := b.next()
			if len(kept) != 2 || kept[0].ID != 6 || kept[1].ID != 8 || b.Dropped() != 0 {
				t.Errorf("left %+v, %d dropped: want 6 and 8", kept, b.Dropped())
			}
			b.reopen()
		}
		if err := errors.Join(b.Close(), outbox.Check(b.path, b.keys)); err != nil {
			t.Error(err)
		}
	}
}

// A gap record that cannot be sealed, for its person is gone, keeps nobody else's back.
func TestGapOfWhoIsGone(t *testing.T) {
	b := newBox(t, roomy)
	b.put(alarm(t, lea, "abs", "warning", b.clock), alarm(t, anna, "abs", "warning", b.clock))
	b.keys.refuse(id(t, lea.ID), true)
	b.clock.UTC, b.clock.Boot = b.clock.UTC.Add(roomy.MaxAge+1), b.clock.Boot+roomy.MaxAge+1
	kept := b.next()
	if len(kept) != 1 || kept[0].Released.Mailbox() != anna.Mailbox {
		t.Errorf("wait: %+v", kept)
	}
}

// Looking at what waits writes nothing; what has become unreadable is forgotten once.
func TestLookingWritesNothing(t *testing.T) {
	b := newBox(t, roomy)
	b.put(alarm(t, lea, "abs", "warning", b.clock), alarm(t, anna, "abs", "warning", b.clock))
	looks := func(want int, writes bool) {
		t.Helper()
		before := b.Writes()
		if n := len(b.next()); n != want {
			t.Errorf("%d wait, want %d", n, want)
		}
		if wrote := b.Writes() != before; wrote != writes {
			t.Errorf("wrote %v, want %v", wrote, writes)
		}
	}
	looks(2, false)
	b.keys.remove(id(t, lea.ID))
	looks(1, true)
	looks(1, false)
	if b.Len() != 1 {
		t.Errorf("%d in the index", b.Len())
	}
}

// A gap record names the slots of what fell out, not when the queue took it, also
// over a restart.
func TestGapNamesSlots(t *testing.T) {
	for _, restart := range []bool{false, true} {
		b := newBox(t, roomy)
		first, last := b.clock, b.clock
		first.UTC, last.UTC = noon.Add(-3*time.Hour), noon.Add(-time.Hour)
		b.put(alarm(t, anna, "abs", "warning", first), alarm(t, anna, "brake", "warning", last))
		if restart {
			b.reopen()
		}
		b.clock.UTC, b.clock.Boot = b.clock.UTC.Add(roomy.MaxAge+1), b.clock.Boot+roomy.MaxAge+1
		all := gaps(t, b)
		if len(all) != 1 || all[0].From != stamp(first.UTC) || all[0].To != stamp(last.UTC) || all[0].Dropped != 2 {
			t.Errorf("restart %v: %+v", restart, all)
		}
	}
}

// One of many that is settled leaves the others as they were, on disk too.
func TestSettledIsGoneAlone(t *testing.T) {
	b := newBox(t, roomy)
	for i := range 3 {
		b.put(result(t, anna, i))
	}
	all := b.next()
	b.settle([]uint64{all[1].ID}, nil, nil)
	b.reopen()
	var left []uint64
	for _, k := range b.next() {
		left = append(left, k.ID)
	}
	if !slices.Equal(left, []uint64{all[0].ID, all[2].ID}) {
		t.Errorf("left: %v", left)
	}
}

// A gap record spans what fell out, in whatever order it came: from the earliest slot to
// the latest; what has no slot counts from when the queue took it.
func TestSpanOfAGap(t *testing.T) {
	b := newBox(t, roomy)
	early, late := b.clock, b.clock
	early.UTC, late.UTC = noon.Add(-3*time.Hour), noon.Add(-time.Hour)
	b.put(alarm(t, anna, "brake", "warning", late), alarm(t, anna, "abs", "warning", early), result(t, anna, 1))
	b.pass(roomy.MaxAge + 1)
	all := gaps(t, b)
	if len(all) != 2 || all[0].From != stamp(early.UTC) || all[0].To != stamp(late.UTC) || all[1].From != stamp(noon) || all[1].To != stamp(noon) {
		t.Errorf("%+v", all)
	}
}

// What is live is worth nothing later: it is refused, without the others.
func TestLiveIsNotKept(t *testing.T) {
	b := newBox(t, roomy)
	at := hal.Instant{UTC: noon, Boot: time.Hour}
	o := outside.New(outside.Builtin(), at, outside.Options{})
	o.SetReaders(1, []outside.Reader{anna}, at)
	o.Signal(hal.Reading{Path: "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed", Value: hal.Number(50), At: at})
	o.Link(true, at)
	messages := append(o.Tick(at), result(t, anna, 1))
	if len(messages) != 2 || !messages[0].Live() {
		t.Fatalf("%d messages", len(messages))
	}
	refused, err := b.Put(messages)
	if err != nil || len(refused) != 1 || !refused[0].Live() || b.Len() != 1 {
		t.Errorf("refused %d, %v; %d wait", len(refused), err, b.Len())
	}
}

// The file is its owner's alone.
func TestFileMode(t *testing.T) {
	b := newBox(t, roomy)
	if info, err := os.Stat(b.path); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}
