package agent_test

import (
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
)

// What a reader of fobs says of very many is noise: one more is not seen while they are
// said, and is once they are not.
func TestNoiseOfFobs(t *testing.T) {
	withFobs(t, func(t *testing.T, b *bubble) {
		for n := range uint64(64) {
			b.fob(100+n, false, false)
		}
		b.opens(leasFob)
		time.Sleep(2 * time.Second)
		b.is(t, "among 64 others", "idle logout", nobodys, nobodys)
		b.observe(driversLock, hal.Bool(true))
		time.Sleep(5 * time.Second)
		b.opens(leasFob)
		time.Sleep(2 * time.Second)
		b.is(t, "once they are gone", "active fob", lea, nobodys)
	})
	withFobs(t, func(t *testing.T, b *bubble) {
		for n := range uint64(63) {
			b.fob(100+n, false, false)
		}
		b.opens(leasFob)
		time.Sleep(2 * time.Second)
		b.is(t, "among 63 others", "active fob", lea, nobodys)
	})
}

// A tap is offered every reading while it is there, those that say nothing too.
func TestTap(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		first, second := hal.NewTap(8), hal.NewTap(8)
		untap := b.Tap(first)
		defer b.Tap(second)()
		b.observe(driversDoor, hal.Bool(true))
		b.observe(driversDoor, hal.Value{})
		untap()
		b.observe(driversDoor, hal.Bool(false))
		for name, row := range map[string]struct {
			tap  *hal.Tap
			want int
		}{"first": {first, 2}, "second": {second, 3}} {
			all, dropped := row.tap.Take(nil)
			if len(all) != row.want || dropped != 0 || all[0].Path != driversDoor || !all[0].Value.IsTrue() || !all[1].Value.Absent() {
				t.Errorf("%s: %+v, %d dropped", name, all, dropped)
			}
		}
	})
}

// What the car decided itself and a newer document overtook is not told to the back end.
func TestOvertakenChangeIsNotTold(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.backed(2)
		b.login(anna)
		if err := b.SetLevel(t.Context(), "offline"); err != nil {
			t.Fatal(err)
		}
		if _, _, err := b.Revise(t.Context(), profiles.SetGuestServices{}, profiles.PIN{}); err != nil {
			t.Fatal(err)
		}
		b.backed(4)
		if err := b.SetLevel(t.Context(), "share"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		if told := b.changes(); len(told) != 0 || b.Roster().Version != 4 {
			t.Errorf("version %d is in force, told %+v", b.Roster().Version, told)
		}
	})
}
