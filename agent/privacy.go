package agent

import (
	"context"
	"fmt"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// SetLevel is the driver's word for the own drive: share, no-position or offline.
// It needs no PIN and is open to a guest. Lowering takes effect before the next
// sample: when it returns, no place waits to be sent.
func (c *Cabin) SetLevel(ctx context.Context, level string) error {
	l, err := telemetry.ParseLevel(level)
	if err != nil {
		return fmt.Errorf("%w: level %.20q: want share, no-position or offline", profiles.ErrInvalid, level)
	}
	if err := c.take(ctx); err != nil {
		return err
	}
	defer c.yield()
	c.mu.Lock()
	if !c.session.Driving() {
		c.mu.Unlock()
		return profiles.ErrNotPermitted
	}
	now := c.Now()
	c.regate(c.gate.SetLevel(l, c.car.inUse(now)), now)
	muted := c.gate.Muted()
	c.changed()
	c.mu.Unlock()
	c.courier.Mute(muted)
	if _, err := c.courier.Purge(c.MaySend); err != nil {
		return fmt.Errorf("purge the queue: %w", err)
	}
	return nil
}

// regate puts a new gate in force: a place that was collected before is dropped
// when it closes, and what must outlive a restart is kept at once. mu is held.
func (c *Cabin) regate(next telemetry.Gate, now hal.Instant) {
	closed := c.gate.Open() && !next.Open()
	c.gate = next
	if closed {
		c.out.PurgePlace(now)
	}
	c.keepFact(factGate, next.Fact())
}

// Linked is told when the line to the broker opened or ended. What the pipeline
// has to say to a fresh line is with the courier when it returns: the newest state
// goes before what was kept. A muted line is told as any other when it is found
// dead, and swallows what is sent until then: offline is to be a tunnel for
// everything above it.
func (c *Cabin) Linked(up bool) {
	c.mu.Lock()
	c.link = up
	c.out.Link(up, c.Now())
	c.changed()
	c.mu.Unlock()
	c.send()
}

// Handed is told when a message was handed over to the broker's line: the
// indicator and the ledger follow what is sent, not what was meant.
func (c *Cabin) Handed(r outside.Released) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.Now()
	c.out.Handed(r, now)
	c.motion(now)
}

// decided writes a decision into the ledger of the person it belongs to. The
// pipeline calls it while mu is held.
func (c *Cabin) decided(d outside.Decision) {
	c.ledger().Add(c.gate.Name(d))
}

// ledger is the book of whoever is at the wheel; a guest's and nobody's go with
// the session. mu is held.
func (c *Cabin) ledger() *telemetry.Ledger {
	if c.session.State != profiles.PersonDriving {
		return c.guestBook
	}
	book := c.ledgers[c.session.Who]
	if book == nil {
		book = telemetry.NewLedger(c.Policy.Numbers())
		c.ledgers[c.session.Who] = book
	}
	return book
}

// Ledger returns the entries of the person at the wheel, oldest first.
func (c *Cabin) Ledger(filter telemetry.LedgerFilter) ([]telemetry.Entry, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.session.Driving() {
		return nil, profiles.ErrNotPermitted
	}
	return c.ledger().Entries(filter), nil
}

// Why returns one entry of the person at the wheel.
func (c *Cabin) Why(id uint64) (telemetry.Entry, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.session.Driving() {
		return telemetry.Entry{}, profiles.ErrNotPermitted
	}
	e, ok := c.ledger().Entry(id)
	if !ok {
		return e, fmt.Errorf("%w: the ledger has no entry %d", profiles.ErrInvalid, id)
	}
	return e, nil
}

// PrivacyView is what leaves the car now, and why.
func (c *Cabin) PrivacyView() telemetry.PrivacyView {
	c.mu.Lock()
	defer c.mu.Unlock()
	effective, limitedBy := c.gate.Effective()
	v := telemetry.PrivacyView{
		Level: c.gate.Level().String(), EffectiveLevel: effective.String(), LimitedBy: limitedBy,
		LocationInUse: c.out.LocationInUse(c.Now()), Policy: "built-in",
	}
	if c.Policy.Test() {
		v.Policy = "test"
	}
	guest := c.session.State == profiles.GuestDriving
	for _, r := range c.out.Readers() {
		view := telemetry.ReaderView{Role: r.ID, Receives: c.out.Receives(r.Mailbox)}
		if id, err := profiles.ParseID(r.ID); err == nil {
			p, _ := c.roster.Find(id)
			view.Role = p.Role.String()
			if !guest {
				view.Name = p.Name
			}
		}
		v.Readers = append(v.Readers, view)
	}
	return v
}
