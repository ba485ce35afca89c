package outbox_test

import (
	"errors"
	"os"
	"testing"
	"testing/synctest"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry/outbox"
	"glovebox/telemetry/outside"
)

// unopened is a queue with a message of yesterday that nobody opened yet.
func unopened(t *testing.T) (*box, *outbox.Outbox) {
	b := newBox(t, roomy)
	b.put(alarm(t, anna, "abs", "warning", b.clock))
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	o := outbox.New(b.path, b.keys, b.bounds, func() hal.Instant { return b.clock })
	t.Cleanup(func() { _ = o.Close() })
	return b, o
}

// callers call every method at once and say what each returned.
func callers(t *testing.T, o *outbox.Outbox) (returned chan error) {
	returned = make(chan error, 4)
	one := alarm(t, lea, "brake", "warning", hal.Instant{UTC: noon})
	go func() {
		_, err := o.Put([]outside.Released{one})
		returned <- err
	}()
	go func() { _, err := o.Next(0, 1); returned <- err }()
	go func() { _, err := o.Settle([]uint64{9}, nil, nil); returned <- err }()
	go func() { _, err := o.Purge(everything); returned <- err }()
	return returned
}

// A queue can be handed on before it is open: whoever sends, asks or purges waits,
// and then finds what waited before.
func TestWaitsForOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, o := unopened(t)
		returned := callers(t, o)
		synctest.Wait()
		if len(returned) != 0 {
			t.Fatalf("%d of 4 calls did not wait", len(returned))
		}
		if err := o.Open(); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			if err := <-returned; err != nil {
				t.Error(err)
			}
		}
		kept, err := o.Next(0, 10)
		if err != nil || len(kept) != 2 || kept[0].Released.Code() != "abs" || kept[1].Released.Code() != "brake" {
			t.Errorf("waiting %+v, %v: want what was there and then what was sent", kept, err)
		}
	})
}

// When it cannot be opened, or is closed before, nobody waits for ever.
func TestNeverOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, o := unopened(t)
		if err := os.Remove(b.path); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(b.path, 0o700); err != nil { // no file can be made there
			t.Fatal(err)
		}
		returned := callers(t, o)
		failed := o.Open()
		if failed == nil {
			t.Fatal("a folder was opened")
		}
		for range 4 {
			if err := <-returned; !errors.Is(err, failed) {
				t.Errorf("%v: want the error of Open", err)
			}
		}

		_, o = unopened(t)
		returned = callers(t, o)
		synctest.Wait()
		if err := o.Close(); err != nil {
			t.Error(err)
		}
		for range 4 {
			if err := <-returned; !errors.Is(err, outbox.ErrClosed) {
				t.Errorf("%v: want ErrClosed", err)
			}
		}
		if err := o.Open(); !errors.Is(err, outbox.ErrClosed) {
			t.Errorf("opened after it was closed: %v", err)
		}
	})
}

// Opening writes nothing to a file in which all can be read, and finds everything.
func TestOpeningWritesNothing(t *testing.T) {
	b := newBox(t, roomy)
	b.put(alarm(t, anna, "abs", "warning", b.clock), result(t, lea, 1), result(t, lea, 2))
	b.settle(nil, []uint64{b.next()[1].ID}, counter(nil))
	before := b.next()
	b.reopen()
	after := b.next()
	if n := b.Writes(); n != 0 {
		t.Errorf("%d writes", n)
	}
	if len(after) != len(before) {
		t.Fatalf("%d wait: want %d", len(after), len(before))
	}
	for i, k := range after {
		if k.ID != before[i].ID || k.Seq != before[i].Seq || k.Released.Head() != before[i].Released.Head() {
			t.Errorf("%+v\nwas %+v", k, before[i])
		}
	}
}

// A missing key is found at opening, of one person among many.
func TestOpeningDropsWhoIsGone(t *testing.T) {
	b := newBox(t, roomy)
	for range 50 {
		b.put(result(t, anna, 1), result(t, lea, 1))
	}
	id, _ := profiles.ParseID(lea.ID)
	b.keys.remove(id)
	b.reopen()
	if b.Dropped() != 50 || b.Len() != 50 {
		t.Errorf("%d dropped, %d wait: want 50 and 50", b.Dropped(), b.Len())
	}
	b.reopen()
	if b.Dropped() != 0 || b.Len() != 50 {
		t.Errorf("then %d dropped, %d wait", b.Dropped(), b.Len())
	}
}
