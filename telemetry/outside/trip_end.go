package outside

import (
	"slices"
	"time"

	"glovebox/hal"
	"glovebox/telemetry/trip"
)

// Trips are found in the gated fixes (docs/trips.md, Rules). Main and shared readers are
// told at once that one ended, the others at their next slot.

// stub is one that waits for a slot of its reader.
type stub struct {
	since time.Duration // boot time of the trip's end
	body  *stubBody
}

// Moving tells whether the car moves.
func (o *Outside) Moving(moving bool, at hal.Instant) {
	if moving == o.moving {
		return
	}
	o.advance(at)
	o.moving = moving
	o.drive(at)
}

// drive tells the finder how the car is.
func (o *Outside) drive(at hal.Instant) {
	t, ended := o.finder.Drive(o.inUse, o.moving, at)
	o.ended(t, ended, at)
	o.plan()
}

// EndTrip ends the trip that is going on at its newest fix: a new epoch begins, as every
// reader learns, and no trip goes on in the next. A Tick must follow.
func (o *Outside) EndTrip(at hal.Instant) {
	o.advance(at)
	t, ended := o.finder.End()
	o.ended(t, ended, at)
	o.plan()
}

// TripSoFar is the trip that is going on as it would be if it ended now; false while there
// is none. Who keeps it hands it to ReleaseTrip after a restart.
func (o *Outside) TripSoFar() (trip.Trip, bool) { return o.finder.SoFar() }

// TripGoing is the id of the trip that is going on, and how long it went on.
func (o *Outside) TripGoing() (id string, took time.Duration) { return o.finder.Going() }

// ReleaseTrip releases a trip that a restart ended, found by a pipeline before this one
// and given out by TripSoFar or Options.TripEnded. Told says that main and shared readers
// were told of it before the restart, and only those wait who have slots.
func (o *Outside) ReleaseTrip(t trip.Trip, told bool, at hal.Instant) {
	o.advance(at)
	o.offerTrip(t, told, at)
	o.plan()
}

// passTrip ends a trip whose time is up.
func (o *Outside) passTrip(now hal.Instant) {
	if due := o.finder.Next(); due <= now.Boot {
		at := hal.Instant{UTC: now.UTC.Add(due - now.Boot), Boot: due}
		t, ended := o.finder.Pass(at)
		o.ended(t, ended, at)
	}
}

// ended releases a trip, if one ended.
func (o *Outside) ended(t trip.Trip, ended bool, at hal.Instant) {
	if !ended {
		return
	}
	if o.options.TripEnded != nil {
		o.options.TripEnded(t)
	}
	o.offerTrip(t, false, at)
}

// offerTrip makes the messages of those who are told at once; for the others it waits.
func (o *Outside) offerTrip(t trip.Trip, told bool, at hal.Instant) {
	for _, r := range o.readers {
		switch {
		case !immediate(r.Column):
			o.keepStub(r, t, at)
		case !told:
			o.showTrip(r, t, nil, at)
		}
	}
	o.tripsTold([]string{t.ID})
}

// keepStub has a reader told of a trip at the next slot.
func (o *Outside) keepStub(r *reader, t trip.Trip, at hal.Instant) {
	if slices.ContainsFunc(r.stubs, func(s stub) bool { return s.body.Trip == t.ID }) {
		return // carried over
	}
	if body := o.stubFor(r, t, at); body != nil {
		r.stubs = append(r.stubs, stub{at.Boot, body})
	}
}

// showStubs makes the messages of the trips that ended before a slot of a column.
func (o *Outside) showStubs(i int, slot hal.Instant) {
	var shown []string
	for _, r := range o.readers {
		if r.index != i {
			continue
		}
		r.stubs = slices.DeleteFunc(r.stubs, func(s stub) bool {
			if s.since >= slot.Boot {
				return false
			}
			out := o.release(r, formTripStub, slot)
			out.body = s.body
			o.pending = append(o.pending, out)
			shown = append(shown, s.body.Trip)
			return true
		})
	}
	o.tripsTold(shown)
}

// stubIDs are the trips that wait for a slot of somebody.
func (o *Outside) stubIDs() (ids []string) {
	for _, r := range o.readers {
		for _, s := range r.stubs {
			ids = append(ids, s.body.Trip)
		}
	}
	return ids
}

// tripsTold says of which of these trips everybody was told.
func (o *Outside) tripsTold(ids []string) {
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if o.options.TripTold != nil && !slices.Contains(o.stubIDs(), id) {
			o.options.TripTold(id)
		}
	}
}

// Assignment hands a trip to readers, by hand. All is everybody it is assigned to, those
// of New too: ids of readers.
type Assignment struct {
	Trip trip.Trip
	All  []string
	New  []string
}

// Assign releases a trip that was released before to those it is assigned to now, and
// tells who may see all of them. It leaves as at any release.
func (o *Outside) Assign(a Assignment, at hal.Instant) {
	o.advance(at)
	waited := o.stubIDs()
	for _, r := range o.readers {
		if slices.Contains(a.New, r.ID) { // a stub that waits says less
			r.stubs = slices.DeleteFunc(r.stubs, func(s stub) bool { return s.body.Trip == a.Trip.ID })
		}
		all := o.policy.Decide(classTripAssignees, r.Column, Unassigned, Open).Verdict == Allow
		if all || slices.Contains(a.New, r.ID) {
			o.showTrip(r, a.Trip, a.All, at)
		}
	}
	if slices.Contains(waited, a.Trip.ID) {
		o.tripsTold([]string{a.Trip.ID})
	}
	o.plan()
}
