// Package agent is what happens in the cabin: who is at the wheel, what they set, and
// what that means for what may leave. Cabin owns all of it behind one lock; the head
// unit, the cloud and the car come in by the same door.
//
// Under the lock only memory is touched: methods compute on plain values (vehicle,
// people, privacy, remote) and return effects, which are carried out after the lock is
// given back, in order (effect.go).
package agent

import (
	"context"
	"sync"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// Cabin is the one owner of who is at the wheel and of all that follows from it. It
// is safe to share.
type Cabin struct {
	needs   Needs
	turn    turn // one request that puts somebody at the wheel, or changes who may, at a time
	effects *effects
	news    *news
	ordered bell // an order waits to be executed

	mu      sync.Mutex // guards all below; under it only memory is touched
	session profiles.Session
	reason  Reason
	number  uint64                    // rises when a session ends: what was started under an older one is late
	sitting sitting                   // settings of whoever is at the wheel
	shared  profiles.Encoded          // settings that stay with the vehicle
	before  map[string]map[string]any // what the head unit may still take for the settings; what is not there has its default
	coming  bool                      // somebody comes after the session that ends, and what changes is told then
	next    transition
	wiping  bool    // what a session may not leave behind is still being wiped
	ending  *ending // an end that waits for locks, or nil
	locks   locks   // delay locks that are held
	folder  string  // the directory of the session, or empty
	aside   int     // what could not be removed of directories
	fresh   fresh
	known   chan struct{} // closed once it is known whether the car is parked
	vehicle vehicle
	people  people
	privacy *privacy
	remote  remote
	adjust  adjustments
	clock   schedule
	shown   shown         // what was last reported of values that only time changes
	passed  time.Duration // when waits last ran down, boot clock

	messages *messages
}

// shown is what the head unit sees change without a request.
type shown struct {
	moving, parked, inUse, place, known, stood bool

	holds outside.State
	waits bool
}

// New makes a Cabin from what the store holds: nobody at the wheel, whoever was there
// before. It is the only place that reads the store but for settings.
func New(needs Needs) (*Cabin, error) {
	now := needs.Now()
	c := &Cabin{
		needs: needs, turn: make(turn, 1), news: newNews(), ordered: make(bell, 1),
		session: profiles.Session{Since: now.Boot}, reason: AtBoot, vehicle: newVehicle(needs, now),
		aside: needs.SetAside, known: make(chan struct{}), remote: newRemote(needs, now), passed: now.Boot, clock: schedule{due: make(bell, 1)},
		adjust: adjustments{reach: needs.Reach, actuated: needs.Actuated}, sitting: sitting{own: newBelongings(needs.Arena)},
	}
	process := needs.Replace
	if c.fresh.able = process != nil; !c.fresh.able {
		process = needs.Anew
	}
	c.effects = &effects{
		world: world{needs.Store, needs.Courier, needs.Actuator, needs.Folders, needs.Erase, needs.Log, func() {
			giveWay(c.news, process, func() Carried {
				c.mu.Lock()
				defer c.mu.Unlock()
				return c.remote.carry(c.fresh.told(c.next, &c.vehicle, c.privacy), &c.people, needs.Now())
			})
		}, func(r outside.Released) bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.privacy.out.Recheck(r, needs.Now())
		}, func(tag outside.Tag, n int) bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.privacy.out.Keeps(tag, n, needs.Now())
		}},
		log: needs.Log, now: needs.Now, wake: make(bell, 1), memory: row{busy: make(turn, 1)}, disk: row{busy: make(turn, 1)},
	}
	var err error
	if c.people, err = loadPeople(needs.Store, needs.Identity.VID, now.Boot); err != nil && c.people.tries == nil {
		return nil, err
	} else if err != nil {
		needs.Log.Warn("state of people unreadable, the strict side holds", "error", err)
	}
	c.people.equipment, c.people.code = needs.Model.equipment(), needs.SecurityCode
	if c.shared, err = needs.Store.Settings(profiles.ID{}); err != nil {
		needs.Log.Warn("settings of the vehicle unreadable, the defaults hold", "error", err)
		c.shared = profiles.Encoded{}
	}
	c.privacy, err = newPrivacy(needs, c.people.roster, now, func(key string, at hal.Instant) outside.Freshness {
		return c.remote.freshness(key, c.people.roster.Version, at) // the pipeline asks while mu is held
	})
	if err != nil {
		needs.Log.Warn("car fact unreadable, the strict side holds", "error", err)
	}
	Messages{c}.begin(needs)
	c.privacy.ledgers.owner = &c.mu
	c.privacy.trips.unsaved.lock, c.privacy.trips.news = &c.mu, c.news
	c.privacy.readers(&c.people, now)
	c.privacy.share(&c.people, needs.Identity, now, needs.Log)
	if len(needs.Recovered) > 0 {
		repaired(&c.vehicle, c.privacy, now)
		c.effects.add(c.messages.light(storeRecovered.on(), c.session, &c.people, now)...)
	}
	c.effects.add(showDocument(c.people.roster.Version))
	c.effects.add(c.privacy.regate(c.privacy.gate, now)...)
	if needs.After != nil {
		c.vehicle.resume(*needs.After, now, c.privacy.out)
	}
	c.moved(now)
	c.effects.atOnce()
	if from := needs.After; from != nil { // whoever the process before let in is at the wheel
		c.reason = from.Ended
		if from.Next != (Request{}) && (from.Next.Guest || c.people.active(from.Next.Who)) {
			settings, err := c.effects.settingsOf(from.Next)
			if err == nil {
				err = c.begin(context.Background(), from.Next, c.next.newest, from.Why, settings)
			}
			if err != nil {
				needs.Log.Warn("nobody let in after the session before", "error", err)
			}
		}
		if who := from.Waits.Who; who.IsZero() || who != c.session.Who {
			c.next.request = from.Waits
			c.next.lapses(c.people.active)
		}
	}
	Trips{c}.begin() // last: whoever was let in does not wait for it
	return c, nil
}

