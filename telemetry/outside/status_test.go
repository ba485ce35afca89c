package outside_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/telemetry/outside"
)

const (
	odometer = "Vehicle.TraveledDistance"
	charge   = "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed"
	fuel     = "Vehicle.Powertrain.FuelSystem.RelativeLevel"
	rangeAll = "Vehicle.Powertrain.Range"
	door     = "Vehicle.Cabin.Door.Row1.DriverSide.IsOpen"
	tyre     = "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure"
	battery  = "Vehicle.LowVoltageBattery.CurrentVoltage"
	ignition = "Vehicle.LowVoltageSystemState"
	faults   = "Vehicle.Diagnostics.DTCList"
	service  = "Vehicle.Service.DistanceToService"
	complete = "Vehicle.Powertrain.TractionBattery.Charging.TimeToComplete"
	pads     = "Vehicle.Chassis.Axle.Row1.Wheel.Left.Brake.PadWear"
	weight   = "Vehicle.CurbWeight"
	speed    = "Vehicle.Speed"
	climate  = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature"
)

// What the main user and a limited reader see of one reading, parked.
func TestCoarsening(t *testing.T) {
	for _, c := range []struct {
		name, path    string
		value         any
		main, limited string
	}{
		{"odometer floors to 1 km; the latch has nothing yet", odometer, 25_089_999, "25089000", ""},
		{"charge floors to 1 and to 5 %", charge, 64.9, "64", "60"},
		{"fuel floors to an eighth", fuel, 74.0, "74", "62.5"},
		{"litres without a tank size say nothing", "Vehicle.Powertrain.FuelSystem.AbsoluteLevel", 31.0, "31", ""},
		{"kilowatt hours are no per cent", "Vehicle.Powertrain.TractionBattery.StateOfCharge.CurrentEnergy", 41.2, "", ""},
		{"range floors to 50 km", rangeAll, 349_999, "349999", "300000"},
		{"charge time goes up to 15 min", complete, 901, "901", "1800"},
		{"charge time of nothing stays nothing", complete, 0, "0", "0"},
		{"door", door, true, "true", "true"},
		{"tyre ok", tyre, 180, "180", "ok"},
		{"tyre low", tyre, 179.9, "179.9", "low"},
		{"tyre critical", tyre, 149, "149", "critical"},
		{"battery ok", battery, 12.4, "12.4", "ok"},
		{"battery low", battery, 11.7, "11.7", "low"},
		{"a current is neither ok nor low", "Vehicle.LowVoltageBattery.CurrentCurrent", -3.0, "-3", ""},
		{"ignition becomes in use or not", ignition, "ACC", "ACC", "OFF"},
		{"codes only", faults, "P0420, speed=83 U0100-00", "P0420,U0100-00", "P0420,U0100-00"},
		{"free text is no code", faults, "engine fault near Bern", "", ""},
		{"service in km floors down when overdue", service, -120.5, "-121", ""},
		{"brake pads wait for the latch", pads, 31, "31", ""},
		{"attribute", weight, 1700, "1700", "1700"},
		{"speed never leaves", speed, 83, "", ""},
		{"set point never leaves", climate, 21, "", ""},
		{"absent stays absent", fuel, nil, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			car := newCar(t, outside.Builtin(), outside.Options{})
			car.link(true)
			car.say(c.path, c.value)
			car.at("12:05:01")
			short := strings.TrimPrefix(c.path, "Vehicle.")
			if got := car.last(boxMain)[short]; got != c.main {
				t.Errorf("main sees %q: want %q", got, c.main)
			}
			if got := car.last(boxLimited)[short]; got != c.limited {
				t.Errorf("limited sees %q: want %q", got, c.limited)
			}
		})
	}
}

// What a number that is not finite says is nothing.
func TestNotANumberIsAbsent(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	zero := 0.0
	for _, v := range []float64{zero / zero, 1 / zero, -1 / zero} {
		car.say(weight, v)
		car.at("12:02:00")
		if got := car.last(boxMain); got != nil {
			t.Errorf("%v is shown as %v", v, got)
		}
	}
}

