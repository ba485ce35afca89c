package mqtt

import "net"

// Socket is the muting socket, for its own tests.
type Socket struct{ *socket }

// NewSocket wraps raw, ready to be used.
func NewSocket(raw net.Conn) Socket {
	c := newSocket(raw, nil)
	c.ready.Store(true)
	return Socket{c}
}

// Release closes the socket, muted or not.
func (s Socket) Release() { s.release() }
