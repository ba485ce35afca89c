package agent

import (
	"context"

	"glovebox/profiles"
)

// Carried is what a fresh process is told by the one that it replaces: nothing of the
// session that ended but why, and who comes next.
type Carried struct {
	Ended  Reason  `json:"ended"`
	Next   Request `json:"next"`   // who was let in meanwhile; the zero Request: nobody
	Why    Reason  `json:"why"`    // they were
	Parked bool    `json:"parked"` // the car was seen parked
}

// fresh says when this process gives way to a fresh one, in which nothing of a guest or of
// a removed person is left. It is a plain value: the cabin owns it.
type fresh struct {
	wanted bool     // this process has held what has to go
	begun  *Carried // the name is given back, or about to be: whoever is let in comes next
}

// replace has a fresh process take over, where one is wanted and nobody is at the wheel.
// What may not stay in the queue has been purged. mu is held.
func (c *Cabin) replace() {
	if !c.fresh.wanted || c.fresh.begun != nil || c.needs.Replace == nil || c.session.Driving() || c.reason == Restart {
		return
	}
	c.wiping = true // until the fresh process says otherwise
	c.fresh.begun = &Carried{Ended: c.reason, Parked: c.shown.known && c.shown.parked && c.shown.stood}
	given := make(chan struct{})
	c.effects.add(tell(func() {
		c.news.add(nameGiven{given})
		<-given
		c.needs.Replace(func() Carried {
			c.mu.Lock()
			defer c.mu.Unlock()
			return *c.fresh.begun
		})
	}))
}

// nameGiven has the name given back to the bus, once all is told that happened before:
// what is called from then on waits for the fresh process.
type nameGiven struct{ done chan struct{} }

// resume puts whoever the process before let in at the wheel. It is part of a start.
func (c *Cabin) resume(from Carried) {
	c.reason = from.Ended
	if from.Next == (Request{}) || !from.Next.Guest && !c.people.active(from.Next.Who) {
		return
	}
	settings, err := c.effects.settingsOf(from.Next)
	if err == nil {
		err = c.begin(context.Background(), from.Next, c.next.newest, from.Why, settings)
	}
	if err != nil {
		c.needs.Log.Warn("nobody let in after the session before", "error", err)
	}
}

// erased reports whether somebody's key was destroyed.
func erased(r profiles.Receipt) bool { return r.Method == "key" && r.Result == "erased" }
