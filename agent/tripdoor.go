package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// Trips is the cabin's door to the trips that are kept.
type Trips struct{ Cabin *Cabin }

// begin has what the disk has read, which a start does not wait for.
func (d Trips) begin() {
	c := d.Cabin
	c.effects.add(readAllTrips(c.people.roster, func(all map[profiles.ID][]keptTrip, err error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if err != nil {
			c.needs.Log.Warn("trips unreadable", "error", err)
		}
		now := c.needs.Now()
		c.privacy.trips.open(all, c.people.roster, c.privacy.out, now)
		c.effects.add(c.privacy.tick(now)...)
		c.clock.sooner(c.privacy.next())
	}))
}

// opened is the cabin, with its lock held, once it is known what the disk has.
func (d Trips) opened() *Cabin {
	c := d.Cabin
	c.mu.Lock()
	if !c.privacy.trips.opened {
		c.mu.Unlock()
		c.effects.wait()
		c.mu.Lock()
	}
	return c
}

// tripsTo is who at the wheel sees trips, and as whom.
func (p *people) tripsTo(s profiles.Session, policy *outside.Policy, now profiles.Sharing) (telemetry.TripViewer, error) {
	if ok, why := p.rights(s).Permits("trips"); !ok || s.State != profiles.PersonDriving {
		return telemetry.TripViewer{}, fmt.Errorf("%w: %s", profiles.ErrNotPermitted, why)
	}
	person, _ := p.roster.Find(s.Who)
	return telemetry.TripViewer{
		Who: s.Who, Main: person.Role == profiles.Main, Shared: now == profiles.Shared,
		Band: func(metres int64) string { return policy.Band(outside.ColumnLimited, metres) },
	}, nil
}

// viewer is tripsTo of now. mu is held.
func (d Trips) viewer() (telemetry.TripViewer, error) {
	c := d.Cabin
	person, _ := c.people.roster.Find(c.session.Who)
	return c.people.tripsTo(c.session, c.privacy.policy, person.SharingAt(c.people.age(c.needs.Now())))
}

// ListTrips is what the person at the wheel may see of all trips that are over, oldest
// first. It waits for the disk.
func (d Trips) ListTrips(filter telemetry.TripFilter) ([]telemetry.TripView, error) {
	if err := filter.Check(); err != nil {
		return nil, err
	}
	c := d.opened()
	v, err := d.viewer()
	if err != nil {
		c.mu.Unlock()
		return nil, err
	}
	views, tracks := c.privacy.trips.see(v, filter)
	failed, number := err, c.number
	if len(tracks) > 0 {
		c.effects.put(readTrips(tracks, func(kept map[string]telemetry.KeptTrip, err error) {
			failed = err
			for i, view := range views {
				if k, ok := kept[view.ID]; ok && view.Whole != nil {
					views[i].Whole.Track = k.Track
				}
			}
		}))
	}
	c.mu.Unlock()
	c.effects.wait()
	c.mu.Lock()
	over := c.number != number
	c.mu.Unlock()
	switch {
	case over:
		return nil, profiles.ErrNotPermitted
	case failed != nil:
		return nil, fmt.Errorf("read the trips: %w", failed)
	}
	return views, nil
}

// see is what v sees of the trips that a filter takes, oldest first, and whose tracks are
// on disk alone, by who drove.
func (t *trips) see(v telemetry.TripViewer, f telemetry.TripFilter) (views []telemetry.TripView, tracks map[profiles.ID][]string) {
	drivers := map[string]profiles.ID{}
	for who, of := range t.of {
		for _, k := range of {
			if view, ok := v.See(k.KeptTrip, who); ok && f.Takes(k.Trip) {
				views = append(views, view)
				drivers[k.ID] = who
			}
		}
	}
	slices.SortFunc(views, func(a, b telemetry.TripView) int { return a.Order(b) })
	if f.Limit > 0 && len(views) > int(f.Limit) {
		views = views[len(views)-int(f.Limit):]
	}
	tracks = map[profiles.ID][]string{}
	for _, view := range views {
		if view.Whole != nil && view.Whole.Track == "" {
			who := drivers[view.ID]
			tracks[who] = append(tracks[who], view.ID)
		}
	}
	return views, tracks
}

// AssignTrips hands the trips that a filter takes to people, by hand and for good: of the
// main user those of everybody, of others their own to themselves. When it returns that is
// on disk and on its way to them.
func (d Trips) AssignTrips(_ context.Context, which telemetry.TripFilter, to []profiles.ID) error {
	if err := which.Check(); err != nil {
		return err
	}
	if which.Trip == "" && (which.From == "" || which.To == "") {
		return fmt.Errorf("%w: want a trip, or both days of a span", profiles.ErrInvalid)
	}
	return d.assign(func() (telemetry.TripViewer, error) {
		d.Cabin.vehicle.leaving.call(d.Cabin.needs.Now().Boot)
		return d.viewer()
	}, which, to)
}

