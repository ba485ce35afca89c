package kernel

import (
	"testing"
	"time"
)

// The boot clock is asked once a second and after each suspend, whatever the wall clock
// is set to; what it says never goes back, and is behind by what a read takes at most.
func TestBootClock(t *testing.T) {
	var (
		c             bootClock
		mono          = time.Second
		slept, set    time.Duration
		late          time.Duration // what passes while it is asked
		asked         int
		last          time.Duration
		wall0, beyond = time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC), 7 * time.Hour
	)
	look := func(wantAsked int, off time.Duration) {
		t.Helper()
		before := asked
		wall := wall0.Add(mono + slept + set).UnixNano()
		now := c.boot(wall, mono, func() (time.Duration, time.Duration) {
			asked++
			boot := mono + slept + beyond
			mono += late
			return boot, mono
		})
		want := mono - late*time.Duration(asked-before) + slept + beyond - off
		if now != want || asked-before != wantAsked {
			t.Errorf("%v, want %v; asked %d times, want %d", now, want, asked-before, wantAsked)
		}
		if now < last {
			t.Errorf("it went back from %v to %v", last, now)
		}
		last = now
	}
	look(1, 0)
	for range 9 {
		mono += 100 * time.Millisecond
		look(0, 0)
	}
	mono += 100 * time.Millisecond
	look(1, 0)
	mono, set = mono+time.Millisecond, set-time.Hour // somebody sets the wall clock
	look(1, 0)
	mono, slept = mono+time.Millisecond, slept+2*time.Second
	look(1, 0)
	mono, slept, set = mono+time.Millisecond, slept+time.Hour, set-time.Hour // both at once: seen within the second
	look(0, time.Hour)
	mono += time.Second
	look(1, 0)
	mono, slept, late = mono+time.Millisecond, slept+time.Minute, 20*time.Millisecond // the process has to wait meanwhile
	look(1, 20*time.Millisecond)
	mono, late = mono+time.Second, 0
	look(1, 0)
	mono, set = mono+time.Second/2, set+250*time.Microsecond // a clock that is disciplined
	look(0, 0)
}

// Both clocks are those of the system.
func TestClocks(t *testing.T) {
	for range 1000 {
		from, before := time.Now(), BootTime()
		utc, boot := Clocks()
		after, to := BootTime(), time.Now()
		if utc.Before(from.Round(0)) || utc.After(to.Round(0)) {
			t.Fatalf("%v is not between %v and %v", utc, from, to)
		}
		if boot < before-50*time.Millisecond || boot > after {
			t.Fatalf("%v is not between %v and %v", boot, before, after)
		}
	}
}
