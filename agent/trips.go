package agent

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
	"glovebox/telemetry/trip"
)

const (
	tripEvery    = 5 * time.Second // how often a trip that is going on is kept: what a power cut may cost of it
	tripLook     = time.Hour       // how often at least what is too old is looked for
	maxTripBytes = 2 << 20         // of one person; the oldest goes first
)

// trips are kept with who drove: those that the pipeline found in the gated fixes, and
// those that a finder of its own finds in what the gate held back at a level which the
// driver chose. It is a plain value without a lock: the cabin owns it. What it changed is
// written by the effects that it returns. A guest's, and nobody's, are kept for nobody.
//
//	pipeline ──▶ ended ──▶ Ended ──queue──▶ Told ──slots──▶ Done
//	gate ──▶ finder ─────────────────────────────────────▶ Done, for its driver alone
type trips struct {
	policy  *outside.Policy
	numbers outside.Numbers
	news    *news

	opened  bool                       // it is known what the disk has
	of      map[profiles.ID][]keptTrip // oldest first, without tracks where they are done
	unsaved unsavedTrips               // nil: is to be taken out
	told    []tripTold                 // what becomes true once the queue has what was released
	tries   uint64                     // counts what was handed to the queue
	has     uint64                     // so much of that it has

	driver profiles.ID       // who is at the wheel; zero: a guest, or nobody
	finder *trip.Finder      // of what its driver alone is to have
	alone  bool              // a level was chosen
	kept   map[bool]progress // of the trips that are going on, private or not, what was kept last
	lookAt time.Duration
}

type unsavedTrips = unsaved[map[string]*keptTrip, string, *keptTrip]

// progress is how far a trip had come.
type progress struct {
	id   string
	took time.Duration
}

// keptTrip is a trip, and how many bytes of the disk it takes.
type keptTrip struct {
	telemetry.KeptTrip
	bytes int
}

// TripStore keeps the trips of people, each sealed under the key of who drove.
type TripStore interface {
	// Trips are those of who with these ids, or all.
	Trips(who profiles.ID, ids ...string) (map[string][]byte, error)
	// SetTrips keeps these, all or none; nil takes one out. Of nobody of this car it keeps none.
	SetTrips(all map[profiles.ID]map[string][]byte) error
}

func newTrips(needs Needs, now hal.Instant) *trips {
	return &trips{
		policy: needs.Policy, numbers: needs.Policy.Numbers(), of: map[profiles.ID][]keptTrip{},
		finder: trip.NewFinder(needs.Policy.Numbers().MaxFixGap, needs.Random("own-trip")), kept: map[bool]progress{}, lookAt: now.Boot,
	}
}

// open takes in what the disk has, which a start does not wait for, and has those told who
// were not. A trip that was going on is over: it ended where it was kept last.
func (t *trips) open(all map[profiles.ID][]keptTrip, roster profiles.Roster, out *outside.Outside, now hal.Instant) {
	t.opened = true
	for who, kept := range all {
		for _, k := range kept {
			if k.Stage == telemetry.TripGoes {
				k.Stage = ended(k.Private)
				t.set(who, k)
				continue
			}
			t.of[who] = append(t.of[who], k)
		}
		t.sort(who)
	}
	t.forget(roster)
	t.resume(out, now)
	t.taken(t.has)
	t.lookAt = 0
}

// ended is how far a trip has come that is over.
func ended(private bool) telemetry.TripStage {
	if private {
		return telemetry.TripDone
	}
	return telemetry.TripEnded
}

// light is the trip without what only its readers need.
func (k keptTrip) light() keptTrip {
	if k.Stage == telemetry.TripDone && len(k.Waits()) == 0 {
		k.Track = ""
	}
	return k
}

// find is a trip and who drove it.
func (t *trips) find(id string) (k keptTrip, who profiles.ID, ok bool) {
	for who, of := range t.of {
		if i := slices.IndexFunc(of, func(k keptTrip) bool { return k.ID == id }); i >= 0 {
			return of[i], who, true
		}
	}
	return k, who, false
}

// set has a trip kept, whole.
func (t *trips) set(who profiles.ID, k keptTrip) {
	if data, err := k.Encode(); err == nil {
		k.bytes = len(data)
	}
	t.without(who, k.ID)
	t.of[who] = append(t.of[who], k.light())
	t.sort(who)
	t.write(who, k.ID, &k)
}

func (t *trips) sort(who profiles.ID) {
	slices.SortStableFunc(t.of[who], func(a, b keptTrip) int {
		return cmp.Or(a.End.At.Compare(b.End.At), cmp.Compare(a.ID, b.ID))
	})
}

func (t *trips) without(who profiles.ID, id string) {
	t.of[who] = slices.DeleteFunc(t.of[who], func(k keptTrip) bool { return k.ID == id })
}

// gone is told that the disk does not have a trip any more.
func (t *trips) gone(who profiles.ID, id string) {
	t.without(who, id)
	t.unsaved.dropped(who, id)
	t.news.add(TripsChanged{})
}

// drop takes a trip out.
func (t *trips) drop(who profiles.ID, id string) {
	t.without(who, id)
	t.write(who, id, nil)
}

func (t *trips) write(who profiles.ID, id string, k *keptTrip) {
	t.unsaved.add(who, map[string]*keptTrip{id: k})
}

// changed reports whether there is something that no effect is to write yet. What failed is
// tried again without being asked for.
func (t *trips) changed() bool { return t.unsaved.fresh }

