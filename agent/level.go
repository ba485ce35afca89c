package agent

import (
	"context"
	"fmt"

	"glovebox/profiles"
	"glovebox/telemetry"
)

// SetLevel is the driver's word for the own drive: share, no-position or offline. It
// needs no PIN and is open to a guest. It waits for nothing: when it returns, no place
// of a lowered level waits to be sent, and what must be written is written behind it.
func (c *Cabin) SetLevel(_ context.Context, level string) error {
	l, err := telemetry.ParseLevel(level)
	if err != nil {
		return fmt.Errorf("%w: level %.20q: want share, no-position or offline", profiles.ErrInvalid, level)
	}
	c.mu.Lock()
	driving := c.session.Driving()
	if driving {
		now := c.needs.Now()
		c.vehicle.leaving.call(now.Boot)
		c.effects.add(c.privacy.level(l, c.vehicle.motion.inUse(now), now)...)
		c.news.changed()
	}
	c.mu.Unlock()
	if !driving {
		return profiles.ErrNotPermitted
	}
	c.effects.atOnce()
	return nil
}
