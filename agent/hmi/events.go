package hmi

import (
	"sync"

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
	look bool    // guarded by mu: the views may differ from what the bus was told
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

func (e *events) take() (list []event, look bool, lost uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	list, look, lost = e.list, e.look, e.lost
	e.list, e.look, e.lost = nil, false, 0
	return list, look, lost
}

// Refresh has Run look at the views and announce what differs from what the bus
// was told last. It never blocks and may be called with the Cabin's lock held;
// many calls in a row are one look.
func (f *Face) Refresh() { f.events.change(func(e *events) { e.look = true }) }

// tell sends what waits, first what the views say, so that whoever hears a
// signal knows the state already.
func (f *Face) tell() {
	list, look, lost := f.events.take()
	if lost > 0 {
		f.log.Warn("signals lost", "count", lost)
	}
	if look {
		f.announce()
	}
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
