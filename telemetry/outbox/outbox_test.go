package outbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/profiles"
	"glovebox/telemetry/outbox"
	"glovebox/telemetry/outside"
)

// What was put is there after a restart, in order, and nothing else.
func TestDurable(t *testing.T) {
	b := newBox(t, roomy)
	b.put(alarm(t, anna, "abs", "warning", b.clock), alarm(t, lea, "abs", "warning", b.clock))
	b.put(alarm(t, anna, "brake", "warning", b.clock))
	b.reopen()
	var got []string
	for _, k := range b.next() {
		got = append(got, k.Released.Mailbox()[:2]+" "+k.Released.Code())
	}
	if s := strings.Join(got, ", "); s != "a1 abs, b2 abs, a1 brake" {
		t.Errorf("after a restart: %s", s)
	}
}

// The number that a message is first handed over with is the one it repeats,
// after a restart too.
func TestStampStays(t *testing.T) {
	b := newBox(t, roomy)
	b.put(alarm(t, anna, "abs", "warning", b.clock), alarm(t, anna, "brake", "warning", b.clock))
	waiting := b.next()
	first := b.settle(nil, []uint64{waiting[0].ID}, counter(nil))
	if len(first) != 1 || first[0].Epoch != epoch || first[0].Seq != 1 || first[0].Resend {
		t.Fatalf("stamped %+v", first)
	}
	b.reopen()
	again := b.next()
	if again[0].Epoch != epoch || again[0].Seq != 1 || !again[0].Resend || again[1].Resend {
		t.Fatalf("after a restart %+v", again)
	}
	other := func(string) (string, uint64) { return "ffffffffffffffffffffffffffffffff", 7 }
	sent := b.settle(nil, []uint64{again[0].ID, again[1].ID}, other)
	if sent[0].Epoch != epoch || sent[0].Seq != 1 || !sent[0].Resend || sent[1].Seq != 7 {
		t.Errorf("handed over again as %+v", sent)
	}
}

// A newer state of an alarm takes the place of one that waits, at the end of
// the order; one that was handed over stays, and both are in order.
func TestNewestAlarm(t *testing.T) {
	b := newBox(t, roomy)
	b.put(alarm(t, anna, "abs", "warning", b.clock), alarm(t, anna, "brake", "warning", b.clock), alarm(t, lea, "abs", "warning", b.clock))
	b.put(alarm(t, anna, "abs", "critical", b.clock))
	kept := b.next()
	if len(kept) != 3 || kept[0].Released.Code() != "brake" || kept[2].Released.Code() != "abs" || !strings.Contains(text(t, kept[2]), "critical") {
		t.Fatalf("waiting: %+v", kept)
	}
	b.settle(nil, []uint64{kept[2].ID}, counter(nil))
	b.put(alarm(t, anna, "abs", "warning", b.clock))
	kept = b.next()
	if len(kept) != 4 || !strings.Contains(text(t, kept[2]), "critical") || !strings.Contains(text(t, kept[3]), "warning") {
		t.Errorf("after a hand-over: %+v", kept)
	}
}

// gap is a gap record as its reader sees it.
type gap struct {
	Kind, From, To, Reason string
	Dropped                int
}

func gaps(t *testing.T, b *box) (all []gap) {
	t.Helper()
	for _, k := range b.next() {
		if k.Released.Kind() != outside.KindGaps {
			continue
		}
		var g gap
		if err := json.Unmarshal([]byte(text(t, k)), &g); err != nil {
			t.Fatal(err)
		}
		all = append(all, g)
	}
	return all
}

// Exactly the bound fits; one more pushes the oldest out, and its reader is told.
func TestBytesAtTheEdge(t *testing.T) {
	probe := newBox(t, roomy)
	probe.put(alarm(t, anna, "code-000", "warning", probe.clock))
	size := int64(probe.keys.last)

	b := newBox(t, outbox.Bounds{MaxBytes: 3 * size, MaxAge: roomy.MaxAge})
	start := b.clock
	for _, code := range []string{"code-001", "code-002", "code-003"} {
		b.put(alarm(t, anna, code, "warning", b.clock))
		b.clock.UTC, b.clock.Boot = b.clock.UTC.Add(time.Minute), b.clock.Boot+time.Minute
	}
	b.put(alarm(t, lea, "code-001", "warning", b.clock)) // another reader's mailbox is no matter
	if kept := b.next(); len(kept) != 4 {
		t.Fatalf("%d messages wait: want all 4", len(kept))
	}
	b.put(alarm(t, anna, "code-004", "warning", b.clock))
	b.put(alarm(t, anna, "code-005", "warning", b.clock))
	b.reopen()
	kept := b.next()
	if len(kept) != 5 || kept[0].Released.Code() != "code-003" || kept[1].Released.Mailbox() != lea.Mailbox {
		t.Fatalf("wait: %+v", kept)
	}
	want := gap{"alarms", stamp(start.UTC), stamp(start.UTC.Add(time.Minute)), "bytes", 2}
	if got := gaps(t, b); len(got) != 1 || got[0] != want {
		t.Errorf("gaps %+v, want one %+v", got, want)
	}
}

