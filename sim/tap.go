package sim

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// Tap stands between the agent and the broker. It hands every byte on, shows it
// to whoever records, and can be a broken connection.
//
//	Open ──Cut──▶ refused ──Open──▶ Open
//
// Cut closes what is there and refuses what comes.
type Tap struct {
	broker   string // host:port behind it
	listener net.Listener
	sent     func([]byte)  // bytes the agent sent; calls come one at a time
	message  func(Publish) // a whole PUBLISH of either side; calls come one at a time

	mu          sync.Mutex
	record      sync.Mutex            // one caller of sent, message or watch at a time
	watch       func(Publish)         // guarded by record; nil if nobody watches
	refuse      bool                  // guarded by mu
	connections map[net.Conn]net.Conn // guarded by mu; agent's side to broker's side
	opened      int                   // guarded by mu
	twice       bool                  // guarded by mu
	end         bool                  // guarded by mu
}

// Publish is one MQTT message on its way.
type Publish struct {
	At      time.Time
	Out     bool // from the agent to the broker
	Topic   string
	QoS     byte
	Retain  bool
	Dup     bool
	Payload []byte
}

// NewTap listens on a free port for connections to a broker. sent sees what the agent
// sent and may not keep it; message sees each message. Either may be nil.
func NewTap(broker string, sent func([]byte), message func(Publish)) (*Tap, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("tap: %w", err)
	}
	if sent == nil {
		sent = func([]byte) {}
	}
	if message == nil {
		message = func(Publish) {}
	}
	return &Tap{broker: broker, listener: listener, sent: sent, message: message, connections: map[net.Conn]net.Conn{}}, nil
}

// Watch shows each message from now on to see, which must not block; nil ends that.
func (t *Tap) Watch(see func(Publish)) {
	t.record.Lock()
	defer t.record.Unlock()
	t.watch = see
}

// URL is where the agent connects to.
func (t *Tap) URL() string { return "tcp://" + t.listener.Addr().String() }

// Serve hands bytes on until ctx ends, then closes every connection.
func (t *Tap) Serve(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	defer context.AfterFunc(ctx, t.close)()
	for {
		agent, err := t.listener.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			t.close()
			return fmt.Errorf("tap: %w", err)
		}
		running.Go(func() { t.join(agent) })
	}
}

// close ends the tap for good.
func (t *Tap) close() {
	t.listener.Close()
	t.mu.Lock()
	t.end = true
	t.mu.Unlock()
	t.Cut()
}

// Cut closes every connection and refuses new ones until Open.
func (t *Tap) Cut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refuse = true
	for agent, broker := range t.connections {
		broker.Close()
		_ = agent.SetReadDeadline(time.Now().Add(drain)) // its loop reads what is left, and closes
	}
}

// Open ends Cut.
func (t *Tap) Open() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refuse = t.end
}

// Passes reports whether bytes are handed on.
func (t *Tap) Passes() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.refuse
}

// Twice makes every message of QoS 1 go out a second time, marked as a duplicate,
// in both directions.
func (t *Tap) Twice(on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.twice = on
}

// Connections is how many connections the agent ever opened through the tap, and how
// many of them are open now.
func (t *Tap) Connections() (ever, now int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.opened, len(t.connections)
}

// drain is how long a cut connection is read for what the agent had sent before.
const drain = 20 * time.Millisecond

// join is the life of one connection.
func (t *Tap) join(agent net.Conn) {
	defer agent.Close()
	broker, err := net.Dial("tcp", t.broker)
	if err != nil {
		return // the broker is away
	}
	defer broker.Close()
	if !t.enter(agent, broker) {
		return
	}
	defer t.leave(agent)
	back := make(chan struct{})
	go func() {
		defer close(back)
		t.inward(agent, broker)
		_ = agent.SetReadDeadline(time.Now().Add(drain)) // the broker is gone: read what is left
	}()
	t.outward(broker, agent)
	broker.Close()
	<-back
}

// show passes something to the recorder.
func (t *Tap) show(sent []byte, p Publish) {
	t.record.Lock()
	defer t.record.Unlock()
	if sent != nil {
		t.sent(sent)
		return
	}
	t.message(p)
	if t.watch != nil {
		t.watch(p)
	}
}

// enter notes a connection, or refuses it.
func (t *Tap) enter(agent, broker net.Conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.refuse {
		return false
	}
	t.connections[agent] = broker
	t.opened++
	return true
}

func (t *Tap) leave(agent net.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.connections, agent)
}

// outward moves what the agent sent. It reads on when the broker is gone, until
// the other direction has noticed, so that all that was sent is recorded.
func (t *Tap) outward(broker io.Writer, agent io.Reader) {
	split := &splitter{out: true, emit: func(p Publish) { t.show(nil, p) }}
	buffer := make([]byte, 64<<10)
	for {
		n, err := agent.Read(buffer)
		if n > 0 {
			t.show(buffer[:n], Publish{})
			split.feed(buffer[:n])
			_, _ = broker.Write(t.repeated(split, buffer[:n]))
		}
		if err != nil {
			return
		}
	}
}

// inward moves what the broker sent.
func (t *Tap) inward(agent io.Writer, broker io.Reader) {
	split := &splitter{emit: func(p Publish) { t.show(nil, p) }}
	buffer := make([]byte, 64<<10)
	for {
		n, err := broker.Read(buffer)
		if n > 0 {
			split.feed(buffer[:n])
			if _, err := agent.Write(t.repeated(split, buffer[:n])); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// repeated is p, and behind it what is to go out twice, where p ends between two
// packets.
func (t *Tap) repeated(split *splitter, p []byte) []byte {
	again := split.between()
	t.mu.Lock()
	twice := t.twice
	t.mu.Unlock()
	if !twice || len(again) == 0 {
		return p
	}
	return append(append([]byte(nil), p...), again...)
}
