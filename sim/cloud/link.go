package cloud

import (
	"context"
	"errors"
	"fmt"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
)

// quiesce is how long a connection may take to end in peace, in milliseconds.
const quiesce = 100

// copies gives what is not acknowledged to a new connection as a copy: the library marks it
// as sent before while the connection may be writing it.
type copies struct{ mqtt.Store }

func (c copies) Get(key string) packets.ControlPacket {
	packet := c.Store.Get(key)
	if p, ok := packet.(*packets.PublishPacket); ok {
		again := *p
		return &again
	}
	return packet
}

// Connect opens the connection to the broker at a URL and returns when everything the
// car sends from then on is received. What it sent since a Close comes too: the
// broker keeps it for a subscriber who has been there before. It comes back
// by itself after a broker was away. Enrol comes first: the topics hold the
// vehicle's id.
func (b *BackEnd) Connect(ctx context.Context, broker string) error {
	if b.Identity().VID == "" {
		return errors.New("connect the back end: no car is enrolled")
	}
	options := mqtt.NewClientOptions().AddBroker(broker).SetClientID("backend").SetCleanSession(false).
		SetOrderMatters(true).SetAutoReconnect(true).SetMaxReconnectInterval(200 * time.Millisecond).
		SetConnectRetry(true).SetConnectRetryInterval(100 * time.Millisecond).SetWriteTimeout(time.Second).
		SetStore(copies{mqtt.NewMemoryStore()})
	// What waited at the broker comes before there is a subscription to hang a
	// handler on.
	options.SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) {
		b.arrived(m.Topic(), m.Payload(), m.Qos(), m.Retained())
	})
	options.SetOnConnectHandler(func(connection mqtt.Client) { b.up(connection) })
	connection := mqtt.NewClient(options)
	b.mu.Lock()
	b.connection = connection
	before := b.connections
	b.mu.Unlock()
	connection.Connect()
	if err := b.Reconnected(ctx, before); err != nil {
		connection.Disconnect(0)
		return fmt.Errorf("connect the back end: %w", err)
	}
	return nil
}

// up runs each time the connection has come up: subscribe, and put back the document
// that a restarted broker has forgotten.
func (b *BackEnd) up(connection mqtt.Client) {
	vid := b.Identity().VID
	subscribed := connection.Subscribe("gb/1/"+vid+"/#", 1, nil)
	if !subscribed.WaitTimeout(5*time.Second) || subscribed.Error() != nil {
		return // it broke again; the next one tries anew
	}
	b.mu.Lock()
	document := b.published
	b.mu.Unlock()
	if document != "" {
		connection.Publish("gb/1/"+vid+"/policy", 1, true, document).WaitTimeout(5 * time.Second)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.connections++
	b.notify()
}

// Connections is how often the connection has come up.
func (b *BackEnd) Connections() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.connections
}

// Reconnected waits until the connection has come up more often than n times.
func (b *BackEnd) Reconnected(ctx context.Context, n int) error {
	return b.Wait(ctx, func() bool { return b.Connections() > n })
}

// Publish puts a document, retained, where the car reads it, and returns when
// the broker has it.
func (b *BackEnd) Publish(ctx context.Context, d Document) error {
	b.mu.Lock()
	if b.stale[d.hash] {
		b.mu.Unlock()
		return nil // the car's own came between, and this was issued anew behind it
	}
	b.publishing(d)
	b.mu.Unlock()
	return b.say(ctx, "policy", true, []byte(d.JWS))
}

// say publishes below the car's topic and returns when the broker has it.
func (b *BackEnd) say(ctx context.Context, topic string, retained bool, payload []byte) error {
	b.mu.Lock()
	connection, full := b.connection, "gb/1/"+b.car.VID+"/"+topic
	b.mu.Unlock()
	if connection == nil {
		return fmt.Errorf("publish %s: there is no connection to a broker", topic)
	}
	sent := connection.Publish(full, 1, retained, payload)
	select {
	case <-sent.Done():
	case <-ctx.Done():
		return fmt.Errorf("publish %s: %w", topic, ctx.Err())
	}
	if err := sent.Error(); err != nil {
		return fmt.Errorf("publish %s: %w", topic, err)
	}
	return nil
}

// Close ends the connection.
func (b *BackEnd) Close() {
	b.mu.Lock()
	connection := b.connection
	b.connection = nil
	b.mu.Unlock()
	if connection != nil {
		connection.Disconnect(quiesce)
	}
}
