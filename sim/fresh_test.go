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

// Of 200 calls spread over a guest's end each is answered, though the process is another
// one afterwards (case W3).
func TestCallsOverAGuestsEnd(t *testing.T) {
	w := guestWorld(t, sim.Options{})
	if _, err := w.HMI.Guest(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	answers := make(chan error, 200)
	for program := range 10 {
		c, err := dbus.Connect(w.DBus.Address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		agent := c.Object(headunit.BusName, "/org/glovebox/Agent1")
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
	all.Wait()
	close(answers)
	for err := range answers {
		if err != nil {
			t.Error(err)
		}
	}
	wiped(t, w)
}
