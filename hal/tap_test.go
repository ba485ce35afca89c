package hal_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"glovebox/hal"
)

// What comes out of a tap is what went in, in order, less exactly the oldest
// ones that it says it lost.
func TestTapLosesOnlyTheOldestAndCountsThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		room := rapid.IntRange(1, 7).Draw(t, "room")
		tap := hal.NewTap(room)
		next, want := 0, 0
		for range rapid.IntRange(1, 20).Draw(t, "takes") {
			offered := rapid.IntRange(0, 20).Draw(t, "offered")
			for range offered {
				tap.Offer(hal.Reading{Path: fmt.Sprint(next)})
				next++
			}
			got, dropped := tap.Take(nil)
			if len(got) != min(offered, room) || int(dropped) != offered-len(got) {
				t.Fatalf("offered %d with room for %d: took %d, dropped %d", offered, room, len(got), dropped)
			}
			want += int(dropped)
			for _, r := range got {
				if r.Path != fmt.Sprint(want) {
					t.Fatalf("took %s, want %d", r.Path, want)
				}
				want++
			}
		}
	})
}

func TestTapWakesOnce(t *testing.T) {
	tap := hal.NewTap(4)
	tap.Offer(hal.Reading{})
	tap.Offer(hal.Reading{})
	<-tap.Ready()
	select {
	case <-tap.Ready():
		t.Error("woken twice for one batch")
	default:
	}
}

func TestOfferAllocatesNothing(t *testing.T) {
	tap := hal.NewTap(4)
	r := hal.Reading{Path: "Vehicle.Speed", Value: hal.Number(1)}
	if n := testing.AllocsPerRun(100, func() { tap.Offer(r) }); n != 0 {
		t.Errorf("%v allocations an offer", n)
	}
}
