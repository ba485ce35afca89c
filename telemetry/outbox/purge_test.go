package outbox_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// purge keeps what keep keeps and returns what was asked, as text.
func (b *box) purge(keep func(outside.Tag) bool) (n int, asked []string) {
	b.t.Helper()
	n, err := b.Purge(func(tag outside.Tag, n int) bool {
		asked = append(asked, fmt.Sprintf("%s %s %d", tag.Mailbox[:2], tag.Kind, n))
		return keep(tag)
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return n, asked
}

// A purge asks once for each tag, with how many messages have it; when nothing is
// refused it writes nothing.
func TestPurgeAsksOnce(t *testing.T) {
	b := newBox(t, roomy)
	for i := range 20 {
		b.put(result(t, anna, i), result(t, lea, i), alarm(t, lea, fmt.Sprint("code-", i), "warning", b.clock))
	}
	b.settle([]uint64{b.next()[0].ID}, []uint64{b.next()[1].ID}, counter(nil))
	want := []string{"a1 ack 19", "b2 ack 20", "b2 alarms 20"}
	before := b.Writes()
	if n, asked := b.purge(func(outside.Tag) bool { return true }); n != 0 || !slices.Equal(asked, want) {
		t.Errorf("purged %d, asked %q: want none, %q", n, asked, want)
	}
	if after := b.Writes(); after != before {
		t.Errorf("%d writes for nothing", after-before)
	}
	b.reopen()
	n, asked := b.purge(func(tag outside.Tag) bool { return tag.Kind != outside.KindAck || tag.Mailbox == anna.Mailbox })
	if want = append(want, "b2 gaps 0"); n != 20 || !slices.Equal(asked, want) {
		t.Errorf("purged %d, asked %q: want 20, %q and the gap record of the one on the way", n, asked, want)
	}
	left := []string{"a1 ack 19", "b2 alarms 20", "b2 gaps 1"}
	if _, asked := b.purge(func(outside.Tag) bool { return true }); !slices.Equal(asked, left) {
		t.Errorf("left: %q", asked)
	}
	for _, k := range b.next() {
		if k.Released.Kind() == outside.KindAlarms {
			b.settle(nil, []uint64{k.ID}, counter(nil))
		}
	}
	if _, asked := b.purge(func(tag outside.Tag) bool { return tag.Kind != outside.KindAlarms }); !slices.Equal(asked, left) || gaps(t, b)[0].Dropped != 1 || gaps(t, b)[1].Dropped != 20 {
		t.Errorf("asked %q: want %q, and not again for the gap record that is made; gaps %+v", asked, left, gaps(t, b))
	}
}

// Whether little or much of a person goes, what stays of them and of the others is as
// it was, on disk too.
func TestPurgeInPart(t *testing.T) {
	for _, alarms := range []int{1, 30} {
		b := newBox(t, roomy)
		for i := range 10 {
			b.put(result(t, anna, i), result(t, lea, i))
		}
		for i := range alarms {
			b.put(alarm(t, anna, fmt.Sprint("code-", i), "warning", b.clock), alarm(t, workshop, fmt.Sprint("code-", i), "warning", b.clock))
		}
		b.settle(nil, []uint64{b.next()[2].ID}, counter(nil))
		var want []string
		for _, k := range b.next() {
			if k.Released.Reader() != anna.ID || k.Released.Kind() == outside.KindAck {
				want = append(want, fmt.Sprint(k.ID, k.Seq, text(t, k)))
			}
		}
		if n, _ := b.purge(func(tag outside.Tag) bool { return tag.Reader != anna.ID || tag.Kind == outside.KindAck }); n != alarms {
			t.Errorf("purged %d: want %d", n, alarms)
		}
		for range 2 {
			var got []string
			for _, k := range b.next() {
				got = append(got, fmt.Sprint(k.ID, k.Seq, text(t, k)))
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d alarms gone, left\n%q\nwant\n%q", alarms, got, want)
			}
			b.reopen()
		}
	}
}

// A purge that the disk did not take changed nothing, and can be made again.
func TestPurgeFails(t *testing.T) {
	b := newBox(t, roomy)
	for i := range 10 {
		b.put(result(t, anna, i), alarm(t, anna, fmt.Sprint("code-", i), "warning", b.clock), result(t, lea, i))
	}
	b.settle(nil, []uint64{b.next()[0].ID}, counter(nil))
	before := b.next()
	for _, kind := range []outside.Kind{outside.KindAck, outside.KindAlarms} {
		if err := b.PurgeInVain(string(kind)); err == nil {
			t.Fatal("the transaction was committed")
		}
		after := b.next()
		if len(after) != len(before) {
			t.Fatalf("%d wait: want %d", len(after), len(before))
		}
		for i, k := range after {
			if k.ID != before[i].ID || k.Seq != before[i].Seq {
				t.Errorf("message %d is %+v, was %+v", i, k, before[i])
			}
		}
	}
	if n, asked := b.purge(func(tag outside.Tag) bool { return tag.Kind != outside.KindAck }); n != 20 || len(asked) != 4 {
		t.Errorf("purged %d of %q: want 20", n, asked)
	}
	if n := b.Len(); n != 11 { // ten alarms, and the record of the one on the way
		t.Errorf("%d wait", n)
	}
}

// When one message of a batch cannot be stamped, none is, and nothing is forgotten.
func TestSettleFails(t *testing.T) {
	b := newBox(t, roomy)
	b.put(result(t, anna, 1), result(t, anna, 2), result(t, lea, 3))
	all := b.next()
	id, err := profiles.ParseID(lea.ID)
	if err != nil {
		t.Fatal(err)
	}
	b.keys.refuse(id, true)
	_, err = b.Settle([]uint64{all[0].ID}, []uint64{all[1].ID, all[2].ID}, counter(nil))
	if !errors.Is(err, errNoKey) {
		t.Fatalf("settled: %v", err)
	}
	b.keys.refuse(id, false)
	for _, k := range b.next() {
		if k.Seq != 0 || k.Resend {
			t.Errorf("stamped: %+v", k)
		}
	}
	if sent := b.settle([]uint64{all[0].ID}, []uint64{all[1].ID, all[2].ID}, counter(nil)); b.Len() != 2 || len(sent) != 2 || sent[0].Seq != 1 || sent[1].Seq != 1 {
		t.Errorf("%d wait, sent %+v", b.Len(), sent)
	}
}

// Tags are asked about in order of mailbox, kind and column, however they came.
func TestPurgeAsksInOrder(t *testing.T) {
	limited, shared := anna, anna
	limited.Column, shared.Column = outside.ColumnLimited, outside.ColumnShared
	b := newBox(t, roomy)
	b.put(result(t, workshop, 1), alarm(t, anna, "abs", "warning", b.clock), result(t, shared, 1), result(t, shared, 2), result(t, shared, 3), result(t, lea, 1))
	b.put(result(t, anna, 1), result(t, anna, 2), result(t, limited, 1))
	_, asked := b.purge(func(outside.Tag) bool { return true })
	if want := []string{"a1 ack 1", "a1 ack 2", "a1 ack 3", "a1 alarms 1", "b2 ack 1", "c3 ack 1"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
}
