package mqtt

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// writeTimeout bounds one write to a frozen peer.
const writeTimeout = time.Second

// conn is a socket that can fall silent. It lies below TLS, so that a muted
// line sends nothing at all: no record, no alert, no DISCONNECT.
//
//	open ──Mute──▶ silent ──release──▶ closed
//	  └──Close, release──────────────────▲
//
// Silent, a Write is swallowed, a Read waits, and Close only frees the readers:
// the peer must time out by itself, as if the car had entered a tunnel.
type conn struct {
	net.Conn
	open   func() error // while the line opens: not nil once the opening was called off
	ready  atomic.Bool  // the line is open, open is not asked any more
	muted  atomic.Bool
	writes sync.RWMutex // held for reading by each Write, so that Mute can wait for it
	shut   sync.Once
	gone   chan struct{} // closed by Close
}

func newConn(raw net.Conn, open func() error) *conn {
	return &conn{Conn: raw, open: open, gone: make(chan struct{})}
}

// past is a deadline that wakes whoever is blocked.
var past = time.Unix(1, 0)

// Mute makes the socket silent for good. A write under way is cut short.
func (c *conn) Mute() {
	c.muted.Store(true)
	_ = c.Conn.SetDeadline(past)
	c.writes.Lock()
	//lint:ignore SA2001 nothing to do here but to have waited
	c.writes.Unlock()
}

// Write sends p, or swallows it once muted.
func (c *conn) Write(p []byte) (int, error) {
	c.writes.RLock()
	defer c.writes.RUnlock()
	if !c.ready.Load() {
		if err := c.open(); err != nil {
			return 0, err
		}
	}
	// First the deadline, then the look: a Mute in between still cuts the write.
	if err := c.Conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	if c.muted.Load() {
		return c.swallow(p)
	}
	n, err := c.Conn.Write(p)
	if err != nil && c.muted.Load() {
		return c.swallow(p)
	}
	return n, err
}

func (c *conn) swallow(p []byte) (int, error) {
	select {
	case <-c.gone:
		return 0, net.ErrClosed
	default:
		return len(p), nil
	}
}

// Read returns what came in; muted, it waits for Close.
func (c *conn) Read(p []byte) (int, error) {
	if !c.muted.Load() {
		n, err := c.Conn.Read(p)
		if !c.muted.Load() {
			return n, err
		}
	}
	<-c.gone
	return 0, net.ErrClosed
}

// SetDeadline sets the deadline of reads. Each write has its own.
func (c *conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// SetReadDeadline does not wake a muted socket again.
func (c *conn) SetReadDeadline(t time.Time) error {
	err := c.Conn.SetReadDeadline(t)
	if c.muted.Load() {
		err = c.Conn.SetReadDeadline(past)
	}
	return err
}

// SetWriteDeadline does nothing: each write has its own deadline.
func (c *conn) SetWriteDeadline(time.Time) error { return nil }

// Close closes the socket; a muted one stays open until release.
func (c *conn) Close() error {
	c.shut.Do(func() { close(c.gone) })
	if c.muted.Load() {
		return nil
	}
	return c.Conn.Close()
}

// release closes the socket, muted or not.
func (c *conn) release() {
	c.shut.Do(func() { close(c.gone) })
	_ = c.Conn.Close()
}