// While in use a value is repeated that may not change then, and a value that
// was never shown does not appear.
func TestHeldWhileInUse(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.say(charge, 81)
	car.say(door, true)
	car.at("12:05:01")
	car.inUse(true)
	car.say(odometer, 9_000_000)
	car.say(charge, 74)
	car.say(door, false)
	car.at("12:10:01")
	main, limited := car.last(boxMain), car.last(boxLimited)
	if main["TraveledDistance"] != "" || limited["Cabin.Door.Row1.DriverSide.IsOpen"] != "true" ||
		limited["Powertrain.TractionBattery.StateOfCharge.Displayed"] != "80" {
		t.Errorf("in use: main %v, limited %v", main, limited)
	}
	car.inUse(false)
	car.at("12:15:01")
	main, limited = car.last(boxMain), car.last(boxLimited)
	if main["TraveledDistance"] != "9000000" || limited["Cabin.Door.Row1.DriverSide.IsOpen"] != "false" ||
		limited["Powertrain.TractionBattery.StateOfCharge.Displayed"] != "70" {
		t.Errorf("afterwards: main %v, limited %v", main, limited)
	}
}

// Without a fix for 60 s while in use the main user sees what was shown last;
// at the first fix again what is.
func TestStaleFixHolds(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.at("12:02:30")
	car.say(fuel, 50)
	car.fix(1, 1)
	car.inUse(true)
	car.at("12:03:00.5")
	car.say(fuel, 40)
	for _, c := range []struct{ at, want string }{{"12:04:00.5", "50"}, {"12:05:00.5", "50"}} {
		if car.at(c.at); car.last(boxMain)["Powertrain.FuelSystem.RelativeLevel"] != c.want {
			t.Errorf("at %s: %v: want fuel %s", c.at, car.last(boxMain), c.want)
		}
	}
	car.fix(1, 1)
	if car.at("12:06:00"); car.last(boxMain)["Powertrain.FuelSystem.RelativeLevel"] != "40" {
		t.Errorf("after the fix: %v", car.last(boxMain))
	}
}

// At 60 s without a fix the state holds, a moment before it does not.
func TestStaleEdge(t *testing.T) {
	for _, c := range []struct{ fix, want string }{
		{"12:06:00", "50"}, {"12:06:00.000000001", "40"},
	} {
		car := newCar(t, outside.Builtin(), outside.Options{})
		car.link(true)
		car.at("12:05:50")
		car.fix(1, 1)
		car.say(fuel, 50)
		car.inUse(true)
		car.at(c.fix)
		car.fix(1, 1)
		car.say(fuel, 40)
		car.at("12:07:00")
		if got := car.last(boxMain)["Powertrain.FuelSystem.RelativeLevel"]; got != c.want {
			t.Errorf("fix at %s: main sees %s: want %s", c.fix, got, c.want)
		}
	}
}

// A slot sees whether the car was in use before it, not at it or after.
func TestInUseEdge(t *testing.T) {
	for _, c := range []struct{ at, want string }{
		{"12:04:59.999999999", "ON"}, {"12:05:00", "OFF"}, {"12:05:00.000000001", "OFF"},
	} {
		car := newCar(t, outside.Builtin(), outside.Options{})
		car.link(true)
		car.say(ignition, "OFF")
		car.at("12:04:59")
		car.now = at(c.at) // nobody ticks in between
		car.inUse(true)
		car.at("12:05:00.000000001")
		car.take()
		if got := car.last(boxLimited)["LowVoltageSystemState"]; got != c.want {
			t.Errorf("in use from %s: %s: want %s", c.at, got, c.want)
		}
	}
}

// Slots are multiples of their period even on a clock that stands before 1970.
func TestSlotsBefore1970(t *testing.T) {
	boot := hal.Instant{UTC: time.Date(1958, 3, 1, 12, 1, 7, 0, time.UTC), Boot: 40 * time.Second}
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.now, car.out = boot, outside.New(outside.Builtin(), boot, outside.Options{})
	car.out.SetReaders(1, family, boot)
	car.link(true)
	car.run(boot.Boot + 10*time.Minute)
	got := car.of(boxLimited, outside.KindStatus)
	if len(got) != 2 || got[0].at != boot.Boot+233*time.Second || got[0].event(t).TS != "1958-03-01T12:05:00.000Z" {
		t.Errorf("limited %v", got)
	}
}

