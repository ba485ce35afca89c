package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"go.etcd.io/bbolt"

	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/dbc"
	"glovebox/hal/mapping"
	"glovebox/hal/slcan"
	"glovebox/headunit"
	"glovebox/sim"
	"glovebox/sim/cloud"
	"glovebox/sim/scenarios"
)

// From the adapter's bytes to the readings that changed, on the recorded drive,
// beside the stream decoder alone. Goal: 150 ns a frame or less, no allocation.
func BenchmarkDrive(b *testing.B) {
	stream, decoder := recorded(b)
	frames := 0
	var lines slcan.Decoder
	lines.Feed(stream, func(can.Frame) { frames++ })
	perFrame := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(frames), "ns/frame")
	}
	b.Run("readings", func(b *testing.B) {
		b.ReportAllocs()
		var lines slcan.Decoder
		readings := make([]hal.Reading, 0, 1024)
		var at hal.Instant
		emit := func(f can.Frame) { readings = decoder.Decode(f, at, readings) }
		for b.Loop() {
			for rest := stream; len(rest) > 0; {
				n := min(512, len(rest)) // what a busy port gives at once
				readings, at.Boot = readings[:0], at.Boot+27*time.Millisecond
				lines.Feed(rest[:n], emit)
				rest = rest[n:]
			}
		}
		perFrame(b)
	})
	b.Run("frames-only", func(b *testing.B) {
		b.ReportAllocs()
		var lines slcan.Decoder
		var sum uint32
		emit := func(f can.Frame) { sum += f.ID }
		for b.Loop() {
			lines.Feed(stream, emit)
		}
		perFrame(b)
	})
}

// recorded is the powertrain bus of the drive as SLCAN bytes, and its decoder.
func recorded(b *testing.B) ([]byte, *mapping.Decoder) {
	b.Helper()
	drive, err := sim.RAV4Drive()
	if err != nil {
		b.Fatal(err)
	}
	var stream []byte
	for _, f := range drive.Frames {
		if f.Bus == "can0" {
			stream = slcan.Append(stream, f.Frame)
		}
	}
	read := func(name string) []byte {
		text, err := scenarios.Files.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		return text
	}
	file, err := mapping.Load("mapping.toml", read("rav4/mapping.toml"))
	if err != nil {
		b.Fatal(err)
	}
	powertrain, _ := dbc.Parse("powertrain", read(scenarios.DBCPowertrain))
	radar, _ := dbc.Parse("radar", read(scenarios.DBCRadar))
	plan, err := mapping.Compile(file, map[string]*dbc.File{"powertrain": powertrain, "radar": radar})
	if err != nil {
		b.Fatal(err)
	}
	return stream, plan.Bus("powertrain")
}

// six is a car with all its people.
func six(b *testing.B) (w *sim.World, program string) {
	b.Helper()
	var users []cloud.User
	for _, name := range []string{"anna", "lea", "jonas", "mia", "ben", "eva"} {
		role := "shared"
		if name == "anna" {
			role = "main"
		}
		users = append(users, cloud.User{Name: name, Role: role, PIN: "480213"})
	}
	program = build(b, "gloveboxd", ".")
	o, err := sim.RAV4(sim.Options{Users: users, Dir: b.TempDir(), Gloveboxd: program})
	if err != nil {
		b.Fatal(err)
	}
	w, err = sim.Start(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { w.Close() })
	if err := w.Boot(b.Context()); err != nil {
		b.Fatal(err)
	}
	return w, program
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

// From exec to the bus name owned, with six people in the store, beside a bare
// program that opens a bbolt file and takes a name. Goal: 10 ms or less.
func BenchmarkStart(b *testing.B) {
	w, program := six(b)
	if err := w.Stop(); err != nil {
		b.Fatal(err)
	}
	bare := build(b, "bare", "./testdata/bare")
	db := filepath.Join(b.TempDir(), "bare.db")
	b.Run("gloveboxd", func(b *testing.B) {
		start(b, w.DBus.Address, func() *exec.Cmd { return exec.Command(program, "--config", w.Config) })
	})
	b.Run("bare", func(b *testing.B) {
		start(b, w.DBus.Address, func() *exec.Cmd { return exec.Command(bare, db, w.DBus.Address) })
	})
}

// start times a program from its exec until it owns the agent's name.
func start(b *testing.B, bus string, program func() *exec.Cmd) {
	conn, err := dbus.Connect(bus)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	owner := make(chan *dbus.Signal, 16)
	conn.Signal(owner)
	if err := conn.AddMatchSignal(dbus.WithMatchInterface("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"),
		dbus.WithMatchArg(0, "org.glovebox.Agent1")); err != nil {
		b.Fatal(err)
	}
	await := func(owned bool) {
		for s := range owner {
			if s.Name == "org.freedesktop.DBus.NameOwnerChanged" && (s.Body[2] != "") == owned {
				return
			}
		}
	}
	for b.Loop() {
		cmd := program()
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		await(true)
		b.StopTimer()
		if err := cmd.Process.Kill(); err != nil {
			b.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		await(false)
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "ms/start")
}

// A durable Set over D-Bus, beside a bare bbolt commit of the same size on the
// same disk.
func BenchmarkSet(b *testing.B) {
	w, _ := six(b)
	anna, _ := w.Cloud.Reader("anna")
	if _, err := w.HMI.Login(b.Context(), anna.ID, anna.PIN, false); err != nil {
		b.Fatal(err)
	}
	b.Run("over-dbus", func(b *testing.B) {
		var hmi *headunit.Client
		for n := 0; b.Loop(); n++ {
			if n%30 == 0 { // a sender has a burst of 40 calls, and then 20 a second
				b.StopTimer()
				if hmi != nil {
					hmi.Close()
				}
				var err error
				if hmi, err = headunit.Dial(b.Context(), w.DBus.Address); err != nil {
					b.Fatal(err)
				}
				if _, err := hmi.Get(b.Context(), "radio"); err != nil { // the agent has looked the sender up
					b.Fatal(err)
				}
				b.StartTimer()
			}
			if err := hmi.Set(b.Context(), "radio", map[string]any{"volume": byte(n % 100)}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N), "µs/set")
	})
	b.Run("bare-bbolt", func(b *testing.B) {
		db, err := bbolt.Open(filepath.Join(w.Dir, "bare.db"), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType})
		if err != nil {
			b.Fatal(err)
		}
		defer db.Close()
		for n := 0; b.Loop(); n++ {
			err := db.Update(func(tx *bbolt.Tx) error {
				bucket, err := tx.CreateBucketIfNotExists([]byte("person"))
				if err != nil {
					return err
				}
				return bucket.Put([]byte("volume"), fmt.Appendf(nil, "%032d", n))
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N), "µs/set")
	})
}
