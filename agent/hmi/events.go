package hmi

import (
	"sync"
	"time"

	"github.com/godbus/dbus/v5"
)

// maxEvents bounds the signals that wait for the bus.
const maxEvents = 4096

// event is a signal that waits to be sent.
type event struct {
	path   dbus.ObjectPath
	name   string
	values []any
}

// events keeps signals in order between whoever raises them, who never waits,
// and Run. When the bus takes none for so long that it is full, the oldest is
// lost and counted.
type events struct {
	wake chan struct{}

	mu   sync.Mutex
	list []event // guarded by mu
	lost uint64  // guarded by mu
}

func newEvents() *events { return &events{wake: make(chan struct{}, 1)} }

// change runs f under the lock and wakes Run.
func (e *events) change(f func(*events)) {
	e.mu.Lock()
	f(e)
	e.mu.Unlock()
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

func (e *events) add(ev event) {
	e.change(func(e *events) {
		if len(e.list) == maxEvents {
			e.list = e.list[1:]
			e.lost++
		}
		e.list = append(e.list, ev)
	})
}

func (e *events) take() (list []event, lost uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	list, lost = e.list, e.lost
	e.list, e.lost = nil, 0
	return list, lost
}

// Refresh has Run look at the views and announce what differs from what the bus
// was told last. It never blocks and may be called with the Cabin's lock held;
// many calls in a row are one look.
func (f *Face) Refresh() { f.events.change(func(*events) {}) }

// tell sends what waits. Of a session that ends the bus hears first, then what the
// views say, then the rest: whoever hears that settings changed knows whose they
// are (docs/contract.md, Signals and their order). Between Ending and Ended the views
// are not told: they may be those of what comes next.
func (f *Face) tell() {
	list, lost := f.events.take()
	if lost > 0 {
		f.log.Warn("signals lost", "count", lost)
	}
	first := 0
	for i, ev := range list {
		switch ev.name {
		case sessionEnding:
			deadline, _ := ev.values[1].(uint64)
			f.endsBy = time.Now().Add(time.Duration(deadline)*time.Millisecond + time.Second)
			first = i + 1
		case sessionEnded:
			f.endsBy = time.Time{}
			first = i + 1
		}
	}
	f.emitAll(list[:first])
	if time.Now().After(f.endsBy) {
		f.announce()
	}
	f.emitAll(list[first:])
}

func (f *Face) emitAll(list []event) {
	for _, ev := range list {
		f.emit(ev.path, ev.name, ev.values...)
	}
}

// emit sends one signal. When the bus is gone Run ends by itself.
func (f *Face) emit(path dbus.ObjectPath, name string, values ...any) {
	if err := f.conn.Emit(path, name, values...); err != nil && f.conn.Connected() {
		f.log.Warn("signal not sent", "signal", name, "err", err)
	}
}
