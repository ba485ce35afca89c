package fence_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/agent/hmi/fence"
	"glovebox/agent/hmi/internal/rawbus"
)

// rules let the member Small pass with up to 1,024 bytes, from every user but 7, and
// 8 has called too often.
type rules struct {
	mu     sync.Mutex
	passed []string // guarded by mu: who and which number
	files  []int    // guarded by mu: what came with them
}

func (r *rules) Check(c *fence.Call) (int, *fence.Refusal) {
	switch c.UID {
	case 7:
		return 0, &fence.Refusal{Name: "org.glovebox.Error.NotPermitted", Text: "not you"}
	case 8:
		return 0, &fence.Refusal{Name: "org.freedesktop.DBus.Error.LimitsExceeded", Text: "too many calls; try again", Flood: true}
	}
	return 1024, nil
}

func (r *rules) Pass(c *fence.Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.passed = append(r.passed, fmt.Sprint(c.Sender, " ", c.Serial))
	r.files = append(r.files, c.Files...)
}

// world is a fence on a bus that says what the test wants.
type world struct {
	*rules
	fence  *fence.Fence
	bus    *rawbus.Bus
	agent  *rawbus.Conn         // the bus's end of the fence's connection
	passes chan *dbus.Message   // what reached the decoder
	asked  chan rawbus.Message  // questions on the second connection
	answer func(rawbus.Message) // answers one
}

func start(t testing.TB) *world {
	t.Helper()
	dir, err := os.MkdirTemp("", "gb") // short: a socket's path has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	b, listener, err := rawbus.Listen(filepath.Join(dir, "bus"))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{rules: &rules{}, bus: b, passes: make(chan *dbus.Message, 64), asked: make(chan rawbus.Message, 4096)}
	conns := make(chan *rawbus.Conn, 2)
	go func() {
		for range 2 {
			c, err := b.Accept(listener)
			if err != nil {
				t.Error(err)
			}
			conns <- c
		}
	}()
	w.fence, err = fence.Dial(b.Address, w.rules, fence.Options{Patience: 5 * time.Second, Heard: login1})
	if err != nil {
		t.Fatal(err)
	}
	w.agent = <-conns
	asker := <-conns
	t.Cleanup(func() { w.fence.Close(); w.agent.Close(); asker.Close(); listener.Close() })
	w.answer = func(m rawbus.Message) { b.Handle(asker, m) }
	go func() {
		for {
			m, err := asker.Receive()
			if err != nil {
				return
			}
			if m.Member == "Hello" {
				w.answer(m)
			} else {
				w.asked <- m
			}
		}
	}()
	if _, err := w.fence.Write([]byte("BEGIN\r\n")); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(w.passes)
		for {
			m, err := dbus.DecodeMessage(w.fence)
			if err != nil {
				return
			}
			w.passes <- m
		}
	}()
	return w
}

// say sends a message as the bus would bring it.
func (w *world) say(t testing.TB, m rawbus.Message, files ...int) uint32 {
	t.Helper()
	serial, err := w.agent.Send(m, files...)
	if err != nil {
		t.Fatal(err)
	}
	return serial
}

// known makes a sender known to the fence.
func (w *world) known(t testing.TB, name string, uid uint32) {
	t.Helper()
	w.bus.User(name, uid)
	w.say(t, call(name, "s", small))
	w.answer(<-w.asked)
	if uid != 7 && uid != 8 {
		w.next(t)
	} else if _, err := w.agent.Receive(); err != nil {
		t.Fatal(err)
	}
}

var small = (&rawbus.Wire{}).S("radio").B

func call(sender, types string, body []byte) rawbus.Message {
	return rawbus.Message{Kind: rawbus.Call, Path: "/org/glovebox/Agent1", Interface: "org.glovebox.Session1", Member: "Small",
		Sender: sender, Destination: "org.glovebox.Agent1", Signature: types, Body: body}
}

// next is what passed next.
func (w *world) next(t testing.TB) *dbus.Message {
	t.Helper()
	select {
	case m := <-w.passes:
		return m
	case <-time.After(5 * time.Second):
		t.Fatal("nothing passes")
		return nil
	}
}

// quiet fails where anything passed before a signal of the bus that comes now.
func (w *world) quiet(t *testing.T, what string) {
	t.Helper()
	w.say(t, rawbus.Message{Kind: rawbus.Signal, Path: "/", Interface: bus, Member: "Mark", Sender: bus})
	if m := w.next(t); m.Type != dbus.TypeSignal || m.Headers[dbus.FieldMember].Value() != "Mark" {
		t.Errorf("%s passes: %v", what, m)
	}
}

// refused is the name of the error that the next refused call is answered with.
func (w *world) refused(t *testing.T, serial uint32) string {
	t.Helper()
	m, err := w.agent.Answer(serial)
	if err != nil {
		t.Fatal(err)
	}
	if m.Kind != rawbus.Error || m.Serial == 0 {
		t.Errorf("answered %+v", m)
	}
	return m.ErrorName
}
