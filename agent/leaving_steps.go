package agent

import (
	"time"

	"glovebox/telemetry/outside"
)

// step takes a cue at a moment.
func (l *leaving) step(c cue, at time.Duration) {
	for _, m := range moves {
		if m.from == l.is && m.cue == c {
			l.is = m.to
			l.follow(c, at)
			return
		}
	}
}

// follow does to the timers what a cue means that was taken.
func (l *leaving) follow(c cue, at time.Duration) {
	switch c {
	case signsIn, ignitionOff:
		l.sign, l.lone = at, outside.Never
		l.opened, l.fromOutside, l.emptied = false, false, l.seat == off
		l.refuels, l.refuelled = false, false
		l.closed, l.leave = outside.Never, outside.Never
		if c == ignitionOff && l.door == on { // opened before: it closes behind who gets out
			l.opened = true
			l.step(doorOpens, at)
		}
	case driverOut:
		l.asOff, l.lone, l.opened, l.emptied = true, outside.Never, true, true
		l.refuels, l.refuelled, l.fromOutside = false, false, false
		l.leave = l.closed + l.leaveAfter
		if l.door == on {
			l.step(doorOpens, at)
		}
	case doorCloses:
		if l.closed == outside.Never {
			l.closed = at
			l.leave = at + l.leaveAfter
			l.longer()
		}
	case belted, seated:
		l.refuelled = l.refuelled || l.refuels
		l.closed, l.leave = outside.Never, outside.Never
	case lockedSeated:
		l.closed = min(l.closed, at)
		l.leave = min(l.leave, at+l.leaveAfter)
		l.emptied, l.refuelled = false, true // neither seat nor flap puts it off any more
	case ignitionOn:
		l.asOff = false
	}
}

// look is told how the car moves, and lets time act. It reports whether the driver has
// left.
func (l *leaving) look(moving, parked bool, now time.Duration) bool {
	if moving {
		l.moved = now
	}
	if moving || !parked && l.ignition == on {
		l.asOff, l.lone = false, outside.Never
	}
	stopped, since := l.stopped(moving, now)
	switch {
	case l.is == driving && stopped:
		l.step(ignitionOff, since)
	case !stopped && !l.asOff && l.is != driving && l.is != gone:
		l.step(ignitionOn, now)
	}
	for {
		at, c := l.next()
		if at > now {
			return l.is == gone
		}
		l.step(c, at)
	}
}

// stopped reports whether the ignition is off, and since when. Where nobody says so, as
// on a bus that is silent, it is off unless the car moves.
func (l *leaving) stopped(moving bool, now time.Duration) (stopped bool, since time.Duration) {
	switch {
	case l.ignition == off:
		return true, now
	case l.ignition == on && now-l.heard < busSilent, moving:
		return false, 0
	}
	return true, min(now, max(l.heard, l.moved))
}

// next is what time does next, and when.
func (l *leaving) next() (at time.Duration, c cue) {
	switch l.is {
	case gone:
		return outside.Never, ""
	case driving:
		// The seat must have become empty while the door was open.
		if l.lone != outside.Never && l.closed != outside.Never && l.seat == off && l.seatAt >= l.lone && l.seatAt <= l.closed {
			return max(l.seatAt+seatFor, l.closed), driverOut
		}
		return outside.Never, ""
	}
	at, c = l.sign+l.idleAfter, idleAfter
	if l.leave < at {
		at, c = l.leave, leaveAfter
	}
	if back := max(l.seatAt, l.doorAt) + seatFor; l.is == away && l.seat == on && l.emptied && back < at {
		at, c = back, seated
	}
	return at, c
}

// due is when time does something if the car says nothing more. A car that still moves
// when its bus has fallen silent is looked at when it stops.
func (l *leaving) due() time.Duration {
	at, _ := l.next()
	if silent := l.heard + busSilent; l.is == driving && l.ignition == on && l.moved < silent {
		at = min(at, silent)
	}
	return at
}
