package car_test

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/hal"
	"glovebox/sim/car"
)

func route(t *testing.T, name string) *car.Route {
	t.Helper()
	r, err := car.ReadRoute(name, bytes.NewReader(ownFile(t, "routes/"+name+".gpx")))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ready puts the driver behind the wheel with the gear in D.
func ready(t *testing.T, v *car.Vehicle) {
	t.Helper()
	v.Ignition(true)
	if err := v.Gear("D"); err != nil {
		t.Fatal(err)
	}
}

// Each message comes at the cycle time of its DBC file, and a car that stands
// parked has a value for everything that it can measure.
func TestCycleTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, l := live(t, car.Setup{Fobs: []string{"anna"}})
		time.Sleep(30 * time.Second)
		l.mu.Lock()
		defer l.mu.Unlock()
		cycles := map[uint32]float64{256: 20, 262: 20, 267: 20, 288: 20, 300: 50, 304: 100, 416: 100, 512: 100, 528: 100, 530: 100,
			544: 200, 552: 500, 560: 100, 576: 200, 592: 1000, 608: 200, 624: 500, 632: 500, 640: 100, 650: 500, 656: 1000, 658: 1000, 768: 500, 784: 1000}
		for id, ms := range cycles {
			if n, want := float64(len(l.frames[id])), 30_000/ms; math.Abs(n-want) > 2 {
				t.Errorf("%d: %.0f frames in 30 s, want %.0f", id, n, want)
			}
		}
		if len(l.frames) != len(cycles) {
			t.Errorf("%d messages, want %d", len(l.frames), len(cycles))
		}
		absent := map[string]bool{}
		for _, path := range l.plan.Paths() {
			if l.values[path].Absent() {
				absent[path] = true
			}
		}
		for _, path := range []string{"Chassis.Axle.Row1.Wheel.Left.Speed", "Powertrain.ElectricMotor.Speed",
			"Powertrain.TractionBattery.Charging.TimeToComplete", "Cabin.HVAC.AmbientAirTemperature"} {
			if !absent["Vehicle."+path] {
				t.Errorf("%s is available", path)
			}
		}
		if len(absent) != 7 { // four wheels
			t.Errorf("not available: %v", absent)
		}
	})
}

// What people do is on the bus at once.
func TestPeople(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, l := live(t, car.Setup{Odometer: 12_345_678, Charge: 62})
		soon := func() { time.Sleep(20 * time.Millisecond) }
		time.Sleep(2 * time.Second)
		l.want(t, "LowVoltageSystemState", "LOCK")
		l.want(t, "Cabin.Door.Row1.DriverSide.IsLocked", "true")
		l.want(t, "Powertrain.Transmission.SelectedGear", "126")
		l.want(t, "TraveledDistance", "12345600")
		l.want(t, "Powertrain.TractionBattery.StateOfCharge.Displayed", "62")
		l.want(t, "Cabin.Seat.Row1.DriverSide.OccupancyStatus", "EMPTY")
		l.want(t, "Speed", "0")

		v.Lock(false)
		if err := v.Door("driver", true); err != nil {
			t.Fatal(err)
		}
		soon()
		l.want(t, "Cabin.Door.Row1.DriverSide.IsLocked", "false")
		l.want(t, "Cabin.Door.Row1.DriverSide.IsOpen", "true")
		if err := v.Door("driver", false); err != nil {
			t.Fatal(err)
		}
		ready(t, v)
		soon()
		l.want(t, "Cabin.Door.Row1.DriverSide.IsOpen", "false")
		l.want(t, "LowVoltageSystemState", "ON")
		l.want(t, "Powertrain.Transmission.SelectedGear", "127")
		l.want(t, "Cabin.Seat.Row1.DriverSide.OccupancyStatus", "OCCUPIED")
		if err := v.Set("Vehicle.Cabin.Seat.Row1.DriverSide.IsBelted", hal.Bool(true)); err != nil {
			t.Fatal(err)
		}
		soon()
		l.want(t, "Cabin.Seat.Row1.DriverSide.IsBelted", "true")

		v.Ignition(false)
		time.Sleep(time.Second) // a frame that did not change waits for its turn
		l.want(t, "LowVoltageSystemState", "OFF")
		l.want(t, "Cabin.Seat.Row1.DriverSide.IsBelted", "false")
		l.want(t, "Cabin.Seat.Row1.DriverSide.IsOccupied", "true")
		if err := v.Door("driver", true); err != nil {
			t.Fatal(err)
		}
		soon()
		l.want(t, "Cabin.Seat.Row1.DriverSide.IsOccupied", "false")
		if err := v.Door("roof", true); err == nil || !strings.Contains(err.Error(), "driver") {
			t.Errorf("a door that is none: %v", err)
		}
		if err := v.Gear("S"); err == nil {
			t.Error("a gear that is none")
		}
	})
}