// However many gap records of the pipeline come, those of one kind and reason are one
// that grows, with the queue's own; nothing is pushed out by them. One that was handed
// over stays as it is.
func TestGapRecordsGrow(t *testing.T) {
	probe := newBox(t, roomy)
	probe.put(alarm(t, anna, "code-000", "warning", probe.clock))
	b := newBox(t, outbox.Bounds{MaxBytes: 2*int64(probe.keys.last) + 10, MaxAge: roomy.MaxAge})
	b.put(alarm(t, anna, "code-001", "warning", b.clock))
	at := b.clock.UTC
	for i := range 200 {
		when := at.Add(time.Duration(i) * time.Minute)
		b.put(outside.GapRecord(anna, outside.KindStatus, when, when.Add(time.Second), 2, outside.ReasonAge))
	}
	b.put(outside.GapRecord(anna, outside.KindPosition, at, at, 1, outside.ReasonAge))
	b.put(outside.GapRecord(anna, outside.KindAlarms, at.Add(time.Hour), at.Add(time.Hour), 1, outside.ReasonBytes))
	b.put(alarm(t, anna, "code-002", "warning", b.clock), alarm(t, anna, "code-003", "warning", b.clock)) // code-001 falls out
	b.reopen()
	status := gap{"status", stamp(at), stamp(at.Add(199*time.Minute + time.Second)), "age", 400}
	position := gap{"position", stamp(at), stamp(at), "age", 1}
	alarms := gap{"alarms", stamp(at), stamp(at.Add(time.Hour)), "bytes", 2}
	if got := gaps(t, b); !slices.Equal(got, []gap{status, position, alarms}) {
		t.Errorf("gaps %+v", got)
	}
	if kept := b.next(); len(kept) != 5 {
		t.Errorf("%d messages wait, want two alarms and three gap records", len(kept))
	}
	b.settle(nil, []uint64{b.next()[0].ID}, counter(nil))
	b.put(outside.GapRecord(anna, outside.KindStatus, at, at, 5, outside.ReasonAge))
	if got := gaps(t, b); len(got) != 4 || got[0] != status || got[3].Dropped != 5 {
		t.Errorf("after a hand-over: %+v", got)
	}
}

func stamp(t time.Time) string { return t.Format("2006-01-02T15:04:05.000Z") }

// A message as old as may be waits; a nanosecond later it is dropped and counted,
// by the boot clock alone: within a run the wall clock may be set at any time.
func TestAgeAtTheEdge(t *testing.T) {
	for _, row := range []struct {
		name       string
		wall, boot time.Duration
		kept       bool
	}{
		{"exactly the age", roomy.MaxAge, roomy.MaxAge, true},
		{"older", roomy.MaxAge + 1, roomy.MaxAge + 1, false},
		{"older by the boot clock, wall clock set back", -time.Hour, roomy.MaxAge + 1, false},
		{"young by the boot clock, wall clock set by two months", 60 * 24 * time.Hour, 14 * time.Second, true},
		{"young by the boot clock, wall clock set back by two months", -60 * 24 * time.Hour, 14 * time.Second, true},
	} {
		b := newBox(t, roomy)
		b.put(alarm(t, anna, "abs", "warning", b.clock))
		b.clock.UTC, b.clock.Boot = b.clock.UTC.Add(row.wall), b.clock.Boot+row.boot
		kept := b.next()
		if row.kept && (len(kept) != 1 || kept[0].Released.Kind() != outside.KindAlarms) {
			t.Errorf("%s: waiting %+v, want the alarm", row.name, kept)
		}
		if g := gaps(t, b); !row.kept && (len(g) != 1 || g[0].Reason != "age" || g[0].Dropped != 1) {
			t.Errorf("%s: gaps %+v, want one of age", row.name, g)
		}
	}
}