// storeRecovered is on for as long as the agent runs.
var storeRecovered = AlarmRule{Code: "store-recovered", Severity: "warning"}

// repaired says that a store was. What waited may be lost with it: everyone is told once
// more what is on.
func repaired(v *vehicle, p *privacy, now hal.Instant) {
	if a, news := v.alarm(storeRecovered, true, now); news {
		p.out.Alarm(a, now)
	}
	p.out.Retell(now)
}

// Observe takes in what one bus said at a moment: how many frames, the readings that
// changed or were due, and what a key reader said of fobs. The first call for a bus, with
// or without a frame, says that it is open.
// It only touches memory and allocates nothing.
func (c *Cabin) Observe(bus string, frames int, readings []hal.Reading, now hal.Instant, fobs ...hal.Sighting) {
	c.mu.Lock()
	if now.Boot >= c.vehicle.leaving.due() && c.vehicle.left(now) { // what time does comes before what the car says
		c.leave(HasLeft)
	}
	c.vehicle.frames(bus, frames, now)
	for _, r := range readings {
		for _, a := range c.vehicle.read(bus, r) {
			c.privacy.out.Alarm(a, r.At)
			c.effects.add(c.messages.light(a, c.session, &c.people, now)...)
		}
		c.privacy.out.Signal(r)
	}
	for _, s := range fobs { // after a lock that was said with them
		c.vehicle.fobs.see(bus, s, now)
	}
	c.moved(now)
	c.clock.sooner(min(c.privacy.out.Next(), c.privacy.ledgers.due, c.vehicle.alarmDue, c.vehicle.leaving.due(), c.vehicle.fobs.due()))
	c.mu.Unlock()
	c.effects.atOnce()
}

// Fix takes in a position of the receiver, or nil where it says that it has none. The
// gate stands before everything else. It only touches memory.
func (c *Cabin) Fix(p *hal.Position) {
	c.mu.Lock()
	now := c.needs.Now()
	if c.vehicle.left(now) {
		c.leave(HasLeft)
	}
	if p != nil {
		c.vehicle.motion.fix(*p, now)
	}
	c.moved(now)
	c.effects.add(c.privacy.fix(p, c.vehicle.motion.drove(), now)...)
	c.moved(now) // a place is there again, or nothing holds it back any more
	c.clock.sooner(c.privacy.next())
	c.mu.Unlock()
	c.effects.atOnce()
}

