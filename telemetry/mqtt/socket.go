package mqtt

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"glovebox/telemetry"
)

// writeTimeout bounds one write to a frozen peer.
const writeTimeout = time.Second

// socket is a socket that can fall silent. It lies below TLS, so that a muted
// connection sends nothing at all: no record, no alert, no DISCONNECT.
//
//	open ──Mute──▶ silent ──release──▶ closed
//	  └──Close, release──────────────────▲
//
// Silent, a Write is swallowed, a Read waits, and Close only frees the readers:
// the peer must time out by itself, as if the car had entered a tunnel.
type socket struct {
	net.Conn
	open   func() error // while the connection opens: why the opening was called off, or nil
	ready  atomic.Bool  // the connection is open, open is not asked any more
	muted  atomic.Bool
	writes sync.RWMutex // held for reading by each Write, so that Mute can wait for it
	shut   sync.Once
	gone   chan struct{} // closed by Close

	written atomic.Pointer[time.Time] // when the kernel took the last byte, or the opening
}

func newSocket(raw net.Conn, open func() error) *socket {
	s := &socket{Conn: raw, open: open, gone: make(chan struct{})}
	now := time.Now()
	s.written.Store(&now)
	return s
}

// past is a deadline that wakes whoever is blocked.
var past = time.Unix(1, 0)

// Mute makes the socket silent for good. A write under way is cut short.
func (s *socket) Mute() {
	s.muted.Store(true)
	_ = s.Conn.SetDeadline(past)
	s.writes.Lock()
	//lint:ignore SA2001 nothing to do here but to have waited
	s.writes.Unlock()
}

// Write sends p, or swallows it once muted.
func (s *socket) Write(p []byte) (int, error) {
	s.writes.RLock()
	defer s.writes.RUnlock()
	if !s.ready.Load() {
		if err := s.open(); err != nil {
			return 0, err
		}
	}
	// First the deadline, then the look: a Mute in between still cuts the write.
	if err := s.Conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	if s.muted.Load() {
		return s.swallow(p)
	}
	n, err := s.Conn.Write(p)
	if n > 0 {
		now := time.Now()
		s.written.Store(&now)
	}
	if err != nil && s.muted.Load() {
		return s.swallow(p)
	}
	return n, err
}

func (s *socket) swallow(p []byte) (int, error) {
	select {
	case <-s.gone:
		return 0, net.ErrClosed
	default:
		return len(p), nil
	}
}

// Read returns what came in; muted, it waits for Close.
func (s *socket) Read(p []byte) (int, error) {
	if !s.muted.Load() {
		n, err := s.Conn.Read(p)
		if !s.muted.Load() {
			return n, err
		}
	}
	<-s.gone
	return 0, net.ErrClosed
}

// SetDeadline sets the deadline of reads. Each write has its own.
func (s *socket) SetDeadline(t time.Time) error { return s.SetReadDeadline(t) }

// SetReadDeadline does not wake a muted socket again.
func (s *socket) SetReadDeadline(t time.Time) error {
	err := s.Conn.SetReadDeadline(t)
	if s.muted.Load() {
		err = s.Conn.SetReadDeadline(past)
	}
	return err
}

// SetWriteDeadline does nothing: each write has its own deadline.
func (s *socket) SetWriteDeadline(time.Time) error { return nil }

// Close closes the socket; a muted one stays open until release, and one that is about
// to be.
func (s *socket) Close() error {
	s.shut.Do(func() { close(s.gone) })
	if s.muted.Load() || !s.ready.Load() && s.open() == telemetry.ErrSilenced {
		return nil
	}
	return s.Conn.Close()
}

// release closes the socket, muted or not.
func (s *socket) release() {
	s.shut.Do(func() { close(s.gone) })
	_ = s.Conn.Close()
}
