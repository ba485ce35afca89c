package headunit_test

import (
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/headunit"
	"glovebox/sim"
)

const root = dbus.ObjectPath("/org/glovebox/Agent1")

// agent is a small one: it answers Session1, Settings1, Vehicle1 and Privacy1 of the root
// object.
type agent struct {
	conn    *dbus.Conn
	streams chan *os.File // the ends of each Watch that are written
	entries atomic.Uint64 // of the ledger

	mu   sync.Mutex
	held map[string]map[string]dbus.Variant // guarded by mu; by group
}

// Login is refused by the name and the words that are in the PIN's place.
func (a *agent) Login(_ dbus.ObjectPath, pin string, _ map[string]dbus.Variant) (map[string]map[string]dbus.Variant, *dbus.Error) {
	return nil, dbus.NewError(pin, []any{"the PIN is wrong"})
}

// Logout takes its time.
func (a *agent) Logout(map[string]dbus.Variant) *dbus.Error { time.Sleep(time.Second); return nil }

func (a *agent) Set(group string, values, _ map[string]dbus.Variant) *dbus.Error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.held[group] = values
	return nil
}

func (a *agent) Get(group string) (map[string]dbus.Variant, *dbus.Error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.held[group], nil
}

func (a *agent) Watch() (dbus.UnixFD, *dbus.Error) {
	r, w, err := os.Pipe()
	if err != nil {
		return 0, dbus.MakeFailedError(err)
	}
	a.streams <- w
	return dbus.UnixFD(r.Fd()), nil
}

// Ledger answers with 2048 entries at most, the newest before.
func (a *agent) Ledger(filter map[string]dbus.Variant) ([]map[string]dbus.Variant, *dbus.Error) {
	first, end := uint64(1), a.entries.Load()+1
	if before, ok := filter["before"].Value().(uint64); ok {
		end = before
	}
	most := uint64(2048)
	if limit, ok := filter["limit"].Value().(uint32); ok {
		most = min(most, uint64(limit))
	}
	if end > most {
		first = end - most
	}
	entries := []map[string]dbus.Variant{}
	for id := first; id < end; id++ {
		entries = append(entries, map[string]dbus.Variant{"id": dbus.MakeVariant(id)})
	}
	return entries, nil
}

// bus is a private bus, and a connection of a head unit to it.
func bus(t *testing.T) (address string, c *headunit.Client) {
	t.Helper()
	if _, err := exec.LookPath("dbus-daemon"); err != nil {
		t.Skip("dbus-daemon is not installed")
	}
	b, err := sim.StartDBus(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	if c, err = headunit.Dial(t.Context(), b.Address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return b.Address, c
}

// boot puts the small agent on a bus.
func boot(t *testing.T, address string) *agent {
	t.Helper()
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	a := &agent{conn: conn, streams: make(chan *os.File, 1), held: map[string]map[string]dbus.Variant{}}
	for _, name := range []string{"Session1", "Settings1", "Vehicle1", "Privacy1"} {
		if err := conn.Export(a, root, "org.glovebox."+name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.RequestName(headunit.BusName, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	return a
}
