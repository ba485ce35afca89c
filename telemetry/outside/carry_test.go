package outside_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/telemetry/outside"
)

// carried puts another pipeline in the place of the car's, as another process does: with
// what was held, what was carried and the newest readings, and nothing else.
func (c *car) carried(newest map[string]hal.Reading) {
	c.t.Helper()
	data, err := json.Marshal(c.out.Carry())
	if err != nil {
		c.t.Fatal(err)
	}
	var carry outside.Carried
	if err := json.Unmarshal(data, &carry); err != nil {
		c.t.Fatal(err)
	}
	held := c.out.Held()
	c.out = outside.New(outside.Builtin(), c.now, outside.Options{})
	if err := c.out.Restore(held); err != nil {
		c.t.Fatal(err)
	}
	c.out.Resume(carry)
	if again, err := json.Marshal(c.out.Carry()); err != nil || string(again) != string(data) {
		c.t.Errorf("carried\n%s\nand then\n%s, %v", data, again, err)
	}
	c.out.SetReaders(1, family, c.now)
	for _, path := range slices.Sorted(maps.Keys(newest)) {
		c.out.Signal(newest[path])
	}
}

// Whenever a pipeline is carried on in another process, readers get the same messages at
// the same times as if the connection alone had been renewed: lights, slots, daily values,
// and what they missed; also where the wall clock was corrected before.
func TestCarriedOnUnseen(t *testing.T) {
	const charge = "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed"
	codes := []string{"abs", "brake", "tyre-pressure-rl"}
	for seed := range uint64(30) {
		draw := rand.New(rand.NewPCG(seed, 9))
		stays, goes := newCar(t, outside.Builtin(), outside.Options{}), newCar(t, outside.Builtin(), outside.Options{})
		both := func(do func(c *car)) { do(stays); do(goes) }
		newest := map[string]hal.Reading{}
		say := func(path string, v float64) {
			newest[path] = hal.Reading{Path: path, Value: hal.Number(v), At: stays.now}
			both(func(c *car) { c.out.Signal(newest[path]) })
		}
		up, now, most := false, start.Boot, 400
		if seed%2 == 0 { // days
			most = 10_000
		}
		for range 60 {
			now += time.Duration(draw.IntN(most)) * time.Second
			both(func(c *car) { c.run(now) })
			switch draw.IntN(8) {
			case 0, 1:
				up = !up
				both(func(c *car) { c.link(up) })
			case 2, 3:
				code, on := codes[draw.IntN(len(codes))], draw.IntN(2) == 0
				both(func(c *car) { c.light(code, on) })
			case 4:
				say(charge, float64(draw.IntN(100)))
			case 5:
				both(func(c *car) { c.link(false) })
				goes.carried(newest)
				both(func(c *car) { c.link(up) })
			case 6:
				if draw.IntN(4) == 0 { // a word is no distance
					newest[odometer] = hal.Reading{Path: odometer, Value: hal.Word("?"), At: stays.now}
					both(func(c *car) { c.out.Signal(newest[odometer]) })
					break
				}
				say(odometer, float64(draw.IntN(1e9)))
			case 7:
				by := []time.Duration{-60 * 24 * time.Hour, -time.Hour, time.Hour, 60 * 24 * time.Hour}[draw.IntN(4)]
				both(func(c *car) { c.now.UTC = c.now.UTC.Add(by) })
			}
		}
		if a, b := told(stays), told(goes); !slices.Equal(a, b) {
			for i := range min(len(a), len(b)) {
				if a[i] != b[i] {
					t.Fatalf("seed %d: message %d\nstays %s\ngoes  %s", seed, i, a[i], b[i])
				}
			}
			t.Fatalf("seed %d: %d messages, and carried on %d", seed, len(a), len(b))
		}
	}
}

// told is what a car's readers got, as text.
func told(c *car) (all []string) {
	for _, w := range c.sent {
		all = append(all, fmt.Sprint(w.at, " ", w.mailbox[:2], " ", w.suffix, " ", w.payload))
	}
	return all
}

// What another program carried is not taken: a policy of other columns goes on as after
// a start.
func TestCarriedByAnotherProgram(t *testing.T) {
	c := newCar(t, outside.Builtin(), outside.Options{})
	before := c.out.Carry()
	other := before
	other.Slots, other.EverUp = other.Slots[1:], !other.EverUp
	c.out.Resume(other)
	a, _ := json.Marshal(before)
	b, _ := json.Marshal(c.out.Carry())
	if string(a) != string(b) {
		t.Errorf("%s\nwas %s", b, a)
	}
	odd := before
	odd.Readers = append(slices.Clone(odd.Readers), outside.CarriedReader{Mailbox: boxMain, Column: "owner"})
	c.out.Resume(odd)
	if got := c.out.Carry().Readers; len(got) != len(before.Readers) {
		t.Errorf("%d readers, was %d", len(got), len(before.Readers))
	}
}
