package agent

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"glovebox/profiles"
)

// verifier is the one in force: the car's own once there is one.
func (c *Cabin) verifier(p profiles.Person) profiles.Verifier {
	own, err := c.Store.OwnVerifier(p.ID)
	c.warn("own PIN verifier", err)
	if err == nil && !own.IsZero() {
		return own
	}
	return p.Verifier
}

// verify looks at a PIN. The try is counted, durably, before it is known whether
// the PIN is right; an unknown profile answers as a wrong PIN and takes as long.
// The turn is held, so that one hash runs at a time.
func (c *Cabin) verify(who profiles.ID, pin profiles.PIN) error {
	defer debug.FreeOSMemory() // a hash takes 19 MiB, and the next comes hours later
	tally, err := c.tally().Attempt()
	if err != nil {
		return err
	}
	if err := c.keepTally(tally); err != nil {
		return err
	}
	p, ok := c.Roster().Find(who)
	if !ok || p.State != profiles.Active {
		profiles.Decoy(pin)
		return profiles.ErrWrongPIN
	}
	err = c.verifyPerson(p, pin)
	if err == nil || errors.Is(err, profiles.ErrLockedOut) { // right, or not looked at
		err = errors.Join(err, c.keepTally(tally.Forgive()))
	}
	return err
}

func (c *Cabin) verifyPerson(p profiles.Person, pin profiles.PIN) error {
	v := c.verifier(p)
	if v.IsZero() && pin.IsZero() {
		return nil
	}
	lockout, err := c.Store.Lockout(p.ID)
	if err != nil {
		return fmt.Errorf("lockout: %w", err)
	}
	counted, err := lockout.Attempt()
	if err != nil {
		return err
	}
	if err := c.Store.SetLockout(p.ID, counted); err != nil {
		return fmt.Errorf("count the try: %w", err)
	}
	if !v.Check(pin) {
		return profiles.ErrWrongPIN
	}
	if err := c.Store.SetLockout(p.ID, profiles.Lockout{}); err != nil {
		return fmt.Errorf("clear the tries: %w", err)
	}
	if v.Weak() { // made by an older agent, or by a back end that spares itself
		if v, err = profiles.NewVerifier(pin, rand.Reader); err == nil {
			err = c.Store.SetOwnVerifier(p.ID, v)
		}
		c.warn("stronger PIN verifier", err)
	}
	return nil
}

// tally is the wrong PINs of all profiles together, as the disk has it.
func (c *Cabin) tally() (t profiles.Tally) {
	kept, err := c.Store.CarFact(factTally)
	if err == nil && kept != nil {
		err = json.Unmarshal(kept, &t)
	}
	c.warn("tally of wrong PINs", err)
	return t
}

func (c *Cabin) keepTally(t profiles.Tally) error {
	text, err := json.Marshal(t)
	if err == nil {
		err = c.Store.SetCarFact(factTally, text)
	}
	if err != nil {
		return fmt.Errorf("count the tries: %w", err)
	}
	return nil
}

// SetPIN gives who a new PIN; it is asked by that person, logged in.
func (c *Cabin) SetPIN(ctx context.Context, who profiles.ID, old, next profiles.PIN) error {
	if err := next.Acceptable(); err != nil {
		return err
	}
	if err := c.take(ctx); err != nil {
		return err
	}
	defer c.yield()
	c.mu.Lock()
	himself := c.session.State == profiles.PersonDriving && c.session.Who == who
	c.mu.Unlock()
	if !himself {
		return profiles.ErrNotPermitted
	}
	if err := c.verify(who, old); err != nil {
		return err
	}
	v, err := profiles.NewVerifier(next, rand.Reader)
	if err != nil {
		return err
	}
	if err := c.Store.SetOwnVerifier(who, v); err != nil {
		return fmt.Errorf("keep the PIN: %w", err)
	}
	c.mu.Lock()
	c.changed()
	c.mu.Unlock()
	return nil
}

// Pass lets running time go by for everyone who has to wait, and keeps
// what is left, so that neither a power cut nor a clock change shortens it. It
// also notices that the access document has grown too old.
func (c *Cabin) Pass(d time.Duration) {
	c.mu.Lock()
	if stale := c.documentAge() > profiles.DocumentFresh; stale != c.stale {
		c.tellReaders() // every secondary is limited from now on, or no longer
	}
	c.mu.Unlock()
	if tally := c.tally(); len(tally) > 0 {
		c.warn("tally of wrong PINs", c.keepTally(tally.Pass(d)))
	}
	for _, p := range c.Roster().People {
		l, err := c.Store.Lockout(p.ID)
		if err == nil && l.Remaining > 0 {
			err = c.Store.SetLockout(p.ID, l.Pass(d))
		}
		c.warn("lockout", err)
	}
}
