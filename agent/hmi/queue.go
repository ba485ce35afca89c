package hmi

import (
	"context"
	"slices"
	"sync"
	"time"

	"glovebox/profiles"
)

// Limits bound what one sender can ask for (docs/security.md, Budgets).
type Limits struct {
	PerSecond float64 // calls that run in a second; zero is 20
	Burst     int     // calls that run at once before that counts; zero is 40
	Waiting   int     // calls that wait for their turn, others are refused; zero is 8
}

func (l Limits) orDefault() Limits {
	if l.PerSecond == 0 {
		l.PerSecond = 20
	}
	if l.Burst == 0 {
		l.Burst = 40
	}
	if l.Waiting == 0 {
		l.Waiting = 8
	}
	return l
}

// queue brings calls back into the order in which they arrived: godbus hands
// each to a goroutine of its own. The calls of one sender run one after the
// other. Of the calls that start a session only the newest of all senders runs;
// older ones are ended with ErrSuperseded.
type queue struct {
	limits Limits

	mu       sync.Mutex
	arrivals uint64             // guarded by mu
	senders  map[string]*sender // guarded by mu
	starting []*ticket          // guarded by mu: the calls that start a session and are open
	newest   uint64             // guarded by mu: the number of the newest such call
}

// sender is the line of one unique name. The first of open runs, or waits for a
// token; the others wait for it.
type sender struct {
	open   []*ticket
	tokens float64
	filled time.Time
}

// ticket is one call's place.
type ticket struct {
	queue   *queue
	sender  string
	number  uint64
	starts  bool // Login or StartGuest
	refused bool // the line was full
	ctx     context.Context
	end     context.CancelCauseFunc
	turn    chan struct{} // closed when it is first in its line
}

func newQueue(limits Limits) *queue {
	return &queue{limits: limits.orDefault(), senders: map[string]*sender{}}
}

// arrive gives a call its place. It is called in the order of the bus and never
// blocks. A sender's newer start of a session takes the place of an older one
// that still waits, so that of any burst the last one is never refused.
func (q *queue) arrive(ctx context.Context, from string, starts bool) *ticket {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.arrivals++
	t := &ticket{queue: q, sender: from, number: q.arrivals, starts: starts, turn: make(chan struct{})}
	t.ctx, t.end = context.WithCancelCause(ctx)
	line := q.senders[from]
	if line == nil {
		line = &sender{tokens: float64(q.limits.Burst), filled: time.Now()}
		q.senders[from] = line
	}
	if starts {
		for _, older := range slices.Clone(line.open[min(1, len(line.open)):]) {
			if older.starts {
				older.end(profiles.ErrSuperseded)
				q.remove(older)
			}
		}
	}
	if len(line.open) > q.limits.Waiting {
		t.refused = true
		return t
	}
	line.open = append(line.open, t)
	if len(line.open) == 1 {
		close(t.turn)
	}
	return t
}

// supersede makes a call that starts a session the newest one and ends the
// older ones, running or not. It is called only for a caller who may call.
func (t *ticket) supersede() error {
	q := t.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	if t.number < q.newest {
		return profiles.ErrSuperseded
	}
	q.newest = t.number
	for _, older := range q.starting {
		older.end(profiles.ErrSuperseded)
	}
	q.starting = append(q.starting, t)
	return nil
}

// wait returns when it is this call's turn, or with the cause of its end.
func (t *ticket) wait() error {
	select {
	case <-t.turn:
	case <-t.ctx.Done():
		return context.Cause(t.ctx)
	}
	pause := t.queue.token(t.sender)
	if pause == 0 {
		return context.Cause(t.ctx)
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-t.ctx.Done():
		return context.Cause(t.ctx)
	}
}

// token takes one of the sender's tokens and says how long to wait for it.
func (q *queue) token(from string) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	line := q.senders[from]
	if line == nil { // the sender vanished
		return 0
	}
	now := time.Now()
	line.tokens += now.Sub(line.filled).Seconds() * q.limits.PerSecond
	line.tokens = min(line.tokens, float64(q.limits.Burst)) - 1
	line.filled = now
	if line.tokens >= 0 {
		return 0
	}
	return time.Duration(-line.tokens / q.limits.PerSecond * float64(time.Second))
}

// leave gives the place to the next call.
func (t *ticket) leave() {
	t.end(context.Canceled)
	q := t.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	q.starting = slices.DeleteFunc(q.starting, func(o *ticket) bool { return o == t })
	q.remove(t)
}

// remove takes a ticket out of its line. The caller holds mu.
func (q *queue) remove(t *ticket) {
	line := q.senders[t.sender]
	if line == nil {
		return
	}
	i := slices.Index(line.open, t)
	if i < 0 {
		return
	}
	line.open = slices.Delete(line.open, i, i+1)
	if i == 0 && len(line.open) > 0 {
		close(line.open[0].turn)
	}
}

// forget drops the line of a name that vanished. Its open calls go on.
func (q *queue) forget(from string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if line := q.senders[from]; line != nil {
		for _, t := range line.open[min(1, len(line.open)):] {
			close(t.turn)
		}
		delete(q.senders, from)
	}
}
