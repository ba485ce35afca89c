package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"

	"glovebox/headunit"
)

// unit is as much of systemd as a program talks to: its notification socket.
type unit struct {
	path string

	mu    sync.Mutex
	heard []heard // guarded by mu
}

// heard is one notification.
type heard struct {
	state string
	pid   int32
}

// newUnit listens; whatever comes is written down in order, with who sent it.
func newUnit(t *testing.T) *unit {
	t.Helper()
	dir, err := os.MkdirTemp("", "gb") // a short path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	u := &unit{path: filepath.Join(dir, "notify")}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: u.path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := conn.SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_PASSCRED, 1) })
	}
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() { _ = conn.Close(); <-ended })
	go func() {
		defer close(ended)
		text, side := make([]byte, 4096), make([]byte, 256)
		for {
			n, sides, _, _, err := conn.ReadMsgUnix(text, side)
			if err != nil {
				return
			}
			h := heard{state: string(text[:n])}
			if all, err := unix.ParseSocketControlMessage(side[:sides]); err == nil && len(all) == 1 {
				if who, err := unix.ParseUnixCredentials(&all[0]); err == nil {
					h.pid = who.Pid
				}
			}
			u.mu.Lock()
			u.heard = append(u.heard, h)
			u.mu.Unlock()
		}
	}()
	return u
}

// env is what a program is run with to talk to the unit, and more.
func (u *unit) env(watchdog time.Duration, more ...string) []string {
	return append([]string{"env", "NOTIFY_SOCKET=" + u.path, fmt.Sprint("WATCHDOG_USEC=", watchdog.Microseconds())}, more...)
}

func (u *unit) all() []heard {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.heard)
}

// count is how often a state was heard.
func (u *unit) count(state string) (n int) {
	for _, h := range u.all() {
		if h.state == state {
			n++
		}
	}
	return n
}

const (
	ready    = "READY=1"
	alive    = "WATCHDOG=1"
	stopping = "STOPPING=1"
)

// The unit is ready once the head unit has its name; then it is alive again and again, and
// when it is asked to stop it says that, and nothing afterwards.
func TestReadyAliveStopping(t *testing.T) {
	t.Parallel()
	a, u := newProgram(t, ""), newUnit(t)
	_, stop := a.boot(u.env(900 * time.Millisecond)...)
	eventually(t, "alive", func() bool { return u.count(alive) >= 3 })
	if code, said := stop(syscall.SIGTERM); code != exitStopped {
		t.Errorf("exit %d: %s", code, said)
	}
	eventually(t, "stopping", func() bool { return u.count(stopping) > 0 })
	all := u.all()
	first := slices.IndexFunc(all, func(h heard) bool { return h.state == ready })
	for i, h := range all {
		if h.pid != all[0].pid || h.state == alive && i < first || h.state == stopping && i != len(all)-1 {
			t.Fatalf("%d: %v", i, all)
		}
	}
	if u.count(ready) != 1 {
		t.Errorf("%v", all)
	}
}

// Whoever hears that the unit is ready finds the name and all that stands behind it.
func TestReadyMeansReady(t *testing.T) {
	t.Parallel()
	a, u := newProgram(t, ""), newUnit(t)
	cmd := exec.Command("gloveboxd", "--config", filepath.Join(a.dir, "gloveboxd.toml"))
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+u.path)
	bus, err := dbus.Connect(a.bus)
	if err != nil {
		t.Fatal(err)
	}
	defer bus.Close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	eventually(t, "ready", func() bool { return u.count(ready) == 1 })
	agent := bus.Object(headunit.BusName, "/org/glovebox/Agent1")
	var can string // the bus is not to wait for a name that nobody has yet
	if err := agent.Call("org.freedesktop.DBus.Properties.Get", dbus.FlagNoAutoStart, "org.glovebox.Vehicle1", "CAN").Store(&can); err != nil || can != "off" {
		t.Errorf("CAN is %q, %v", can, err)
	}
}

// At a guest's end another process takes over as the same one: the PID stays, systemd
// hears that it lives just before and that it is ready after, and what systemd handed
// over is still there.
func TestAFreshProcessIsTheSameUnit(t *testing.T) {
	t.Parallel()
	a, u := newProgram(t, "[vehicle]\nmodel = \"Taycan\"\nmodel_year = 2024\n"+strings.Replace(broker, `"key.pem"`, `"credential:mqtt_key"`, 1)), newUnit(t)
	handed := a.handOver(t)
	show, stop := a.boot(u.env(time.Minute, "CREDENTIALS_DIRECTORY="+handed)...)
	for n := 1; n <= 2; n++ {
		if _, err := a.hmi.Guest(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		if err := a.hmi.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		eventually(t, "a fresh process", func() bool { return u.count(ready) == n+1 })
	}
	eventually(t, "alive", func() bool { return u.count(alive) >= 5 }) // at each start, before each exchange
	var seen []string
	for _, h := range u.all() {
		if h.pid != u.all()[0].pid {
			t.Errorf("%v", u.all())
		}
		if h.state == ready || h.state == alive {
			seen = append(seen, h.state)
		}
	}
	for i, state := range seen[1:] { // by its loop; before the exchange; by a step of the next start
		if state == ready && (i < 3 || !slices.Equal(seen[i-2:i+1], []string{alive, alive, alive})) {
			t.Errorf("not alive before the exchange: %v", seen)
		}
	}
	if cloud := show()["Cloud"]; cloud != "down" {
		t.Errorf("the cloud is %v", cloud)
	}
	if code, said := stop(syscall.SIGTERM); code != exitStopped || strings.Contains(said, "part off") {
		t.Errorf("exit %d: %s", code, said)
	}
}
