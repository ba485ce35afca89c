package profiles

import (
	"fmt"
	"time"
)

// Lockout is how often one person's PIN was wrong and how long to wait. It is a
// value: the owner saves what Attempt returns before it looks at the PIN, and
// the zero value after a right one, so that a power cut never gives a try away.
//
//	consecutive failures   1-3   4     5      6      7       8       9       10
//	wait                   0     30 s  1 min  5 min  15 min  30 min  60 min  off until recovery
type Lockout struct {
	Failures  int
	Remaining time.Duration // running time left to wait, by the boot clock
}

// lastTry is the number of failures that switches a PIN off.
const lastTry = 10

// Attempt counts a try before it is known whether the PIN is right. It refuses,
// and counts nothing, while waiting.
func (l Lockout) Attempt() (Lockout, error) {
	switch {
	case l.Off():
		return l, fmt.Errorf("%w: the PIN is switched off after %d wrong tries; it has to be set anew", ErrLockedOut, lastTry)
	case l.Remaining > 0:
		return l, ErrLockedOut
	}
	waits := map[int]time.Duration{
		4: 30 * time.Second, 5: time.Minute, 6: 5 * time.Minute,
		7: 15 * time.Minute, 8: 30 * time.Minute, 9: time.Hour,
	}
	failures := max(l.Failures, 0) + 1
	return Lockout{failures, waits[failures]}, nil
}

// Pass lets d of running time go by.
func (l Lockout) Pass(d time.Duration) Lockout {
	l.Remaining = max(0, l.Remaining-max(0, d))
	return l
}

// Off reports whether only recovery helps.
func (l Lockout) Off() bool { return l.Failures >= lastTry }

// RetryAfter is the time left in whole seconds, rounded up. While the PIN is off
// it is the largest number, for no waiting helps.
func (l Lockout) RetryAfter() uint32 {
	if l.Off() {
		return ^uint32(0)
	}
	return uint32((l.Remaining + time.Second - 1) / time.Second)
}

// Tally counts the failures of all profiles together: 30 in 24 hours of running
// time, whoever they were for. It holds the ages of the failures, oldest first.
type Tally []time.Duration

const (
	tallyMost   = 30
	tallyWithin = 24 * time.Hour
)

// Attempt counts a try before it is known whether the PIN is right, or refuses.
// The owner takes the try back with Forgive after a right one.
func (t Tally) Attempt() (Tally, error) {
	if len(t) >= tallyMost {
		return t, ErrLockedOut
	}
	return append(append(Tally{}, t...), 0), nil
}

// Forgive takes the newest try back.
func (t Tally) Forgive() Tally {
	if len(t) == 0 {
		return t
	}
	return append(Tally{}, t[:len(t)-1]...)
}

// Pass lets d of running time go by and forgets what is a day old.
func (t Tally) Pass(d time.Duration) Tally {
	var next Tally
	for _, age := range t {
		if age += max(0, d); age < tallyWithin {
			next = append(next, age)
		}
	}
	return next
}
