package main

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// A durable Set over D-Bus beside a bare service that commits the same and
// answers, and a call that stores nothing beside one that only answers. Goal:
// 1.15 times or less.
func BenchmarkSet(b *testing.B) {
	w := booted(b, build(b, "gloveboxd", "."), "main", "shared", "shared", "shared", "shared", "shared")
	login(b, w, w.HMI)
	started(b, build(b, "echo", "./testdata/echo"), filepath.Join(b.TempDir(), "echo.db"), w.DBus.Address)
	var conn *dbus.Conn
	none := map[string]dbus.Variant{}
	call := func(service string, path dbus.ObjectPath, method string, args ...any) error {
		return conn.Object(service, path).CallWithContext(b.Context(), method, 0, args...).Err
	}
	agent := func(method string, args ...any) func() error {
		return func() error {
			return call("org.glovebox.Agent1", "/org/glovebox/Agent1", "org.glovebox."+method, args...)
		}
	}
	floor := func(method string, values map[string]dbus.Variant) func() error {
		return func() error {
			return call("org.example.Echo", "/echo", "org.example.Echo."+method, "radio", values, none)
		}
	}
	reconnect := func() {
		if conn != nil {
			conn.Close()
		}
		var err error
		if conn, err = dbus.Connect(w.DBus.Address); err != nil {
			b.Fatal(err)
		}
		for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) { // the agent looks a sender up, once
			if err := agent("Settings1.Get", "radio")(); err == nil && floor("Echo", none)() == nil {
				return
			} else if time.Now().After(end) {
				b.Fatal(err)
			}
		}
	}
	s, n := series{}, 0
	for b.Loop() {
		for range 5 * turns {
			if n%12 == 0 { // a sender has a burst of 40 calls, and then 20 a second
				reconnect()
			}
			n++
			values := map[string]dbus.Variant{"volume": dbus.MakeVariant(byte(n % 100))}
			for _, one := range []struct {
				name string
				do   func() error
			}{
				{"set", agent("Settings1.Set", "radio", values, none)}, {"bare set", floor("Set", values)},
				{"permits", agent("Session1.Permits", "radio")}, {"echo", floor("Echo", values)},
			} {
				s.clock(b, one.name, one.do)
				time.Sleep(3 * time.Millisecond) // what follows an answer is over
			}
		}
	}
	conn.Close()
	s.report(b, "set", "set-ms")
	s.report(b, "bare set", "bare-set-ms")
	s.ratio(b, "set", "bare set", "set/bare")
	s.report(b, "permits", "permits-ms")
	s.report(b, "echo", "echo-ms")
	s.ratio(b, "permits", "echo", "permits/echo")
}
