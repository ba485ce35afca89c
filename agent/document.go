package agent

import (
	"context"
	"fmt"
	"slices"

	"glovebox/profiles"
)

// Apply takes in a verified access document: the roster's rules; who loses rights loses
// them now; then the store, tried again until it has document and version in one
// transaction; then what the document allows more. One that came early, for others passed
// while the car was away, only takes (docs/security.md, The access document). What is known
// comes again at each connection and changes nothing.
func (c *Cabin) Apply(ctx context.Context, a profiles.Access, by profiles.Signer) error {
	if err := c.turn.take(ctx); err != nil {
		return err
	}
	defer c.turn.give()
	c.mu.Lock()
	_, err := c.follow(a, by)
	c.mu.Unlock()
	c.effects.wait()
	c.effects.atOnce() // what followed from the write
	return err
}

// written is what became of a document on disk at the first try, once effects were waited
// for.
type written struct {
	tried   bool
	receipt profiles.Receipt // of whom it erased
	err     error
}

// follow takes in a document that the roster's rules allow. mu and the turn are held.
func (c *Cabin) follow(a profiles.Access, by profiles.Signer) (*written, error) {
	next, changes, err := c.people.documents().Apply(a, by)
	if err != nil {
		return nil, fmt.Errorf("access document %d: %w", a.Version, err)
	}
	done := new(written)
	if len(changes) == 0 {
		return done, nil
	}
	// reread makes the readers anew of what is in force now. mu is held.
	reread := func() {
		now := c.needs.Now()
		c.messages.forget(c.people.roster)
		c.privacy.ledgers.forget(c.people.roster)
		c.privacy.trips.forget(c.people.roster)
		c.privacy.readers(&c.people, now)
		c.news.changed()
		c.clock.sooner(min(c.privacy.out.Next(), c.privacy.ledgers.due))
	}
	c.people.decide(next)
	if c.session.State == profiles.PersonDriving && !c.people.active(c.session.Who) {
		c.next.removed = true
	}
	c.next.lapses(c.people.active)
	reread()
	c.effects.add(dropLive())
	c.effects.add(applyRoster(next, func(receipt profiles.Receipt, err error) {
		if !done.tried {
			*done = written{true, receipt, err}
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.fresh.erases = c.fresh.erases || receipt.Method == "key"; err != nil {
			return // it is tried again, or a newer one is
		}
		shown := c.people.disk.Version
		c.effects.add(c.people.replace(next, c.needs.Now())...)
		if slices.ContainsFunc(changes, func(is profiles.Change) bool { return is.Kind == profiles.Accepted }) {
			c.effects.add(c.messages.mainUser(noticeAccepted, c.session, &c.people, c.needs.Now())...)
		}
		reread()
		c.privacy.share(&c.people, c.needs.Identity, c.needs.Now(), c.needs.Log)
		c.clock.sooner(c.privacy.out.Next())
		if next.Version != shown {
			c.effects.add(showDocument(next.Version))
		}
		c.fresh.wanted = c.fresh.wanted || c.fresh.erases
		if !c.fresh.follows() || c.session.State != profiles.Idle {
			c.effects.add(purge(nil)) // a fresh process comes at the session's end
			return
		}
		c.wiping = true
		c.effects.add(renew(c.remote.begin(c.needs.Now())), purge(func(err error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			if err == nil && c.fresh.begin(c.session, c.reason, c.shown) {
				c.effects.add(append(c.privacy.ledgers.all(), replaceProcess())...)
			}
			c.news.changed()
		}))
	}))
	c.needs.Log.Info("access document", "version", a.Version, "in force", next.Version, "people", len(next.People), "changes", len(changes))
	return done, nil
}

// Rosters are who belongs to this car now, and the roster as the newest document of the
// chain has it, with the ceiling: what the next document is held against.
func (c *Cabin) Rosters() (inForce, documents profiles.Roster) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.people.roster, c.people.chain
}
