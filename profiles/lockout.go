package profiles

import (
	"fmt"
	"slices"
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
	return Lockout{Failures: max(l.Failures, 0) + 1}.Begin(), nil
}

// Begin is the wait from its beginning. A try is counted before its PIN is looked at;
// the wait begins when the answer is given, or it were shorter than what is said.
func (l Lockout) Begin() Lockout {
	waits := map[int]time.Duration{
		4: 30 * time.Second, 5: time.Minute, 6: 5 * time.Minute,
		7: 15 * time.Minute, 8: 30 * time.Minute, 9: time.Hour,
	}
	return Lockout{l.Failures, waits[l.Failures]}
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
	return seconds(l.Remaining)
}

// seconds is d in whole seconds, rounded up.
func seconds(d time.Duration) uint32 { return uint32((d + time.Second - 1) / time.Second) }

// Tally counts the failures of all profiles together, whoever they were for: it holds
// their ages, oldest first. After 30 within 24 hours of running time one try in ten
// minutes is looked at, until these hours have run. It is a value, as Lockout is.
type Tally []time.Duration

const (
	tallyMost   = 30
	tallyWithin = 24 * time.Hour
	tallyPause  = 10 * time.Minute
)

// UnknownTally is that of a car whose own cannot be read: no less strict than any.
func UnknownTally() Tally { return make(Tally, tallyMost) }

// Attempt counts a try before it is known whether the PIN is right. It refuses, and
// counts nothing, while waiting. The owner takes the try back with Forgive after a
// right one.
func (t Tally) Attempt() (Tally, error) {
	if t.Wait() > 0 {
		return t, ErrLockedOut
	}
	return append(slices.Clone(t), 0), nil
}

// Begin is the wait from its beginning, as that of a Lockout.
func (t Tally) Begin() Tally {
	if len(t) == 0 {
		return t
	}
	return append(slices.Clone(t[:len(t)-1]), 0)
}

// Forgive takes the newest try back, and the wait after it.
func (t Tally) Forgive() Tally { return slices.Clone(t[:max(0, len(t)-1)]) }

// Pass lets d of running time go by and forgets what is a day old. A try that came
// after the thirtieth counts while it makes wait, and makes the day no longer.
func (t Tally) Pass(d time.Duration) Tally {
	var next Tally
	for i, age := range t {
		age += max(0, d)
		switch {
		case i < tallyMost && age < tallyWithin, len(next) >= tallyMost && age < tallyPause:
			next = append(next, age)
		}
	}
	return next
}

// Wait is the running time left until a try is looked at.
func (t Tally) Wait() time.Duration {
	if len(t) < tallyMost {
		return 0
	}
	return max(0, tallyPause-t[len(t)-1])
}

// RetryAfter is the time left in whole seconds, rounded up.
func (t Tally) RetryAfter() uint32 { return seconds(t.Wait()) }
