package agent

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// Apply takes in a verified access document: the roster's rules, then the store
// with document and version in one transaction, then the effect. The document in
// force comes again at each connection and changes nothing.
func (c *Cabin) Apply(ctx context.Context, a profiles.Access, by profiles.Signer) error {
	if err := c.take(ctx); err != nil {
		return err
	}
	defer c.yield()
	c.mu.Lock()
	before := c.roster
	c.mu.Unlock()
	next, changes, err := before.Apply(a, by)
	if err != nil {
		return fmt.Errorf("access document %d: %w", a.Version, err)
	}
	if len(changes) == 0 {
		return nil
	}
	c.revoke(next)
	if err := c.Store.Apply(next); err != nil {
		return fmt.Errorf("keep access document %d: %w", a.Version, err)
	}
	c.mu.Lock()
	c.roster = next
	c.tellReaders()
	var gone bool
	if c.session.State == profiles.PersonDriving {
		p, ok := next.Find(c.session.Who)
		gone = !ok || p.State != profiles.Active
	}
	c.removed = c.removed || gone
	maps.DeleteFunc(c.ledgers, func(id profiles.ID, _ *telemetry.Ledger) bool { _, ok := next.Find(id); return !ok })
	c.changed()
	c.mu.Unlock()

	if _, err := c.courier.Purge(c.MaySend); err != nil {
		return fmt.Errorf("purge the queue: %w", err)
	}
	c.courier.PolicyVersion(next.Version)
	c.Log.Info("access document", "version", next.Version, "people", len(next.People), "changes", len(changes))
	return nil
}

// revoke ends the rights and the mailbox of everyone who is not active in next,
// before anything is written: a removal that the disk refuses leaves nobody with
// rights, and the next start finishes it.
func (c *Cabin) revoke(next profiles.Roster) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.roster.People = slices.Clone(c.roster.People)
	for i, p := range c.roster.People {
		if kept, ok := next.Find(p.ID); p.State == profiles.Active && (!ok || kept.State != profiles.Active) {
			c.roster.People[i].State = profiles.Removing
		}
	}
	c.tellReaders()
}

// Roster is who belongs to this car now.
func (c *Cabin) Roster() profiles.Roster {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.roster
}

// tellReaders gives the pipeline the readers of the roster. mu is held.
func (c *Cabin) tellReaders() {
	var readers []outside.Reader
	age := c.documentAge()
	c.stale = age > profiles.DocumentFresh
	for _, p := range c.roster.People {
		if p.State != profiles.Active || p.Mailbox == "" {
			continue
		}
		column := outside.ColumnLimited
		switch {
		case p.Role == profiles.Main:
			column = outside.ColumnMain
		case p.SharingAt(age) == profiles.Shared:
			column = outside.ColumnShared
		}
		readers = append(readers, outside.Reader{ID: p.ID.String(), Mailbox: p.Mailbox, Column: column, Seal: sealing(p.Seal), Without: taken(p)})
	}
	for _, r := range c.roster.Readers {
		column := outside.ColumnWorkshop
		if r.Role == "backend" {
			column = outside.ColumnBackend
		}
		readers = append(readers, outside.Reader{ID: r.Role, Mailbox: r.Mailbox, Column: column, Seal: sealing(r.Seal)})
	}
	c.out.SetReaders(c.roster.Version, readers, c.Now())
}

// taken is the kinds of messages that a restriction takes from a person.
func taken(p profiles.Person) (kinds []outside.Kind) {
	for function, kind := range map[profiles.Function]outside.Kind{
		"vehicle-status": outside.KindStatus, "position": outside.KindPosition, "alerts": outside.KindAlarms,
	} {
		if p.Role != profiles.Main && slices.Contains(p.Restricted, function) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// sealing is the raw X25519 key, nil if there is none.
func sealing(k profiles.Key) []byte {
	if public := k.Sealing(); public != nil {
		return public.Bytes()
	}
	return nil
}

// documentAge is how long ago the document in force was issued, by the wall clock,
// or applied, by the boot clock: whichever is longer. mu is held.
func (c *Cabin) documentAge() time.Duration {
	now := c.Now()
	return max(now.UTC.Sub(c.roster.Issued), now.Boot-c.bootedAt.Boot)
}

// Profiles are the people on the picker.
func (c *Cabin) Profiles() []profiles.ProfileView {
	roster := c.Roster()
	var all []profiles.ProfileView
	for _, p := range roster.People {
		lockout, err := c.Store.Lockout(p.ID)
		c.warn("lockout", err)
		v := profiles.ProfileView{
			ID: p.ID, Name: p.Name, Role: p.Role.String(), State: p.State.String(), Sharing: p.Sharing.String(),
			HasPIN: !c.verifier(p).IsZero(), RetryAfter: lockout.RetryAfter(),
		}
		for _, f := range p.Restricted {
			v.Restricted = append(v.Restricted, string(f))
		}
		all = append(all, v)
	}
	return all
}

// Permits says whether the person at the wheel may use a function, and else why not.
func (c *Cabin) Permits(function string) (bool, string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rights().Permits(profiles.Function(function))
}

// rights of the person at the wheel. mu is held.
func (c *Cabin) rights() profiles.Rights {
	switch c.session.State {
	case profiles.GuestDriving:
		return c.roster.GuestRights()
	case profiles.PersonDriving:
		if p, ok := c.roster.Find(c.session.Who); ok {
			return c.roster.Rights(p)
		}
	}
	return profiles.Rights{}
}
