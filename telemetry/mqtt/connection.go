package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"syscall"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"glovebox/telemetry"
)

const (
	openTimeout = 10 * time.Second
	pingTimeout = 10 * time.Second // at most: a short keepalive waits no longer than itself
	farewell    = 250 * time.Millisecond
	refused     = 0x80 // SUBACK return code, MQTT 3.1.1 section 3.9.3
)

// connection is one paho client on one socket.
type connection struct {
	client paho.Client
	socket *socket
	ended  chan struct{}
	end    sync.Once
	closed sync.Once
}

// open opens a connection on a socket. Where silence is wanted meanwhile it returns what
// there is, ended and silent: nobody may see that it closes.
func open(ctx context.Context, socket *socket, secure *tls.Config, o telemetry.Opening, log *slog.Logger) (*connection, error) {
	c := &connection{client: paho.NewClient(paho.NewClientOptions()), socket: socket, ended: make(chan struct{})}
	err := c.handshake(ctx, secure, o, log)
	switch {
	case err == nil:
		socket.ready.Store(true)
	case silenced(ctx):
		socket.Mute()
		c.finish()
	default:
		return nil, err
	}
	return c, nil
}

// handshake speaks TLS, connects and subscribes.
func (c *connection) handshake(ctx context.Context, secure *tls.Config, o telemetry.Opening, log *slog.Logger) error {
	var stream net.Conn = c.socket
	if secure != nil {
		session := tls.Client(stream, secure)
		if err := session.HandshakeContext(ctx); err != nil {
			return err
		}
		stream = session
	}
	c.client = paho.NewClient(c.options(&measured{Conn: stream}, o, log))
	if err := wait(ctx, c.client.Connect()); err != nil {
		return err
	}
	err := c.subscribe(ctx, o.Subscribe)
	if err != nil && !silenced(ctx) {
		c.Close()
	}
	return err
}

// silenced reports whether an opening was called off because the driver wants silence.
func silenced(ctx context.Context) bool { return context.Cause(ctx) == telemetry.ErrSilenced }

func (c *connection) options(stream net.Conn, o telemetry.Opening, log *slog.Logger) *paho.ClientOptions {
	options := paho.NewClientOptions().
		AddBroker("tcp://broker"). // never dialled: the socket is open already
		SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) { return stream, nil }).
		SetProtocolVersion(4). // 3.1.1, and no second attempt with 3.1
		SetClientID(o.Client).
		SetCleanSession(true). // what was not acknowledged fails with the connection
		SetAutoReconnect(false).
		SetConnectRetry(false).
		SetStore(paho.NewMemoryStore()).
		SetConnectTimeout(openTimeout).
		SetWriteTimeout(writeTimeout).
		SetKeepAlive(o.Keepalive).
		SetPingTimeout(min(pingTimeout, max(o.Keepalive, time.Second))).
		SetConnectionLostHandler(func(_ paho.Client, err error) {
			log.Info("connection lost", "error", err)
			c.finish()
		})
	if o.Will.Topic != "" {
		options.SetBinaryWill(o.Will.Topic, o.Will.Payload, 1, o.Will.Retained)
	}
	if o.Inbound != nil {
		options.SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { o.Inbound(m.Topic(), m.Payload()) })
	}
	return options
}

func (c *connection) subscribe(ctx context.Context, topics []string) error {
	if len(topics) == 0 {
		return nil
	}
	filters := make(map[string]byte, len(topics))
	for _, topic := range topics {
		filters[topic] = 1
	}
	token := c.client.SubscribeMultiple(filters, nil)
	if err := wait(ctx, token); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	granted, _ := token.(*paho.SubscribeToken)
	for topic, code := range granted.Result() {
		if code == refused {
			return fmt.Errorf("subscribe to %s: the broker refuses", topic)
		}
	}
	return nil
}

// wait waits for a token, at most as long as ctx.
func wait(ctx context.Context, token paho.Token) error {
	select {
	case <-token.Done():
		return token.Error()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Publish hands one message to paho.
func (c *connection) Publish(m telemetry.Message) telemetry.Token {
	return c.client.Publish(m.Topic, 1, m.Retained, m.Payload)
}

// Ended is closed when paho gave the connection up or Close was called.
func (c *connection) Ended() <-chan struct{} { return c.ended }

// Mute makes the connection silent: see socket.
func (c *connection) Mute() { c.socket.Mute() }

// Written is when the last byte was handed to the kernel.
func (c *connection) Written() time.Time { return *c.socket.written.Load() }

// Keep returns a second descriptor of the socket, which stays open when this process is
// replaced.
func (c *connection) Keep() (descriptor int, err error) {
	file, ok := c.socket.Conn.(interface {
		SyscallConn() (syscall.RawConn, error)
	})
	if !ok {
		return -1, errors.ErrUnsupported
	}
	raw, err := file.SyscallConn()
	if err != nil {
		return -1, err
	}
	var dup error
	err = raw.Control(func(fd uintptr) { descriptor, dup = syscall.Dup(int(fd)) }) // without close-on-exec
	return descriptor, errors.Join(err, dup)
}

// Close says DISCONNECT, unless muted, and closes the socket.
func (c *connection) Close() {
	c.closed.Do(func() {
		c.client.Disconnect(uint(farewell.Milliseconds()))
		c.socket.release()
		c.finish()
	})
}

func (c *connection) finish() { c.end.Do(func() { close(c.ended) }) }
