package agent

import (
	"context"
	"fmt"

	"glovebox/profiles"
	"glovebox/telemetry"
)

// Reason says why a session is as it is: Session1.Reason.
type Reason string

const (
	AtBoot     Reason = "boot"
	Chosen     Reason = "chosen"
	LoggedOut  Reason = "logout"
	WasRemoved Reason = "removed"
	Replaced   Reason = "replaced"
	Restart    Reason = "restart"
)

// Request is a login that waits until the car is parked: a person whose PIN was
// verified, or a guest. The zero Request is none.
type Request struct {
	Who   profiles.ID
	Guest bool
}

// Login puts who at the wheel and returns their settings by group. On the move it
// is refused with profiles.ErrNotParked, or with wait queued until the car is
// parked and answered at once without settings. A newer request takes the place of
// an older one: the older answers profiles.ErrSuperseded.
func (c *Cabin) Login(ctx context.Context, who profiles.ID, pin profiles.PIN, wait bool) (map[string]map[string]any, error) {
	ticket := c.ticket()
	if err := c.take(ctx); err != nil {
		return nil, err
	}
	defer c.yield()
	if err := c.mayEnter(ctx, ticket, wait); err != nil {
		return nil, err
	}
	if err := c.verify(who, pin); err != nil {
		return nil, err
	}
	return c.enter(ctx, ticket, Request{Who: who}, wait)
}

// StartGuest puts a fresh guest at the wheel; wait and errors as in Login.
func (c *Cabin) StartGuest(ctx context.Context, wait bool) (map[string]map[string]any, error) {
	if !c.guestAvailable() {
		return nil, profiles.ErrGuestUnavailable
	}
	ticket := c.ticket()
	if err := c.take(ctx); err != nil {
		return nil, err
	}
	defer c.yield()
	return c.enter(ctx, ticket, Request{Guest: true}, wait)
}

// CancelPending drops the queued request, if there is one.
func (c *Cabin) CancelPending(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending = Request{}
	c.changed()
	return nil
}

// Logout ends whoever is at the wheel. When it returns nothing of a guest can be
// asked for, is stored or waits to be sent.
func (c *Cabin) Logout(ctx context.Context) error {
	c.ticket()
	if err := c.take(ctx); err != nil {
		return err
	}
	defer c.yield()
	return c.end(LoggedOut)
}

// ticket numbers a request; it makes every older one that is still open fail.
func (c *Cabin) ticket() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.request++
	return c.request
}

// take waits for the turn to change state; yield gives it back.
func (c *Cabin) take(ctx context.Context) error {
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *Cabin) yield() { <-c.turn }

// mayEnter refuses a request that cannot succeed before any PIN is looked at.
func (c *Cabin) mayEnter(ctx context.Context, ticket uint64, wait bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case c.request != ticket:
		return profiles.ErrSuperseded
	case !wait && !c.car.parked(c.Now()):
		return profiles.ErrNotParked
	}
	return nil
}

// enter begins the session of next, or queues it. The turn is held.
func (c *Cabin) enter(ctx context.Context, ticket uint64, next Request, wait bool) (map[string]map[string]any, error) {
	if err := c.mayEnter(ctx, ticket, wait); err != nil {
		return nil, err
	}
	c.mu.Lock()
	if !c.car.parked(c.Now()) {
		c.pending = next
		c.changed()
		c.mu.Unlock()
		return map[string]map[string]any{}, nil
	}
	c.mu.Unlock()
	if err := c.end(Replaced); err != nil {
		return nil, err
	}
	return c.begin(next, Chosen)
}

// begin puts next at the wheel, where nobody is. The turn is held.
func (c *Cabin) begin(next Request, why Reason) (map[string]map[string]any, error) {
	c.mu.Lock()
	now := c.Now()
	session, err := c.session.Login(next.Who, now.Boot)
	if next.Guest {
		session, err = c.session.StartGuest(now.Boot)
	}
	if err != nil {
		c.mu.Unlock()
		return nil, fmt.Errorf("begin a session: %w", err)
	}
	c.session, c.reason, c.pending = session, why, Request{}
	c.number++
	c.guest = map[string]map[string]any{}
	c.guestBook = telemetry.NewLedger(c.Policy.Numbers()) // not what was decided while nobody was here
	c.regate(c.gate.Begin(next.Guest), now)
	c.changed()
	c.mu.Unlock()
	return c.allSettings()
}

// settle does what had to wait until the car is parked: a queued request, and the
// end of a person who was removed on the move.
func (c *Cabin) settle() {
	select {
	case c.turn <- struct{}{}:
		defer c.yield()
	default:
		return // a request is at work; the next tick comes soon
	}
	c.mu.Lock()
	next, removed, parked := c.pending, c.removed, c.car.parked(c.Now())
	c.mu.Unlock()
	if !parked || next == (Request{}) && !removed {
		return
	}
	why := Replaced
	if removed {
		why = WasRemoved
	}
	if err := c.end(why); err != nil {
		c.Log.Warn("session end", "error", err)
		return
	}
	switch {
	case next.Guest || c.active(next.Who):
		_, err := c.begin(next, Chosen)
		c.warn("pending session", err)
	case removed && c.guestAvailable():
		_, err := c.begin(Request{Guest: true}, WasRemoved)
		c.warn("guest after removal", err)
	}
}

// active reports whether who may be at the wheel.
func (c *Cabin) active(who profiles.ID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.roster.Find(who)
	return ok && p.State == profiles.Active
}

func (c *Cabin) guestAvailable() bool {
	return profiles.GuestAvailable(c.Vehicle.Model, c.Vehicle.Year, c.Vehicle.Country)
}

// warn logs an error that nobody waits for.
func (c *Cabin) warn(what string, err error) {
	if err != nil {
		c.Log.Warn(what, "error", err)
	}
}
