package agent

import (
	"context"
	"errors"
	"slices"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

const (
	confirmIn  = 5 * time.Second
	lookEvery  = 50 * time.Millisecond // at what the car says meanwhile
	flashesFor = 3 * time.Second

	climateAgain = time.Minute // after a failure to end it
)

// Ask answers a reader's challenge; mailbox and key belong to one person.
func (c *Cabin) Ask(a profiles.Ask) {
	c.mu.Lock()
	now := c.needs.Now()
	c.privacy.out.Ask(a.Mailbox, a.Key, a.Challenge, now)
	c.effects.add(c.privacy.tick(now)...)
	c.clock.sooner(c.privacy.out.Next())
	c.mu.Unlock()
	c.effects.atOnce()
}

// Act decides about an action whose signature was verified for this car; with busy it
// is one too many, and its sender is told so. A refusal is told at once; what is
// accepted waits for Execute. One that is looked at later, at a slot, counts as
// accepted until then.
func (c *Cabin) Act(a profiles.Action, busy bool) Outcome {
	c.mu.Lock()
	now := c.needs.Now()
	outcome := c.remote.consider(a, busy, &c.people, &c.vehicle, c.privacy.out, now, c.ordered.ring)
	c.effects.add(c.privacy.tick(now)...)
	c.clock.sooner(c.privacy.out.Next())
	c.mu.Unlock()
	c.effects.atOnce()
	if outcome.Accepted() {
		c.ordered.ring()
	}
	return outcome
}

// Execute executes the oldest order that waits and tells its reader what became of it:
// done once the car shows the effect, unknown when it does not within five seconds.
// What changed while it waited counts: it may still be refused. ok is false if none
// waits. It also ends the climate that was ordered for so many minutes, once they are
// over, and returns for how long there is nothing to do, or zero. What settings want of
// the car goes first, and waits for no effect. It blocks.
func (c *Cabin) Execute(ctx context.Context) (outcome Outcome, ok bool, rest time.Duration) {
	c.mu.Lock()
	m, at := &c.vehicle.motion, c.needs.Now()
	if wants := c.adjust.take(m.moving(at) || m.known && !m.parked(at)); len(wants) > 0 {
		c.mu.Unlock()
		sent := c.effects.adjust(ctx, wants)
		c.mu.Lock()
		c.adjust.await(sent, c.needs.Now())
		c.clock.due.ring()
	}
	if late := c.remote.late; len(late) > 0 { // looked at and answered at a slot
		c.remote.late = late[1:]
		c.mu.Unlock()
		return late[0], true, 0
	}
	now := c.needs.Now()
	over := c.remote.climate != 0 && now.Boot >= c.remote.climate
	if over {
		c.remote.climate = 0
	}
	stop := over && !c.vehicle.motion.inUse(now) // whoever has got in meanwhile keeps it
	if len(c.remote.waiting) == 0 && !stop {
		if c.remote.climate != 0 {
			rest = c.remote.climate - now.Boot
		}
		c.mu.Unlock()
		return outcome, false, rest
	}
	var next order
	if !stop {
		next, c.remote.waiting = c.remote.waiting[0], c.remote.waiting[1:]
	}
	c.mu.Unlock()
	if stop {
		if err := c.effects.actuate(ctx, pathClimate, hal.Bool(false)); err != nil {
			c.needs.Log.Warn("climate not ended, tried again", "error", err)
			c.mu.Lock()
			c.remote.climate = c.needs.Now().Boot + climateAgain
			c.mu.Unlock()
		}
		return outcome, false, 0
	}
	if outcome = c.execute(ctx, next); outcome.Accepted() {
		return outcome, false, 0
	}
	c.mu.Lock()
	now = c.needs.Now()
	if p, known := c.people.roster.Orderer(next.action.Key); known {
		outcome.Who = p.ID
		c.privacy.out.Answer(p.Mailbox, next.action.Key, next.action.Epoch, next.action.Ctr, outcome.Result, now)
	}
	c.effects.add(c.privacy.tick(now)...)
	c.clock.sooner(c.privacy.out.Next())
	c.mu.Unlock()
	c.effects.atOnce()
	return outcome, true, 0
}

// execute executes an order, or goes on with one that the process before was at. Where
// this process gives way meanwhile the next one goes on: the outcome is the zero one.
func (c *Cabin) execute(ctx context.Context, o order) Outcome {
	c.mu.Lock()
	refusal := Outcome{}
	begun := o.since != 0
	if !begun {
		o.since = c.needs.Now().Boot
		o.sent, refusal = c.remote.again(o, &c.people, &c.vehicle, c.privacy.out, c.needs.Now())
	}
	c.mu.Unlock()
	if refusal.Result != "" {
		return refusal
	}
	if o.action.Verb == profiles.Assign {
		return Trips{c}.order(o)
	}
	for i, w := range o.sent {
		if begun {
			break
		}
		err := c.effects.actuate(ctx, w.path, w.value)
		if w.path == pathClimate {
			c.mu.Lock()
			c.remote.told(w.value.IsTrue(), err, c.needs.Now().Boot+o.args.For)
			c.mu.Unlock()
		}
		switch {
		case err == nil:
		case i == 0 && errors.Is(err, ErrNotSent):
			return Outcome{Result: outside.NotNow, Cause: "device"}
		default:
			if w.path == pathHazard { // they may flash
				_ = c.effects.actuate(context.WithoutCancel(ctx), pathHazard, hal.Bool(false))
			}
			return Outcome{Result: outside.Uncertain, Cause: "device"}
		}
	}
	shown := false
	left := confirmIn
	if begun { // at the instants at which the process before would have looked
		left = max(0, o.since+confirmIn-c.needs.Now().Boot)
		pause(ctx, left%lookEvery)
		left -= left % lookEvery
	}
	for ; left >= 0 && !shown; left -= lookEvery {
		c.mu.Lock()
		shown = true
		for _, w := range o.sent {
			shown = shown && c.vehicle.shows(w, o.since)
		}
		c.mu.Unlock()
		if !shown && left > 0 && !pause(ctx, lookEvery) {
			break
		}
	}
	if o.action.Verb == profiles.Flash {
		if o.until == 0 {
			o.until = c.needs.Now().Boot + flashesFor
		}
		pause(ctx, o.until-c.needs.Now().Boot)
		// A stop of the agent must not leave them on.
		if err := c.effects.actuate(context.WithoutCancel(ctx), pathHazard, hal.Bool(false)); err != nil {
			return Outcome{Result: outside.Uncertain, Cause: "device"}
		}
	}
	if ctx.Err() != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.fresh.begun != nil {
			c.remote.waiting = slices.Insert(c.remote.waiting, 0, o)
			return Outcome{}
		}
	}
	if !shown {
		return Outcome{Result: outside.Uncertain, Cause: "not confirmed"}
	}
	return Outcome{Result: outside.Done}
}

// pause waits, and reports whether ctx lasted as long.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
