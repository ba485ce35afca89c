package agent

import (
	"context"
	"slices"
	"time"

	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// The loops that drive a cabin. Each blocks until ctx ends; main starts them, and so
// does a test, in a bubble with its own time.

// Tick lets time act on the cabin at each deadline, and calls alive at least once in
// every interval, if that is not zero. While the disk does not come back it does not: then
// nothing is kept any more, and only another start may help.
func Tick(ctx context.Context, c *Cabin, interval time.Duration, alive func()) error {
	var said time.Duration
	for {
		next := c.Tick()
		at := c.needs.Now().Boot
		if interval > 0 {
			if at-said >= interval {
				said = at
				if !c.effects.stuck(at) {
					alive()
				}
			}
			next = min(next, said+interval)
		}
		pause := max(0, next-at)
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-c.clock.due:
			timer.Stop()
			continue
		case <-timer.C:
		}
		if c.needs.Now().Boot < at+pause/2 {
			c.needs.Log.Warn("boot clock does not go on")
			Renew(c)
		}
	}
}

// Renew begins a new epoch, as after a session's end: the boot clock was seen to go
// back or to stand still, so nothing that was signed before is known to be fresh.
func Renew(c *Cabin) {
	c.mu.Lock()
	c.effects.add(renew(c.remote.begin(c.needs.Now())))
	c.mu.Unlock()
	c.effects.atOnce()
}

// Seal closes a kept message to its reader's key of now.
func Seal(c *Cabin, r outside.Released) outside.Released {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.privacy.out.Seal(r)
}

// CarryOut does what waits for the disk, as it comes, and tries again what failed.
func CarryOut(ctx context.Context, c *Cabin) error {
	for {
		var retry <-chan time.Time
		if owed := c.CarryOut(ctx); owed > 0 {
			retry = time.After(owed)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-c.effects.wake:
		case <-retry:
		}
	}
}

// Execute executes one order after the other.
func Execute(ctx context.Context, c *Cabin, done func(Outcome)) error {
	for ctx.Err() == nil {
		outcome, ok, rest := c.Execute(ctx)
		if ok {
			done(outcome)
			continue
		}
		var over <-chan time.Time
		if rest > 0 {
			over = time.After(rest)
		}
		select {
		case <-ctx.Done():
		case <-c.ordered:
		case <-over:
		}
	}
	return nil
}

// Screen is the head unit, which is told what happened. None of its methods blocks.
type Screen interface {
	Ending(reason string, deadline time.Duration)
	Ended(reason string, receipt profiles.Receipt)
	SettingsChanged(group string, keys []string)
	LedgerChanged(last uint64)
	MessageArrived(kind string)
	TripsChanged()
	Release() // give the name back, once all before is told
	Refresh() // look at the views
}

// Show tells the head unit what changed, to the last.
func Show(ctx context.Context, c *Cabin, screen Screen) error {
	for last := false; !last; {
		select {
		case <-ctx.Done():
			last = true
		case <-c.news.bell:
		}
		for _, e := range c.news.take() {
			switch e := e.(type) {
			case Ending:
				screen.Ending(e.Reason, e.Deadline)
			case Ended:
				screen.Ended(e.Reason, e.Receipt)
			case SettingsChanged:
				screen.SettingsChanged(e.Group, e.Keys)
			case LedgerChanged:
				screen.LedgerChanged(e.Last)
			case MessageArrived:
				screen.MessageArrived(e.Kind)
			case TripsChanged:
				screen.TripsChanged()
			case nameGiven:
				screen.Release()
				close(e.done)
			}
		}
		screen.Refresh()
	}
	return nil
}

// Recover takes in which stores were found damaged after New, and mended, until found is
// closed: also when a stop came meanwhile, for nobody else says it.
func Recover(c *Cabin, found <-chan string) {
	for name := range found {
		c.mu.Lock()
		now := c.needs.Now()
		c.vehicle.recovered = append(slices.Clip(c.vehicle.recovered), name)
		repaired(&c.vehicle, c.privacy, now)
		c.effects.add(c.messages.light(storeRecovered.on(), c.session, &c.people, now)...)
		c.clock.sooner(c.privacy.out.Next())
		c.news.changed()
		c.mu.Unlock()
		c.effects.atOnce()
	}
}

// bell wakes whoever waits for it; many rings before that are one.
type bell chan struct{}

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}

// schedule is when the ticking loop has something to do next.
type schedule struct {
	due     bell
	planned time.Duration // boot clock
}

// sooner wakes the loop where something is due before the time that was planned.
func (s *schedule) sooner(at time.Duration) {
	if at < s.planned {
		s.due.ring()
	}
}
