package hmi_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/profiles"
)

// inhibit takes a delay lock for a program.
func inhibit(t *testing.T, c *dbus.Conn) *os.File {
	t.Helper()
	var fd dbus.UnixFD
	if err := ask(c, "Session1.Inhibit", "maps", "a file is open").Store(&fd); err != nil {
		t.Fatal(err)
	}
	lock := os.NewFile(uintptr(fd), "lock")
	t.Cleanup(func() { lock.Close() })
	return lock
}

// released waits until the cabin heard that n locks were released.
func (w *world) released(t *testing.T, n int) {
	t.Helper()
	for range 500 {
		if calls := w.cabin.asked(); len(slices.DeleteFunc(calls, func(s string) bool { return s != "release" })) == n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("of %d locks the cabin heard %v", n, w.cabin.asked())
}

// An app may hold a lock. It is released when its holder closes it, and when its
// holder is gone; what is written to it says nothing.
func TestLocks(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	w.uids.is(c, appUser)
	one, other := inhibit(t, c), inhibit(t, c)
	if _, err := one.WriteString("still here"); err != nil {
		t.Error(err)
	}
	time.Sleep(20 * time.Millisecond)
	w.released(t, 0)
	one.Close()
	w.released(t, 1)
	other.Close()
	w.released(t, 2)
}

// One user holds so many and no more; whoever closes one may take another.
func TestLocksAreBounded(t *testing.T) {
	w := start(t)
	c, other := w.dial(t), w.dial(t)
	w.uids.is(c, appUser)
	var held []*os.File
	for range 8 {
		held = append(held, inhibit(t, c))
	}
	if got := name(ask(c, "Session1.Inhibit", "maps", "one more").Err); got != "org.freedesktop.DBus.Error.LimitsExceeded" {
		t.Errorf("the ninth answers %q", got)
	}
	inhibit(t, other)
	held[3].Close()
	w.released(t, 1)
	for range 100 { // its place is free a moment after
		if got := name(ask(c, "Session1.Inhibit", "maps", "one more").Err); got == "" {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("a place that was given back is not free")
}

// A lock that is refused holds nothing, and leaves no place taken.
func TestRefusedLock(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	w.cabin.change(func(c *cabin) { c.fail = profiles.ErrNotReady })
	for range 20 {
		if got := name(ask(c, "Session1.Inhibit", "maps", "late").Err); got != "NotReady" {
			t.Fatalf("while a session ends: %q", got)
		}
	}
	if got := name(ask(c, "Session1.Inhibit", strings.Repeat("x", 257), "").Err); got != "InvalidArgument" {
		t.Errorf("a name of 257 bytes: %q", got)
	}
	w.cabin.change(func(c *cabin) { c.fail = nil })
	inhibit(t, c)
}

// Leaving the bus lets go of every lock.
func TestCloseLetsGo(t *testing.T) {
	w := start(t)
	inhibit(t, w.dial(t))
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	w.released(t, 1)
}
