package sim_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/godbus/dbus/v5"

	"glovebox/headunit"
	"glovebox/sim"
)

var quiet = slog.New(slog.DiscardHandler)

// needsBus skips where there is no dbus-daemon.
func needsBus(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("dbus-daemon"); err != nil {
		t.Skip("no dbus-daemon here")
	}
}

// A bus takes clients, has no agent yet, and is gone when it is closed. A path
// that is too long for a socket does not matter.
func TestBus(t *testing.T) {
	t.Parallel()
	needsBus(t)
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), strings.Repeat("long/", 30))} {
		bus, err := sim.StartDBus(dir)
		if err != nil {
			t.Fatal(err)
		}
		screen, err := headunit.Dial(t.Context(), bus.Address)
		if err != nil {
			t.Fatal(err)
		}
		if owned, err := screen.Present(t.Context()); owned || err != nil {
			t.Errorf("agent there: %t, %v", owned, err)
		}
		if _, err := screen.Session(t.Context()); headunit.RefusedAs(err) == "" {
			t.Errorf("a call without an agent: %v", err)
		}
		if err := errors.Join(screen.Close(), bus.Close()); err != nil {
			t.Error(err)
		}
		if _, err := headunit.Dial(t.Context(), bus.Address); err == nil {
			t.Error("the bus still takes clients")
		}
	}
}

// startBus is a bus of the test's own.
func startBus(t *testing.T) *sim.DBus {
	t.Helper()
	needsBus(t)
	bus, err := sim.StartDBus(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bus.Close() })
	return bus
}

