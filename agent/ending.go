package agent

import (
	"time"

	"glovebox/profiles"
)

// How long delay locks hold a session's end up. logind waits 5 s in all for the end
// before a sleep.
const (
	locksHold = 5 * time.Second
	locksOff  = 3 * time.Second // before the unit sleeps, or the agent ends
)

// step is one of those that end a session. Each may be done again. What touches only
// memory is done under the lock; the effects of all are carried out after it, in order.
type step struct {
	name string
	do   func() []effect
}

// leave ends whoever is at the wheel; nobody there is no error. From here on nothing of
// the session has an effect (docs/erasure.md, Leaving). Where somebody holds a delay
// lock the second half of the steps waits in c.ending. mu is held.
func (c *Cabin) leave(why Reason) {
	if !c.session.Driving() {
		return // nobody is there, or it has begun already
	}
	now := c.needs.Now()
	leaving, err := c.session.Leave(now.Boot)
	if err != nil {
		return
	}
	guest := c.session.State == profiles.GuestDriving
	_, next, _ := c.next.becomes(c.needs.Model.guestAvailable())
	c.fresh.wanted = c.fresh.wanted || guest
	c.coming = (why == Replaced || why == WasRemoved && next != (Request{})) && !c.fresh.follows() // another process will tell
	folder, r, purged, said := c.folder, &receipt{guest: guest}, false, false
	over := func() { // with mu held
		switch {
		case !purged:
			c.wiping = true
		case said && c.session.State != profiles.Leaving: // else another end is under way
			if c.fresh.begin(c.session, c.reason, c.shown) {
				c.effects.add(append(c.privacy.ledgers.all(), replaceProcess())...)
			}
			c.wiping = c.fresh.begun != nil || c.fresh.follows() && c.session.Driving() // until the fresh process says otherwise
		}
	}
	take := func(steps []step) {
		for _, s := range steps {
			c.effects.add(s.do()...)
		}
	}
	take([]step{
		{"close the session's number", func() []effect {
			c.session, c.reason, c.next = leaving, why, c.next.over()
			c.number++
			c.folder = ""
			c.wiping = c.wiping || guest || c.fresh.follows()
			c.news.changed()
			return nil
		}},
		{"close the gate and drop what was collected", func() []effect {
			entries, todo := c.privacy.end(c.vehicle.motion.inUse(now), now)
			r.clear("ledger", entries, 0)
			return todo
		}},
		{"drop the settings", func() []effect {
			before, set, left := c.sitting.end()
			r.clear("settings", set, left)
			c.before = before
			c.adjust.drop()
			return nil
		}},
	})
	rest := []step{
		{"begin a new epoch", func() []effect {
			return []effect{mute(false), renew(c.remote.begin(c.needs.Now()))}
		}},
		{"purge the queue", func() []effect {
			return []effect{purge(func(err error) {
				c.mu.Lock()
				defer c.mu.Unlock()
				r.purged(err)
				purged = err == nil // else it is tried again until it is done
				over()
				c.news.changed()
			})}
		}},
		{"remove the directory", func() []effect {
			return []effect{removeFolder(folder, func(removed, left, aside int) {
				c.mu.Lock()
				defer c.mu.Unlock()
				r.removed(removed, left)
				c.aside = aside
			})}
		}},
		{"say Ended", func() []effect {
			return []effect{tell(func() {
				c.mu.Lock()
				defer c.mu.Unlock()
				if wiped, err := c.session.Wiped(c.needs.Now().Boot); err == nil {
					c.session = wiped
				}
				c.news.add(Ended{string(why), r.said()})
				if !c.coming {
					c.news.add(changes(c.before, nil)...)
					c.before = nil
				}
				said = true
				over()
			})}
		}},
	}
	if c.locks.held == 0 {
		take(rest)
		return
	}
	hold := locksHold
	if why == Suspend || why == Restart {
		hold = locksOff
	}
	c.effects.add(note("session's end waits", "locks", c.locks.held))
	c.news.add(Ending{string(why), hold})
	c.clock.due.ring()
	done := make(chan struct{})
	c.ending = &ending{until: now.Boot + hold, over: done, rest: func() {
		c.ending = nil
		c.locks = c.locks.void()
		take(rest)
		close(done) // last: who waited for it then waits for what the steps want done
	}}
}