// assign is AssignTrips of who may see trips as viewer says, which is asked with mu held.
func (d Trips) assign(viewer func() (telemetry.TripViewer, error), which telemetry.TripFilter, to []profiles.ID) error {
	c := d.opened()
	v, err := viewer()
	for _, who := range to {
		if err == nil && !c.people.active(who) {
			err = profiles.ErrNoSuchProfile
		}
	}
	if err != nil {
		c.mu.Unlock()
		return err
	}
	found, ids := c.privacy.trips.assignable(v, which)
	if !v.Main && !slices.Equal(slices.Compact(slices.Clone(to)), []profiles.ID{v.Who}) {
		c.mu.Unlock()
		return fmt.Errorf("%w: only the main user assigns trips to others", profiles.ErrNotPermitted)
	}
	if len(to) == 0 || !found {
		c.mu.Unlock()
		return fmt.Errorf("%w: want a trip that can be assigned, and people of this car", profiles.ErrInvalid)
	}
	var failed error
	c.effects.put(readTrips(ids, func(kept map[string]telemetry.KeptTrip, err error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if failed = err; err != nil {
			return
		}
		now := c.needs.Now()
		given := c.privacy.trips.assign(ids, kept, to, v.Who, now)
		if len(given) == 0 {
			return
		}
		c.effects.put(c.privacy.trips.save(func(err error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			if failed = err; err != nil {
				c.privacy.trips.takeBack(given)
				return
			}
			now := c.needs.Now()
			for _, a := range given {
				c.privacy.trips.hand(a, c.privacy.out, now)
			}
			c.effects.put(c.privacy.tick(now)...)
			c.clock.sooner(c.privacy.next())
			c.news.add(TripsChanged{})
			c.needs.Log.Info("trips assigned", "trips", len(given), "people", len(to))
		}))
	}))
	c.mu.Unlock()
	c.effects.wait()
	c.effects.atOnce() // what followed from the write
	if failed != nil {
		return fmt.Errorf("assign trips: %w", failed)
	}
	return nil
}

// order is AssignTrips of the main user's phone.
func (d Trips) order(o order) Outcome {
	err := d.assign(func() (telemetry.TripViewer, error) {
		p, _ := d.Cabin.people.roster.Orderer(o.action.Key)
		return telemetry.TripViewer{Who: p.ID, Main: p.Role == profiles.Main}, nil
	}, telemetry.TripFilter{Trip: o.args.Trip, From: o.args.From, To: o.args.To}, o.args.Users)
	switch {
	case err == nil:
		return Outcome{Result: outside.Done}
	case errors.Is(err, profiles.ErrInvalid), errors.Is(err, profiles.ErrNoSuchProfile):
		return Outcome{Result: outside.BadRequest, Cause: "trip or users"}
	case errors.Is(err, profiles.ErrNotPermitted):
		return Outcome{Result: outside.NotPermitted, Cause: "not the main user"}
	}
	return Outcome{Result: outside.Uncertain, Cause: "disk"}
}

// assignable are the trips that v may hand on, by who drove.
func (t *trips) assignable(v telemetry.TripViewer, f telemetry.TripFilter) (found bool, ids map[profiles.ID][]string) {
	ids = map[profiles.ID][]string{}
	for who, of := range t.of {
		for _, k := range of {
			if f.Takes(k.Trip) && !k.Private && (v.Main || who == v.Who) {
				ids[who] = append(ids[who], k.ID)
				found = true
			}
		}
	}
	return found, ids
}

// DeleteTrip takes a trip out of the car: of who drove it, or of the main user where they
// may see it. Who was told of it keeps what they have. When it returns the disk has it no
// more; with an error the trip is there as it was.
func (d Trips) DeleteTrip(_ context.Context, id string) error {
	c := d.opened()
	c.vehicle.leaving.call(c.needs.Now().Boot)
	v, err := d.viewer()
	if err != nil {
		c.mu.Unlock()
		return err
	}
	k, who, ok := c.privacy.trips.find(id)
	if !ok || who != v.Who && (k.Private || !v.Main) {
		c.mu.Unlock()
		return fmt.Errorf("%w: there is no such trip to delete", profiles.ErrInvalid)
	}
	var failed error
	c.effects.put(deleteTrip(who, id, func(err error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if failed = err; err == nil {
			c.privacy.trips.gone(who, id)
		}
	}))
	c.mu.Unlock()
	c.effects.wait()
	if failed != nil {
		return fmt.Errorf("delete a trip: %w", failed)
	}
	return nil
}
