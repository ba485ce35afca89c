package sim_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"glovebox/sim"
)

// recorded is what a tap showed.
type recorded struct {
	mu       sync.Mutex
	sent     bytes.Buffer  // guarded by mu
	messages []sim.Publish // guarded by mu
}

func (r *recorded) bytes() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sent.String()
}

func (r *recorded) published() []sim.Publish {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]sim.Publish(nil), r.messages...)
}

// serveTap runs a tap in front of a broker until the test ends.
func serveTap(t *testing.T, broker string) (*sim.Tap, *recorded) {
	t.Helper()
	var r recorded
	tap, err := sim.NewTap(broker,
		func(p []byte) { r.mu.Lock(); defer r.mu.Unlock(); r.sent.Write(p) },
		func(p sim.Publish) { r.mu.Lock(); defer r.mu.Unlock(); r.messages = append(r.messages, p) })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error)
	go func() { served <- tap.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return tap, &r
}

// echo is a broker that answers with what it hears.
func echo(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(conn, conn)
				conn.Close()
			}()
		}
	}()
	return listener.Addr().String()
}

func dial(t *testing.T, tap *sim.Tap) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(tap.URL(), "tcp://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// read reads n bytes, or as many as come within a second.
func read(t *testing.T, conn net.Conn, n int) string {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, n)
	n, _ = io.ReadFull(conn, got)
	return string(got[:n])
}

// until waits for something that happens elsewhere.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(3 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain: " + what)
		}
	}
}

// Every byte that was sent is recorded, in order, and arrives.
func TestTapRecordsAll(t *testing.T) {
	t.Parallel()
	tap, r := serveTap(t, echo(t))
	conn := dial(t, tap)
	random := rand.New(rand.NewPCG(1, 2))
	var sent bytes.Buffer
	for range 200 {
		piece := make([]byte, 1+random.IntN(5000))
		for i := range piece {
			piece[i] = byte(random.Uint32())
		}
		sent.Write(piece)
		if _, err := conn.Write(piece); err != nil {
			t.Fatal(err)
		}
		if got := read(t, conn, len(piece)); got != string(piece) {
			t.Fatal("the echo differs")
		}
	}
	if r.bytes() != sent.String() {
		t.Fatalf("recorded %d bytes of %d, or others", len(r.bytes()), sent.Len())
	}
}

// A cut closes the line, refuses new ones and loses no record; then all is as before.
func TestTapCut(t *testing.T) {
	t.Parallel()
	tap, r := serveTap(t, echo(t))
	conn := dial(t, tap)
	fmt.Fprint(conn, "before")
	read(t, conn, 6)
	fmt.Fprint(conn, " last words")
	tap.Cut()
	if got := read(t, conn, 100); !strings.HasPrefix(" last words", got) {
		t.Errorf("after the cut came %q", got)
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the line is still open: %v", err)
	}
	if got := r.bytes(); got != "before last words" {
		t.Errorf("recorded %q", got)
	}
	refused := dial(t, tap)
	fmt.Fprint(refused, "x")
	if got := read(t, refused, 1); got != "" {
		t.Errorf("a refused line answered %q", got)
	}
	if tap.Passes() {
		t.Error("the tap says that it passes")
	}
	tap.Open()
	again := dial(t, tap)
	fmt.Fprint(again, "after")
	if got := read(t, again, 5); got != "after" {
		t.Errorf("after the line was opened again: %q", got)
	}
	until(t, "one line is left", func() bool { _, now := tap.Connections(); return now == 1 })
}

// Messages are found on the line whole, in both directions.
func TestTapFindsMessages(t *testing.T) {
	t.Parallel()
	broker, err := sim.StartBroker(quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Stop()
	tap, r := serveTap(t, broker.Address)
	client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(tap.URL()).SetClientID("car"))
	if token := client.Connect(); token.Wait() && token.Error() != nil {
		t.Fatal(token.Error())
	}
	defer client.Disconnect(0)
	if token := client.Subscribe("in", 1, nil); token.Wait() && token.Error() != nil {
		t.Fatal(token.Error())
	}
	large := bytes.Repeat([]byte("position "), 20_000)
	for _, topic := range []string{"out", "in"} {
		if token := client.Publish(topic, 1, true, large); token.Wait() && token.Error() != nil {
			t.Fatal(token.Error())
		}
	}
	until(t, "three messages", func() bool { return len(r.published()) >= 3 })
	for i, want := range []sim.Publish{{Out: true, Topic: "out", Retain: true}, {Out: true, Topic: "in", Retain: true}, {Topic: "in"}} {
		got := r.published()[i]
		if got.Out != want.Out || got.Topic != want.Topic || got.Retain != want.Retain || got.QoS != 1 || !bytes.Equal(got.Payload, large) {
			t.Errorf("message %d: out %t topic %s retain %t QoS %d, %d bytes", i, got.Out, got.Topic, got.Retain, got.QoS, len(got.Payload))
		}
	}
}
