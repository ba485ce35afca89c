package agent

import (
	"glovebox/hal"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// Names of the facts about the car that must outlive a restart: what the gate
// still hides, the values that readers were shown last, how many PINs were wrong.
const (
	factGate  = "gate"
	factHeld  = "held"
	factTally = "tally" // wrong PINs of all profiles together
)

// restore makes pipeline and gate from what was kept. A fact that cannot be read
// is dropped on the safe side: nothing held is shown, the gate stays closed.
func (c *Cabin) restore(now hal.Instant) {
	c.out = outside.New(c.Policy, now, outside.Options{
		VID: c.Needs.Identity.VID, Sign: c.Needs.Identity.Sign, Gzip: c.Gzip, Decided: c.decided, Facts: c.known,
	})
	held, err := c.Store.CarFact(factHeld)
	if err == nil && held != nil {
		err = c.out.Restore(held)
	}
	c.warn("held values", err)
	gate, err := c.Store.CarFact(factGate)
	c.warn("gate", err)
	c.gate = telemetry.NewGate(c.Policy.Numbers(), string(gate))
	c.facts[factGate] = string(gate)
	c.tellReaders()
	c.alarm(AlarmRule{Code: "store-recovered", Severity: "warning"}, len(c.Recovered) > 0, now)
}

// keepFact writes a fact if it changed. mu is held.
func (c *Cabin) keepFact(name, value string) {
	if c.facts[name] == value {
		return
	}
	c.warn("car fact", c.Store.SetCarFact(name, []byte(value)))
	c.facts[name] = value
}

// keepHeld writes what readers were shown last, after the queue has it: a power
// cut between the two shows it twice, never not at all.
func (c *Cabin) keepHeld() {
	c.mu.Lock()
	held := c.out.Held()
	changed := c.facts[factHeld] != string(held)
	c.facts[factHeld] = string(held)
	c.mu.Unlock()
	if changed {
		c.warn("car fact", c.Store.SetCarFact(factHeld, held))
	}
}

// Stop ends the session that is open and keeps what must outlive the restart.
func (c *Cabin) Stop() error {
	c.turn <- struct{}{}
	defer c.yield()
	err := c.end(Restart)
	c.keepHeld()
	return err
}
