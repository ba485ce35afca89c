package sim

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	server "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
)

// Broker is an MQTT broker inside the simulator, on loopback and open to all.
// It keeps everything in memory: a restart forgets what was retained.
type Broker struct {
	Address string // host:port, the same after a restart
	log     *slog.Logger

	mu      sync.Mutex
	running *server.Server // guarded by mu; nil while stopped
}

// StartBroker starts a broker on a free port.
func StartBroker(log *slog.Logger) (*Broker, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	b := &Broker{Address: listener.Addr().String(), log: log}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.serve(listener); err != nil {
		return nil, err
	}
	return b, nil
}

// URL is where MQTT clients connect to.
func (b *Broker) URL() string { return "tcp://" + b.Address }

// Start starts a broker that was stopped.
func (b *Broker) Start() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.running != nil {
		return errors.New("broker: it runs already")
	}
	listener, err := net.Listen("tcp", b.Address)
	if err != nil {
		return fmt.Errorf("broker: %w", err)
	}
	return b.serve(listener)
}

// serve runs a fresh server; mu is held.
func (b *Broker) serve(on net.Listener) error {
	fresh, in := server.New(&server.Options{Logger: b.log}), &listener{Listener: on, open: map[net.Conn]bool{}}
	err := errors.Join(fresh.AddHook(new(auth.AllowHook), nil), fresh.AddHook(&takeover{clients: fresh.Clients}, nil), fresh.AddListener(listeners.NewNet("loopback", in)))
	if err == nil {
		err = fresh.Serve()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("broker: %w", err), on.Close())
	}
	b.running = fresh
	return nil
}

// Stop cuts every client off and forgets everything.
func (b *Broker) Stop() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.running == nil {
		return nil
	}
	err := b.running.Close()
	b.running = nil
	return err
}

// takeover has who connects under the name of another wait until that one is forgotten. The
// library forgets by the name, a moment after it looked whether somebody has taken it over:
// who comes between is forgotten instead, and hears nothing more.
type takeover struct {
	server.HookBase
	clients *server.Clients
}

func (*takeover) ID() string { return "takeover" }

func (*takeover) Provides(event byte) bool { return event == server.OnSessionEstablish }

// forgotten is how long that may take.
const forgotten = 5 * time.Second

func (h *takeover) OnSessionEstablish(cl *server.Client, _ packets.Packet) {
	before, there := h.clients.Get(cl.ID)
	if !there || !before.Properties.Clean { // a session that is kept is the library's to hand on
		return
	}
	before.Stop(packets.ErrSessionTakenOver)
	for end := time.Now().Add(forgotten); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if is, there := h.clients.Get(cl.ID); !there || is != before {
			return
		}
	}
}

// listener closes its connections with itself. A server that closes ends those of
// its clients first, and forgets who has just come: they would wait for an answer.
type listener struct {
	net.Listener

	mu   sync.Mutex
	open map[net.Conn]bool // guarded by mu; nil once it is closed
}

// Accept waits for the next connection.
func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		return nil, errors.Join(net.ErrClosed, conn.Close())
	}
	l.open[conn] = true
	return &connection{conn, l}, nil
}

// Close ends all that is left.
func (l *listener) Close() error {
	err := l.Listener.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	for conn := range l.open {
		conn.Close()
	}
	l.open = nil
	return err
}

// connection is forgotten when it is closed.
type connection struct {
	net.Conn
	from *listener
}

func (c *connection) Close() error {
	c.from.mu.Lock()
	delete(c.from.open, c.Conn)
	c.from.mu.Unlock()
	return c.Conn.Close()
}