// What passes on the bus is recorded, without the PINs in it.
func TestMonitor(t *testing.T) {
	t.Parallel()
	bus := startBus(t)
	agent, err := dbus.Connect(bus.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer agent.Close()
	if _, err := agent.RequestName(headunit.BusName, 0); err != nil {
		t.Fatal(err)
	}
	monitor, err := sim.NewMonitor(bus.Address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	lines := make(chan string, 100)
	ended := make(chan error)
	go func() {
		ended <- monitor.Record(ctx, func(line any) {
			text, err := json.Marshal(line)
			if err != nil {
				t.Error(err)
			}
			lines <- string(text)
		})
	}()
	screen, err := headunit.Dial(t.Context(), bus.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer screen.Close()
	if _, err := screen.Login(t.Context(), strings.Repeat("7", 32), "480213", true); err == nil {
		t.Fatal("nobody is there who could log in")
	}
	if err := agent.Emit("/org/glovebox/Agent1", "org.glovebox.Session1.Ended", "logout", map[string]dbus.Variant{"groups": dbus.MakeVariant(uint32(2))}); err != nil {
		t.Fatal(err)
	}
	var login, ended1 bool
	for !login || !ended1 {
		var line string
		select {
		case line = <-lines:
		case <-time.After(3 * time.Second):
			t.Fatalf("login recorded and hidden: %t, signal recorded: %t", login, ended1)
		}
		if strings.Contains(line, "480213") {
			t.Errorf("a PIN is in %s", line)
		}
		login = login || strings.Contains(line, `"member":"Login"`) && strings.Contains(line, "‹private›")
		ended1 = ended1 || strings.Contains(line, `"member":"Ended"`) && strings.Contains(line, `"body":["logout",{"groups":2}]`)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A message that the decoder does not bear ends neither the monitor nor the program: what
// comes later is recorded, and that something is missing is said.
func TestMonitorGoesOn(t *testing.T) {
	t.Parallel()
	bus := startBus(t)
	monitor, err := sim.NewMonitor(bus.Address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	lines := make(chan sim.BusLine, 100)
	go monitor.Record(ctx, func(line any) { lines <- line.(sim.BusLine) })
	path, _, _ := strings.Cut(strings.TrimPrefix(bus.Address, "unix:path="), ",")
	socket, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	app, err := dbus.NewConn(socket)
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	if err := errors.Join(app.Auth(nil), app.Hello()); err != nil {
		t.Fatal(err)
	}
	raw := &bytes.Buffer{}
	call := &dbus.Message{
		Type: dbus.TypeMethodCall, Flags: dbus.FlagNoReplyExpected,
		Headers: map[dbus.HeaderField]dbus.Variant{
			dbus.FieldDestination: dbus.MakeVariant("org.freedesktop.DBus"), dbus.FieldPath: dbus.MakeVariant(dbus.ObjectPath("/x")),
			dbus.FieldMember: dbus.MakeVariant("Odd"), dbus.FieldSignature: dbus.MakeVariant(dbus.SignatureOf(map[uint32]dbus.Variant{})),
		},
		Body: []any{map[uint32]dbus.Variant{1: dbus.MakeVariant(byte(1))}},
	}
	if err := call.EncodeTo(raw, binary.LittleEndian); err != nil {
		t.Fatal(err)
	}
	message := bytes.Replace(raw.Bytes(), []byte("a{uv}"), []byte("a{bv}"), 1) // of the same form
	binary.LittleEndian.PutUint32(message[8:], 999)                            // its serial
	if _, err := socket.Write(message); err != nil {
		t.Fatal(err)
	}
	for seen := 0; seen < 2; {
		if seen == 1 {
			app.BusObject().Call("org.freedesktop.DBus.GetId", 0)
		}
		select {
		case line := <-lines:
			if seen == 0 && line.Type == "lost" || seen == 1 && line.Member == "GetId" {
				seen++
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("of two lines %d were recorded", seen)
		}
	}
}

// Who connects under a name that is taken hears what comes from then on.
func TestTakenOverHears(t *testing.T) {
	t.Parallel()
	broker, err := sim.StartBroker(quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Stop()
	connect := func(id string) mqtt.Client {
		c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(broker.URL()).SetClientID(id).SetAutoReconnect(false))
		if token := c.Connect(); token.Wait() && token.Error() != nil {
			t.Fatal(token.Error())
		}
		return c
	}
	sender := connect("sender")
	defer sender.Disconnect(0)
	heard := make(chan string, 1)
	var before mqtt.Client
	for n := range 500 {
		if before != nil { // the broker hears of both at once
			go before.Disconnect(0)
		}
		c := connect("car")
		if token := c.Subscribe("act", 1, func(_ mqtt.Client, m mqtt.Message) { heard <- string(m.Payload()) }); token.Wait() && token.Error() != nil {
			t.Fatal(token.Error())
		}
		sender.Publish("act", 1, false, fmt.Sprint(n))
		select {
		case got := <-heard:
			if got != fmt.Sprint(n) {
				t.Fatalf("the %dth heard %s", n, got)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("the %dth hears nothing", n)
		}
		before = c
	}
	before.Disconnect(0)
}

// A broker that is restarted has its old address and forgot what was retained.
func TestBrokerRestart(t *testing.T) {
	t.Parallel()
	broker, err := sim.StartBroker(quiet)
	if err != nil {
		t.Fatal(err)
	}
	retained := func() (text string) {
		got := make(chan string, 1)
		client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(broker.URL()).SetClientID("reader"))
		if token := client.Connect(); token.Wait() && token.Error() != nil {
			t.Fatal(token.Error())
		}
		defer client.Disconnect(0)
		token := client.Subscribe("#", 1, func(_ mqtt.Client, m mqtt.Message) {
			if m.Topic() == "policy" {
				got <- string(m.Payload())
			}
			if m.Topic() == "mark" {
				got <- ""
			}
		})
		if token.Wait() && token.Error() != nil {
			t.Fatal(token.Error())
		}
		client.Publish("mark", 1, false, "")
		return <-got
	}
	client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(broker.URL()).SetClientID("writer"))
	if token := client.Connect(); token.Wait() && token.Error() != nil {
		t.Fatal(token.Error())
	}
	if token := client.Publish("policy", 1, true, "document"); token.Wait() && token.Error() != nil {
		t.Fatal(token.Error())
	}
	client.Disconnect(0)
	if got := retained(); got != "document" {
		t.Errorf("before: %q", got)
	}
	before := broker.Address
	if err := errors.Join(broker.Stop(), broker.Start()); err != nil {
		t.Fatal(err)
	}
	if got := retained(); got != "" || broker.Address != before {
		t.Errorf("after: %q at %s, was at %s", got, broker.Address, before)
	}
	if err := broker.Stop(); err != nil {
		t.Error(err)
	}
}

// A broker that stops leaves nobody waiting for it, not even one who has just come
// and said nothing yet.
func TestBrokerStopsForAll(t *testing.T) {
	t.Parallel()
	broker, err := sim.StartBroker(quiet)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", broker.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	time.Sleep(10 * time.Millisecond) // it is let in
	if err := errors.Join(broker.Stop(), conn.SetReadDeadline(time.Now().Add(2*time.Second))); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("still connected: %v", err)
	}
}

// The world's ends are not left behind when setting it up fails.
func TestStartFails(t *testing.T) {
	t.Parallel()
	needsBus(t)
	dir := t.TempDir()
	_, err := sim.Start(t.Context(), sim.Options{Dir: dir, Gloveboxd: "/bin/false"})
	if err == nil {
		t.Fatal("a world with an agent that only fails")
	}
	if _, err := sim.Start(t.Context(), sim.Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "another world") {
		t.Errorf("a directory that was used: %v", err)
	}
	if left := naming(t, dir); len(left) > 0 {
		t.Errorf("still there: %q", left)
	}
	if _, err := os.Stat(filepath.Join(dir, "gloveboxd.toml")); err != nil {
		t.Error(err)
	}
}

// naming returns the command lines of all programs that name a directory.
func naming(t *testing.T, dir string) (found []string) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		line, err := os.ReadFile(name) // one that just ended is none
		if err == nil && strings.Contains(string(line), dir) {
			found = append(found, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}
