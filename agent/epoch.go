package agent

import (
	"time"

	"glovebox/profiles"
)

// The numbers of an action's freshness (docs/security.md, Actions).
const (
	longestExp  = 60              // seconds ahead
	lateExp     = 30              // seconds ahead, of one that comes after a higher counter
	longestWait = 5 * time.Minute // for a slot at which a limited reader's action is looked at; after it nothing is done
	window      = 32              // counters below the highest that may still come
)

// epoch is the time in which an action is fresh: from one end of a session, or the
// start of the agent, to the next. With it all counters begin again.
type epoch struct {
	name string // 32 hex digits
	at   time.Duration
	used map[string]counter // by key
}

func newEpoch(name string, at time.Duration) epoch { return epoch{name, at, map[string]counter{}} }

// now is the whole seconds since the epoch began, by the boot clock.
func (e epoch) now(boot time.Duration) uint64 { return uint64(max(0, boot-e.at) / time.Second) }

// expired reports whether an action is of another epoch, past, or further ahead
// than an action may be.
func (e epoch) expired(a profiles.Action, boot time.Duration) bool {
	now := e.now(boot)
	return a.Epoch != e.name || boot < e.at || a.Exp < now || a.Exp > now+longestExp
}

// use marks the counter of an action of this epoch as used and reports whether it was
// still free.
func (e epoch) use(a profiles.Action, boot time.Duration) bool {
	soon := a.Exp <= e.now(boot)+lateExp
	next, free := e.used[a.Key].use(a.Ctr, a.Verb.Ordered(), soon)
	e.used[a.Key] = next
	return free
}

// counter is the numbers that a key has used: the highest, and which of the 32
// below it. It is a value; the zero counter has used none.
//
//	highest-32 … highest-2 highest-1 │ highest
//	   bit 31  …   bit 1     bit 0
type counter struct {
	highest uint64
	below   uint32
}

// use returns the counter after n, and whether n was free. An ordered number must be
// greater than any before; one below the highest must be in the window, and soon.
func (c counter) use(n uint64, ordered, soon bool) (next counter, free bool) {
	switch {
	case n == 0 || n == c.highest:
		return c, false
	case n > c.highest:
		up := n - c.highest
		next = counter{highest: n}
		if up <= window {
			next.below = uint32(uint64(c.below)<<up) | 1<<(up-1)
		}
		return next, true
	}
	down := c.highest - n
	if down > window || c.below&(1<<(down-1)) != 0 || ordered || !soon {
		return c, false
	}
	c.below |= 1 << (down - 1)
	return c, true
}