// One status in every slot to a limited reader, at its instant, of 1,024 bytes
// or a multiple, with the slot for every time; at the end of the file it holds
// what came before the slot and nothing that came at it.
func TestSlotEdges(t *testing.T) {
	for _, c := range []struct{ at, want string }{
		{"12:04:59.999999999", "60"}, {"12:05:00", "50"}, {"12:05:00.000000001", "50"},
	} {
		car := newCar(t, outside.Builtin(), outside.Options{})
		car.link(true)
		car.say(charge, 51)
		car.at("12:04:59")
		car.now = at(c.at)  // nobody ticks in between
		car.say(charge, 61) // before the slot it is in it, at the slot it is not
		car.at("12:05:00.000000001")
		car.take()
		all := car.of(boxLimited, outside.KindStatus)
		if len(all) != 1 {
			t.Fatalf("change at %s: %d messages: want 1", c.at, len(all))
		}
		if got := all[0].values(t)["Powertrain.TractionBattery.StateOfCharge.Displayed"]; got != c.want {
			t.Errorf("change at %s: %s: want %s", c.at, got, c.want)
		}
		e := all[0].event(t)
		if e.TS != "2026-11-21T12:05:00.000Z" || e.Data[0].DP[0].TS != e.TS || len(all[0].payload)%1024 != 0 {
			t.Errorf("change at %s: ts %s, dp.ts %s, %d bytes", c.at, e.TS, e.Data[0].DP[0].TS, len(all[0].payload))
		}
	}
}

// A limited reader's slot that the agent slept through is left out; main is
// shown the newest state late.
func TestLateTick(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.say(weight, 1)
	car.now.Boot, car.now.UTC = car.now.Boot+5*time.Minute, car.now.UTC.Add(5*time.Minute)
	car.take()
	if n, m := len(car.of(boxLimited, outside.KindStatus)), len(car.of(boxMain, outside.KindStatus)); n != 0 || m != 1 {
		t.Errorf("%d late messages to limited, %d to main: want 0 and 1", n, m)
	}
	car.at("12:10:01")
	if n := len(car.of(boxLimited, outside.KindStatus)); n != 1 {
		t.Errorf("%d messages to limited: want 1", n)
	}
}

// A correction of the wall clock moves no slot and shows in ts to main alone.
func TestWallClockCorrected(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.say(weight, 1)
	car.now.UTC = car.now.UTC.Add(90*time.Minute + 30*time.Second)
	car.run(start.Boot + 5*time.Minute)
	limited, main := car.of(boxLimited, outside.KindStatus), car.of(boxMain, outside.KindStatus)
	if len(limited) != 1 || limited[0].at != start.Boot+232750*time.Millisecond || limited[0].event(t).TS != "2026-11-21T12:05:00.000Z" {
		t.Errorf("limited: %v", limited)
	}
	if ts := main[0].event(t).TS; ts != "2026-11-21T13:32:30.000Z" {
		t.Errorf("main: ts %s", ts)
	}
}

// Every message of a slot carries the slot's own instant, though the two clocks are
// read one after the other and drift.
func TestSlotsCarryTheirOwnInstant(t *testing.T) {
	for _, off := range []time.Duration{-999 * time.Millisecond, -time.Microsecond, 0, time.Microsecond, 40 * time.Millisecond} {
		car := newCar(t, outside.Builtin(), outside.Options{})
		car.link(true)
		car.say(charge, 62)
		car.at("12:02:30")
		car.now.UTC = car.now.UTC.Add(off)
		car.run(at("12:04:55").Boot)
		car.fix(54, 6)
		car.run(at("12:05:00").Boot)
		for _, box := range []string{boxMain, boxShared, boxLimited, boxBack} {
			if got := car.of(box, outside.KindStatus); len(got) == 0 || got[len(got)-1].event(t).TS != "2026-11-21T12:05:00.000Z" {
				t.Errorf("clocks %v apart: status to %.4s: %v", off, box, got)
			}
		}
		if got := car.of(boxMain, outside.KindPosition); len(got) != 1 || got[0].event(t).TS != "2026-11-21T12:05:00.000Z" {
			t.Errorf("clocks %v apart: %v", off, got)
		}
	}
}

