package agent

import (
	"glovebox/profiles"
)

// step is one of those that end a session. Each may be done again. What touches only
// memory is done under the lock; the effects of all are carried out after it, in order.
type step struct {
	name string
	do   func() []effect
}

// leave ends whoever is at the wheel; nobody there is no error. From here on nothing of
// the session has an effect (docs/erasure.md, Leaving). mu is held.
func (c *Cabin) leave(why Reason) {
	now := c.needs.Now()
	leaving, err := c.session.Leave(now.Boot)
	if err != nil {
		return // nobody is there, or it has begun already
	}
	guest := c.session.State == profiles.GuestDriving
	_, next, _ := c.next.becomes(c.needs.Model.guestAvailable())
	followed := why == Replaced || why == WasRemoved && next != (Request{})
	r := &receipt{guest: guest}
	for _, s := range []step{
		{"close the session's number", func() []effect {
			c.session, c.reason, c.next = leaving, why, c.next.over()
			c.number++
			c.wiping = c.wiping || guest
			c.news.changed()
			return nil
		}},
		{"close the gate and drop what was collected", func() []effect {
			entries, todo := c.privacy.end(c.vehicle.motion.inUse(now), now)
			r.clear("ledger", entries)
			return todo
		}},
		{"drop the settings", func() []effect {
			r.clear("settings", len(c.touched))
			if c.before = c.sitting; guest {
				c.before = names(c.sitting)
			}
			c.sitting, c.touched = nil, nil
			return nil
		}},
		{"begin a new epoch", func() []effect {
			return []effect{mute(false), renew(c.remote.begin(now))}
		}},
		{"purge the queue", func() []effect {
			return []effect{purge(func(err error) {
				c.mu.Lock()
				defer c.mu.Unlock()
				r.purged(err)
				c.wiping = err != nil // tried again until it is done
				c.news.changed()
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
				if !followed {
					c.news.add(changes(c.before, nil)...)
					c.before = nil
				}
			})}
		}},
	} {
		c.effects.add(s.do()...)
	}
}

// receipt is what is said of a session's end: counts and stores, no content. Of a
// person's end, where nothing is erased, it is empty.
type receipt struct {
	guest  bool
	stores []profiles.StoreReceipt
	failed bool
}

func (r *receipt) clear(name string, before int) {
	r.stores = append(r.stores, profiles.StoreReceipt{Name: name, Before: uint32(before), Result: "erased"})
}

func (r *receipt) purged(err error) {
	if err != nil && !r.failed {
		r.failed = true
		r.stores = append(r.stores, profiles.StoreReceipt{Name: "queue", Result: "failed"})
	}
}

func (r *receipt) said() profiles.Receipt {
	switch {
	case !r.guest:
		return profiles.Receipt{}
	case r.failed:
		return profiles.Receipt{Method: "memory", Result: "failed", Stores: r.stores}
	}
	return profiles.Receipt{Method: "memory", Result: "erased", Stores: r.stores}
}
