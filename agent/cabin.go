// Package agent is what happens in the cabin: who is at the wheel, what they
// set, and what that means for what may leave. Cabin owns all of it behind one
// lock; the head unit, the cloud and the car come in by the same door.
package agent

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// Needs is what a Cabin cannot do without.
type Needs struct {
	Vehicle   Vehicle
	Identity  profiles.Identity
	Policy    *outside.Policy
	Gzip      bool     // status and open positions gzipped to main and shared readers
	Buses     []string // their names
	GNSS      bool     // there is a receiver
	Cloud     bool     // there is a broker
	Recovered []string // stores that were repaired at boot
	Alarms    []AlarmRule
	Actuated  []string // paths that Actuator can set, in the mapping file's order
	Actuator  Actuator // may be nil where nothing is actuated
	Epoch     string   // of this start, 32 hex digits
	Store     Store
	Now       func() hal.Instant
	Rand      io.Reader
	Log       *slog.Logger
}

// Vehicle is what decides which functions this car has.
type Vehicle struct {
	Model   string
	Year    int
	Country string
}

// Store keeps people on disk. Each call is durable when it returns and may be
// repeated; it is safe to share.
type Store interface {
	Settings(who profiles.ID, group string) (map[string][]byte, error)
	SetSettings(who profiles.ID, group string, values map[string][]byte) error
	People
	Facts
}

// People is the roster on disk, and what each person proves themselves with.
type People interface {
	Roster() (profiles.Roster, error)
	Apply(next profiles.Roster) error
	Lockout(who profiles.ID) (profiles.Lockout, error)
	SetLockout(who profiles.ID, l profiles.Lockout) error
	OwnVerifier(who profiles.ID) (profiles.Verifier, error) // the zero one if there is none
	SetOwnVerifier(who profiles.ID, v profiles.Verifier) error
}

// Facts are about the car, not about a person, and stand open on disk.
type Facts interface {
	CarFact(name string) ([]byte, error)
	SetCarFact(name string, value []byte) error
}

// Courier takes what was released to the readers. Its methods do not wait for
// the network; Send is durable for what is kept when it returns.
type Courier interface {
	Send([]outside.Released) error
	Renew(epoch string)
	Mute(muted bool)
	PolicyVersion(version uint64)
	Purge(keep func(outside.Released) bool) (purged int, err error)
}

// Cabin is the one owner of who is at the wheel and of all that follows from it.
// It is safe to share.
type Cabin struct {
	Needs
	courier  Courier
	rules    map[string][]AlarmRule // by path
	bootedAt hal.Instant
	turn     chan struct{} // one token: one request that changes state at a time
	wake     chan struct{} // something changed that the head unit is shown

	mu         sync.Mutex // guards all below
	roster     profiles.Roster
	session    profiles.Session
	reason     Reason
	number     uint64                    // rises at each begin and end: what was started under an older one is late
	pending    Request                   // waits until the car is parked
	request    uint64                    // counts requests for a session; only the newest may succeed
	removed    bool                      // the person at the wheel was removed
	guest      map[string]map[string]any // a guest's settings: here and nowhere else
	ledgers    map[profiles.ID]*telemetry.Ledger
	guestBook  *telemetry.Ledger // of a guest, or of nobody: goes with the session
	ledgerLast uint64            // the newest entry that was announced
	car        car
	heard      map[string]time.Duration // when each bus was last heard, boot clock
	signals    map[string]hal.Reading   // the newest of each path
	buses      map[string]string        // which bus a path came from last
	alarms     map[string]alarm         // by code
	epoch      epoch
	air        time.Duration // boot time at which climate ordered from afar ends; zero: none
	gate       telemetry.Gate
	out        *outside.Outside
	link       bool               // the line to the broker is open
	stale      bool               // the access document is too old: every secondary is limited
	unsent     []outside.Released // kept messages that the disk did not take yet
	heldBackAt time.Duration      // when a fix that the gate held back was last entered in the ledger
	facts      map[string]string  // car facts as last written
	taps       map[*hal.Tap]struct{}
	events     []Event
	shown      shown // what Changed last reported of values that only time changes
}

// maxUnsent is how many kept messages wait in memory for a disk that takes none.
const maxUnsent = 256

// shown is what the head unit sees change without a request.
type shown struct{ moving, parked, inUse, place bool }

