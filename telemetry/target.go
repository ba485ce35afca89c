package telemetry

import (
	"context"
	"errors"
	"sync"
	"time"
)

// renewal is how long after a session's end the line opens again, whoever's
// session it was.
const renewal = 500 * time.Millisecond

var (
	errCalledOff  = errors.New("no line is opened now")
	errHandedOver = errors.New("another process opens the line")
)

// ErrSilenced is the cause why the context of a dial ends where the driver wants silence.
// The dial then does not close what it has opened, which would be seen: it returns it as
// a line that has ended, and whose socket stays open, silent, until Close.
var ErrSilenced = errors.New("the driver wants silence")

// target is what the cabin wants of the line, and the line it has. Its lock is
// held for moments only, so the cabin may call while it holds its own.
type target struct {
	wake   chan struct{} // has one element when something changed
	giveUp time.Duration // after the last byte, the broker has given a silent line up

	mu      sync.Mutex
	epoch   string                  // guarded by mu
	version uint64                  // guarded by mu; version of the access document
	muted   bool                    // guarded by mu; the driver wants silence
	renewAt time.Time               // guarded by mu; when a line is to open after a session's end
	rest    rest                    // guarded by mu; the pause under way, or the last one
	callOff context.CancelCauseFunc // guarded by mu; of the dial under way
	line    Connection              // guarded by mu; the newest line, a muted one even after its end
	silence *time.Timer             // guarded by mu; closes a muted line
	opensAt time.Time               // guarded by mu; of a muted line: the broker must have given it up
	over    bool                    // guarded by mu; another process opens the next line
	socket  int                     // guarded by mu; once over: of a silent line; -1: none
	held    time.Time               // guarded by mu; until then a line of the process before is silent
}

// rest is a pause between two lines.
type rest struct {
	due   time.Time
	last  time.Duration // how long, before it was cut; zero after a session's end
	brisk time.Time     // until then no pause is a long one
}

// wakeUp tells Deliver to look again.
func (h *target) wakeUp() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// renew asks for a new line with a new epoch.
func (h *target) renew(epoch string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.epoch = epoch
	h.renewAt = time.Now().Add(renewal)
	if h.callOff != nil {
		h.callOff(nil)
	}
	h.wakeUp()
}

// mute makes the line silent, or allows a new one.
func (h *target) mute(on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.muted = on
	if on && h.callOff != nil {
		h.callOff(ErrSilenced)
	}
	if on {
		h.fallSilent()
	}
	h.wakeUp()
}

// fallSilent silences the line there is. Its socket is closed when the broker must
// have given it up by itself, whatever the driver wants meanwhile: a line that goes on
// or closes sooner is no tunnel. Called with mu held.
func (h *target) fallSilent() {
	if h.line == nil || h.silence != nil {
		return
	}
	line := h.line
	line.Mute()
	h.opensAt = line.Written().Add(h.giveUp)
	h.silence = time.AfterFunc(time.Until(h.opensAt), func() { line.Close(); h.wakeUp() })
}

// quiet reports whether nothing may be opened or closed now. Called with mu held.
func (h *target) quiet() bool {
	now := time.Now()
	return h.muted || h.silence != nil && now.Before(h.opensAt) || now.Before(h.held)
}

