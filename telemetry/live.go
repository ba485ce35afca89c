package telemetry

import (
	"slices"
	"sync"

	"glovebox/telemetry/outside"
)

// live holds what is worthless once something newer exists: one message per
// mailbox and kind, in memory only, the newest wins. While no line is open it
// holds nothing.
type live struct {
	mu      sync.Mutex
	open    bool    // guarded by mu
	last    uint64  // guarded by mu; number of the newest message
	waiting []fresh // guarded by mu
}

// fresh is one live message; its number tells it from whatever takes its place.
type fresh struct {
	number   uint64
	released outside.Released
}

// put keeps r if a line is open.
func (l *live) put(r outside.Released) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.open {
		return
	}
	l.last++
	same := func(w fresh) bool {
		return w.released.Mailbox() == r.Mailbox() && w.released.Kind() == r.Kind()
	}
	if i := slices.IndexFunc(l.waiting, same); i >= 0 {
		l.waiting[i] = fresh{l.last, r}
	} else {
		l.waiting = append(l.waiting, fresh{l.last, r})
	}
}

// peek returns all messages, the one to go first first; they stay.
func (l *live) peek() []fresh {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.waiting)
}

// take removes one message and reports whether it was still there.
func (l *live) take(number uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := len(l.waiting)
	l.waiting = slices.DeleteFunc(l.waiting, func(w fresh) bool { return w.number == number })
	return len(l.waiting) < before
}

// purge removes what keep refuses.
func (l *live) purge(keep func(outside.Released) bool) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := len(l.waiting)
	l.waiting = slices.DeleteFunc(l.waiting, func(w fresh) bool { return !keep(w.released) })
	return before - len(l.waiting)
}

// switchTo opens or closes the queue, and returns what waited. Closed, it holds nothing.
func (l *live) switchTo(open bool) (waited []fresh) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = open
	waited, l.waiting = l.waiting, nil
	return waited
}
