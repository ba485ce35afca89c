package agent

import (
	"context"
	"fmt"
	"time"

	"glovebox/profiles"
)

// Reason says why a session is as it is: Session1.Reason.
type Reason string

const (
	AtBoot     Reason = "boot"
	ByFob      Reason = "fob"
	UnknownFob Reason = "unknown-fob"
	Chosen     Reason = "chosen"
	LoggedOut  Reason = "logout"
	WasRemoved Reason = "removed"
	Replaced   Reason = "replaced"
	Restart    Reason = "restart"
	Suspend    Reason = "suspend"
	HasLeft    Reason = "left"
)

// Login puts who at the wheel and returns their settings by group. On the move it is
// refused with profiles.ErrNotParked, or with wait queued until the car is parked and
// answered at once without settings. A newer request takes the place of an older one:
// the older answers profiles.ErrSuperseded. Of the person at the wheel, also on the
// move, the PIN is checked and the settings come back, and nothing else changes. Just
// after a start it waits until it is known whether the car is parked.
func (c *Cabin) Login(ctx context.Context, who profiles.ID, pin profiles.PIN, wait bool) (map[string]map[string]any, error) {
	return c.enter(ctx, Request{Who: who}, wait, func() error { return c.verify(proof{who: who, pin: pin}) })
}

// StartGuest puts a fresh guest at the wheel; wait and errors as in Login.
func (c *Cabin) StartGuest(ctx context.Context, wait bool) (map[string]map[string]any, error) {
	if !c.needs.Model.guestAvailable() {
		return nil, profiles.ErrGuestUnavailable
	}
	return c.enter(ctx, Request{Guest: true}, wait, func() error { return nil })
}

// CancelPending drops the queued request, if there is one.
func (c *Cabin) CancelPending(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.vehicle.leaving.call(c.needs.Now().Boot)
	c.next.request = Request{}
	c.news.changed()
	return nil
}

// Logout ends whoever is at the wheel. It waits for nobody's turn: at once nothing of
// the session has an effect. When it returns nothing of a guest can be asked for, is
// stored or waits to be sent; where a purge failed WipeState says so, it is tried
// again, and nothing of that session is handed over meanwhile. Delay locks hold it up.
func (c *Cabin) Logout(ctx context.Context) error {
	c.mu.Lock()
	c.next.ticket()
	c.fresh.nobody()
	c.leave(LoggedOut)
	ending := c.ending
	c.mu.Unlock()
	err := ending.wait(ctx)
	c.effects.wait()
	return err
}

// Stop ends the session that is open, because the unit goes to sleep or the agent ends,
// and writes what must outlive that. It waits for nobody's turn to end it.
func (c *Cabin) Stop(why Reason) error {
	c.mu.Lock()
	c.next.ticket()
	if why == Suspend {
		c.fresh.nobody()
	}
	c.leave(why)
	ending := c.ending
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), locksOff) // also of an end that had begun, and where nothing else lets time act any more
	defer cancel()
	late := ending.wait(ctx) != nil
	c.mu.Lock()
	if late && c.ending == ending { // before the turn: whoever has that may wait for this end
		ending.rest()
	}
	c.mu.Unlock()
	if err := c.turn.take(context.Background()); err != nil {
		return err
	}
	defer c.turn.give()
	c.mu.Lock()
	if c.leave(why); c.ending != nil { // of whoever came meanwhile
		c.ending.rest()
	}
	c.effects.add(keep(nil, c.privacy.out.Held(), nil))
	c.effects.add(c.privacy.ledgers.all()...)
	c.effects.add(c.people.keepAge(c.needs.Now(), 0)...)
	c.mu.Unlock()
	c.effects.wait()
	c.effects.retry(true) // there may be no other time
	c.effects.wait()      // what followed from that
	return c.effects.left()
}

// enter puts next at the wheel once it proved itself, or queues it.
func (c *Cabin) enter(ctx context.Context, next Request, wait bool, proof func() error) (map[string]map[string]any, error) {
	c.mu.Lock()
	ticket := c.next.ticket()
	c.vehicle.leaving.call(c.needs.Now().Boot)
	c.mu.Unlock()
	select {
	case <-c.known:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if err := c.turn.take(ctx); err != nil {
		return nil, err
	}
	defer c.turn.give()
	// It is looked at before the PIN is, and again after: both take time.
	if _, err := c.admit(ctx, ticket, next, wait, false); err != nil {
		return nil, err
	}
	if err := proof(); err != nil {
		return nil, err
	}
	settings, err := c.effects.settingsOf(next) // before anything changes
	if err != nil {
		return nil, err
	}
	course, err := c.admit(ctx, ticket, next, wait, true)
	switch {
	case err != nil:
		return nil, err
	case course == queued:
		return map[string]map[string]any{}, nil
	case course == staying:
		c.mu.Lock()
		settings = c.sitting.values.Clone() // a person's
		c.mu.Unlock()
	case course == entering:
		err = c.begin(ctx, next, ticket, Chosen, settings)
	}
	return settings, err
}

// course is what a request for a session comes to.
type course uint8

const (
	entering course = iota // the session before was ended
	staying                // whoever asks is at the wheel already
	queued                 // until the car is parked
)

// admit refuses a request that cannot succeed now, or says what it comes to and, for
// good, does it: from then on the session before is over.
func (c *Cabin) admit(ctx context.Context, ticket uint64, next Request, wait, forGood bool) (course, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return entering, context.Cause(ctx)
	case c.next.newest != ticket:
		return entering, profiles.ErrSuperseded
	case c.session.State == profiles.PersonDriving && c.session.Who == next.Who && !c.next.removed:
		return staying, nil
	case c.vehicle.motion.parked(c.needs.Now()):
		if forGood {
			c.leave(Replaced)
		}
		return entering, nil
	case !wait:
		return entering, profiles.ErrNotParked
	}
	if forGood {
		c.next.request = next
		c.news.changed()
	}
	return queued, nil
}