// A purge takes what it should; of what may be on the way the reader is told.
func TestPurge(t *testing.T) {
	b := newBox(t, roomy)
	b.put(alarm(t, anna, "abs", "warning", b.clock), alarm(t, lea, "abs", "warning", b.clock), alarm(t, lea, "brake", "warning", b.clock))
	b.settle(nil, []uint64{b.next()[1].ID}, counter(nil))
	n, err := b.Purge(func(tag outside.Tag, _ int) bool { return tag.Reader != lea.ID || tag.Kind == outside.KindGaps })
	if err != nil || n != 2 {
		t.Fatalf("purged %d, %v: want 2", n, err)
	}
	if g := gaps(t, b); len(g) != 1 || g[0].Reason != "age" || g[0].Dropped != 1 {
		t.Errorf("gaps %+v: want the one message that was on the way", g)
	}
	if n, err = b.Purge(func(tag outside.Tag, _ int) bool { return tag.Reader != lea.ID }); err != nil || n != 1 {
		t.Fatalf("purged %d, %v: want the gap record", n, err)
	}
	b.reopen()
	if kept := b.next(); len(kept) != 1 || kept[0].Released.Reader() != anna.ID {
		t.Errorf("left: %+v", kept)
	}
}

// Nothing that names a reader or a message stands in the file in the open.
func TestSealed(t *testing.T) {
	b := newBox(t, roomy)
	b.put(alarm(t, anna, "tyre-pressure-rl", "warning", b.clock), alarm(t, workshop, "oil-pressure", "critical", b.clock))
	b.settle(nil, []uint64{b.next()[0].ID}, counter(nil))
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(b.path)
	if err != nil {
		t.Fatal(err)
	}
	for _, canary := range []string{"tyre", "pressure", "warning", "critical", "alarm", anna.Mailbox, workshop.Mailbox, anna.ID, "workshop", epoch} {
		if bytes.Contains(file, []byte(canary)) {
			t.Errorf("%q can be read in the file", canary)
		}
	}
	if !bytes.Contains(file, []byte("_meta")) {
		t.Error("the scan finds nothing at all")
	}
}

// When a person's key is gone their messages are gone; the others' are whole,
// and the car's own too. No new one of theirs is taken.
func TestKeyGone(t *testing.T) {
	b := newBox(t, roomy)
	b.put(alarm(t, anna, "abs", "warning", b.clock), alarm(t, lea, "abs", "warning", b.clock), alarm(t, workshop, "abs", "warning", b.clock))
	id, err := profiles.ParseID(lea.ID)
	if err != nil {
		t.Fatal(err)
	}
	b.keys.remove(id)
	refused, err := b.Put([]outside.Released{alarm(t, lea, "brake", "warning", b.clock), alarm(t, anna, "brake", "warning", b.clock)})
	if err != nil || len(refused) != 1 || refused[0].Reader() != lea.ID {
		t.Errorf("refused %v, %v: want the message for a removed person", refused, err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := outbox.Check(b.path, b.keys); err != nil {
		t.Errorf("a removed person is no damage: %v", err)
	}
	b.open()
	if b.Dropped() != 1 {
		t.Errorf("%d dropped, want 1", b.Dropped())
	}
	if kept := b.next(); len(kept) != 3 || kept[0].Released.Reader() != anna.ID || kept[1].Released.Reader() != "workshop" || kept[2].Released.Code() != "brake" {
		t.Errorf("left: %+v", kept)
	}
	b.reopen()
	if b.Dropped() != 0 {
		t.Errorf("%d dropped again", b.Dropped())
	}
}

// Check finds a flipped bit in a sealed record, a file without its meta
// bucket's content, and an empty file; Open takes none of the last two.
func TestDamage(t *testing.T) {
	b := newBox(t, roomy)
	b.put(alarm(t, anna, "abs", "warning", b.clock))
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := outbox.Check(b.path, b.keys); err != nil {
		t.Fatalf("whole: %v", err)
	}
	whole, err := os.ReadFile(b.path)
	if err != nil {
		t.Fatal(err)
	}
	write := func(file []byte) {
		if err := os.WriteFile(b.path, file, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// The record stands behind its bucket's name, at the end of a page.
	id, _ := profiles.ParseID(anna.ID)
	flipped := bytes.Clone(whole)
	i := bytes.LastIndex(flipped, id[:])
	flipped[i+100] ^= 1
	write(flipped)
	if err := outbox.Check(b.path, b.keys); err == nil || !strings.Contains(err.Error(), "authentication") {
		t.Errorf("a flipped bit: Check says %v", err)
	}
	b.open()
	if b.Dropped() != 1 {
		t.Errorf("a damaged record: %d dropped", b.Dropped())
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{
		"empty":   nil,
		"no meta": bytes.ReplaceAll(whole, []byte("schema"), []byte("xchema")),
	} {
		write(file)
		if err := outbox.Check(b.path, b.keys); !errors.Is(err, outbox.ErrDamaged) {
			t.Errorf("%s: Check says %v", name, err)
		}
		o := outbox.New(b.path, b.keys, roomy, nil)
		if err := o.Open(); err == nil {
			t.Errorf("%s: Open takes it", name)
		}
		_ = o.Close()
	}
	write(whole)
	b.open()
}
