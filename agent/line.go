package agent

import (
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// Linked is told when the connection to the broker opened or ended. What the pipeline
// has to say to a fresh one that is live is with the courier when it returns: the
// newest state goes before what was kept. A muted one is told as any other when it is
// found dead, and swallows what is sent until then: offline is to be a tunnel for
// everything above it.
func (c *Cabin) Linked(up bool) {
	c.mu.Lock()
	now := c.needs.Now()
	c.privacy.link = up
	c.privacy.out.Link(up, now)
	c.effects.add(c.privacy.tick(now)...)
	c.news.changed()
	c.mu.Unlock()
	c.effects.atOnce()
}

// Fate is told what became of a message: the indicator and the ledger follow what is
// handed over, not what was meant, and what the broker never took is missed.
func (c *Cabin) Fate(r outside.Released, f telemetry.Fate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.needs.Now()
	switch f {
	case telemetry.Handed:
		c.privacy.out.Handed(r, now)
		c.privacy.ledgers.handed(r, now)
		c.moved(now)
		c.clock.due.ring() // what follows is the ticking loop's: a courier may call from within an effect
	case telemetry.Taken:
		if c.privacy.out.Taken(r) {
			c.effects.add(keepFact(factShared, c.people.shared()))
		}
	case telemetry.Lost:
		c.privacy.out.Lost(r)
	}
}

// Decide is the decision once more, against the readers and the gate of now; what is
// late for a reader who has slots waits for the next, or is dropped if it is live.
func (c *Cabin) Decide(r outside.Released) telemetry.Answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.needs.Now()
	switch {
	case !c.privacy.out.Timely(r, now):
		if r.Live() {
			return telemetry.Drop
		}
		return telemetry.Wait
	case c.privacy.out.Recheck(r, now):
		return telemetry.Send
	}
	return telemetry.Drop
}
