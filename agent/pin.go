package agent

import (
	"context"
	"errors"
	"fmt"

	"glovebox/profiles"
)

// verify looks at a PIN. The try is counted, durably, before it is known whether the
// PIN is right; an unknown profile answers as a wrong PIN and takes as long. The turn
// is held, so that one hash runs at a time.
func (c *Cabin) verify(who profiles.ID, pin profiles.PIN) error {
	c.mu.Lock()
	now := c.needs.Now()
	c.people.pass(now.Boot - c.passed) // written in time, as always
	c.passed = now.Boot
	t, counted, err := c.people.attempt(who, pin)
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
	right, own, err := t.look(pin, c.needs.Random("pin"))
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
		c.clock.due.ring()
		return profiles.ErrWrongPIN
	}
	c.effects.add(c.people.proved(t, own)...)
	return nil
}

// SetPIN gives who a new PIN; it is asked by that person, logged in.
func (c *Cabin) SetPIN(ctx context.Context, who profiles.ID, old, next profiles.PIN) error {
	if err := next.Acceptable(); err != nil {
		return err
	}
	if err := c.turn.take(ctx); err != nil {
		return err
	}
	defer c.turn.give()
	c.mu.Lock()
	c.vehicle.leaving.call(c.needs.Now().Boot)
	himself := c.session.State == profiles.PersonDriving && c.session.Who == who
	c.mu.Unlock()
	if !himself {
		return profiles.ErrNotPermitted
	}
	if err := c.verify(who, old); err != nil {
		return err
	}
	v, err := profiles.NewVerifier(next, c.needs.Random("pin"))
	if err != nil {
		return err
	}
	var wrote error
	c.effects.add(keepVerifier(who, v, func(err error) {
		if wrote = err; err == nil {
			c.mu.Lock()
			c.people.own[who] = v
			c.mu.Unlock()
		}
	}))
	c.effects.wait()
	c.news.changed()
	if wrote != nil {
		return fmt.Errorf("keep the PIN: %w", wrote)
	}
	return nil
}
