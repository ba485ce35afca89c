package hmi

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"glovebox/profiles"
)

// queue brings calls back into the order in which they arrived: godbus hands
// each to a goroutine of its own. The calls of one sender run one after the
// other. Of the calls that start a session only the newest of all senders runs;
// older ones are ended with ErrSuperseded.
type queue struct {
	mu       sync.Mutex
	budgets  map[uint32]*budget   // guarded by mu: one a user who may call
	senders  map[string][]*ticket // guarded by mu: the open calls of each; the first runs, or waits for a token
	passed   map[callID][]*ticket // guarded by mu: calls that godbus still brings
	starting []*ticket            // guarded by mu: the calls that start a session and are open
	coming   []*ticket            // guarded by mu: those of them whose options were not looked at yet
	newest   uint64               // guarded by mu: the number of the newest such call
}

// callID tells the calls apart that are open, but for a sender that gives two the
// same serial.
type callID struct {
	sender string
	serial uint32
}

// ticket is one call's place.
type ticket struct {
	queue   *queue
	budget  *budget
	from    caller
	sender  string
	number  uint64
	starts  bool      // Login or StartGuest
	ready   time.Time // it has a token from then on
	instead *ticket   // whose place in a full line it takes
	begun   bool      // it no longer waits
	files   []int     // that came with it
	ctx     context.Context
	end     context.CancelCauseFunc
	turn    chan struct{} // closed when it is the first of its sender
}

func newQueue() *queue {
	return &queue{budgets: map[uint32]*budget{}, senders: map[string][]*ticket{}, passed: map[callID][]*ticket{}}
}

// take counts a call of a user, nil where the user has too many.
func (q *queue) take(user uint32, limits Limits, starts bool) *ticket {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	if q.budgets[user] == nil {
		q.budgets[user] = newBudget(limits, now)
	}
	return q.budgets[user].take(now, starts)
}

// arrive gives a call its place. It is called in the order of the bus and never
// blocks.
func (q *queue) arrive(ctx context.Context, t *ticket, id callID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	t.queue, t.sender, t.turn = q, id.sender, make(chan struct{})
	t.ctx, t.end = context.WithCancelCause(ctx)
	if t.instead != nil {
		t.instead.end(profiles.ErrSuperseded)
		q.judge(t.instead)
		q.remove(t.instead)
		t.instead = nil
	}
	t.budget.open = append(t.budget.open, t)
	if t.starts {
		q.coming = append(q.coming, t)
	}
	q.passed[id] = append(q.passed[id], t)
	line := append(q.senders[id.sender], t)
	q.senders[id.sender] = line
	if len(line) == 1 {
		close(t.turn)
	}
}

// claim hands a call its ticket.
func (q *queue) claim(id callID) *ticket {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.passed[id]
	if len(all) == 0 {
		return nil
	}
	if len(all) == 1 {
		delete(q.passed, id)
	} else {
		q.passed[id] = all[1:]
	}
	return all[0]
}

// supersede makes a call that starts a session the newest one and ends the
// older ones, running or not.
func (t *ticket) supersede() error {
	q := t.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	q.judge(t)
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

// judge is told that the options of a call were looked at. The caller holds mu.
func (q *queue) judge(t *ticket) {
	q.coming = slices.DeleteFunc(q.coming, func(o *ticket) bool { return o == t })
}

// judged reports whether each call that starts a session has taken the place of those
// before it, or cannot.
func (q *queue) judged() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.coming) == 0
}

// wait returns when it is this call's turn, or with the cause of its end.
func (t *ticket) wait() error {
	select {
	case <-t.turn:
	case <-t.ctx.Done():
		return context.Cause(t.ctx)
	}
	if pause := time.Until(t.ready); pause > 0 {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-t.ctx.Done():
		}
	}
	t.queue.mu.Lock()
	defer t.queue.mu.Unlock()
	t.begun = true
	return context.Cause(t.ctx)
}

// leave gives the place to the sender's next call.
func (t *ticket) leave() {
	t.end(context.Canceled)
	for _, fd := range t.files {
		_ = unix.Close(fd)
	}
	q := t.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	q.starting = slices.DeleteFunc(q.starting, func(o *ticket) bool { return o == t })
	q.judge(t)
	q.remove(t)
}

// remove takes a ticket out of every line. The caller holds mu.
func (q *queue) remove(t *ticket) {
	t.budget.open = slices.DeleteFunc(t.budget.open, func(o *ticket) bool { return o == t })
	line := q.senders[t.sender]
	i := slices.Index(line, t)
	if i < 0 {
		return
	}
	line = slices.Delete(line, i, i+1)
	if len(line) == 0 {
		delete(q.senders, t.sender)
		return
	}
	q.senders[t.sender] = line
	if i == 0 {
		close(line[0].turn)
	}
}
