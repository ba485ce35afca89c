package agent

import (
	"context"
	"fmt"

	"glovebox/profiles"
)

// Apply takes in a verified access document: the roster's rules, then the store with
// document and version in one transaction, then the effect. The document in force
// comes again at each connection and changes nothing.
func (c *Cabin) Apply(ctx context.Context, a profiles.Access, by profiles.Signer) error {
	if err := c.turn.take(ctx); err != nil {
		return err
	}
	defer c.turn.give()
	c.mu.Lock()
	before := c.people.roster
	next, changes, err := before.Apply(a, by)
	if err != nil || len(changes) == 0 {
		c.mu.Unlock()
		if err != nil {
			err = fmt.Errorf("access document %d: %w", a.Version, err)
		}
		return err
	}
	now := c.needs.Now()
	c.people.revoke(next)
	c.privacy.readers(before.Version, c.people.readers(now), now)
	c.effects.add(dropLive())
	var wrote error
	c.effects.add(applyRoster(next, func(err error) { wrote = err }))
	c.mu.Unlock()
	c.effects.wait()
	if wrote != nil {
		return fmt.Errorf("keep access document %d: %w", a.Version, wrote)
	}
	c.mu.Lock()
	now = c.needs.Now()
	c.people.replace(before, next)
	c.privacy.forget(next)
	c.privacy.readers(next.Version, c.people.readers(now), now)
	if c.session.State == profiles.PersonDriving && !c.people.active(c.session.Who) {
		c.next.removed = true
		c.effects.wake.ring()
	}
	c.effects.add(showDocument(next.Version), purge(nil))
	c.news.changed()
	c.clock.sooner(c.privacy.out.Next())
	c.mu.Unlock()
	c.effects.wait()
	c.needs.Log.Info("access document", "version", next.Version, "people", len(next.People), "changes", len(changes))
	return nil
}

// Roster is who belongs to this car now.
func (c *Cabin) Roster() profiles.Roster {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.people.roster
}
