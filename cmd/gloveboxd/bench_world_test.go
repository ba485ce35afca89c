package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/headunit"
	"glovebox/sim"
	"glovebox/sim/cloud"
)

// What the benchmarks of the whole program share. Each measures what it compares
// in turn, so that whatever else the machine does falls on all alike, and reports
// medians: of the times, and of the ratios of each turn.

// series is what was measured, by name, a figure a turn.
type series map[string][]float64

func (s series) add(name string, v float64) { s[name] = append(s[name], v) }

// clock adds the milliseconds that do takes.
func (s series) clock(b *testing.B, name string, do func() error) {
	b.Helper()
	start := time.Now()
	if err := do(); err != nil {
		b.Fatalf("%s: %v", name, err)
	}
	s.add(name, float64(time.Since(start).Microseconds())/1000)
}

// report reports the median of a series under a unit.
func (s series) report(b *testing.B, name, unit string) {
	if len(s[name]) > 0 {
		b.ReportMetric(median(s[name]), unit)
	}
}

// ratio reports the median of the ratios of two series, turn by turn.
func (s series) ratio(b *testing.B, name, floor, unit string) {
	var all []float64
	for i := range min(len(s[name]), len(s[floor])) {
		all = append(all, s[name][i]/s[floor][i])
	}
	if len(all) > 0 {
		b.ReportMetric(median(all), unit)
	}
}

func median(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}

// booted is a recorded car with people of those roles, whose agent is booted.
func booted(b *testing.B, program string, roles ...string) *sim.World {
	b.Helper()
	var users []cloud.User
	for i, role := range roles {
		users = append(users, cloud.User{Name: fmt.Sprintf("user%d", i), Role: role, PIN: "480213"})
	}
	o, err := sim.RAV4(sim.Options{Users: users, Dir: b.TempDir(), Gloveboxd: program, Messages: 100})
	if err != nil {
		b.Fatal(err)
	}
	w, err := sim.Start(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { w.Close() })
	if err := w.Boot(b.Context()); err != nil {
		b.Fatal(err)
	}
	return w
}

// login signs the first of the car's people in.
func login(b *testing.B, w *sim.World, hmi *headunit.Client) {
	b.Helper()
	first, _ := w.Cloud.Reader("user0")
	if _, err := hmi.Login(b.Context(), first.ID, first.PIN, false); err != nil {
		b.Fatal(err)
	}
}

// drive plays the recorded drive over and over until the benchmark ends.
func drive(b *testing.B, w *sim.World) {
	b.Helper()
	recorded, err := sim.RAV4Drive()
	if err != nil {
		b.Fatal(err)
	}
	replay, done := w.Replay(recorded, nil), make(chan struct{})
	go func() {
		defer close(done)
		for b.Context().Err() == nil {
			_ = replay.Play(b.Context()) // it ends with the benchmark
		}
	}()
	b.Cleanup(func() { <-done })
}

// build makes a program as it is shipped.
func build(b *testing.B, name, pkg string) string {
	b.Helper()
	file := filepath.Join(b.TempDir(), name)
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", file, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("build %s: %v\n%s", name, err, out)
	}
	return file
}

// started runs a program until the benchmark ends.
func started(b *testing.B, program string, args ...string) (pid int) {
	b.Helper()
	cmd := exec.Command(program, args...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	return cmd.Process.Pid
}

// busy is the time that a process has had a processor, all its threads together.
func busy(b *testing.B, pid int) (spent time.Duration) {
	b.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(threads) == 0 {
		b.Fatalf("no thread of process %d: %v", pid, err)
	}
	for _, thread := range threads {
		text, _ := os.ReadFile(thread)
		if fields := strings.Fields(string(text)); len(fields) > 0 {
			ns, _ := strconv.ParseInt(fields[0], 10, 64)
			spent += time.Duration(ns)
		}
	}
	return spent
}

// resident is the megabytes of a process that lie in memory.
func resident(b *testing.B, pid int) float64 { return status(b, pid, "VmRSS:") / 1000 }

// wakes is how often a process of one thread has waited for something.
func wakes(b *testing.B, pid int) float64 { return status(b, pid, "voluntary_ctxt_switches:") }

// status is a number that the kernel says of a process (proc_pid_status(5)).
func status(b *testing.B, pid int, name string) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), name)
	n, err := strconv.ParseFloat(strings.Fields(after)[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// starter runs programs that take the agent's name, and times them.
type starter struct {
	owner   chan *dbus.Signal
	running *exec.Cmd
}

func newStarter(b *testing.B, bus string) *starter {
	b.Helper()
	conn, err := dbus.Connect(bus)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	s := &starter{owner: make(chan *dbus.Signal, 16)}
	conn.Signal(s.owner)
	if err := conn.AddMatchSignal(dbus.WithMatchInterface("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"),
		dbus.WithMatchArg(0, "org.glovebox.Agent1")); err != nil {
		b.Fatal(err)
	}
	return s
}

// start returns the milliseconds from exec until the name has an owner.
func (s *starter) start(b *testing.B, program string, args ...string) float64 {
	b.Helper()
	s.running = exec.Command(program, args...)
	began := time.Now()
	if err := s.running.Start(); err != nil {
		b.Fatal(err)
	}
	s.await(b, true)
	return float64(time.Since(began).Microseconds()) / 1000
}

// end ends what was started: as systemd does, or as a power cut.
func (s *starter) end(b *testing.B, how syscall.Signal) {
	b.Helper()
	if err := s.running.Process.Signal(how); err != nil {
		b.Fatal(err)
	}
	_ = s.running.Wait() // how it ended is known
	s.await(b, false)
}

func (s *starter) await(b *testing.B, owned bool) {
	b.Helper()
	late := time.After(10 * time.Second)
	for {
		select {
		case n := <-s.owner:
			if n.Name == "org.freedesktop.DBus.NameOwnerChanged" && (n.Body[2] != "") == owned {
				return
			}
		case <-late:
			b.Fatalf("the name is owned: not %v within 10 s", owned)
		}
	}
}
