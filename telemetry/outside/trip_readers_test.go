package outside_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/telemetry/outside"
)

// Jonas is limited for three trips, then shared: the three stay as they were until they are
// assigned by hand, and the fourth he has in full. Case T17.
func TestRaisedOpensNoOlderTrip(t *testing.T) {
	c := linked(t)
	for range 3 {
		c.drive(60, 36)
		c.park()
	}
	raised := slices.Clone(family)
	raised[2].Column = outside.ColumnShared
	c.out.SetReaders(2, raised, c.now) // before the slot of the third
	c.take()
	c.drive(60, 36)
	c.park()
	c.run(c.now.Boot + time.Hour)
	all := c.tripsTo(boxLimited)
	if len(all) != 4 {
		t.Fatalf("%d trips: %+v", len(all), all)
	}
	for i, got := range all {
		if want := []string{stubOf, full}[i/3]; strings.Join(got.members, " ") != want || got.Trip != c.trips[i].ID {
			t.Errorf("trip %d: "+oneMember, i+1, boxLimited, got.members, want)
		}
	}
	c.out.Assign(outside.Assignment{Trip: c.trips[1], All: []string{"jonas"}, New: []string{"jonas"}}, c.now)
	c.take()
	got := c.tripsTo(boxLimited)
	if last := got[len(got)-1]; len(got) != 5 || last.Trip != c.trips[1].ID || strings.Join(last.members, " ") != full || !slices.Equal(*last.Assigned, []string{"jonas"}) {
		t.Errorf("after the assignment %+v", last)
	}
	if len(c.all) != 4 {
		t.Errorf("all were told of %q", c.all)
	}
}

// An assignment shows the trip to whom it is assigned, and to the main user that it is;
// nobody else is told anything.
func TestAssign(t *testing.T) {
	c := linked(t)
	c.drive(60, 36)
	c.park()
	c.run(c.now.Boot + 10*time.Minute)
	before := len(c.sent)
	c.out.Assign(outside.Assignment{Trip: c.trips[0], All: []string{"max", "jonas"}, New: []string{"jonas"}}, c.now)
	c.run(c.now.Boot + time.Second)
	for box, want := range map[string][]string{boxMain: {"max", "jonas"}, boxLimited: {"jonas"}} {
		all := c.tripsTo(box)
		if last := all[len(all)-1]; len(all) != 2 || strings.Join(last.members, " ") != full || !slices.Equal(*last.Assigned, want) {
			t.Errorf("%s: %+v", box, last)
		}
	}
	for _, w := range c.sent[before:] {
		if w.mailbox != boxMain && w.mailbox != boxLimited {
			t.Errorf("%s is told %s", w.mailbox, w.payload)
		}
	}
	// It stays theirs while they are limited: what was assigned may leave, what was not may not.
	released := c.released[len(c.released)-1]
	for _, r := range c.released[before:] {
		if r.Mailbox() == boxLimited {
			released = r
		}
	}
	if !c.out.Recheck(released, c.now) || released.Tag().Trip != outside.Assigned {
		t.Errorf("an assigned trip to a limited reader: %+v", released.Tag())
	}
	if c.out.Timely(released, c.now) {
		t.Error("it leaves between two slots")
	}
}

// Lowering Lea to limited takes back the places of trips that wait for her, but not of what
// was assigned to her; removing her takes back all.
func TestTripsTakenBack(t *testing.T) {
	c := linked(t)
	c.drive(60, 36)
	c.park()
	c.out.Assign(outside.Assignment{Trip: c.trips[0], All: []string{"lea"}, New: []string{"lea"}}, c.now)
	c.take()
	var waits []outside.Released
	for _, r := range c.released {
		if r.Mailbox() == boxShared && r.Kind() == outside.KindTrips {
			waits = append(waits, r)
		}
	}
	lowered := slices.Clone(family)
	lowered[1].Column = outside.ColumnLimited
	c.out.SetReaders(2, lowered, c.now)
	if len(waits) != 2 || c.out.Keeps(waits[0].Tag(), 1, c.now) || c.out.Recheck(waits[0], c.now) || !c.out.Keeps(waits[1].Tag(), 1, c.now) || !c.out.Recheck(waits[1], c.now) {
		t.Errorf("limited: %d wait, kept %v", len(waits), c.out.Keeps(waits[0].Tag(), 1, c.now))
	}
	restricted := slices.Clone(family)
	restricted[1].Without = []outside.Kind{outside.KindTrips}
	c.out.SetReaders(3, restricted, c.now)
	if c.out.Keeps(waits[0].Tag(), 1, c.now) || c.out.Keeps(waits[1].Tag(), 1, c.now) {
		t.Error("restricted, and trips still wait")
	}
	c.out.SetReaders(4, slices.Delete(slices.Clone(family), 1, 2), c.now)
	if c.out.Keeps(waits[0].Tag(), 1, c.now) || c.out.Keeps(waits[1].Tag(), 1, c.now) {
		t.Error("removed, and trips still wait")
	}
}