// opens returns the time before which no line opens, if silence is over but for that.
func (h *target) opens() (at time.Time, waits bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.muted || !h.quiet() {
		return time.Time{}, false
	}
	return later(h.opensAt, h.held), true
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// setVersion changes the version that the state shows.
func (h *target) setVersion(version uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.version = version
	h.wakeUp()
}

// begin returns what a line opens with now, or errCalledOff, also where a session has just
// ended: the line opens at its time. It closes what is left of the line before. The context
// ends when the dial is to be given up.
func (h *target) begin(ctx context.Context) (dialing context.Context, epoch string, version uint64, err error) {
	h.mu.Lock()
	if h.over && !h.quiet() {
		h.mu.Unlock()
		return nil, "", 0, errHandedOver
	}
	if h.quiet() || !h.renewAt.IsZero() {
		h.mu.Unlock()
		return nil, "", 0, errCalledOff
	}
	left := h.release()
	dialing, h.callOff = context.WithCancelCause(ctx)
	epoch, version = h.epoch, h.version
	h.mu.Unlock()
	if left != nil {
		left.Close()
	}
	return dialing, epoch, version, nil
}

// opened takes over a new line, or nil if there is none. One that was silenced while it
// opened is silent, whatever the driver wants meanwhile.
func (h *target) opened(l Connection, silenced bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.callOff(nil)
	h.callOff = nil
	h.line = l
	if h.muted || silenced {
		h.fallSilent()
	}
}

// state is what the line should show now, and whether it is the right line for
// it: of the current epoch, and not silenced while silence is over.
func (h *target) state(epoch string) (version uint64, fits bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.version, h.ours(epoch) && (h.silence == nil || h.quiet())
}

// keeps reports whether no session has ended since a line opened in an epoch.
func (h *target) keeps(epoch string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ours(epoch)
}

// ours is keeps, with mu held.
func (h *target) ours(epoch string) bool { return h.epoch == epoch && h.renewAt.IsZero() }

// open is the line that there is; nil if there is none, or it is silent.
func (h *target) open() Connection {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.silence != nil {
		return nil
	}
	return h.line
}

// silent reports whether what is handed over now goes nowhere.
func (h *target) silent() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.silence != nil
}

// due returns when to open after a session's end, once, and until when no pause is long.
func (h *target) due() (at, brisk time.Time, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at, brisk, h.renewAt = h.renewAt, h.briskly(), time.Time{}
	return at, brisk, !at.IsZero()
}

// briskly is until when no pause is long after the session's end that is due, silent or
// not: the car tries as often in a tunnel. Called with mu held.
func (h *target) briskly() time.Time { return h.renewAt.Add(brisk) }

// rests notes the pause under way.
func (h *target) rests(r rest) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rest = r
}

// handOver keeps this process from opening another line. One that is open again after
// the session's end closes as at another one.
func (h *target) handOver() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.renewAt.IsZero() && !h.quiet() && time.Now().After(h.rest.due) {
		h.epoch, h.renewAt = "", time.Now().Add(renewal)
	}
	h.over, h.socket = true, -1
	if h.callOff != nil {
		h.callOff(nil)
	}
	if h.silence != nil && time.Now().Before(h.opensAt) {
		h.held = h.opensAt
		if line, ok := h.line.(keeper); ok {
			if fd, err := line.Keep(); err == nil {
				h.socket = fd
			}
		}
	}
	h.wakeUp()
}

// left is what is left to the next process, once this one opens no line any more.
func (h *target) left() Left {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := Left{Opens: h.rest.due, Pause: h.rest.last, Brisk: h.rest.brisk, Silent: h.held, Socket: h.socket}
	if !h.renewAt.IsZero() {
		l.Opens, l.Pause, l.Brisk = h.renewAt, 0, h.briskly()
	}
	return l
}

// keeper is a line whose socket can outlive it.
type keeper interface {
	// Keep returns a second descriptor of the socket.
	Keep() (descriptor int, err error)
}

// closeUnused closes a line that is not in use any more. While silent its socket stays
// open: closing would be seen.
func (h *target) closeUnused() {
	h.mu.Lock()
	if h.quiet() {
		h.mu.Unlock()
		return
	}
	l := h.release()
	h.mu.Unlock()
	if l == nil {
		return
	}
	l.Close()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.renewAt.IsZero() { // readers see the close, however late a busy machine comes to it
		h.renewAt = later(h.renewAt, l.Written().Add(renewal))
	}
}

// end closes the line, muted or not.
func (h *target) end() {
	h.mu.Lock()
	l := h.release()
	h.mu.Unlock()
	if l != nil {
		l.Close()
	}
}

// release hands the line out to be closed. Called with mu held.
func (h *target) release() Connection {
	l := h.line
	h.line = nil
	if h.silence != nil {
		h.silence.Stop()
		h.silence = nil
	}
	return l
}
