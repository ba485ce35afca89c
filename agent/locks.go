package agent

import (
	"context"
	"time"

	"glovebox/profiles"
)

// locks are the delay locks of other programs. It is a value.
type locks struct {
	held  int
	round uint64 // rises when those that are held lose their meaning
}

// void takes what every lock means: who did not let go in time has none any more.
func (l locks) void() locks { return locks{round: l.round + 1} }

// Inhibit takes a delay lock: the session's end waits until it is released, at most five
// seconds, and three before the unit sleeps. While an end waits there is none to take.
func (c *Cabin) Inhibit() (release func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session.State == profiles.Leaving {
		return nil, profiles.ErrNotReady
	}
	c.locks.held++
	round, once := c.locks.round, false
	return func() {
		c.mu.Lock()
		if !once && c.locks.round == round {
			if c.locks.held--; c.locks.held == 0 && c.ending != nil {
				c.ending.rest()
			}
		}
		once = true
		c.mu.Unlock()
		c.effects.atOnce()
	}, nil
}

// ending is a session's end that waits for locks; nil is one that waits for none.
type ending struct {
	until time.Duration // boot clock; guarded by the cabin's mu
	over  chan struct{}
	rest  func() // the steps that are left; the cabin's mu is held
}

// wait returns when the steps that are left have been taken, which time does.
func (e *ending) wait(ctx context.Context) error {
	if e == nil {
		return nil
	}
	select {
	case <-e.over:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
