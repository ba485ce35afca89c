package agent

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
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

// Roster is who belongs to this car now.
func (c *Cabin) Roster() profiles.Roster {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.roster
}

// tellReaders gives the pipeline the readers of the roster. mu is held.
func (c *Cabin) tellReaders() {
	c.readers = nil
	age := c.documentAge()
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
		c.readers = append(c.readers, outside.Reader{ID: p.ID.String(), Mailbox: p.Mailbox, Column: column, Seal: sealing(p.Seal)})
	}
	for _, r := range c.roster.Readers {
		column := outside.ColumnWorkshop
		if r.Role == "backend" {
			column = outside.ColumnBackend
		}
		c.readers = append(c.readers, outside.Reader{ID: r.Role, Mailbox: r.Mailbox, Column: column, Seal: sealing(r.Seal)})
	}
	c.out.SetReaders(c.roster.Version, c.readers, c.Now())
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
	c.mu.Lock()
	p, ok := c.roster.Find(who)
	c.mu.Unlock()
	if !ok || p.State != profiles.Active {
		profiles.Decoy(pin)
		return profiles.ErrWrongPIN
	}
	v := c.verifier(p)
	if v.IsZero() && pin.IsZero() {
		return nil
	}
	lockout, err := c.Store.Lockout(who)
	if err != nil {
		return fmt.Errorf("lockout: %w", err)
	}
	counted, err := lockout.Attempt()
	if err != nil {
		return err
	}
	if err := c.Store.SetLockout(who, counted); err != nil {
		return fmt.Errorf("count the try: %w", err)
	}
	if !v.Check(pin) {
		return profiles.ErrWrongPIN
	}
	if err := c.Store.SetLockout(who, profiles.Lockout{}); err != nil {
		return fmt.Errorf("clear the tries: %w", err)
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
// what is left, so that neither a power cut nor a clock change shortens it.
func (c *Cabin) Pass(d time.Duration) {
	for _, p := range c.Roster().People {
		l, err := c.Store.Lockout(p.ID)
		if err == nil && l.Remaining > 0 {
			err = c.Store.SetLockout(p.ID, l.Pass(d))
		}
		c.warn("lockout", err)
	}
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
