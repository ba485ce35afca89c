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
	c.drive(60, 36)
	c.park()
	c.out.Assign(outside.Assignment{Trip: c.trips[1], All: []string{"jonas"}, New: []string{"jonas"}}, c.now) // before the slot
	c.run(c.now.Boot + 10*time.Minute)
	if got := c.tripsTo(boxLimited); len(got) != 3 || strings.Join(got[2].members, " ") != full || len(c.all) != 2 {
		t.Errorf("assigned before the slot: %+v, all were told of %q", got, c.all)
	}
	c.drive(60, 36)
	c.park()
	c.out.Assign(outside.Assignment{Trip: c.trips[2], All: []string{"lea"}, New: []string{"lea"}}, c.now) // before the slot of another
	c.run(c.now.Boot + 10*time.Minute)
	if got := c.tripsTo(boxLimited); len(got) != 4 || strings.Join(got[3].members, " ") != stubOf {
		t.Errorf("assigned to another before the slot: %+v", got)
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

// A policy that keeps the track from shared readers keeps the ends too: they get what
// limited readers get, and the ledger says by which cell.
func TestTripByAnotherPolicy(t *testing.T) {
	p, err := outside.Load(csvHeader+
		`trip-track,allow,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,topic=trips seal=yes,x`+"\n"+
		`trip-summary,coarsen:distance-band,coarsen:distance-band,withhold,withhold,withhold,withhold,withhold,withhold,withhold,topic=trips seal=yes,x`+"\n", false)
	if err != nil {
		t.Fatal(err)
	}
	c := newCar(t, p, outside.Options{})
	c.drive(60, 36)
	c.park()
	c.run(c.now.Boot + 5*time.Minute)
	for box, want := range map[string]string{boxMain: "assigned day distance_km end epoch resend seq start track trip", boxShared: stubOf, boxLimited: "day epoch resend seq trip"} {
		if all := c.tripsTo(box); len(all) != 1 || strings.Join(all[0].members, " ") != want {
			t.Errorf("%s is sent %+v, want the members %q", box, all, want)
		}
	}
	for _, class := range []outside.Class{"trip-points", "trip-track", "trip-assignees"} {
		if !slices.ContainsFunc(c.decided, func(d outside.Decision) bool {
			return d.Reader == "lea" && d.Class == class && d.Outcome == outside.Withheld
		}) || slices.ContainsFunc(c.decided, func(d outside.Decision) bool {
			return d.Reader == "lea" && d.Class == class && d.Outcome == outside.Published
		}) {
			t.Errorf("the ledger says something else of %s", class)
		}
	}
}

// A whole trip of which a policy keeps only the assignees back was published in all its
// other classes.
func TestTripWithoutAssignees(t *testing.T) {
	p, err := outside.Load(csvHeader+`trip-assignees,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,withhold,topic=trips seal=yes,x`+"\n", false)
	if err != nil {
		t.Fatal(err)
	}
	c := newCar(t, p, outside.Options{})
	c.drive(60, 36)
	c.park()
	c.run(c.now.Boot + 5*time.Minute)
	if all := c.tripsTo(boxMain); len(all) != 1 || slices.Contains(all[0].members, "assigned") || !slices.Contains(all[0].members, "track") {
		t.Fatalf("the main user is sent %+v", all)
	}
	for class, published := range map[outside.Class]bool{"trip-exists": true, "trip-summary": true, "trip-points": true, "trip-track": true, "trip-assignees": false} {
		if got := slices.ContainsFunc(c.decided, func(d outside.Decision) bool {
			return d.Reader == "anna" && d.Class == class && d.Outcome == outside.Published
		}); got != published {
			t.Errorf("the ledger says that %s was published: %v", class, got)
		}
	}
}

// Where nothing of trips may reach a reader none is made, nor kept on disk.
func TestNoTripIsMadeForWhoGetsNone(t *testing.T) {
	for name, reader := range map[string]outside.Reader{
		"restricted":           {Column: outside.ColumnShared, Without: []outside.Kind{outside.KindTrips}},
		"limited, restricted":  {Column: outside.ColumnLimited, Without: []outside.Kind{outside.KindTrips}},
		"a key that is broken": {Column: outside.ColumnShared, Seal: []byte("short")},
		"workshop":             {Column: outside.ColumnWorkshop},
		"back end":             {Column: outside.ColumnBackend},
	} {
		reader.ID, reader.Mailbox = "max", boxShared
		c := newCar(t, outside.Builtin(), outside.Options{VID: vid, Sign: carKey()})
		c.out.SetReaders(2, []outside.Reader{reader}, c.now)
		c.drive(60, 36)
		c.inUse(false)
		c.out.EndTrip(c.now)
		c.step(c.now.Boot + 2*time.Hour)
		for _, r := range c.out.Tick(c.now) {
			if r.Kind() == outside.KindTrips {
				t.Errorf("%s: a trip is released", name)
			}
		}
		withheld := 0
		for _, d := range c.decided {
			if d.Kind == outside.KindTrips && d.Outcome == outside.Withheld {
				withheld++
			}
		}
		if len(c.trips) != 1 || withheld != 5 {
			t.Errorf("%s: %d trips, %d decisions", name, len(c.trips), withheld)
		}
	}
}

// A trip that ends at a slot or after it is told at the next, however late the slot is
// looked at; one that ended a moment before is told at it.
func TestTripAtTheEdgeOfASlot(t *testing.T) {
	for by, want := range map[time.Duration]string{-1: "12:05:00", 0: "12:10:00", 1: "12:10:00"} {
		c := linked(t)
		c.drive(60, 36)
		c.step(at("12:05:00").Boot + by)
		c.out.EndTrip(c.now)
		c.run(at("12:11:00").Boot)
		if got := c.of(boxLimited, outside.KindTrips); len(got) != 1 || got[0].at-at(want).Boot > 1 {
			t.Errorf("%d ns beside the slot: %v", by, got)
		}
	}
	for seconds, want := range map[int]string{60: "12:05:30", 132: "12:10:00"} { // the gap is over at 12:04:08, and at 12:05:20
		c := linked(t)
		c.drive(seconds, 36)
		c.step(at("12:05:30").Boot)
		c.take()
		c.run(at("12:11:00").Boot)
		if got := c.of(boxLimited, outside.KindTrips); len(got) != 1 || got[0].at != at(want).Boot {
			t.Errorf("%d s, looked at late: %v", seconds, got)
		}
	}
}