// moved tells pipeline and gate when the car comes into use, leaves it, or parks. mu
// is held.
func (c *Cabin) moved(now hal.Instant) {
	m := &c.vehicle.motion
	m.look(now)
	moving, parked, inUse := m.state(now)
	if c.vehicle.leaving.look(moving, parked, now.Boot) {
		c.leave(HasLeft)
	}
	if reason, next := c.vehicle.arrived(c.session, &c.people, c.needs.AtBootFob, now); reason != "" {
		c.reason = reason
		if next != (Request{}) && !c.next.waits() {
			c.next.request = next
			c.effects.wake.ring()
		}
		if who := c.vehicle.fobs.suggested; !who.IsZero() {
			c.effects.add(bringSeat(who, func(values profiles.Values) {
				c.mu.Lock()
				defer c.mu.Unlock()
				if c.session.State == profiles.Idle && c.vehicle.fobs.suggested == who {
					c.adjust.apply(values, profiles.BeforePIN)
					c.ordered.ring()
				}
			}))
		}
		c.news.changed()
	}
	s := shown{moving, parked, inUse, c.privacy.out.LocationInUse(now), m.known, m.stood, c.privacy.holds(now), c.privacy.gate.Waits()}
	if s == c.shown {
		return
	}
	c.privacy.out.InUse(s.inUse, now)
	c.privacy.out.Moving(s.moving, now)
	c.privacy.trips.drive(s.inUse, s.moving, now)
	if c.shown.inUse && !s.inUse {
		c.news.add(c.sitting.endCycle()...)
		if m.ignitionOn { // a silent bus counts as off, to every reader alike
			c.privacy.out.Signal(hal.Reading{Path: pathIgnition, Value: hal.Word("OFF"), At: now})
		}
	}
	if s.parked && (c.next.waits() || c.people.handedOver()) {
		c.effects.wake.ring()
	}
	if s.known && !c.shown.known {
		close(c.known)
	}
	c.effects.add(c.privacy.regate(c.privacy.gate.Motion(s.parked && s.stood, s.inUse), now)...)
	s.place, s.holds, s.waits = c.privacy.out.LocationInUse(now), c.privacy.holds(now), c.privacy.gate.Waits()
	c.shown = s
	c.news.changed()
}

// Tick lets time act: what is due to the readers goes on its way, waits run down. It
// only touches memory and returns the boot time of the next thing to do.
func (c *Cabin) Tick() (next time.Duration) {
	c.mu.Lock()
	now := c.needs.Now()
	c.moved(now)
	if c.ending != nil && now.Boot >= c.ending.until {
		c.ending.rest()
	}
	d := now.Boot - c.passed
	look := d >= c.people.patience() || now.Boot >= c.people.ripe
	if look {
		c.passed = now.Boot
		written, ended := c.people.pass(d)
		c.effects.add(written...)
		if ended {
			c.news.changed()
		}
		c.effects.add(c.people.grow(now)...)
	}
	// Every secondary is limited from the next look on, or at once no longer: the wall
	// clock may have been wrong.
	if (look || c.people.stale) && c.people.grown(now) {
		c.privacy.readers(&c.people, now)
		c.news.changed()
	} else if look {
		c.people.ripen(now)
	}
	for _, a := range c.vehicle.alarmsDue(now) {
		c.privacy.out.Alarm(a, now)
		c.effects.add(c.messages.light(a, c.session, &c.people, now)...)
	}
	c.effects.add(c.privacy.tick(now)...)
	c.effects.add(c.privacy.ledgers.tick(now)...)
	if last, another := c.privacy.ledgers.news(); another && c.session.Driving() {
		c.news.add(LedgerChanged{last})
	}
	if c.next.waits() && c.vehicle.motion.parked(now) {
		c.effects.wake.ring()
	}
	if missed := c.adjust.look(&c.vehicle, now); len(missed) > 0 {
		c.effects.add(warnUnconfirmed(missed))
	}
	next = min(c.privacy.next(), c.privacy.ledgers.due, c.vehicle.motion.next(now), c.vehicle.leaving.due(), c.vehicle.alarmDue, c.passed+c.people.patience(), c.people.ripe)
	if c.ending != nil {
		next = min(next, c.ending.until)
	}
	if c.vehicle.motion.known {
		next = min(next, c.vehicle.fobs.due())
	}
	for _, at := range []time.Duration{c.privacy.out.LocationUntil(), c.privacy.out.StaleAt()} {
		if at > now.Boot {
			next = min(next, at)
		}
	}
	if len(c.adjust.sent) > 0 {
		next = min(next, now.Boot+lookEvery)
	}
	c.clock.planned = next
	c.mu.Unlock()
	c.effects.atOnce()
	return next
}