// What is set by hand stays, whatever the car does, until it is taken back; what
// the bits cannot say is refused; a lamp goes on and off by its code.
func TestSetAndAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, l := live(t, car.Setup{})
		if err := v.Set("Vehicle.Speed", hal.Number(31.5)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		l.want(t, "Speed", "31.5")
		if err := v.Set("Vehicle.Speed", hal.Value{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		l.want(t, "Speed", "")
		for path, value := range map[string]hal.Value{"Vehicle.Speed": hal.Bool(true), "Vehicle.Nothing": hal.Number(1), "Vehicle.LowVoltageSystemState": hal.Word("MAYBE")} {
			if err := v.Set(path, value); err == nil {
				t.Errorf("%s %v is accepted", path, value)
			}
		}
		if err := v.Set("Vehicle.LowVoltageSystemState", hal.Word("ACC")); err != nil {
			t.Fatal(err)
		}
		v.Ignition(true)
		time.Sleep(time.Second)
		l.want(t, "LowVoltageSystemState", "ON")

		for _, a := range l.plan.Alarms() {
			for _, on := range []bool{true, false} {
				if err := v.Alarm(a.Code, on); err != nil {
					t.Fatal(err)
				}
				time.Sleep(20 * time.Millisecond)
				l.want(t, strings.TrimPrefix(a.Path, "Vehicle."), hal.Bool(on).String())
			}
		}
		if err := v.Alarm("oil-pressure", true); err == nil {
			t.Error("an electric car has no oil pressure")
		}
	})
}

// A drive from P to P: speeds and distance agree with each other on the bus, the
// car stands at its end, and gears are not changed on the move.
func TestDrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, l := live(t, car.Setup{Seed: 7, Odometer: 1000_000})
		r := route(t, "block")
		if err := v.Drive(t.Context(), r, 0); err == nil || !strings.Contains(err.Error(), "ignition") {
			t.Fatalf("without ignition: %v", err)
		}
		v.Ignition(true)
		if err := v.Drive(t.Context(), r, 0); err == nil || !strings.Contains(err.Error(), "gear") {
			t.Fatalf("in P: %v", err)
		}
		ready(t, v)
		go func() {
			time.Sleep(20 * time.Second)
			if err := v.Gear("P"); err == nil {
				t.Error("P on the move")
			}
			if err := v.Drive(t.Context(), r, 0); err == nil {
				t.Error("two drives at once")
			}
		}()
		begun := time.Now()
		if err := v.Drive(t.Context(), r, 0); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); took < time.Minute || took > 2*time.Minute {
			t.Errorf("it took %v", took)
		}
		time.Sleep(2 * time.Second)
		l.want(t, "Speed", "0")
		if v.Moves() || math.Abs(v.Odometer()-1000_000-r.Length()) > 1 {
			t.Errorf("moves %t, %.1f m driven of %.1f", v.Moves(), v.Odometer()-1000_000, r.Length())
		}
		if way := v.Place().DistanceTo(hal.Position{Latitude: r.Points[len(r.Points)-1].Latitude, Longitude: r.Points[len(r.Points)-1].Longitude}); way > 0.5 {
			t.Errorf("%.1f m from the end of the route", way)
		}
		if err := v.Gear("P"); err != nil {
			t.Error(err)
		}
		l.believed(t, r.Length())
	})
}

// believed holds the recorded speeds against what a driver would do, and against
// the way: a sample is 20 ms after the one before.
func (l *listener) believed(t *testing.T, length float64) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	way, last, at := 0.0, 0.0, time.Duration(0)
	for _, r := range l.said {
		if r.Path != "Vehicle.Speed" {
			continue
		}
		kmh, _ := r.Value.Float()
		dt := (r.At.Boot - at).Seconds()
		way += (kmh + last) / 2 / 3.6 * min(dt, 1)
		if a := (kmh - last) / 3.6 / max(dt, 0.015); a > mostPull+1 || a < -mostBrake-1 { // a sample comes up to 5 ms late
			t.Errorf("at %v: %.1f m/s²", r.At.Boot, a)
		}
		last, at = kmh, r.At.Boot
	}
	if math.Abs(way-length) > 5 {
		t.Errorf("the speeds add up to %.1f m, the route is %.1f m", way, length)
	}
}

// A driver who is called off brakes; the car stands somewhere on its way.
func TestDriveIsCalledOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, _ := live(t, car.Setup{})
		ready(t, v)
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		if err := v.Drive(ctx, route(t, "commute"), hal.KilometresPerHour(50)); err != context.DeadlineExceeded {
			t.Fatal(err)
		}
		if !v.Moves() {
			t.Error("it stands at once")
		}
		for braking := time.Now(); v.Moves(); time.Sleep(time.Second) {
			if time.Since(braking) > time.Minute {
				t.Fatal("it does not stop")
			}
		}
		if err := v.Drive(t.Context(), route(t, "block"), 0); err != nil {
			t.Errorf("again: %v", err)
		}
	})
}

// Ten times the pace: a drive takes a tenth of the time and as many frames.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, l := live(t, car.Setup{Pace: 10})
		ready(t, v)
		begun := time.Now()
		if err := v.Drive(t.Context(), route(t, "commute"), 0); err != nil {
			t.Fatal(err)
		}
		took := time.Since(begun)
		if took < 110*time.Second || took > 130*time.Second {
			t.Errorf("twenty minutes took %v", took)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if n, want := len(l.frames[256]), int(took/(2*time.Millisecond)); n < want-10 || n > want+10 {
			t.Errorf("%d frames of motion, want %d", n, want)
		}
	})
}
