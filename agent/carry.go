package agent

import (
	"context"
	"errors"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// Actuator brings a value about: it sends one command to the car and returns when
// that is written, not when it had an effect. An error that wraps ErrNotSent is
// certain that nothing was sent. It may be called from several goroutines.
type Actuator interface {
	Actuate(ctx context.Context, path string, v hal.Value) error
}

// ErrNotSent is a command that never left: there is no such actuator, or its bus
// is not there.
var ErrNotSent = errors.New("the command was not sent")

const (
	confirmIn  = 5 * time.Second
	lookEvery  = 50 * time.Millisecond // at what the car says meanwhile
	flashesFor = 3 * time.Second
)

// Carry carries an errand out and tells its reader what became of it: done once the
// car shows the effect, unknown when it does not within five seconds. What changed
// while the errand waited counts: it may still be refused. It blocks.
func (c *Cabin) Carry(ctx context.Context, e *Errand) Outcome {
	outcome := c.carry(ctx, e)
	c.mu.Lock()
	if p, known := c.roster.Orderer(e.action.Key); known {
		outcome.Who = p.ID
		c.out.Answer(p.Mailbox, e.action.Key, e.action.Ctr, outcome.Result, c.Now())
	}
	c.mu.Unlock()
	c.send()
	return outcome
}

// Drop refuses an errand that will not be carried out.
func (c *Cabin) Drop(e *Errand) Outcome {
	c.mu.Lock()
	p, known := c.roster.Orderer(e.action.Key)
	if known {
		c.out.Answer(p.Mailbox, e.action.Key, e.action.Ctr, outside.Busy, c.Now())
	}
	c.mu.Unlock()
	c.send()
	return Outcome{Result: outside.Busy, Cause: "errands", Who: p.ID}
}

func (c *Cabin) carry(ctx context.Context, e *Errand) Outcome {
	wants, since, outcome := c.recheck(e)
	if outcome.Result != "" {
		return outcome
	}
	for i, w := range wants {
		err := c.Actuator.Actuate(ctx, w.path, w.value)
		switch {
		case err == nil:
		case i == 0 && errors.Is(err, ErrNotSent):
			return Outcome{Result: outside.NotNow, Cause: "device"}
		default:
			return Outcome{Result: outside.Uncertain, Cause: "device"}
		}
	}
	if e.action.Verb == profiles.ClimateStart {
		c.airUntil(c.Now().Boot + e.args.For)
	}
	shown := c.watch(ctx, wants, since)
	if e.action.Verb == profiles.Flash {
		rest(ctx, flashesFor)
		// A stop of the agent must not leave them on.
		if err := c.Actuator.Actuate(context.WithoutCancel(ctx), pathHazard, hal.Bool(false)); err != nil {
			return Outcome{Result: outside.Uncertain, Cause: "device"}
		}
	}
	if !shown {
		return Outcome{Result: outside.Uncertain, Cause: "not confirmed"}
	}
	return Outcome{Result: outside.Done}
}

// recheck looks once more at what may have changed since the errand was accepted:
// the epoch and its time, the person's right, the car.
func (c *Cabin) recheck(e *Errand) (wants []want, since time.Duration, refusal Outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.Now()
	p, known := c.roster.Orderer(e.action.Key)
	switch {
	case !known:
		return nil, 0, Outcome{Result: outside.NotPermitted, Cause: "key"}
	case c.epoch.expired(e.action, now.Boot):
		return nil, 0, Outcome{Result: outside.Expired, Cause: "epoch or exp"}
	}
	if refusal, _ := c.accept(p, e.action, now); refusal.Result != "" {
		return nil, 0, refusal
	}
	if e.action.Verb == profiles.ClimateStop {
		c.air = 0
	}
	return c.wants(e.action.Verb, e.args), now.Boot, Outcome{}
}

// watch waits until the car shows all wants, at most five seconds.
func (c *Cabin) watch(ctx context.Context, wants []want, since time.Duration) bool {
	for left := confirmIn; left > 0; left -= lookEvery {
		if c.showsAll(wants, since) {
			return true
		}
		if !rest(ctx, lookEvery) {
			return false
		}
	}
	return c.showsAll(wants, since)
}

func (c *Cabin) showsAll(wants []want, since time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range wants {
		if !c.shows(w, since) {
			return false
		}
	}
	return true
}

// rest waits, and reports whether ctx lasted as long.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (c *Cabin) airUntil(boot time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.air = boot
}

// EndClimate stops the climate that was ordered for so many minutes, once they are
// over. Whoever has got in meanwhile keeps it. It is to be called every second or so.
func (c *Cabin) EndClimate(ctx context.Context) error {
	c.mu.Lock()
	now := c.Now()
	over := c.air != 0 && now.Boot >= c.air
	stop := over && !c.car.inUse(now)
	if over {
		c.air = 0
	}
	c.mu.Unlock()
	if !stop {
		return nil
	}
	return c.Actuator.Actuate(ctx, pathClimate, hal.Bool(false))
}