// begin puts next at the wheel once the session before is over. The turn is held.
func (c *Cabin) begin(ctx context.Context, next Request, ticket uint64, why Reason, settings profiles.Values) (err error) {
	c.mu.Lock()
	ending := c.ending
	c.mu.Unlock()
	if err := ending.wait(ctx); err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.coming = false; c.session.State != profiles.Leaving { // Ended was told already
			c.news.add(changes(c.before, nil)...)
			c.before = nil
		}
		return err
	}
	folder := ""
	c.effects.add(makeFolder(func(path string, err error) {
		if folder = path; err != nil {
			c.needs.Log.Warn("no directory for the session", "error", err)
		}
	}))
	c.effects.wait() // the end of the session before, too
	defer c.effects.atOnce()
	c.mu.Lock()
	defer c.mu.Unlock()
	defer func() {
		if err != nil {
			c.effects.add(removeFolder(folder, func(_, _, _ int) {}))
		}
	}()
	defer func() { c.news.add(changes(c.before, c.sitting.values)...); c.before = nil }()
	if c.next.newest != ticket {
		return profiles.ErrSuperseded
	}
	if c.fresh.begun != nil {
		c.fresh.begun.Next, c.fresh.begun.Why, c.next = next, why, c.next.over()
		c.effects.add(removeFolder(folder, func(_, _, _ int) {}))
		return nil
	}
	now := c.needs.Now()
	session, err := c.session.Login(next.Who, now.Boot)
	if next.Guest {
		session, err = c.session.StartGuest(now.Boot)
	} else if err == nil && !c.people.active(next.Who) {
		err = profiles.ErrNotPermitted
	}
	if err != nil {
		c.next = c.next.over()
		return fmt.Errorf("begin a session: %w", err)
	}
	if why == Chosen && next.Who == c.vehicle.fobs.suggested && !next.Guest {
		why = ByFob
	}
	c.session, c.reason, c.next, c.folder, c.vehicle.fobs.suggested = session, why, c.next.over(), folder, profiles.ID{}
	c.vehicle.leaving.begin(now.Boot)
	c.clock.due.ring()
	settings.Share(c.shared) // what cannot be read was said at the start
	c.sitting.begin(settings, next.Guest)
	c.adjust.apply(settings, profiles.BeforePIN, profiles.AfterPIN)
	c.ordered.ring()
	c.effects.add(c.people.meet(session.Who)...)
	c.effects.add(c.privacy.begin(session, now)...)
	c.news.changed()
	return nil
}

// CarryOut does what waits for the disk, in order, and what had to wait until the car
// is parked: a queued request, the end of a person who was removed on the move, and
// erasing everything for a new main user (docs/people.md, How a person leaves).
// It returns how long until what failed is tried again; zero if nothing is owed. Once ctx
// has ended it waits for no delay lock: nobody lets time act then.
func (c *Cabin) CarryOut(ctx context.Context) time.Duration {
	c.effects.wait()
	defer c.effects.wait()
	if !c.turn.try() {
		return again // a request is at work
	}
	defer c.turn.give()
	c.mu.Lock()
	if c.next.request.Fob && (c.session.State != profiles.Idle || !c.vehicle.motion.parked(c.needs.Now())) {
		c.next.request = Request{} // late
	}
	next, ticket, parked := c.next, c.next.newest, c.vehicle.motion.parked(c.needs.Now())
	if parked && c.people.handedOver() && leftOver(c.session, c.reason, next) && c.fresh.begun == nil && c.needs.Erase != nil {
		done := new(written)
		c.erase(done)
		c.mu.Unlock()
		if c.effects.wait(); done.receipt.Method == "" {
			c.needs.Log.Warn("not erased for the new main user, tried again", "error", done.err)
		}
		return again
	}
	due := next.waits() && parked
	c.mu.Unlock()
	if !due {
		return c.effects.retry(false)
	}
	why, request, begun := next.becomes(c.needs.Model.guestAvailable())
	settings, err := c.effects.settingsOf(request)
	if err != nil {
		c.needs.Log.Warn("pending session", "error", err)
		return again // it goes on waiting
	}
	c.mu.Lock()
	if c.next != next || !c.vehicle.motion.parked(c.needs.Now()) { // reading took time
		c.mu.Unlock()
		return again
	}
	c.leave(why)
	ending := c.ending
	c.mu.Unlock()
	if request != (Request{}) {
		if err := c.begin(ctx, request, ticket, begun, settings); err != nil {
			c.needs.Log.Warn("pending session", "error", err)
		}
	}
	if err := ending.wait(ctx); err != nil {
		c.needs.Log.Warn("pending session", "error", err)
	}
	return c.effects.retry(false)
}