// save writes what is not on disk by then. Without after it is tried again until it is done.
func (t *trips) save(after func(error)) effect { return keepTrips(&t.unsaved, after) }

// begin puts who at the wheel, the zero id for a guest.
func (t *trips) begin(s profiles.Session) {
	if t.driver, t.alone = (profiles.ID{}), false; s.State == profiles.PersonDriving {
		t.driver = s.Who
	}
}

// end ends what its driver alone is to have, after the pipeline ended its own, and takes
// whoever is at the wheel away.
func (t *trips) end() {
	t.own(t.finder.End())
	t.begin(profiles.Session{})
}

// level says whether the driver chose one.
func (t *trips) level(chosen bool) (todo []effect) {
	if t.alone && !chosen {
		t.own(t.finder.End())
		todo = []effect{t.save(nil)}
	}
	t.alone = chosen
	return todo
}

// drive tells how the car is.
func (t *trips) drive(inUse, moving bool, now hal.Instant) { t.own(t.finder.Drive(inUse, moving, now)) }

// fix takes in what the receiver says, before the gate, and keeps what is going on.
func (t *trips) fix(p *hal.Position, out *outside.Outside, now hal.Instant) []effect {
	if t.driver.IsZero() {
		return nil
	}
	if p != nil && t.alone {
		t.own(t.finder.Fix(*p, now))
	}
	t.keep(out.TripGoing, out.TripSoFar, false)
	t.keep(t.finder.Going, t.finder.SoFar, true)
	if !t.changed() {
		return nil
	}
	return []effect{t.save(nil)}
}

// keep keeps a trip that is going on, once it went on for so long. When depends on the trip
// alone: of one that is released a restart must not tell what else the receiver said.
// The track is made then alone, not at each fix.
func (t *trips) keep(going func() (string, time.Duration), soFar func() (trip.Trip, bool), private bool) {
	id, took := going()
	if was := t.kept[private]; id == "" || id == was.id && took-was.took < tripEvery {
		return
	}
	t.kept[private] = progress{id, took.Truncate(time.Second)}
	so, _ := soFar()
	k := keptTrip{KeptTrip: telemetry.KeptTrip{Trip: so, Private: private}}
	t.write(t.driver, so.ID, &k)
}

// tick lets time act.
func (t *trips) tick(now hal.Instant) {
	t.own(t.finder.Pass(now))
	if now.Boot >= t.lookAt {
		t.lookAt = now.Boot + t.trim(now.UTC)
	}
}

// next is when tick has something to do.
func (t *trips) next() time.Duration { return min(t.finder.Next(), t.lookAt) }

// trim takes out what is too old, and says when to look again. What was driven before the
// clock was set has no age.
func (t *trips) trim(now time.Time) (next time.Duration) {
	next = tripLook
	if !outside.ClockSet(now) {
		return next
	}
	for who, of := range t.of {
		for _, k := range slices.Clone(of) {
			age := now.Sub(k.End.At)
			if !outside.ClockSet(k.End.At) {
				continue
			}
			if age >= t.numbers.TripsMaxAge {
				t.drop(who, k.ID)
				continue
			}
			next = min(next, t.numbers.TripsMaxAge-age)
		}
	}
	return next
}

// own takes in a trip that its driver alone is to have.
func (t *trips) own(so trip.Trip, over bool) {
	if over {
		t.add(telemetry.KeptTrip{Trip: so, Private: true, Stage: telemetry.TripDone})
	}
}

// ended takes in a trip that the pipeline releases to these.
func (t *trips) ended(so trip.Trip, readers []outside.Reader) {
	k := telemetry.KeptTrip{Trip: so, Stage: telemetry.TripEnded}
	k.Whole, k.Stub = t.audience(readers)
	t.told = append(t.told, tripTold{id: so.ID, who: t.driver, stage: telemetry.TripTold})
	t.add(k)
}

// add keeps a trip that is over for who is at the wheel, and takes out the oldest where
// these are too many.
func (t *trips) add(k telemetry.KeptTrip) {
	if t.driver.IsZero() {
		return
	}
	t.set(t.driver, keptTrip{KeptTrip: k})
	all := 0
	for _, k := range t.of[t.driver] {
		all += k.bytes
	}
	for _, old := range slices.Clone(t.of[t.driver]) {
		if all > maxTripBytes {
			all -= old.bytes
			t.drop(t.driver, old.ID)
		}
	}
	t.lookAt = 0
	t.news.add(TripsChanged{})
}

// forget drops what belongs to those who are not of this car any more.
func (t *trips) forget(roster profiles.Roster) {
	gone := func(id profiles.ID) bool { _, ok := roster.Find(id); return !ok }
	maps.DeleteFunc(t.of, func(id profiles.ID, _ []keptTrip) bool { return gone(id) })
	t.unsaved.forget(gone)
}

// encodeTrips is what the disk is given.
func encodeTrips(all map[profiles.ID]map[string]*keptTrip) map[profiles.ID]map[string][]byte {
	encoded := map[profiles.ID]map[string][]byte{}
	for who, kept := range all {
		encoded[who] = map[string][]byte{}
		for id, k := range kept {
			if k == nil {
				encoded[who][id] = nil
			} else if data, err := k.Encode(); err == nil {
				encoded[who][id] = data
			}
		}
	}
	return encoded
}
