package sim_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/headunit"
	"glovebox/sim"
	"glovebox/sim/car"
)

// guestWorld is a world in which a guest may drive, up and parked; before that it does what
// is to be done.
func guestWorld(t *testing.T, o sim.Options, before ...func(*sim.World)) *sim.World {
	t.Helper()
	o.Dir, o.Vehicle = filepath.Join(t.TempDir(), "w"), &car.Setup{Seed: 3}
	w := startWorld(t, o)
	for _, do := range before {
		do(w)
	}
	if err := w.Boot(t.Context()); err != nil {
		t.Fatal(err)
	}
	knownParked(t, w)
	return w
}

// canary is a value that nobody else would use, number n.
func canary(n int) string { return fmt.Sprintf("kanari%05dx%s", n, strings.Repeat("z", 7)) }

// plant has the guest at the wheel set many values that can be found again.
func plant(t *testing.T, w *sim.World, many int) {
	t.Helper()
	for at := 0; at < many; at += 50 {
		var stations, homes []map[string]any
		for n := at; n < at+50; n++ {
			stations = append(stations, map[string]any{"name": canary(n), "band": "FM", "frequency_khz": uint32(98_500)})
			homes = append(homes, map[string]any{"name": canary(n), "latitude": 54.19, "longitude": 6.62})
		}
		if err := w.HMI.Set(t.Context(), "radio", map[string]any{"favourites": stations}); err != nil {
			t.Fatal(err)
		}
		if err := w.HMI.Set(t.Context(), "navigation", map[string]any{"favourites": homes}); err != nil {
			t.Fatal(err)
		}
		if err := w.HMI.Set(t.Context(), "app.maps", map[string]any{"last": canary(at), canary(at + 1): true}); err != nil {
			t.Fatal(err)
		}
	}
}

// inMemory counts the canaries in every mapping of a process that can be read.
func inMemory(t *testing.T, pid int) int {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	found := 0
	for line := range strings.Lines(string(maps)) {
		from, to, _ := strings.Cut(strings.Fields(line)[0], "-")
		begin, _ := strconv.ParseInt(from, 16, 64)
		end, _ := strconv.ParseInt(to, 16, 64)
		if end < begin || end-begin > 1<<31 {
			continue
		}
		content := make([]byte, end-begin)
		n, _ := mem.ReadAt(content, begin) // what cannot be read cannot be found
		found += bytes.Count(content[:n], []byte("kanari"))
	}
	return found
}

// onDisk counts them in every file below dir.
func onDisk(t *testing.T, dir string) (found int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		found += bytes.Count(content, []byte("kanari"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// wiped waits until the agent says that nothing is left.
func wiped(t *testing.T, w *sim.World) {
	t.Helper()
	until(t, "wiped", func() bool {
		s, err := w.HMI.Properties(t.Context(), "Session1")
		return err == nil && s["State"] != "guest" && s["State"] != "leaving" && s["WipeState"] == "clean"
	})
}

// Of 260 calls spread over a guest's end each is answered, though the process is another
// one afterwards (case W3).
func TestCallsOverAGuestsEnd(t *testing.T) {
	t.Parallel()
	w := guestWorld(t, sim.Options{})
	if _, err := w.HMI.Guest(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	answers := make(chan error, 260)
	connect := func() dbus.BusObject {
		c, err := dbus.Connect(w.DBus.Address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c.Object(headunit.BusName, "/org/glovebox/Agent1")
	}
	for program := range 10 {
		agent := connect()
		all.Go(func() {
			for n := range 20 {
				time.Sleep(10 * time.Millisecond)
				if program == 0 && n == 8 {
					answers <- agent.CallWithContext(t.Context(), "org.glovebox.Session1.Logout", 0, map[string]dbus.Variant{}).Err
					continue
				}
				ctx, done := context.WithTimeout(t.Context(), 20*time.Second)
				answers <- agent.CallWithContext(ctx, "org.glovebox.Session1.Permits", 0, "radio").Err
				done()
			}
		})
	}
	agent := connect()
	all.Go(func() { // a program that does not wait for answers: all that it asks meanwhile comes at once
		time.Sleep(80 * time.Millisecond)
		var asked []*dbus.Call
		for range 60 {
			asked = append(asked, agent.GoWithContext(t.Context(), "org.glovebox.Session1.Permits", 0, nil, "radio"))
			time.Sleep(2 * time.Millisecond)
		}
		for _, call := range asked {
			<-call.Done
			answers <- call.Err
		}
	})
	all.Wait()
	close(answers)
	for err := range answers {
		if err != nil {
			t.Error(err)
		}
	}
	wiped(t, w)
}

// lockKeeper is as much of a login manager as hands out delay locks.
type lockKeeper struct {
	mu   sync.Mutex
	seen []*os.File // guarded by mu: the ends that see the other one closed
}

func (k *lockKeeper) Inhibit(_, _, _, _ string) (dbus.UnixFD, *dbus.Error) {
	read, write, err := os.Pipe()
	if err != nil {
		return 0, dbus.MakeFailedError(err)
	}
	fd := dbus.UnixFD(write.Fd())
	time.AfterFunc(time.Second, func() { write.Close() }) // the agent has it by then
	k.mu.Lock()
	defer k.mu.Unlock()
	k.seen = append(k.seen, read)
	return fd, nil
}

func (k *lockKeeper) given() []*os.File {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.seen
}

// Over an exchange the unit cannot fall asleep unheard: the fresh process has a delay lock
// of its own before that of the process before is released.
func TestADelayLockIsHeldOverTheExchange(t *testing.T) {
	t.Parallel()
	var keeper lockKeeper
	w := guestWorld(t, sim.Options{}, func(w *sim.World) {
		c, err := dbus.Connect(w.DBus.Address)
		if err == nil {
			t.Cleanup(func() { c.Close() })
			err = c.Export(&keeper, "/org/freedesktop/login1", "org.freedesktop.login1.Manager")
		}
		if err == nil {
			_, err = c.RequestName("org.freedesktop.login1", dbus.NameFlagDoNotQueue)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	until(t, "a lock", func() bool { return len(keeper.given()) == 1 })
	time.Sleep(1500 * time.Millisecond) // the agent alone holds it
	for n := 1; n <= 2; n++ {
		at(t, w, "guest")
		released := make(chan int)
		go func() {
			_, _ = keeper.given()[n-1].Read(make([]byte, 1))
			released <- len(keeper.given())
		}()
		if err := w.HMI.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		wiped(t, w)
		select {
		case locks := <-released:
			if locks != n+1 {
				t.Errorf("exchange %d: released with %d locks given", n, locks)
			}
		case <-time.After(time.Minute):
			t.Fatalf("exchange %d: the lock is never released", n)
		}
	}
}
