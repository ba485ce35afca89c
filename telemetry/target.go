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

var errCalledOff = errors.New("no line is opened now")

// target is what the cabin wants of the line, and the line it has. Its lock is
// held for moments only, so the cabin may call while it holds its own.
type target struct {
	wake   chan struct{} // has one element when something changed
	giveUp time.Duration // after the last byte, the broker has given a silent line up

	mu      sync.Mutex
	epoch   string             // guarded by mu
	version uint64             // guarded by mu; version of the access document
	muted   bool               // guarded by mu; the driver wants silence
	renewAt time.Time          // guarded by mu; when a line is to open after a session's end
	renewed time.Time          // guarded by mu; the last renewAt
	callOff context.CancelFunc // guarded by mu; of the dial under way
	line    Connection         // guarded by mu; the newest line, a muted one even after its end
	silence *time.Timer        // guarded by mu; closes a muted line
	opensAt time.Time          // guarded by mu; of a muted line: the broker must have given it up
	over    bool               // guarded by mu; another process opens the next line
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
	h.renewed = h.renewAt
	if h.callOff != nil {
		h.callOff()
	}
	h.wakeUp()
}

// mute makes the line silent, or allows a new one.
func (h *target) mute(on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.muted = on
	if on && h.callOff != nil {
		h.callOff()
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
	return h.muted || h.silence != nil && time.Now().Before(h.opensAt)
}

// opens returns the time before which no line opens, if silence is over but for that.
func (h *target) opens() (at time.Time, waits bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.muted || !h.quiet() {
		return time.Time{}, false
	}
	return h.opensAt, true
}

// setVersion changes the version that the state shows.
func (h *target) setVersion(version uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.version = version
	h.wakeUp()
}

// begin returns what a line opens with now, or errCalledOff. It closes what is
// left of the line before. The context ends when the dial is to be given up.
func (h *target) begin(ctx context.Context) (dialing context.Context, epoch string, version uint64, err error) {
	h.mu.Lock()
	if h.over || h.quiet() {
		h.mu.Unlock()
		return nil, "", 0, errCalledOff
	}
	left := h.release()
	dialing, h.callOff = context.WithCancel(ctx)
	epoch, version = h.epoch, h.version
	h.mu.Unlock()
	if left != nil {
		left.Close()
	}
	return dialing, epoch, version, nil
}

// opened takes over a new line, or nil if there is none.
func (h *target) opened(l Connection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.callOff()
	h.callOff = nil
	h.line = l
	if h.muted {
		h.fallSilent()
	}
}

// state is what the line should show now, and whether it is the right line for
// it: of the current epoch, and not silenced while silence is over.
func (h *target) state(epoch string) (version uint64, fits bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.version, h.epoch == epoch && h.renewAt.IsZero() && (h.silence == nil || h.quiet())
}

// silent reports whether what is handed over now goes nowhere.
func (h *target) silent() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.silence != nil
}

// due returns when to open after a session's end, once.
func (h *target) due() (at time.Time, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at, h.renewAt = h.renewAt, time.Time{}
	return at, !at.IsZero()
}

// handOver keeps this process from opening another line. It returns when the next one
// may open, and a descriptor of a silent line, -1 where there is none.
func (h *target) handOver() (opens time.Time, silent int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.over = true
	if h.callOff != nil {
		h.callOff()
	}
	opens, silent = h.renewAt, -1
	if opens.IsZero() {
		opens = h.renewed
	}
	if line, ok := h.line.(keeper); ok && h.silence != nil && time.Now().Before(h.opensAt) {
		if fd, err := line.Keep(); err == nil {
			opens, silent = h.opensAt, fd
		}
	}
	return opens, silent
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
	if l != nil {
		l.Close()
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
