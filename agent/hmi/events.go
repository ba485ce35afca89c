package hmi

import (
	"sync"

	"github.com/godbus/dbus/v5"
)

// maxEvents bounds the signals that wait for the bus.
const maxEvents = 4096

// event is a signal that waits to be sent. The zero event stands for a look at
// the views: what changed is told in its place among the signals.
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

func (e *events) add(ev event) {
	e.mu.Lock()
	if n := len(e.list); n == 0 || ev.name != "" || e.list[n-1].name != "" { // one look is enough
		if n == maxEvents {
			e.list = e.list[1:]
			e.lost++
		}
		e.list = append(e.list, ev)
	}
	e.mu.Unlock()
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

func (e *events) take() (list []event, lost uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	list, lost = e.list, e.lost
	e.list, e.lost = nil, 0
	return list, lost
}

func (f *Face) post(ev event) { f.events.add(ev) }

// Refresh has Run look at the views and announce what differs from what the bus
// was told last. It never blocks and may be called with the Cabin's lock held;
// many calls in a row are one look.
func (f *Face) Refresh() { f.post(event{}) }

// tell sends what waits.
func (f *Face) tell() {
	list, lost := f.events.take()
	if lost > 0 {
		f.log.Warn("signals lost", "count", lost)
	}
	for _, ev := range list {
		if ev.name == "" {
			f.announce()
			continue
		}
		f.emit(ev.path, ev.name, ev.values...)
	}
}

// emit sends one signal. When the bus is gone Run ends by itself.
func (f *Face) emit(path dbus.ObjectPath, name string, values ...any) {
	if err := f.conn.Emit(path, name, values...); err != nil && f.conn.Connected() {
		f.log.Warn("signal not sent", "signal", name, "err", err)
	}
}
