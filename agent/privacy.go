package agent

import (
	"errors"
	"fmt"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
	"glovebox/telemetry/trip"
)

// privacy is what may leave the car: the gate, the pipeline behind it, and the
// ledgers of what was decided. It is a plain value without a lock: the cabin owns it.
type privacy struct {
	policy  *outside.Policy
	gate    telemetry.Gate
	out     *outside.Outside
	ledgers ledgers
	trips   *trips

	heldBackAt time.Duration // when a fix that the gate held back was last entered
	fact       string        // the gate's, as last handed to be written; empty: what the disk has is not known
	held       string        // the held values, likewise
	link       bool          // the connection to the broker is open
}

// newPrivacy makes gate and pipeline of what was kept. What cannot be read holds on
// the strict side: nothing held is shown, the gate takes the last end for hidden. So
// it does where the fact is missing, unless this car never had anybody to hide, and
// where the store of it was repaired: what stands there may be of an older drive.
func newPrivacy(needs Needs, roster profiles.Roster, now hal.Instant, freshness func(key string, at hal.Instant) outside.Freshness) (*privacy, error) {
	p := &privacy{policy: needs.Policy}
	var ledgersErr error
	if p.ledgers, ledgersErr = loadLedgers(needs.Store, needs.Policy.Numbers(), roster, needs.Now); ledgersErr != nil {
		ledgersErr = fmt.Errorf("ledgers: %w", ledgersErr)
	}
	p.trips = newTrips(needs, now)
	p.out = outside.New(needs.Policy, now, outside.Options{
		VID: needs.Identity.VID, Sign: needs.Identity.Sign, Gzip: needs.Gzip, Decided: p.decided, Freshness: freshness,
		TripIDs: needs.Random("trip"), TripTold: p.trips.everybody,
		TripEnded: func(t trip.Trip) { p.trips.ended(t, p.out.Readers()) },
	})
	held, err := needs.Store.CarFact(factHeld)
	if err == nil && held != nil {
		err = p.out.Restore(held)
	}
	if err != nil {
		err = fmt.Errorf("held values: %w", err)
	}
	if needs.After != nil {
		p.out.Resume(needs.After.Pipeline)
	}
	p.held = string(held)
	gate, gateErr := needs.Store.CarFact(factGate)
	switch {
	case gateErr != nil:
		gateErr = fmt.Errorf("gate: %w", gateErr)
	case !needs.Doubtful:
		p.fact = string(gate)
	}
	known := p.fact
	if gateErr == nil && gate == nil && needs.Fresh && !needs.Doubtful {
		known = telemetry.OpenEnd
	}
	p.gate = telemetry.NewGate(needs.Policy.Numbers(), known)
	return p, errors.Join(err, gateErr, ledgersErr)
}

// decided writes a decision into the ledger of whoever is at the wheel. The pipeline
// calls it.
func (p *privacy) decided(d outside.Decision) { p.ledgers.add(p.gate.Name(d)) }

// regate puts a new gate in force: a place that was collected before is dropped when
// it closes, and what must outlive a restart is written.
func (p *privacy) regate(next telemetry.Gate, now hal.Instant) (todo []effect) {
	closed := p.gate.Open() && !next.Open()
	p.gate = next
	if closed {
		p.out.PurgePlace(now)
		todo = append(todo, dropLive())
	}
	if fact := next.Fact(); fact != p.fact {
		p.fact = fact
		todo = append(todo, keepFact(factGate, []byte(fact)))
	}
	return todo
}

// begin opens the book of who begins, who is nobody for a guest.
func (p *privacy) begin(s profiles.Session, now hal.Instant) []effect {
	p.ledgers.begin(s)
	p.trips.begin(s)
	return p.regate(p.gate.Begin(s.State == profiles.GuestDriving), now)
}

// end takes whoever is at the wheel away and returns how many entries went with them.
func (p *privacy) end(inUse bool, now hal.Instant) (entries int, todo []effect) {
	todo = p.regate(p.gate.End(inUse), now)
	p.out.EndTrip(now)
	p.trips.end()
	todo = append(todo, p.tick(now)...) // before a fresh process takes over
	entries, written := p.ledgers.end()
	return entries, append(todo, written...)
}

