package outside_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/telemetry/outside"
	"glovebox/telemetry/trip"
)

// The power fails ten minutes into a drive, an hour passes, and the car stands. What was
// kept is the trip, released once, and there is no second. Case T4.
func TestPowerCutInATrip(t *testing.T) {
	c := linked(t)
	var kept []byte
	for range 60 {
		c.drive(10, 36)
		c.inUse(true)
		state, ok := c.out.TripSoFar()
		if !ok {
			t.Fatal("no trip is going on")
		}
		var err error
		if kept, err = state.MarshalBinary(); err != nil {
			t.Fatal(err)
		}
	}
	c.drive(9, 36)
	cut, sent := c.now.UTC, c.tripsTo(boxMain)
	if len(sent) != 0 {
		t.Fatalf("sent already: %+v", sent)
	}
	back := newCar(t, outside.Builtin(), outside.Options{})
	back.link(true)
	back.run(back.now.Boot + time.Hour)
	var was trip.Trip
	if err := was.UnmarshalBinary(kept); err != nil {
		t.Fatal(err)
	}
	back.out.ReleaseTrip(was, false, back.now)
	back.take()
	back.run(back.now.Boot + time.Hour)
	for box, members := range map[string]string{boxMain: full, boxShared: full, boxLimited: stubOf} {
		all := back.tripsTo(box)
		if len(all) != 1 || strings.Join(all[0].members, " ") != members || all[0].Trip != was.ID {
			t.Fatalf("%s has %+v", box, all)
		}
	}
	got := back.tripsTo(boxMain)[0]
	if by := cut.Sub(got.End.TS); by < 0 || by > 10*time.Second || *got.DurationS < 598 || *got.DurationS > 602 {
		t.Errorf("it ends %s before the cut, %d s", by, *got.DurationS)
	}
	if !slices.Equal(back.all, []string{was.ID}) {
		t.Errorf("everybody was told of %q", back.all)
	}
}

// A limited reader who waited for a slot when the power failed is told afterwards; the
// others, who were told, are not told again.
func TestPowerCutBeforeTheSlot(t *testing.T) {
	c := linked(t)
	c.drive(60, 36)
	c.park()
	if len(c.all) != 0 || len(c.trips) != 1 {
		t.Fatalf("all were told of %q, %d trips ended", c.all, len(c.trips))
	}
	back := newCar(t, outside.Builtin(), outside.Options{})
	back.out.ReleaseTrip(c.trips[0], true, back.now)
	back.run(back.now.Boot + time.Hour) // without a connection: it is kept
	if len(back.tripsTo(boxMain))+len(back.tripsTo(boxShared)) != 0 || len(back.tripsTo(boxLimited)) != 1 {
		t.Errorf("sent %+v", back.sent)
	}
	if len(back.all) != 1 {
		t.Errorf("all were told of %q", back.all)
	}
}

// A fresh process goes on where the one before stopped: what waits for a slot comes at it,
// once, also where what was kept is released again.
func TestFreshProcessBeforeTheSlot(t *testing.T) {
	c := linked(t)
	c.drive(60, 36)
	c.park()
	text, err := json.Marshal(c.out.Carry())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "6.62") || strings.Contains(string(text), c.trips[0].Track) {
		t.Errorf("a place is carried over: %s", text)
	}
	var carried outside.Carried
	if err := json.Unmarshal(text, &carried); err != nil {
		t.Fatal(err)
	}
	for _, kept := range []bool{true, false} { // without what was kept: the key of whoever drove is destroyed
		next := outside.New(outside.Builtin(), c.now, outside.Options{})
		next.Resume(carried)
		next.SetReaders(1, family, c.now)
		next.Link(true, c.now)
		if kept {
			next.ReleaseTrip(c.trips[0], true, c.now)
		}
		after := &car{t: t, out: next, now: c.now, seq: map[string]uint64{}}
		after.run(c.now.Boot + time.Hour)
		if got := after.tripsTo(boxLimited); len(got) != 1 || got[0].Trip != c.trips[0].ID || got[0].DistanceKM != "0-10" {
			t.Errorf("kept %t: limited has %+v", kept, got)
		}
	}
}
