// Package testbroker is a broker for tests of the line: it runs in the test's
// own process on loopback, remembers all that was published and done, and can
// be stopped, started again on the same port, and reached through a proxy that
// cuts the line. Nothing but tests imports it.
package testbroker

import (
	"bytes"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
)

// Published is one message as the broker took it.
type Published struct {
	At       time.Time
	Client   string // the session's client id
	Topic    string
	Retained bool
	Will     bool
	Payload  []byte
}

// Event is something a client did to its connection.
type Event struct {
	At   time.Time
	What string // connect, disconnect (the packet), gone, will
}

// Broker is an embedded broker.
type Broker struct {
	t       testing.TB
	secure  *tls.Config
	address string

	mu        sync.Mutex
	server    *mochi.Server // guarded by mu
	published []Published   // guarded by mu
	events    []Event       // guarded by mu
	changed   chan struct{} // guarded by mu; closed at each change
}

// Start runs a broker until the test ends; secure may be nil.
func Start(t testing.TB, secure *tls.Config) *Broker {
	t.Helper()
	b := &Broker{t: t, secure: secure, address: "127.0.0.1:0", changed: make(chan struct{})}
	b.Run()
	t.Cleanup(b.Stop)
	return b
}

// Run starts the broker, again after Stop, on the port it had.
func (b *Broker) Run() {
	b.t.Helper()
	server := mochi.New(&mochi.Options{InlineClient: true, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err := server.AddHook(&hook{broker: b}, nil); err != nil {
		b.t.Fatal(err)
	}
	listener := listeners.NewTCP(listeners.Config{ID: "line", Address: b.address, TLSConfig: b.secure})
	if err := server.AddListener(listener); err != nil {
		b.t.Fatal(err)
	}
	if err := server.Serve(); err != nil {
		b.t.Fatal(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.server, b.address = server, listener.Address()
}

// Stop ends the broker; what it held is gone.
func (b *Broker) Stop() {
	b.mu.Lock()
	server := b.server
	b.server = nil
	b.mu.Unlock()
	if server != nil {
		_ = server.Close()
	}
}

// Address is host:port.
func (b *Broker) Address() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.address
}

// Publish publishes as the back end would.
func (b *Broker) Publish(topic string, payload string, retained bool) {
	b.t.Helper()
	b.mu.Lock()
	server := b.server
	b.mu.Unlock()
	if err := server.Publish(topic, []byte(payload), retained, 1); err != nil {
		b.t.Fatal(err)
	}
}

// Published is all that was published so far, wills too.
func (b *Broker) Published() []Published {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Published(nil), b.published...)
}

// Events is all that clients did to their connections so far.
func (b *Broker) Events() []Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Event(nil), b.events...)
}

// Count is how often what happened.
func (b *Broker) Count(what string) (n int) {
	for _, e := range b.Events() {
		if e.What == what {
			n++
		}
	}
	return n
}

// Wait waits until ok is true, at most 10 s. It asks when the broker sees
// something, and now and then.
func (b *Broker) Wait(what string, ok func() bool) {
	b.t.Helper()
	for timeout := time.After(10 * time.Second); ; {
		b.mu.Lock()
		changed := b.changed
		b.mu.Unlock()
		if ok() {
			return
		}
		select {
		case <-changed:
		case <-time.After(20 * time.Millisecond):
		case <-timeout:
			b.t.Fatalf("waited 10 s for: %s", what)
		}
	}
}

func (b *Broker) note(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *Broker) event(what string) {
	b.note(func() { b.events = append(b.events, Event{time.Now(), what}) })
}

// hook lets everybody in and writes down what happens.
type hook struct {
	mochi.HookBase
	broker *Broker
}

func (h *hook) ID() string { return "record" }

func (h *hook) Provides(b byte) bool {
	return bytes.Contains([]byte{
		mochi.OnConnectAuthenticate, mochi.OnACLCheck, mochi.OnSessionEstablished, mochi.OnPacketRead,
		mochi.OnDisconnect, mochi.OnPublished, mochi.OnWillSent,
	}, []byte{b})
}

func (h *hook) OnConnectAuthenticate(*mochi.Client, packets.Packet) bool { return true }
func (h *hook) OnACLCheck(*mochi.Client, string, bool) bool              { return true }

func (h *hook) OnSessionEstablished(*mochi.Client, packets.Packet) { h.broker.event("connect") }

func (h *hook) OnDisconnect(*mochi.Client, error, bool) { h.broker.event("gone") }

func (h *hook) OnPacketRead(_ *mochi.Client, p packets.Packet) (packets.Packet, error) {
	if p.FixedHeader.Type == packets.Disconnect {
		h.broker.event("disconnect")
	}
	return p, nil
}

func (h *hook) OnPublished(cl *mochi.Client, p packets.Packet) { h.publish(cl, p, false) }

func (h *hook) OnWillSent(cl *mochi.Client, p packets.Packet) {
	h.broker.event("will")
	h.publish(cl, p, true)
}

func (h *hook) publish(cl *mochi.Client, p packets.Packet, will bool) {
	m := Published{time.Now(), cl.ID, p.TopicName, p.FixedHeader.Retain, will, bytes.Clone(p.Payload)}
	h.broker.note(func() { h.broker.published = append(h.broker.published, m) })
}

// Proxy is a line to the broker that can be cut.
type Proxy struct {
	listener net.Listener
	wait     sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn // guarded by mu
	dials int        // guarded by mu
}

// NewProxy listens on loopback and passes bytes on to the broker until the test ends.
func NewProxy(b *Broker) *Proxy {
	b.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	p := &Proxy{listener: listener}
	p.wait.Go(func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", b.Address())
			if err != nil {
				_ = in.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, in, out)
			p.dials++
			p.mu.Unlock()
			p.wait.Go(func() { pass(out, in) })
			p.wait.Go(func() { pass(in, out) })
		}
	})
	b.t.Cleanup(func() {
		_ = listener.Close()
		p.Cut()
		p.wait.Wait()
	})
	return p
}

func pass(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	_ = to.Close()
	_ = from.Close()
}

// Address is host:port.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Cut breaks every connection there is, as a reset: bytes under way are lost.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = c.Close()
	}
	p.conns = nil
}

// Dials is how many connections were made.
func (p *Proxy) Dials() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dials
}