// level is the driver's choice.
func (p *privacy) level(l telemetry.Level, inUse bool, now hal.Instant) []effect {
	lowered := l < p.gate.Level()
	todo := p.regate(p.gate.SetLevel(l, inUse), now)
	todo = append([]effect{mute(p.gate.Muted())}, todo...)
	todo = append(todo, p.trips.level(l != telemetry.LevelShare)...)
	if lowered {
		todo = append(todo, purge(nil))
	}
	return todo
}

// readers replaces the readers by those of the document in force.
func (p *privacy) readers(people *people, now hal.Instant) {
	p.out.SetReaders(people.roster.Version, people.readers(now), now)
}

// fix takes in a position of the receiver, or nil; the gate stands before everything.
// drove is the metres that the car drove since the last one.
func (p *privacy) fix(at *hal.Position, drove float64, now hal.Instant) []effect {
	gated, gate := p.gate.Drove(drove).Fix(at, now)
	todo := p.regate(gate, now)
	p.out.Fix(gated, now)
	todo = append(todo, p.trips.fix(at, p.out, now)...)
	if at != nil && gated == nil && now.Boot-p.heldBackAt >= p.policy.Numbers().PositionEvery {
		p.heldBackAt = now.Boot
		for _, d := range p.gate.Withheld(p.policy, p.out.Readers(), now) {
			p.ledgers.add(d)
		}
	}
	return todo
}

// tick returns what is due to the readers: live at once, kept behind the disk.
func (p *privacy) tick(now hal.Instant) []effect {
	p.trips.tick(now)
	released := p.out.Tick(now)
	var fresh, kept []outside.Released
	for _, r := range released {
		if r.Live() {
			fresh = append(fresh, r)
		} else {
			kept = append(kept, r)
		}
	}
	var todo []effect
	if len(fresh) > 0 {
		todo = append(todo, sendLive(fresh)) // first: it waits for no disk, whoever drives
	}
	if p.trips.changed() {
		todo = append(todo, p.trips.save(nil)) // before the queue: a power cut between the two tells it twice
	}
	if len(released) == 0 && !p.trips.hands() {
		return todo
	}
	held := p.out.Held()
	switch {
	case p.trips.hands():
		p.held = string(held)
		todo = append(todo, keep(kept, held, p.trips.handing()), p.trips.save(nil))
	case string(held) != p.held || len(kept) > 0:
		p.held = string(held)
		todo = append(todo, keep(kept, held, nil))
	}
	return todo
}

// next is the boot time at which tick has something to do.
func (p *privacy) next() time.Duration { return min(p.out.Next(), p.trips.next()) }

// holds is the state that decides what leaves now: of the gate, or of a missing fix.
func (p *privacy) holds(now hal.Instant) outside.State {
	if cause := p.gate.Cause(); cause != outside.Open || now.Boot < p.out.StaleAt() {
		return cause
	}
	return outside.NoPosition
}

// view is what leaves the car now, and why. Names are left out of a guest's.
func (p *privacy) view(people *people, guest bool, now hal.Instant) telemetry.PrivacyView {
	effective, limitedBy := p.gate.Effective()
	v := telemetry.PrivacyView{
		Level: p.gate.Level().String(), EffectiveLevel: effective.String(), LimitedBy: limitedBy,
		LocationInUse: p.out.LocationInUse(now), Policy: "built-in",
	}
	if p.policy.Test() {
		v.Policy = "test"
	}
	for _, r := range p.out.Readers() {
		view := telemetry.ReaderView{Role: r.ID, Receives: p.policy.Receives(r, p.holds(now))}
		if id, err := profiles.ParseID(r.ID); err == nil {
			person, _ := people.roster.Find(id)
			view.Role = person.Role.String()
			if !guest {
				view.Name = person.Name
			}
		}
		v.Readers = append(v.Readers, view)
	}
	return v
}

// cloud is what the connection to the broker is, in the words of Vehicle1.
func (p *privacy) cloud(configured bool) string {
	switch {
	case !configured:
		return "off"
	case p.link && !p.gate.Muted():
		return "up"
	}
	return "down"
}