// With nothing to say main gets no status and a limited reader an empty one.
func TestNothingToSay(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.say(speed, 83)
	car.at("12:15:01")
	limited := car.of(boxLimited, outside.KindStatus)
	if len(car.of(boxMain, outside.KindStatus)) != 0 || len(limited) != 3 {
		t.Fatalf("sent %v", car.sent)
	}
	if !strings.Contains(limited[0].payload, `"data":[]`) || len(limited[0].payload) != 1024 {
		t.Errorf("limited: %q", limited[0].payload)
	}
}

// The daily latch: the value of 02:00 UTC, shown when not in use.
func TestLatch(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.say(odometer, 199_999_000)
	car.at("23:00:00")
	car.say(odometer, 200_000_000)
	car.run(car.now.Boot + 3*time.Hour - 1) // 01:59:59.999…
	car.say(odometer, 300_000_000)
	car.run(car.now.Boot + 1)
	car.say(odometer, 400_000_000) // at 02:00 it is tomorrow's
	car.run(car.now.Boot + 6*time.Minute)
	if got := car.last(boxLimited)["TraveledDistance"]; got != "300000000" {
		t.Errorf("after the latch: %q: want 300000000", got)
	}
	if got := car.last(boxBack)["TraveledDistance"]; got != "300000000" {
		t.Errorf("back end after the latch: %q: want 300000000", got)
	}
}

// The order of the paths does not depend on the order of the readings.
func TestStatusIsSorted(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	for _, p := range []string{weight, battery, tyre, door, charge} {
		car.say(p, 100.0)
	}
	car.at("12:02:00")
	var paths []string
	for _, p := range car.of(boxMain, outside.KindStatus)[0].event(t).Data {
		paths = append(paths, p.Path)
	}
	if !slices.IsSorted(paths) || len(paths) != 5 {
		t.Errorf("paths %v", paths)
	}
}

// A decision is in the ledger once a minute, not once a reading, and what was
// handed over is there with its outcome.
func TestDecisions(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	for range 600 {
		car.say(speed, 83)
		car.say(weight, 1700)
		car.say(odometer, 5000)
		car.run(car.now.Boot + 100*time.Millisecond)
	}
	count := map[string]int{}
	for _, d := range car.decided {
		count[fmt.Sprintf("%s %s %s %s", d.Class, d.Reader, d.Outcome, d.Rule)]++
	}
	for want, n := range map[string]int{
		"speed anna withheld speed/main":                  1,
		"speed jonas withheld speed/limited":              1,
		"vehicle-model anna published vehicle-model/main": 1,
		"odometer anna reduced odometer/main":             1,
		"odometer jonas withheld odometer/limited":        0, // its slot comes at 12:05
	} {
		if count[want] != n {
			t.Errorf("%d decisions %q: want %d", count[want], want, n)
		}
	}
	car.at("12:05:01")
	if d := car.decided[len(car.decided)-1]; d.Reader == "" {
		t.Errorf("decision without a reader: %+v", d)
	}
	if !slices.ContainsFunc(car.decided, func(d outside.Decision) bool {
		return d.Class == "odometer" && d.Reader == "jonas" && d.Outcome == outside.Withheld && d.Rule == "odometer/limited"
	}) {
		t.Error("the odometer that has no latch yet is not reported as withheld from limited")
	}
}

// A reading of a known path costs no memory.
func TestSignalAllocatesNothing(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	r := hal.Reading{Path: odometer, Value: hal.Number(1), At: car.now}
	car.out.Signal(r)
	if n := testing.AllocsPerRun(1000, func() { r.At.Boot++; car.out.Signal(r) }); n != 0 {
		t.Errorf("%v allocations a reading", n)
	}
}

func BenchmarkSignal(b *testing.B) {
	car := newCar(b, outside.Builtin(), outside.Options{})
	paths := []string{speed, odometer, charge, door, tyre, weight}
	r := hal.Reading{Value: hal.Number(1), At: car.now}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		r.Path = paths[i%len(paths)]
		r.At.Boot += 10
		car.out.Signal(r)
		i++
	}
}
