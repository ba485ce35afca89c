package console

import (
	"encoding/json"
	"slices"
	"sync"
)

// Console is the view that sees every event; All among an event's views makes it
// everybody's.
const (
	Console = "console"
	All     = "all"
)

// Event is something that happened in the world. docs/console.md says which kinds there
// are.
type Event struct {
	ID    uint64 // counts from 1
	Kind  string
	Key   string
	Views []string // that see it, beside Console
	Data  any      // a json.RawMessage: marshalled once, by Append
}

// seenBy reports whether a view sees the event.
func (e *Event) seenBy(view string) bool {
	return view == Console || slices.Contains(e.Views, view) || slices.Contains(e.Views, All)
}

// What the ring holds at most: the newest events, and fewer where they are large.
const (
	ringEvents = 10_000
	ringBytes  = 32 << 20
)

// Log is what happened in a world, in order: the newest events of all, and of what is
// retained the newest of each key. It may be used by several goroutines.
//
//	Append ──▶ ring (newest 10,000) ──▶ Since: what came after an id
//	      └──▶ retained (newest a key) ─▶ Since: all that is known, where the ring begins later
type Log struct {
	mu       sync.Mutex
	ring     []*Event                 // guarded by mu; event id lies at (id-1) mod ringEvents
	first    uint64                   // guarded by mu; the oldest id in the ring
	last     uint64                   // guarded by mu; the newest id, 0 before the first
	bytes    int                      // guarded by mu; of what the ring holds
	retained map[string]*shelf        // guarded by mu; by kind
	newest   map[string]uint64        // guarded by mu; the newest id that a view sees
	lost     map[string]uint64        // guarded by mu; the newest id that a view saw and the ring holds no more
	waiting  map[string]chan struct{} // guarded by mu; by view, closed at its next event
}

// NewLog makes an empty log.
func NewLog() *Log {
	return &Log{
		ring: make([]*Event, ringEvents), first: 1, retained: map[string]*shelf{},
		newest: map[string]uint64{}, lost: map[string]uint64{}, waiting: map[string]chan struct{}{},
	}
}

// Append adds an event for some views. The data is what JSON makes of it now: it may
// change afterwards.
func (l *Log) Append(kind, key string, views []string, data any) {
	raw, err := json.Marshal(data)
	if err != nil {
		raw, _ = json.Marshal(map[string]string{"error": err.Error()}) // a number that is none came from a wire
	}
	e := &Event{Kind: kind, Key: key, Views: views, Data: json.RawMessage(raw)}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	e.ID = l.last
	if l.last-l.first == ringEvents {
		l.drop()
	}
	l.ring[(e.ID-1)%ringEvents] = e
	for l.bytes += e.size(); l.bytes > ringBytes && l.first < l.last; {
		l.drop()
	}
	if l.retained[kind] == nil {
		l.retained[kind] = newShelf(kind)
	}
	l.retained[kind].put(e)
	l.newest[Console] = e.ID
	for _, view := range views {
		l.newest[view] = e.ID
	}
	l.wake(views)
}

// size is about what an event takes.
func (e *Event) size() int { return len(e.Data.(json.RawMessage)) + len(e.Key) + 100 }

// drop takes the oldest event out of the ring; mu is held.
func (l *Log) drop() {
	place := &l.ring[(l.first-1)%ringEvents]
	for _, view := range (*place).Views {
		l.lost[view] = l.first
	}
	l.lost[Console] = l.first
	l.bytes -= (*place).size()
	*place = nil
	l.first++
}

// wake ends the wait of whoever sees an event for these views; mu is held.
func (l *Log) wake(views []string) {
	everybody := slices.Contains(views, All)
	for view, wait := range l.waiting {
		if everybody || view == Console || slices.Contains(views, view) {
			close(wait)
			delete(l.waiting, view)
		}
	}
}

// Since returns what a view sees after an id, oldest first. With reset what is known
// begins anew: all that is retained follows, as at id 0, of an id that the log never gave,
// and where something was lost since. wait is closed when there is more.
func (l *Log) Since(id uint64, view string) (events []Event, reset bool, wait <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting[view] == nil {
		l.waiting[view] = make(chan struct{})
	}
	wait = l.waiting[view]
	if id == 0 || id > l.last || id < max(l.lost[view], l.lost[All]) {
		return l.known(view), true, wait
	}
	if max(l.newest[view], l.newest[All]) <= id {
		return nil, false, wait
	}
	for next := max(id+1, l.first); next <= l.last; next++ {
		if e := l.ring[(next-1)%ringEvents]; e.seenBy(view) {
			events = append(events, *e)
		}
	}
	return events, false, wait
}

// known is what is retained for a view, oldest first; mu is held.
func (l *Log) known(view string) []Event {
	var events []Event
	for _, s := range l.retained {
		for e := range s.all() {
			if e.seenBy(view) {
				events = append(events, *e)
			}
		}
	}
	slices.SortFunc(events, func(a, b Event) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return events
}
