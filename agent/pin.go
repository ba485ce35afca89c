package agent

import (
	"context"
	"errors"
	"fmt"

	"glovebox/profiles"
)

// verify looks at a PIN, or at the car's security code. The try is counted, durably,
// before it is known whether it is right; an unknown profile answers as a wrong PIN and
// takes as long. The turn is held, so that one hash runs at a time.
func (c *Cabin) verify(shown proof) error {
	c.mu.Lock()
	now := c.needs.Now()
	c.people.pass(now.Boot - c.passed) // written in time, as always
	c.passed = now.Boot
	t, counted, err := c.people.attempt(shown)
	var wrote error
	for i := range counted {
		counted[i].after = func(err error) { wrote = errors.Join(wrote, err) }
	}
	c.effects.add(counted...)
	c.clock.due.ring()
	c.mu.Unlock()
	if err != nil || t.open {
		return err
	}
	c.effects.wait()
	if wrote != nil {
		return fmt.Errorf("count the try: %w", wrote)
	}
	right, own, err := t.look(c.needs.Random("pin"))
	if err != nil {
		c.needs.Log.Warn("own PIN verifier", "error", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.news.changed()
	if !right {
		now = c.needs.Now()
		c.people.pass(now.Boot - c.passed)
		c.passed = now.Boot
		c.people.refused(t)
		if c.people.tally.Wait() > 0 {
			c.effects.add(c.messages.mainUser(noticeTally, c.session, &c.people, now)...)
		}
		c.clock.due.ring()
		return t.wrong()
	}
	c.effects.add(c.people.proved(t, own)...)
	return nil
}

// SetCredential changes how who is known to the car. It is asked by that person, logged
// in; the main user recovers with the car's security code also at the picker, and has
// then neither a lockout nor the tally of all against them.
func (c *Cabin) SetCredential(ctx context.Context, who profiles.ID, change profiles.Credential) error {
	next, newPIN := change.(profiles.PINChange)
	if newPIN {
		if err := next.PIN.Acceptable(); err != nil {
			return err
		}
	}
	if err := c.turn.take(ctx); err != nil {
		return err
	}
	defer c.turn.give()
	c.mu.Lock()
	c.vehicle.leaving.call(c.needs.Now().Boot)
	number, may := c.number, c.people.maySet(c.session, who, change)
	c.mu.Unlock()
	if !may {
		return profiles.ErrNotPermitted
	}
	var v profiles.Verifier
	if newPIN {
		shown := proof{who: who, pin: next.Old}
		if !next.Code.IsZero() {
			shown.pin, shown.code = next.Code, true
		}
		err := c.verify(shown)
		if err == nil {
			v, err = profiles.NewVerifier(next.PIN, c.needs.Random("pin"))
		}
		if err != nil {
			return err
		}
	}
	c.mu.Lock()
	if c.number != number || !c.people.maySet(c.session, who, change) { // the session ended meanwhile
		c.mu.Unlock()
		return profiles.ErrNotPermitted
	}
	keep, done, err := c.people.set(who, change, v, c.vehicle.fobs.inCar(c.needs.Now()))
	if done == nil { // refused, or it is so already
		c.mu.Unlock()
		return err
	}
	var wrote error
	keep.owed, keep.after = false, func(err error) {
		if wrote = err; err == nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.effects.add(done()...)
		}
	}
	c.effects.add(keep)
	c.mu.Unlock()
	c.effects.wait()
	c.news.changed()
	if wrote != nil {
		return fmt.Errorf("set a credential: %w", wrote)
	}
	return nil
}
