package sim_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"

	"glovebox/sim"
)

// wire stands between the agent and a real broker and writes down all that either sees of
// the other: each packet, and how a connection ends.
type wire struct {
	listener net.Listener
	serving  sync.WaitGroup

	mu     sync.Mutex
	broker string  // guarded by mu; host:port
	seen   []sight // guarded by mu
}

type sight struct {
	at   time.Time
	what string
}

func newWire(t *testing.T) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: listener}
	t.Cleanup(func() { listener.Close(); w.serving.Wait() }) // the world has ended by then
	w.serving.Go(func() {
		for {
			agent, err := listener.Accept()
			if err != nil {
				return
			}
			w.serving.Go(func() { w.join(agent) })
		}
	})
	return w
}

func (w *wire) url() string { return "mqtt://" + w.listener.Addr().String() }

// to has what is connected from now on go to a broker, whose retained state is seen too.
func (w *wire) to(t *testing.T, broker *sim.Broker) {
	t.Helper()
	w.mu.Lock()
	w.broker = broker.Address
	w.mu.Unlock()
	reader := paho.NewClient(paho.NewClientOptions().AddBroker(broker.URL()).SetClientID("reader").SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) {
		var state struct{ Online bool }
		err := json.Unmarshal(m.Payload(), &state)
		w.see("the state is online=%v, %d bytes, %v", state.Online, len(m.Payload()), err)
	}))
	for _, step := range []func() paho.Token{reader.Connect, func() paho.Token { return reader.Subscribe("gb/1/+/state", 1, nil) }} {
		if token := step(); token.Wait() && token.Error() != nil {
			t.Fatal(token.Error())
		}
	}
	t.Cleanup(func() { reader.Disconnect(0) })
}

func (w *wire) see(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, sight{time.Now(), fmt.Sprintf(format, args...)})
}

// mark forgets what was seen.
func (w *wire) mark() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = nil
}

// order is what was seen, in order. What answers the broker, and what a reader is shown of
// an open connection, comes beside that and is counted behind it.
func (w *wire) order() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var main, beside []string
	for _, sight := range w.seen {
		switch s := sight.what; {
		case strings.HasPrefix(s, "PINGREQ"):
		case strings.HasPrefix(s, "PUBACK"), strings.Contains(s, "online=true"):
			beside = append(beside, s)
		default:
			main = append(main, s)
		}
	}
	slices.Sort(beside)
	return strings.Join(append(main, beside...), "\n")
}

// await waits until something was seen.
func (w *wire) await(t *testing.T, what string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !strings.Contains(w.order(), what); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no %s:\n%s", what, w.order())
		}
	}
}

// first is when something was seen first since the mark.
func (w *wire) first(what string) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.seen {
		if strings.HasPrefix(s.what, what) {
			return s.at
		}
	}
	return time.Time{}
}

// join is the life of one connection.
func (w *wire) join(agent net.Conn) {
	defer agent.Close()
	w.see("open")
	w.mu.Lock()
	address := w.broker
	w.mu.Unlock()
	broker, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer broker.Close()
	w.serving.Go(func() {
		_, _ = io.Copy(agent, broker)
		_ = agent.(*net.TCPConn).CloseWrite() // the agent may have gone first
	})
	both := io.TeeReader(agent, deaf{broker})
	for {
		packet, err := packets.ReadPacket(both)
		switch {
		case errors.Is(err, syscall.ECONNRESET):
			w.see("reset")
		case err != nil:
			w.see("closed")
		default:
			w.see("%s", describe(packet))
			continue
		}
		return
	}
}

// deaf is a writer whom nobody may hear.
type deaf struct{ io.Writer }

func (d deaf) Write(p []byte) (int, error) {
	_, _ = d.Writer.Write(p)
	return len(p), nil
}

// describe is what a broker sees of a packet of the agent, without what is random in it.
func describe(packet packets.ControlPacket) string {
	switch p := packet.(type) {
	case *packets.ConnectPacket:
		return fmt.Sprintf("CONNECT clean=%v keepalive=%d will=%s %d bytes, retained=%v", p.CleanSession, p.Keepalive, path.Base(p.WillTopic), len(p.WillMessage), p.WillRetain)
	case *packets.PublishPacket:
		return fmt.Sprintf("PUBLISH %s %d bytes, retained=%v dup=%v number %d", path.Base(p.TopicName), len(p.Payload), p.Retain, p.Dup, p.MessageID)
	case *packets.SubscribePacket:
		return fmt.Sprintf("SUBSCRIBE %d topics", len(p.Topics))
	}
	return strings.Fields(packet.String())[0]
}

// at has somebody at the wheel.
func at(t *testing.T, w *sim.World, who string) {
	t.Helper()
	var err error
	if who == "guest" {
		_, err = w.HMI.Guest(t.Context(), false)
	} else {
		_, err = w.HMI.Login(t.Context(), id(t, w, who), "590324", false)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A broker cannot tell a guest's end, after which a fresh process opens the connection, from
// a person's: the same packets of the same lengths in the same order, the same end of the
// connection before, and the same will. A silent line says nothing over two exchanges, and
// its socket is closed only after the broker gave it up.
func TestTheBrokerSeesNoExchange(t *testing.T) {
	for level, ends := range map[string]int{"share": 1, "offline": 2} {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			seen, line := map[string]string{}, newWire(t)
			w := guestWorld(t, sim.Options{Config: []sim.Setting{
				{Key: "mqtt.broker", Value: line.url()}, {Key: "mqtt.keepalive", Value: "4s"}, {Key: "mqtt.give_up", Value: "4s"},
			}}, func(w *sim.World) { line.to(t, w.Broker) })
			for _, who := range []string{"lea", "guest"} {
				time.Sleep(2 * time.Second) // what came before is said
				line.mark()
				for range ends {
					at(t, w, who)
					if err := w.HMI.SetLevel(t.Context(), level); err != nil {
						t.Fatal(err)
					}
					if err := w.HMI.Logout(t.Context()); err != nil {
						t.Fatal(err)
					}
					wiped(t, w)
				}
				line.await(t, "PUBLISH state")
				time.Sleep(time.Second)
				before, _, _ := strings.Cut(line.order(), "PUBLISH status") // what readers get from there on is due by the clock
				seen[who] = before
			}
			if seen["lea"] != seen["guest"] {
				t.Errorf("after a person:\n%s\nafter a guest:\n%s", seen["lea"], seen["guest"])
			}
			first, last, will := "DISCONNECT", "closed", strings.Contains(seen["guest"], "online=false")
			if level == "offline" {
				first, last = "the state is online=false", "closed"
			}
			if got := strings.Split(seen["guest"], "\n"); !strings.HasPrefix(got[0], first) || got[1] != last || will != (level == "offline") {
				t.Errorf("seen:\n%s", seen["guest"])
			}
		})
	}
}
