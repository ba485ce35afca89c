package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"glovebox/headunit"
	"glovebox/profiles"
	"glovebox/profiles/bolt"
	"glovebox/sim"
)

// hang has no sync of a process come back any more, until it is released.
func hang(t *testing.T, pid uint32) (release func()) {
	t.Helper()
	tracer := exec.Command("strace", "-f", "-q", "-o", os.DevNull, "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:delay_enter=600000000", "-p", fmt.Sprint(pid))
	if err := tracer.Start(); err != nil {
		t.Fatal(err)
	}
	release = sync.OnceFunc(func() { _ = tracer.Process.Kill(); _ = tracer.Wait() })
	t.Cleanup(release)
	eventually(t, "traced", func() bool { return proc(t, pid, "TracerPid") > 0 })
	return release
}

// dead waits until a process has ended, be it that its tracer keeps what is left of it: its
// first thread too, where that is the one that hangs.
func dead(t *testing.T, pid uint32) {
	t.Helper()
	for range 600 {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil || strings.Contains(string(text), "\nState:\tZ") || strings.Contains(string(text), "\nThreads:\t1\n") {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("it does not end")
}

// While the disk hangs systemd does not hear that the unit is alive, though its loop goes
// on; and it can be stopped: that is cut off. The next start has all that was answered.
func TestTheDiskHangs(t *testing.T) {
	t.Parallel()
	a, u := peopled(t), newUnit(t)
	main := profiles.ID{1}.String()
	_, stop := a.boot(u.env(3 * time.Second)...) // alive each second
	if _, err := a.hmi.Login(t.Context(), main, "", false); err != nil {
		t.Fatal(err)
	}
	if err := a.hmi.SetText(t.Context(), "radio", "volume", "33"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "alive", func() bool { return u.count(alive) >= 2 })
	pid := a.pid()
	release := hang(t, pid)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { // one of them hangs
		defer close(ended)
		for ctx.Err() == nil {
			_ = a.hmi.SetText(ctx, "radio", "volume", "34")
		}
	}()
	defer func() { cancel(); <-ended }()
	begun, last := u.count(alive), 0
	for last != u.count(alive) { // for four seconds nothing is heard
		if last = u.count(alive); last > begun+90 {
			t.Fatal("still alive")
		}
		time.Sleep(4 * time.Second)
	}
	if last < begun+3 {
		t.Errorf("heard %d times before, %d in all: the loop waits for the disk", begun, last)
	}
	other, err := headunit.Dial(t.Context(), a.bus) // calls of one program are answered in order
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if v, err := other.Properties(t.Context(), "Vehicle1"); err != nil || v["Cloud"] == nil {
		t.Errorf("the head unit is not answered: %v", err)
	}
	if err := syscall.Kill(int(pid), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	dead(t, pid)
	release()
	code, said := stop(0)
	if code != exitFailed || !strings.Contains(said, "level=ERROR msg=\"stop cut off\"") || u.count(stopping) != 1 {
		t.Errorf("exit %d, %v:\n%s", code, u.all(), said)
	}
	_, stop = a.boot()
	settings, err := a.hmi.Login(t.Context(), main, "", false)
	if volume := fmt.Sprint(settings["radio"]["volume"]); err != nil || volume != "33" && volume != "34" {
		t.Errorf("volume %s, %v", volume, err)
	}
	if code, said := stop(syscall.SIGTERM); code != exitStopped {
		t.Errorf("exit %d: %s", code, said)
	}
}

// With the bus the agent ends, in order and with a code with which it is started again:
// everything is there afterwards, and no file has to be checked.
func TestTheBusEnds(t *testing.T) {
	t.Parallel()
	a, u := peopled(t), newUnit(t)
	main := profiles.ID{1}.String()
	_, stop := a.boot(u.env(time.Minute)...)
	if _, err := a.hmi.Login(t.Context(), main, "", false); err != nil {
		t.Fatal(err)
	}
	if err := a.hmi.SetText(t.Context(), "radio", "volume", "33"); err != nil {
		t.Fatal(err)
	}
	_ = a.daemon.Close()
	code, said := stop(0)
	if code != exitFailed || !strings.HasSuffix(said, "level=ERROR msg=ended error=\"the D-Bus connection ended\"\n") {
		t.Errorf("exit %d:\n%s", code, said)
	}
	if u.count(stopping) != 0 {
		t.Error("systemd is told that somebody asked for it")
	}
	if _, err := os.Stat(a.state(bolt.MarkName)); err != nil {
		t.Errorf("not in order: %v", err)
	}
	bus, err := sim.StartDBus(a.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close() })
	a.write("gloveboxd.toml", strings.ReplaceAll(a.read("gloveboxd.toml"), a.bus, bus.Address))
	a.bus = bus.Address
	show, _ := a.boot()
	if settings, err := a.hmi.Login(t.Context(), main, "", false); err != nil || fmt.Sprint(settings["radio"]["volume"]) != "33" {
		t.Errorf("%v, %v", settings["radio"], err)
	}
	if recovered := fmt.Sprint(show()["Recovered"]); recovered != "[]" {
		t.Errorf("recovered %s", recovered)
	}
}

// A start that checks and repairs asks for time before each step, and only a start: none
// of it comes once the unit is ready. A start without a fault asks once.
func TestARepairAsksForTime(t *testing.T) {
	t.Parallel()
	a := peopled(t)
	extend := fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", stepTime.Microseconds())
	asked := func() int {
		u := newUnit(t)
		_, stop := a.boot(u.env(time.Minute)...)
		eventually(t, "ready", func() bool { return u.count(ready) == 1 })
		eventually(t, "the queue is open", func() bool { _, err := os.Stat(a.state(outboxFile)); return err == nil })
		stop(syscall.SIGTERM)
		all := u.all()
		before := slices.IndexFunc(all, func(h heard) bool { return h.state == ready })
		if n := u.count(extend); slices.IndexFunc(all, func(h heard) bool { return h.state == alive }) < before || n > before {
			t.Errorf("%d times, in %v", n, all)
		}
		return u.count(extend)
	}
	if n := asked(); n != 1 {
		t.Errorf("a start without a fault asks %d times", n)
	}
	a.write("state/"+bolt.Name, "X"+a.read("state/" + bolt.Name)[1:])
	if n := asked(); n < 3 { // is it sound, is its newest state, open it
		t.Errorf("a repair asks %d times", n)
	}
}

// read is a file of the folder.
func (a *program) read(name string) string {
	a.t.Helper()
	text, err := os.ReadFile(a.dir + "/" + name)
	if err != nil {
		a.t.Fatal(err)
	}
	return string(text)
}
