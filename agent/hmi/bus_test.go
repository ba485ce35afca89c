package hmi_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/agent/hmi"
)

// A bus of the test's own, open to every user, with the limits as shipped.
const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=%s</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
  </policy>
</busconfig>`

// startBus returns the address of a private bus that ends with the test.
func startBus(t *testing.T) string {
	t.Helper()
	address, _ := startDaemon(t)
	return address
}

func startDaemon(t *testing.T) (string, *exec.Cmd) {
	t.Helper()
	program, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip("dbus-daemon is not installed")
	}
	dir, err := os.MkdirTemp("", "gb") // short: a socket's path has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "bus.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, busConfig, filepath.Join(dir, "bus")), 0o644); err != nil {
		t.Fatal(err)
	}
	daemon := exec.Command(program, "--nofork", "--nopidfile", "--print-address=1", "--config-file="+config)
	// It says at length on stderr whom it refuses, and is slow while that is read.
	out, err := daemon.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = daemon.Process.Kill(); _ = daemon.Wait() })
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(address), daemon
}

// world is a face on a bus of its own before a fake cabin.
type world struct {
	bus   string
	cabin *cabin
	face  *hmi.Face
	log   *logText
	uids  *users
	stop  func() error
}

// logText is a log that can be read while it is written.
type logText struct {
	mu   sync.Mutex
	text strings.Builder // guarded by mu
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// users says which uid a connection has; whoever is not named is the HMI.
type users struct {
	mu    sync.Mutex
	uids  map[string]uint32 // guarded by mu
	asked int               // guarded by mu
}

const (
	hmiUser     = 1001
	appUser     = 1002
	foreignUser = 1003
)

func (u *users) uid(_ context.Context, name string) (uint32, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.asked++
	if uid, ok := u.uids[name]; ok {
		return uid, nil
	}
	return hmiUser, nil
}

func (u *users) is(c *dbus.Conn, uid uint32) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.uids[c.Names()[0]] = uid
}

// start brings the face up with the name owned. Limits are off unless given.
func start(t *testing.T, limits ...hmi.Limits) *world {
	t.Helper()
	w := newWorld(t)
	access := w.access()
	if len(limits) > 0 {
		access.HMILimits = limits[0]
	}
	w.run(t, access)
	return w
}

// newWorld is a bus on which there is no face yet.
func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{bus: startBus(t), cabin: newCabin(), log: &logText{}, uids: &users{uids: map[string]uint32{}}}
}

func (w *world) access() hmi.Access {
	return hmi.Access{
		HMI: []uint32{hmiUser}, App: map[uint32]string{appUser: "maps"},
		UID: w.uids.uid, HMILimits: hmi.Limits{PerSecond: 1e6, Burst: 1e6, Waiting: 1e6},
	}
}

func (w *world) run(t *testing.T, access hmi.Access) {
	t.Helper()
	face, err := hmi.New(w.bus, access, slog.New(slog.NewTextHandler(w.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if err := face.Own(w.cabin); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- face.Run(ctx) }()
	var once sync.Once
	w.face = face
	w.stop = func() (err error) {
		once.Do(func() {
			cancel()
			err = <-ended
			if c := face.Close(); err == nil {
				err = c
			}
		})
		return err
	}
	t.Cleanup(func() { _ = w.stop() })
}

// dial opens another connection to the bus.
func (w *world) dial(t *testing.T) *dbus.Conn {
	t.Helper()
	c, err := dbus.Connect(w.bus, dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// patience is how long what is expected may take, on a machine that is slow and busy.
const patience = 20 * time.Second

// ask calls member (Interface.Method without org.glovebox.) on the root object.
func ask(c *dbus.Conn, member string, args ...any) *dbus.Call {
	return askAt(c, hmi.RootPath, "org.glovebox."+member, args...)
}

func askAt(c *dbus.Conn, path dbus.ObjectPath, member string, args ...any) *dbus.Call {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return c.Object(hmi.Name, path).CallWithContext(ctx, member, 0, args...)
}

// wait returns when the call was answered, and fails when it is not.
func wait(t *testing.T, call *dbus.Call) {
	t.Helper()
	select {
	case <-call.Done:
	case <-time.After(patience):
		t.Fatalf("%s is not answered", call.Method)
	}
}

// name is an error's name on the bus without our prefix; "" is no error.
func name(err error) string {
	if err == nil {
		return ""
	}
	if e, ok := err.(dbus.Error); ok {
		return strings.TrimPrefix(e.Name, "org.glovebox.Error.")
	}
	return err.Error()
}

// hear collects the agent's signals until n have come.
func hear(t *testing.T, c *dbus.Conn) func(n int) []*dbus.Signal {
	t.Helper()
	if err := c.AddMatchSignal(dbus.WithMatchSender(hmi.Name)); err != nil {
		t.Fatal(err)
	}
	ch := make(chan *dbus.Signal, 64)
	c.Signal(ch)
	return func(n int) (all []*dbus.Signal) {
		t.Helper()
		timeout := time.After(patience)
		for len(all) < n {
			select {
			case s := <-ch:
				if s.Name != "org.freedesktop.DBus.NameAcquired" {
					all = append(all, s)
				}
			case <-timeout:
				t.Fatalf("%d signals came, want %d", len(all), n)
			}
		}
		return all
	}
}

var none = map[string]dbus.Variant{}

func bag(pairs ...any) map[string]dbus.Variant {
	m := map[string]dbus.Variant{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i].(string)] = dbus.MakeVariant(pairs[i+1])
	}
	return m
}

func dbusPath(id fmt.Stringer) dbus.ObjectPath {
	return hmi.ProfilesPath + dbus.ObjectPath("/"+id.String())
}

// own tries to take the name and leaves the bus again.
func (w *world) own() error {
	face, err := hmi.New(w.bus, hmi.Access{}, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer face.Close()
	return face.Own(w.cabin)
}
