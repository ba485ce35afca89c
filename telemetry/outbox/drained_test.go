package outbox_test

import (
	"os"
	"testing"

	"glovebox/telemetry/outside"
)

// Case Q2: a queue of 4 MiB that is drained and filled again, 100 times in the long run,
// takes no more than twice the room of the first time.
func TestDrainedQueueStaysSmall(t *testing.T) {
	rounds := 4
	if soak {
		rounds = 100
	}
	b := newBox(t, roomy)
	size := func() int64 {
		info, err := os.Stat(b.path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	some := make([]outside.Released, 64)
	for i := range some {
		some[i] = result(t, anna, i)
	}
	var batch []outside.Released
	for range 16 {
		batch = append(batch, some...)
	}
	first, waited := int64(0), 0
	for round := range rounds {
		for n := 0; n < 30_000; n += len(batch) {
			b.put(batch...)
		}
		all := b.next()
		if waited = len(all); waited == 0 {
			t.Fatal("nothing waits")
		}
		for at := 0; at < len(all); at += 2048 {
			var done []uint64
			for _, k := range all[at:min(at+2048, len(all))] {
				done = append(done, k.ID)
			}
			b.settle(done, nil, nil)
		}
		if left := b.next(); len(left) > 0 {
			t.Fatalf("%d are left", len(left))
		}
		if round == 0 {
			first = size()
		}
	}
	if last := size(); last > 2*first || first < 4<<20 {
		t.Errorf("%d bytes after the first time, %d after %d times", first, last, rounds)
	}
	t.Logf("%d messages each time: %d bytes after the first, %d after %d times", waited, first, size(), rounds)
}
