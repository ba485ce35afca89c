package telemetry

import (
	"time"

	"glovebox/hal"
	"glovebox/telemetry/outside"
)

// Clock is the wall clock as far as the ledger believes it: some seconds in another
// decade date no entry, and cost none. Until it was the same for a while it is only
// followed, and nothing is old by it; from then on another time has to stand as long.
type Clock struct {
	begun         bool
	offset, since time.Duration // UTC since 1970 less boot time; boot time from which it holds
	doubted       bool
	other, heard  time.Duration // an offset that does not fit, and since when
}

// What is a correction of a wall clock and no drift, and how long a time has to stand.
const (
	correction = time.Hour
	settles    = 2 * time.Minute
)

// At is now by this clock, and by how much it was corrected just now.
func (c *Clock) At(now hal.Instant) (at hal.Instant, moved time.Duration) {
	offset := time.Duration(now.UTC.UnixNano()) - now.Boot
	switch d := offset - c.offset; {
	case !c.begun:
		c.begun, c.offset, c.since = true, offset, now.Boot
	case d.Abs() <= correction:
		c.offset, c.doubted = offset, false
	case !c.sure(now.Boot), c.doubted && (offset-c.other).Abs() <= correction && now.Boot-c.heard >= settles:
		moved = d
		c.offset, c.since, c.doubted = offset, now.Boot, false
	case !c.doubted || (offset-c.other).Abs() > correction:
		c.doubted, c.other, c.heard = true, offset, now.Boot
	}
	return hal.Instant{UTC: c.utc(now.Boot), Boot: now.Boot}, moved
}

func (c *Clock) utc(boot time.Duration) time.Time { return time.Unix(0, int64(c.offset+boot)).UTC() }

func (c *Clock) sure(boot time.Duration) bool {
	return c.begun && boot-c.since >= settles && outside.ClockSet(c.utc(boot))
}

// Sure is the time by which something may be old; the zero time if it is not known.
func (c *Clock) Sure(boot time.Duration) time.Time {
	if !c.sure(boot) {
		return time.Time{}
	}
	return c.utc(boot)
}
