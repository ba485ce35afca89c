package agent

import (
	"cmp"
	"maps"
	"slices"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// tripTold is a stage that a trip has come to once the queue took a batch.
type tripTold struct {
	id       string
	who      profiles.ID // who drove; zero: not known
	stage    telemetry.TripStage
	assigned int    // so many of those whom it is assigned to, the oldest, were told of it
	try      uint64 // zero: it was not handed to the queue yet
}

// resume has the pipeline tell who was not told before a restart, nor since.
func (t *trips) resume(out *outside.Outside, now hal.Instant) {
	for _, who := range slices.SortedFunc(maps.Keys(t.of), func(a, b profiles.ID) int { return cmp.Compare(a.String(), b.String()) }) {
		for _, k := range slices.Clone(t.of[who]) {
			if k.Stage == telemetry.TripEnded && k.Whole == nil && k.Stub == nil { // it was going on
				k.Whole, k.Stub = t.audience(out.Readers())
				t.set(who, k)
			}
			since := slices.ContainsFunc(t.told, func(told tripTold) bool { return told.id == k.ID })
			if k.Stage != telemetry.TripDone && !since {
				t.told = append(t.told, tripTold{id: k.ID, who: who, stage: telemetry.TripTold})
				out.ReleaseTrip(k.Trip, k.Stage == telemetry.TripTold, now)
			}
			if waits := k.Waits(); len(waits) > 0 {
				t.hand(assignment{kept: k, who: who, fresh: waits}, out, now)
			}
		}
	}
}

// audience is who is to have a trip whole by the policy, and who a day and a band of it.
func (t *trips) audience(readers []outside.Reader) (whole, stub []profiles.ID) {
	for _, r := range readers {
		id, err := profiles.ParseID(r.ID)
		if err != nil || slices.Contains(r.Without, outside.KindTrips) {
			continue
		}
		switch places, exists := t.policy.Trip(r.Column); {
		case places:
			whole = append(whole, id)
		case exists:
			stub = append(stub, id)
		}
	}
	return whole, stub
}

// everybody notes that nobody waits to be told of a trip any more.
func (t *trips) everybody(id string) {
	t.told = append(t.told, tripTold{id: id, stage: telemetry.TripDone})
}

// hands reports whether something is to be noted once the queue has what was released.
func (t *trips) hands() bool {
	return slices.ContainsFunc(t.told, func(told tripTold) bool { return told.try == 0 })
}

// handing is told that what was released so far goes to the queue, and returns what is to be
// called once that has it.
func (t *trips) handing() (taken func(error)) {
	t.tries++
	try := t.tries
	for i := range t.told {
		t.told[i].try = cmp.Or(t.told[i].try, try)
	}
	return func(err error) {
		if err == nil {
			t.unsaved.lock.Lock()
			defer t.unsaved.lock.Unlock()
			t.taken(try)
		}
	}
}

// taken notes what the queue has: what it took later it took before too.
func (t *trips) taken(try uint64) {
	if t.has = max(t.has, try); !t.opened {
		return
	}
	t.told = slices.DeleteFunc(t.told, func(told tripTold) bool {
		if told.try == 0 || told.try > try {
			return false
		}
		for who, of := range t.of {
			i := slices.IndexFunc(of, func(k keptTrip) bool { return k.ID == told.id })
			if i < 0 || !told.who.IsZero() && told.who != who {
				continue
			}
			if k := of[i]; k.Told(told.stage, told.assigned) {
				t.set(who, k)
			}
		}
		return true
	})
}

// assign notes who is given which trips.
func (t *trips) assign(ids map[profiles.ID][]string, kept map[string]telemetry.KeptTrip, to []profiles.ID, by profiles.ID, now hal.Instant) (all []assignment) {
	for who := range ids {
		for _, id := range ids[who] {
			k, _, ok := t.find(id)
			if !ok {
				continue
			}
			k.Track = cmp.Or(k.Track, kept[id].Track)
			a := assignment{kept: k, who: who}
			if a.fresh = k.Assign(to, by, now.UTC); len(a.fresh) == 0 {
				continue
			}
			t.set(who, k)
			a.kept, a.before = k, a.kept.Assigned
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(a, b assignment) int {
		return cmp.Or(a.kept.End.At.Compare(b.kept.End.At), cmp.Compare(a.kept.ID, b.kept.ID))
	})
	return all
}

// assignment is a trip that was given to people.
type assignment struct {
	kept   keptTrip // as it is now
	who    profiles.ID
	fresh  []profiles.ID
	before []telemetry.Assigned
}

// hand has the pipeline tell those who were given a trip, and notes once the queue has it.
func (t *trips) hand(a assignment, out *outside.Outside, now hal.Instant) {
	t.told = append(t.told, tripTold{id: a.kept.ID, who: a.who, assigned: len(a.kept.Assigned)})
	out.Assign(outside.Assignment{Trip: a.kept.Trip, All: texts(a.kept.To()), New: texts(a.fresh)}, now)
}

// takeBack undoes what could not be written.
func (t *trips) takeBack(all []assignment) {
	for _, a := range all {
		if k, who, ok := t.find(a.kept.ID); ok {
			k.Track, k.Assigned = a.kept.Track, a.before
			t.set(who, k)
		}
	}
}

func texts(ids []profiles.ID) (all []string) {
	for _, id := range ids {
		all = append(all, id.String())
	}
	return all
}
