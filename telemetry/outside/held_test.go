package outside_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/telemetry/outside"
)

// What was shown last is repeated after a restart, in use or asleep, to the
// column it was shown to; a value that anybody may see anew is not.
func TestHeldOverRestart(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.say(charge, 62) // an older value never comes back
	car.at("12:02:01")
	car.say(charge, 81)
	car.say(fuel, 50)
	car.say(weight, 1700)
	car.at("12:05:01")
	held := car.out.Held()
	for name, inUse := range map[string]bool{"in use": true, "asleep": false} {
		next := newCar(t, outside.Builtin(), outside.Options{})
		if err := next.out.Restore(held); err != nil {
			t.Fatal(err)
		}
		if again := next.out.Held(); !bytes.Equal(again, held) {
			t.Errorf("held changes over a restart:\n%s\n%s", held, again)
		}
		next.link(true)
		next.inUse(inUse)
		next.at("12:05:01")
		if got := next.last(boxLimited); got["Powertrain.TractionBattery.StateOfCharge.Displayed"] != "80" || got["CurbWeight"] != "" {
			t.Errorf("%s: limited sees %v", name, got)
		}
		// main's charge is live when there is a fix, and held when there is none
		if got := next.last(boxMain)["Powertrain.TractionBattery.StateOfCharge.Displayed"]; (got == "81") != inUse {
			t.Errorf("%s: main sees charge %q", name, got)
		}
	}
	for _, person := range []string{"anna", "jonas", boxMain, boxLimited} {
		if strings.Contains(string(held), person) {
			t.Errorf("a person stands in what is held: %s", held)
		}
	}
}

// A latch survives restarts: what was stored before 02:00 is the value of that
// day even if the car was off then, and a reading of today does not change it.
func TestLatchOverRestarts(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.say(odometer, 512_345_000)
	held := car.out.Held()
	if strings.Contains(string(held), "512345") {
		t.Errorf("the exact odometer is stored: %s", held)
	}
	day := func(n int) hal.Instant { return hal.Instant{UTC: start.UTC.AddDate(0, 0, n)} }
	see := func(boot hal.Instant, odo float64) string {
		next := &car2{newCar(t, outside.Builtin(), outside.Options{})}
		next.restart(boot, held)
		if odo > 0 {
			next.say(odometer, odo)
		}
		next.run(boot.Boot + 5*60e9)
		held = next.out.Held()
		return next.last(boxLimited)["TraveledDistance"]
	}
	for _, c := range []struct {
		name string
		day  int
		odo  float64
		want string
	}{
		{"the same day nothing is latched", 0, 0, ""},
		{"the same day, driven on", 0, 700_000_000, ""},
		{"the next day the last of the day before", 1, 0, "700000000"},
		{"today's reading changes nothing", 1, 900_000_000, "700000000"},
		{"nor does another restart", 1, 0, "700000000"},
		{"a week later", 8, 0, "900000000"},
		{"a clock that starts in 1970 takes nothing away", -20000, 0, "900000000"},
	} {
		if got := see(day(c.day), c.odo); got != c.want {
			t.Errorf("%s: %q: want %q", c.name, got, c.want)
		}
	}
}

// car2 is a car that boots at another time.
type car2 struct{ *car }

func (c *car2) restart(boot hal.Instant, held []byte) {
	c.now = boot
	c.out = outside.New(outside.Builtin(), boot, outside.Options{})
	if err := c.out.Restore(held); err != nil {
		c.t.Fatal(err)
	}
	c.out.SetReaders(1, family, boot)
	c.link(true)
}

// A car that sleeps through 02:00 takes what it knew from before its restart.
func TestLatchOfASleepingCar(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.say(odometer, 512_345_000)
	next := newCar(t, outside.Builtin(), outside.Options{})
	if err := next.out.Restore(car.out.Held()); err != nil {
		t.Fatal(err)
	}
	next.link(true)
	next.run(start.Boot + 13*time.Hour)
	if got := next.last(boxLimited)["TraveledDistance"]; got != "" {
		t.Errorf("before 02:00 limited sees %s", got)
	}
	next.run(start.Boot + 15*time.Hour)
	if got := next.last(boxLimited)["TraveledDistance"]; got != "512300000" {
		t.Errorf("after 02:00 limited sees %q", got)
	}
}

func TestRestoreRefusesDamage(t *testing.T) {
	for name, data := range map[string]string{
		"empty":          "",
		"no JSON":        "GBKEYS01",
		"cut":            `{"version":1,"held":[{"column":"main"`,
		"another file":   `{"radio":{}}`,
		"a new version":  `{"version":2,"held":[],"latched":[],"alarms":[]}`,
		"something more": `{"version":1,"held":[],"latched":[],"alarms":[]} {}`,
	} {
		car := newCar(t, outside.Builtin(), outside.Options{})
		before := car.out.Held()
		if err := car.out.Restore([]byte(data)); err == nil {
			t.Errorf("%s: restored", name)
		}
		if after := car.out.Held(); !bytes.Equal(before, after) {
			t.Errorf("%s: something was taken: %s", name, after)
		}
	}
	// what the policy withholds is not brought back by a file
	car := newCar(t, outside.Builtin(), outside.Options{})
	err := car.out.Restore([]byte(`{"version":1,"held":[{"column":"limited","path":"Vehicle.Speed","value":"83","at":"2026-11-21T12:00:00Z"},` +
		`{"column":"owner","path":"Vehicle.TraveledDistance","value":"1","at":"2026-11-21T12:00:00Z"}],` +
		`"latched":[{"rule":"soc5","path":"Vehicle.Speed","value":"83","at":"2026-11-20T12:00:00Z","next":false}],"alarms":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	car.link(true)
	car.at("12:05:01")
	if got := car.last(boxLimited); len(got) != 0 {
		t.Errorf("limited sees %v", got)
	}
}