// New makes a Cabin from what the store holds: nobody at the wheel, whoever was
// there before. Join gives it its courier before anything else is called.
func New(needs Needs) (*Cabin, error) {
	roster, err := needs.Store.Roster()
	if err != nil {
		return nil, fmt.Errorf("people: %w", err)
	}
	roster.VID = needs.Identity.VID
	now := needs.Now()
	c := &Cabin{
		Needs: needs, bootedAt: now, roster: roster,
		rules:   map[string][]AlarmRule{},
		turn:    make(chan struct{}, 1),
		wake:    make(chan struct{}, 1),
		session: profiles.Session{Since: now.Boot}, reason: AtBoot,
		ledgers: map[profiles.ID]*telemetry.Ledger{},
		heard:   map[string]time.Duration{},
		signals: map[string]hal.Reading{},
		buses:   map[string]string{},
		epoch:   newEpoch(needs.Epoch, now.Boot),
		alarms:  map[string]alarm{},
		facts:   map[string]string{},
		taps:    map[*hal.Tap]struct{}{},
	}
	for _, rule := range needs.Alarms {
		c.rules[rule.Path] = append(c.rules[rule.Path], rule)
	}
	c.guestBook = telemetry.NewLedger(needs.Policy.Numbers())
	c.restore(now)
	return c, nil
}

// Join gives the Cabin its courier.
func (c *Cabin) Join(courier Courier) {
	c.courier = courier
	courier.PolicyVersion(c.roster.Version)
}

// Observe takes in what one bus said: how many frames, and the readings that
// changed or were due. It only touches memory.
func (c *Cabin) Observe(bus string, frames int, readings []hal.Reading) {
	if frames == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.Now()
	c.heard[bus] = now.Boot
	c.car.frames(now)
	for _, r := range readings {
		c.car.read(r)
		c.signals[r.Path], c.buses[r.Path] = r, bus
		c.judge(r)
		c.out.Signal(r)
		for tap := range c.taps {
			tap.Offer(r)
		}
	}
	c.motion(now)
}

// Fix takes in a position of the receiver, or nil where it says that it has none.
// The gate stands before everything else.
func (c *Cabin) Fix(p *hal.Position) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.Now()
	if p != nil {
		c.car.fix(*p, now)
	}
	c.motion(now)
	gated, gate := c.gate.Fix(p, now)
	c.regate(gate, now)
	c.out.Fix(gated, now)
	if p != nil && gated == nil && now.Boot-c.heldBackAt >= c.Policy.Numbers().PositionEvery {
		c.heldBackAt = now.Boot
		for _, d := range c.gate.Withheld(c.Policy, c.out.Readers(), now) {
			c.ledger().Add(d)
		}
	}
}

// motion tells pipeline and gate when the car comes into use, leaves it, or parks.
// mu is held.
func (c *Cabin) motion(now hal.Instant) {
	s := shown{c.car.moving(now), c.car.parked(now), c.car.inUse(now), c.out.LocationInUse(now)}
	if s == c.shown {
		return
	}
	if s.inUse != c.shown.inUse {
		c.out.InUse(s.inUse, now)
		if !s.inUse && c.car.ignitionOn { // a silent bus counts as off, to every reader alike
			c.out.Signal(hal.Reading{Path: pathIgnition, Value: hal.Word("OFF"), At: now})
		}
	}
	if s.parked != c.shown.parked || s.inUse != c.shown.inUse {
		c.regate(c.gate.Motion(s.parked, s.inUse), now)
	}
	c.shown = s
	c.changed()
}

// Tick lets time act: what is due to the readers goes to the courier, a queued
// login is done once parked. It returns the boot time of the next thing to do.
func (c *Cabin) Tick() (next time.Duration) {
	c.settle()
	c.mu.Lock()
	c.motion(c.Now())
	if last := c.ledger().Last(); last != c.ledgerLast && c.session.Driving() {
		c.ledgerLast = last
		c.events = append(c.events, LedgerChanged{last})
		c.changed()
	}
	c.mu.Unlock()
	c.send()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.Next()
}

// send hands what is due to the courier.
func (c *Cabin) send() {
	c.mu.Lock()
	released := append(c.unsent, c.out.Tick(c.Now())...)
	c.unsent = nil
	c.mu.Unlock()
	if len(released) == 0 {
		return
	}
	if err := c.courier.Send(released); err != nil {
		c.Log.Warn("queue", "error", err)
		c.again(released)
		return
	}
	c.keepHeld()
}

// again keeps what the disk did not take for the next tick: an alarm must not be
// lost to a full disk. What is live is worthless by then.
func (c *Cabin) again(released []outside.Released) {
	released = slices.DeleteFunc(released, outside.Released.Live)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unsent = append(released[max(0, len(released)-maxUnsent):], c.unsent...)
}

// Changed has something to receive after anything that the head unit is shown changed.
func (c *Cabin) Changed() <-chan struct{} { return c.wake }

// Events returns what happened since the last call, oldest first.
func (c *Cabin) Events() []Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.events
	c.events = nil
	return all
}

// changed wakes whoever shows the views.
func (c *Cabin) changed() {
	select {
	case c.wake <- struct{}{}:
	default: // a wake-up waits already
	}
}
