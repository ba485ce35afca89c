package agent

import (
	"fmt"

	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// Event is something the head unit is told once: Ended, SettingsChanged, LedgerChanged.
type Event any

// Ended says that a session is over, with what was cleared: counts and stores, no content.
type Ended struct {
	Reason  string
	Receipt profiles.Receipt
}

// SettingsChanged names what changed, never the value.
type SettingsChanged struct {
	Group string
	Keys  []string
}

// LedgerChanged names the newest entry of the person at the wheel.
type LedgerChanged struct{ Last uint64 }

// end ends whoever is at the wheel; nobody there is no error. The turn is held.
// The order is that of erasure.md 2: the session's number closes first, so nothing
// that is still on its way has an effect; then batch and ledger go, then what
// waits to be sent; last comes the new epoch, the same whoever's session it was.
func (c *Cabin) end(why Reason) error {
	c.mu.Lock()
	if !c.session.Driving() {
		c.mu.Unlock()
		return nil
	}
	now := c.Now()
	guest := c.session.State == profiles.GuestDriving
	leaving, err := c.session.Leave(now.Boot)
	if err != nil {
		c.mu.Unlock()
		return err
	}
	c.regate(c.gate.End(c.car.inUse(now)), now)
	receipt := c.clearSession(guest)
	if c.session, err = leaving.Wiped(now.Boot); err != nil {
		c.mu.Unlock()
		return err
	}
	c.number++
	c.reason, c.pending, c.removed = why, Request{}, false
	c.events = append(c.events, Ended{string(why), receipt})
	epoch := c.nextEpoch(now)
	c.changed()
	c.mu.Unlock()

	_, err = c.courier.Purge(c.MaySend)
	c.courier.Renew(epoch)
	c.courier.Mute(false)
	if err != nil {
		return fmt.Errorf("purge the queue: %w", err)
	}
	return nil
}

// clearSession drops what belongs to the session in memory. mu is held.
func (c *Cabin) clearSession(guest bool) profiles.Receipt {
	values := 0
	for _, group := range c.guest {
		values += len(group)
	}
	entries := c.guestBook.Len()
	c.guest = nil
	c.guestBook = telemetry.NewLedger(c.Policy.Numbers())
	receipt := profiles.Receipt{Method: "memory", Result: "erased"}
	if !guest {
		return receipt
	}
	receipt.Stores = []profiles.StoreReceipt{
		{Name: "settings", Before: uint32(values), Result: "erased"},
		{Name: "ledger", Before: uint32(entries), Result: "erased"},
	}
	for _, g := range profiles.Groups() {
		c.events = append(c.events, SettingsChanged{g.Name, g.KeyNames()})
	}
	return receipt
}

// Timely reports whether a kept message may leave now, or waits for a slot of its reader.
func (c *Cabin) Timely(r outside.Released) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.Timely(r, c.Now())
}

// MaySend is the decision once more, against the readers and the gate of now.
func (c *Cabin) MaySend(r outside.Released) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.Recheck(r, c.Now())
}
