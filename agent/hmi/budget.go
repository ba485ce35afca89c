package hmi

import (
	"slices"
	"time"
)

// Limits bound what one user can ask for, whatever the number of its connections.
type Limits struct {
	PerSecond float64 // calls that run in a second
	Burst     int     // calls that run at once before that counts
	Waiting   int     // calls that wait beyond these; others are refused
}

func (l Limits) or(standard Limits) Limits {
	if l.PerSecond == 0 {
		l.PerSecond = standard.PerSecond
	}
	if l.Burst == 0 {
		l.Burst = standard.Burst
	}
	if l.Waiting == 0 {
		l.Waiting = standard.Waiting
	}
	return l
}

// budget is what one user has left: tokens of a bucket, one for each call that
// arrived, and places for calls that are open. A call that finds no token waits
// for the next.
type budget struct {
	limits Limits
	tokens float64 // less than zero: so many calls wait for one
	filled time.Time
	open   []*ticket // in the order of arrival
}

func newBudget(limits Limits, now time.Time) *budget {
	return &budget{limits: limits, tokens: float64(limits.Burst), filled: now}
}

// take counts a call and gives it a ticket, nil where the line is full. A call that
// starts a session is never refused for that: it takes the place of the oldest of
// its kind that waits, or one more, so that the newest of any burst is let in.
func (b *budget) take(now time.Time, starts bool) *ticket {
	b.tokens += now.Sub(b.filled).Seconds() * b.limits.PerSecond
	b.tokens = min(b.tokens, float64(b.limits.Burst))
	b.filled = now
	t := &ticket{budget: b, starts: starts}
	if !b.room(0) {
		i := slices.IndexFunc(b.open, func(o *ticket) bool { return o.starts && !o.begun })
		switch {
		case starts && i >= 0:
			t.instead, t.ready = b.open[i], b.open[i].ready
			return t
		case !starts || !b.room(1):
			return nil
		}
	}
	b.tokens--
	t.ready = now
	if b.tokens < 0 {
		t.ready = now.Add(time.Duration(-b.tokens / b.limits.PerSecond * float64(time.Second)))
	}
	return t
}

// room reports whether one more call has a place, with some places added.
func (b *budget) room(more int) bool {
	waiting := b.limits.Waiting + more
	return b.tokens > -float64(waiting) && len(b.open) < b.limits.Burst+waiting
}
