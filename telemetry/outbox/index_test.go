package outbox_test

import (
	"fmt"
	"testing"

	"glovebox/telemetry/outside"
)

// Whatever came and went, and whatever the disk refused meanwhile, memory knows of what
// waits and of nothing else.
func TestIndexKnowsWhatWaits(t *testing.T) {
	b := newBox(t, roomy)
	knows := func(when string, mailboxes, messages, tags, people int) {
		t.Helper()
		if got, want := b.Known(), [4]int{mailboxes, messages, tags, people}; got != want {
			t.Errorf("%s: %v, want %v", when, got, want)
		}
	}
	knows("new", 0, 0, 0, 0)
	fill := func() {
		b.put(alarm(t, anna, "abs", "warning", b.clock), result(t, anna, 1), alarm(t, lea, "abs", "warning", b.clock),
			alarm(t, workshop, "abs", "warning", b.clock), outside.GapRecord(lea, outside.KindStatus, noon, noon, 1, outside.ReasonAge))
	}
	fill()
	knows("filled", 3, 5, 5, 3)
	b.put(alarm(t, anna, "abs", "critical", b.clock), outside.GapRecord(lea, outside.KindStatus, noon, noon, 1, outside.ReasonAge))
	knows("the same again, newer", 3, 5, 5, 3)
	if err := b.PurgeInVain(string(outside.KindAlarms)); err == nil {
		t.Fatal("it was purged")
	}
	knows("purged in vain", 3, 5, 5, 3)
	b.reopen()
	knows("opened", 3, 5, 5, 3)
	for _, k := range b.next() {
		b.settle([]uint64{k.ID}, nil, nil)
	}
	knows("settled one by one", 0, 0, 0, 0)
	fill()
	b.settle(b.ids(), nil, nil)
	knows("settled together", 0, 0, 0, 0)
	fill()
	b.purge(func(outside.Tag) bool { return false })
	knows("purged", 0, 0, 0, 0)
	fill()
	b.pass(roomy.MaxAge + 1)
	b.next()
	knows("too old: a gap record for each mailbox and kind, and none for a gap record", 3, 4, 3, 3)
	b.reopen()
	knows("and after a start", 3, 4, 3, 3)
}

// The next messages are those after a number, in the order in which they came, whoever
// they are for, and as many as were asked for.
func TestNextInOrder(t *testing.T) {
	b := newBox(t, roomy)
	for i := range 10 {
		b.put(result(t, []outside.Reader{anna, lea, workshop}[i%3], i))
	}
	all := b.ids()
	for after := range 12 {
		for n := range 12 {
			kept, err := b.Next(uint64(after), n)
			if err != nil {
				t.Fatal(err)
			}
			var got, want []uint64
			for _, k := range kept {
				got = append(got, k.ID)
			}
			for _, id := range all {
				if id > uint64(after) && len(want) < n {
					want = append(want, id)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%d after %d: %v, want %v", n, after, got, want)
			}
		}
	}
}
