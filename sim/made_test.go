package sim_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/dbc"
	"glovebox/hal/kernel"
	"glovebox/hal/mapping"
	"glovebox/hal/serial"
	"glovebox/hal/slcan"
	"glovebox/headunit"
	"glovebox/sim"
	"glovebox/sim/car"
	"glovebox/telemetry/outside"
)

// The made car's DBC file is without a fault, its mapping file fits, privacy has
// a class for each of its paths, and it has a lamp for every alarm but those of
// an engine that burns something.
func TestMadeCarIsClassified(t *testing.T) {
	o, err := sim.Made(sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rules, err := mapping.Load("mapping.toml", o.Mapping)
	if err != nil {
		t.Fatal(err)
	}
	buses := map[string]*dbc.File{}
	named := map[string]bool{}
	for _, b := range o.Buses {
		file, problems := dbc.Parse(b.Name, b.DBC)
		for _, p := range problems {
			t.Error(p)
		}
		buses[b.Name] = file
	}
	plan, err := mapping.Compile(rules, buses)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range rules.Signals {
		named[s.CAN.Message] = true
	}
	for _, a := range plan.Actuators() {
		named[a.CAN.Message] = true
		if !slices.Contains(plan.Paths(), a.Path) {
			t.Errorf("the actuator %s has no signal", a.Path)
		}
	}
	for _, f := range plan.Fobs() {
		named[f.ID.Message] = true
	}
	for _, m := range buses["body"].Messages {
		if !named[m.Name] {
			t.Errorf("nothing of message %s is mapped", m.Name)
		}
	}
	for _, path := range plan.Paths() {
		if class := outside.Classify(path); class == outside.Unknown {
			t.Errorf("%s has no class", path)
		}
	}
	var silent []string
	for _, code := range mapping.Codes() {
		path, _, err := plan.AlarmValue(code, true)
		if err != nil {
			silent = append(silent, code)
		} else if class := outside.Classify(path); class != "alarm" && class != "maintenance" {
			t.Errorf("%s: %s is of class %s", code, path, class)
		}
	}
	if want := []string{"oil-pressure", "fuel-low"}; !slices.Equal(silent, want) {
		t.Errorf("no lamp for %v, want %v", silent, want)
	}
}

// seen waits until the agent shows a path with a value.
func seen(t *testing.T, w *sim.World, path, value string) {
	t.Helper()
	got := ""
	until(t, fmt.Sprintf("%s %s", path, value), func() bool {
		signals, err := w.HMI.Signals(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range signals {
			if s["path"] == "Vehicle."+path {
				got = fmt.Sprint(s["value"])
			}
		}
		return got == value
	})
}

// The real agent hears the made car: doors, lock, ignition and gear, a drive and
// its end; it knows when the car is parked, and what it writes to a bus is
// obeyed.
func TestMadeCar(t *testing.T) {
	t.Parallel()
	w := startWorld(t, sim.Options{Dir: filepath.Join(t.TempDir(), "w"), Record: true,
		Vehicle: &car.Setup{Pace: 8, Seed: 3, Fobs: []string{"anna"}}})
	ctx := t.Context()
	if err := w.Boot(ctx); err != nil {
		t.Fatal(err)
	}
	parked := func(want bool) {
		t.Helper()
		until(t, fmt.Sprintf("parked %t", want), func() bool {
			s, err := w.HMI.Session(ctx)
			return err == nil && s.Parked == want
		})
	}
	seen(t, w, "Cabin.Door.Row1.DriverSide.IsLocked", "true")
	parked(true)
	if err := errors.Join(w.Car.Unlock("anna"), w.Car.Door("driver", true)); err != nil {
		t.Fatal(err)
	}
	seen(t, w, "Cabin.Door.Row1.DriverSide.IsLocked", "false")
	seen(t, w, "Cabin.Door.Row1.DriverSide.IsOpen", "true")
	if err := w.Car.Door("driver", false); err != nil {
		t.Fatal(err)
	}
	seen(t, w, "Cabin.Door.Row1.DriverSide.IsOpen", "false")
	if _, err := w.HMI.Login(ctx, id(t, w, "anna"), "480213", false); err != nil {
		t.Fatal(err)
	}
	w.Car.Ignition(true)
	seen(t, w, "LowVoltageSystemState", "ON")
	parked(true) // P
	if err := w.Car.Gear("D"); err != nil {
		t.Fatal(err)
	}
	parked(false)

	route, err := sim.Route("commute", nil)
	if err != nil {
		t.Fatal(err)
	}
	driving, enough := context.WithCancel(ctx)
	defer enough()
	driven := make(chan error, 1)
	go func() { driven <- w.Car.Drive(driving, route, hal.KilometresPerHour(30)) }()
	until(t, "moving", func() bool {
		v, err := w.HMI.Properties(ctx, "Vehicle1")
		return err == nil && v["Moving"] == true
	})
	if _, err := w.HMI.Login(ctx, id(t, w, "lea"), "590324", false); headunit.RefusedAs(err) != "NotParked" {
		t.Errorf("a login on the move: %v", err)
	}
	seen(t, w, "Speed", "30")
	seen(t, w, "Powertrain.Transmission.SelectedGear", "127")
	seen(t, w, "Cabin.Seat.Row1.DriverSide.IsBelted", "true")
	enough() // the driver brakes
	if err := <-driven; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	seen(t, w, "Speed", "0")
	parked(false) // ignition on, D
	until(t, "the car stands", func() bool { return w.Car.Gear("P") == nil })
	parked(true)
	w.Car.Ignition(false)
	seen(t, w, "LowVoltageSystemState", "OFF")
	parked(true)
	if err := w.Car.Alarm("tyre-pressure-rl", true); err != nil {
		t.Fatal(err)
	}
	until(t, "the lamp", func() bool {
		health, err := w.HMI.Health(ctx)
		return err == nil && slices.ContainsFunc(health, func(h map[string]any) bool { return h["code"] == "tyre-pressure-rl" })
	})
	if err := errors.Join(w.Stop(), w.Flush()); err != nil {
		t.Error(err)
	}
	if log := string(readFile(t, filepath.Join(w.Dir, "can-body.log"))); !strings.Contains(log, " body 240#") {
		t.Error("no fob in the log of the bus")
	}
}

// A command that is written to a port of the made car is confirmed on the bus
// within 200 ms, and is in the bus's log.
func TestMadeCarObeys(t *testing.T) {
	t.Parallel()
	w := startWorld(t, sim.Options{Dir: filepath.Join(t.TempDir(), "w"), Record: true, Vehicle: &car.Setup{}})
	port, err := serial.Open(w.Ports["body"].Name(), 115200)
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close()
	group, err := kernel.NewGroup()
	if err != nil {
		t.Fatal(err)
	}
	states := make(chan byte, 1000)
	go group.Run(t.Context())
	var stream slcan.Decoder
	go port.Each(group, make([]byte, 4096), func(b []byte) {
		stream.Feed(b, func(f *can.Frame) {
			if f.ID == 0x212 {
				states <- f.Data[0] & 3
			}
		})
	})
	// locked waits for a state of the lock, LOCK_STATE being 212 in hex.
	locked := func(raw byte) time.Duration {
		begun, late := time.Now(), time.After(3*time.Second)
		for {
			select {
			case state := <-states:
				if state == raw {
					return time.Since(begun)
				}
			case <-late:
				t.Fatalf("the lock is never %d", raw)
			}
		}
	}
	locked(1)
	fastest := time.Hour // a busy machine may delay one
	for _, raw := range []byte{0, 1, 0} {
		if _, err := port.Write(slcan.Append(nil, can.Frame{ID: 0x500, Len: 1, Data: can.Data{raw}})); err != nil {
			t.Fatal(err)
		}
		fastest = min(fastest, locked(raw))
	}
	if fastest > 200*time.Millisecond {
		t.Errorf("confirmed after %v", fastest)
	}
	if err := w.Flush(); err != nil {
		t.Error(err)
	}
	if log := string(readFile(t, filepath.Join(w.Dir, "can-body.log"))); !strings.Contains(log, " body 500#01") {
		t.Error("the command is not in the log of the bus")
	}
}
