package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/headunit"
)

// The limits of the unit, and what is left free of them.
const (
	memoryMax = 128 << 20
	tasksMax  = 64
)

// pid is that of the program that has the agent's name.
func (a *program) pid() (pid uint32) {
	a.t.Helper()
	bus, err := dbus.Connect(a.bus)
	if err != nil {
		a.t.Fatal(err)
	}
	defer bus.Close()
	eventually(a.t, "the name is owned", func() bool { // not while another process takes over
		return bus.BusObject().Call("org.freedesktop.DBus.GetConnectionUnixProcessID", 0, headunit.BusName).Store(&pid) == nil
	})
	return pid
}

// proc is a number that the kernel says of a process (proc_pid_status(5)).
func proc(t *testing.T, pid uint32, name string) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "\n"+name+":")
	n, err := strconv.Atoi(strings.Fields(after)[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Programs that ask and hang up leave no descriptor and no memory behind.
func TestCallersWhoHangUp(t *testing.T) {
	a := newProgram(t, "[vehicle]\nmodel = \"Taycan\"\nmodel_year = 2024\n")
	a.boot()
	pid := a.pid()
	descriptors := func() int {
		all, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	hangUp := func(times int) {
		for range times {
			bus, err := dbus.Connect(a.bus)
			if err != nil {
				t.Fatal(err)
			}
			for range 20 {
				bus.Object(headunit.BusName, "/org/glovebox/Agent1").Go("org.glovebox.Session1.Permits", 0, nil, "radio")
			}
			bus.Close()
		}
		eventually(t, "the agent answers", func() bool { _, _, err := a.hmi.Permits(t.Context(), "radio"); return err == nil })
	}
	hangUp(50)
	open, memory := descriptors(), proc(t, pid, "VmRSS")
	hangUp(500)
	if now := descriptors(); now > open {
		t.Errorf("%d descriptors, %d before", now, open)
	}
	if now := proc(t, pid, "VmRSS"); now > memory+8<<10 && !raced {
		t.Errorf("%d kB of memory, %d before", now, memory)
	}
}

// However large and however many the messages are with which programs flood the bus, and
// whatever they try, the agent stays far below what the unit allows in memory and tasks, and answers.
func TestAFloodOfLargeMessages(t *testing.T) {
	a := newProgram(t, "[vehicle]\nmodel = \"Taycan\"\nmodel_year = 2024\n")
	_, stop := a.boot()
	if _, err := a.hmi.Guest(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	pid := a.pid()
	huge, large := strings.Repeat("x", 24<<20), strings.Repeat("y", 60<<10)
	bag, end := map[string]dbus.Variant{}, time.Now().Add(5*time.Second)
	var all sync.WaitGroup
	var answered, tasks [6]int
	for n := range answered {
		bus, err := dbus.Connect(a.bus)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { bus.Close() })
		agent := bus.Object(headunit.BusName, "/org/glovebox/Agent1")
		all.Go(func() {
			for time.Now().Before(end) {
				calls := make(chan *dbus.Call, 64)
				switch n {
				case 0:
					agent.Go("org.glovebox.Session1.Permits", 0, calls, huge)
				case 1:
					agent.Go("org.glovebox.Settings1.Set", 0, calls, "app.maps", map[string]dbus.Variant{"k": dbus.MakeVariant(huge)}, bag)
				case 2: // each of them costs a hash of 19 MB
					for range 60 {
						agent.Go("org.glovebox.Session1.Login", 0, calls, dbus.ObjectPath("/org/glovebox/Agent1/profile/00000000000000000000000000000099"), "480213", bag)
					}
				default:
					for range 40 {
						agent.Go("org.glovebox.Settings1.Set", 0, calls, fmt.Sprintf("app.a%d", n), map[string]dbus.Variant{"k": dbus.MakeVariant(large)}, bag)
					}
					for range 20 {
						agent.Go("org.glovebox.Settings1.Get", 0, calls, fmt.Sprintf("app.a%d", n))
					}
				}
				for open := max(1, 60*min(1, n/2)); open > 0; open-- {
					<-calls
					answered[n]++
				}
				tasks[n] = max(tasks[n], proc(t, pid, "Threads"))
			}
		})
	}
	all.Wait()
	if err := a.hmi.SetText(t.Context(), "radio", "volume", "33"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	peak := proc(t, pid, "VmHWM") << 10
	t.Logf("%v calls answered; peak %d MB, %v tasks", answered, peak>>20, tasks)
	if peak > memoryMax*3/4 && !raced {
		t.Errorf("%d MB at most, of %d that the unit allows", peak>>20, memoryMax>>20)
	}
	for n := range tasks {
		if answered[n] == 0 || tasks[n] > tasksMax*3/4 {
			t.Errorf("program %d: %d answers, %d tasks of %d", n, answered[n], tasks[n], tasksMax)
		}
	}
	if code, said := stop(syscall.SIGTERM); code != exitStopped || strings.Count(said, "\n") > 40 {
		t.Errorf("exit %d:\n%s", code, said)
	}
}
