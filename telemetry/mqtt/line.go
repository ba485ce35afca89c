package mqtt

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"sync"
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

// line is one paho client on one socket.
type line struct {
	client paho.Client
	socket *conn
	ended  chan struct{}
	end    sync.Once
	closed sync.Once
}

// open speaks TLS, connects and subscribes.
func open(ctx context.Context, socket *conn, secure *tls.Config, o telemetry.Opening, log *slog.Logger) (*line, error) {
	var stream net.Conn = socket
	if secure != nil {
		session := tls.Client(socket, secure)
		if err := session.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		stream = session
	}
	l := &line{socket: socket, ended: make(chan struct{})}
	l.client = paho.NewClient(l.options(stream, o, log))
	if err := wait(ctx, l.client.Connect()); err != nil {
		return nil, err
	}
	if err := l.subscribe(ctx, o.Subscribe); err != nil {
		l.Close()
		return nil, err
	}
	socket.ready.Store(true)
	return l, nil
}

func (l *line) options(stream net.Conn, o telemetry.Opening, log *slog.Logger) *paho.ClientOptions {
	options := paho.NewClientOptions().
		AddBroker("tcp://line"). // never dialled: the socket is open already
		SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) { return stream, nil }).
		SetProtocolVersion(4). // 3.1.1, and no second attempt with 3.1
		SetClientID(o.Client).
		SetCleanSession(true). // what was not acknowledged fails with the line
		SetAutoReconnect(false).
		SetConnectRetry(false).
		SetStore(paho.NewMemoryStore()).
		SetConnectTimeout(openTimeout).
		SetWriteTimeout(writeTimeout).
		SetKeepAlive(o.Keepalive).
		SetPingTimeout(min(pingTimeout, max(o.Keepalive, time.Second))).
		SetConnectionLostHandler(func(_ paho.Client, err error) {
			log.Info("line lost", "error", err)
			l.finish()
		})
	if o.Will.Topic != "" {
		options.SetBinaryWill(o.Will.Topic, o.Will.Payload, 1, o.Will.Retained)
	}
	if o.Inbound != nil {
		options.SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { o.Inbound(m.Topic(), m.Payload()) })
	}
	return options
}

func (l *line) subscribe(ctx context.Context, topics []string) error {
	if len(topics) == 0 {
		return nil
	}
	filters := make(map[string]byte, len(topics))
	for _, topic := range topics {
		filters[topic] = 1
	}
	token := l.client.SubscribeMultiple(filters, nil)
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
func (l *line) Publish(m telemetry.Message) telemetry.Receipt {
	return l.client.Publish(m.Topic, 1, m.Retained, m.Payload)
}

// Ended is closed when paho gave the connection up or Close was called.
func (l *line) Ended() <-chan struct{} { return l.ended }

// Mute makes the line silent: see conn.
func (l *line) Mute() { l.socket.Mute() }

// Close says DISCONNECT, unless muted, and closes the socket.
func (l *line) Close() {
	l.closed.Do(func() {
		l.client.Disconnect(uint(farewell.Milliseconds()))
		l.socket.release()
		l.finish()
	})
}

func (l *line) finish() { l.end.Do(func() { close(l.ended) }) }
