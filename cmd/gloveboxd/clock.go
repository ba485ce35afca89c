package main

import (
	"time"

	"golang.org/x/sys/unix"

	"glovebox/hal"
)

// now reads both clocks of the car. CLOCK_BOOTTIME counts suspends; Go's own
// monotonic clock may stop in them.
func now() hal.Instant {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		panic("no boot clock: " + err.Error()) // Linux has it since 2.6.39
	}
	return hal.Instant{UTC: time.Now().UTC(), Boot: time.Duration(ts.Nano())}
}
