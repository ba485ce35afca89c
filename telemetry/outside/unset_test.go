package outside_test

import (
	"strings"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/telemetry/outside"
)

// unset is a car that boots without a clock, 40 s after its boot, with a link that was up
// and is down.
func unset(t *testing.T, held []byte) *car {
	boot := hal.Instant{UTC: time.Date(1970, 1, 1, 0, 0, 47, 0, time.UTC), Boot: 40 * time.Second}
	c := newCar(t, outside.Builtin(), outside.Options{})
	c.now, c.out = boot, outside.New(outside.Builtin(), boot, outside.Options{})
	if held != nil {
		if err := c.out.Restore(held); err != nil {
			t.Fatal(err)
		}
	}
	c.out.SetReaders(1, family, boot)
	c.link(true)
	c.link(false)
	return c
}

// set sets the wall clock to a time of the first day.
func (c *car) set(clock string) {
	c.now.UTC = at(clock).UTC
	c.take()
}

// after lets time pass.
func (c *car) after(d time.Duration) { c.run(c.now.Boot + d) }

// When the clock is first set the slots are laid anew, and nothing that leaves from then
// on has a date of 1970: no status, no warning, no gap.
func TestClockIsFirstSet(t *testing.T) {
	c := unset(t, nil)
	c.say(charge, 60)
	c.light("abs", true)
	c.after(3 * time.Minute)
	c.light("brake", true)
	c.light("abs", false)
	c.after(2*time.Minute + 10*time.Second)
	n := len(c.sent)
	c.set("12:01:07")
	c.link(true)
	c.fix(54, 6)
	c.after(14 * time.Minute)
	for _, w := range c.sent[n:] {
		if strings.Contains(w.payload, `"19`) {
			t.Errorf("%.4s %s", w.mailbox, w.payload)
		}
	}
	if got, want := strings.Join(c.told(boxMain, n), ", "), "abs false 12:01Z, brake true 12:01Z"; got != want {
		t.Errorf("anna was told %s", got)
	}
	if got, want := strings.Join(c.told(boxLimited, n), ", "), "abs false 12:02Z, brake true 12:02Z"; got != want {
		t.Errorf("jonas was told %s", got)
	}
	slots := c.of(boxLimited, outside.KindStatus)
	if len(slots) != 3 || slots[0].event(t).TS != "2026-11-21T12:05:00.000Z" || slots[2].event(t).TS != "2026-11-21T12:15:00.000Z" {
		t.Errorf("jonas's slots: %v", slots)
	}
	main := c.of(boxMain, outside.KindStatus)
	if got := main[len(main)-1].event(t); got.Data[0].DP[0].TS != "2026-11-21T11:55:57.000Z" {
		t.Errorf("a value of 310 s before the clock was set: %+v", got)
	}
	gaps := c.of(boxMain, outside.KindGaps)
	if len(gaps) != 2 || !strings.Contains(gaps[0].payload, `"from":"2026-11-21T11:56:10.000Z","to":"2026-11-21T12:00:10.000Z","dropped":5,`) {
		t.Errorf("gaps %v", gaps)
	}
}

// Later corrections move no slot, in whatever direction.
func TestClockIsLaidAnewOnce(t *testing.T) {
	c := unset(t, nil)
	c.say(charge, 60)
	c.set("12:01:07")
	c.link(true)
	c.after(time.Minute)
	c.now.UTC = time.Date(1970, 1, 1, 1, 0, 0, 0, time.UTC)
	c.after(time.Second)
	c.set("14:33:33")
	c.after(4 * time.Minute)
	if slots := c.of(boxLimited, outside.KindStatus); len(slots) != 1 || slots[0].event(t).TS != "2026-11-21T12:05:00.000Z" {
		t.Errorf("jonas's slots: %v", slots)
	}
}

// No 02:00 of 1970 latches anything: what was kept before the start holds until the first
// 02:00 of the clock that was set.
func TestLatchWithoutAClock(t *testing.T) {
	before := newCar(t, outside.Builtin(), outside.Options{})
	before.link(true)
	before.say(odometer, 100_000_000)
	before.at("13:00:00") // the day's newest, a candidate for the next 02:00
	c := unset(t, before.out.Held())
	c.say(odometer, 200_000_000)
	c.after(3 * time.Hour)
	c.say(odometer, 300_000_000)
	c.now.UTC = at("18:00:30").UTC.Add(24 * time.Hour)
	c.take()
	c.link(true)
	c.after(5 * time.Minute)
	if got := c.last(boxLimited)["TraveledDistance"]; got != "100000000" {
		t.Errorf("on the evening of the next day: %q, want what was so at 02:00", got)
	}
	c.after(8 * time.Hour)
	if got := c.last(boxLimited)["TraveledDistance"]; got != "300000000" {
		t.Errorf("after 02:00: %q", got)
	}
}
