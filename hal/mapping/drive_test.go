package mapping_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"math"
	"os"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/candump"
	"glovebox/hal/dbc"
	"glovebox/hal/mapping"
)

const rav4 = "../../sim/scenarios/rav4/"

// start is the first stamp of the recording; sim/scenarios/rav4/truth.md counts from it.
const start = 1533226488232073 * time.Microsecond

type recorded struct {
	bus string
	f   can.Frame
	at  time.Duration // since start
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// recording is the recorded drive, all frames of both buses.
func recording(t testing.TB) (frames []recorded) {
	t.Helper()
	unpacked, err := gzip.NewReader(bytes.NewReader(read(t, rav4+"drive.candump.log.gz")))
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(unpacked)
	for lines.Scan() {
		bus, f, at, err := candump.Parse(lines.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		name := map[string]string{"can0": "powertrain", "can1": "radar"}[bus]
		frames = append(frames, recorded{name, f, at - start})
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return frames
}

func drivePlan(t testing.TB) *mapping.Plan {
	t.Helper()
	file, err := mapping.Load("mapping.toml", read(t, rav4+"mapping.toml"))
	if err != nil {
		t.Fatal(err)
	}
	powertrain, _ := dbc.Parse("toyota_rav4.dbc", read(t, rav4+"toyota_rav4.dbc"))
	radar, _ := dbc.Parse("toyota_adas.dbc", read(t, rav4+"toyota_adas.dbc"))
	plan, err := mapping.Compile(file, map[string]*dbc.File{"powertrain": powertrain, "radar": radar})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// The recorded minute decodes to the values and times of sim/scenarios/rav4/truth.md.
func TestRecordedDrive(t *testing.T) {
	plan := drivePlan(t)
	frames := recording(t)
	series := map[string][]hal.Reading{}
	var dst []hal.Reading
	counts := map[string]int{}
	for _, r := range frames {
		counts[r.bus]++
		dst = plan.Bus(r.bus).Decode(&r.f, hal.Instant{Boot: r.at}, dst[:0])
		for _, reading := range dst {
			if r.bus != "powertrain" {
				t.Fatalf("bus %s says %v", r.bus, reading)
			}
			series[reading.Path] = append(series[reading.Path], reading)
		}
	}
	if counts["powertrain"] != 53800 || counts["radar"] != 45000 {
		t.Errorf("frames: %v, want 53800 and 45000", counts)
	}
	for _, path := range plan.Paths() {
		if len(series[path]) == 0 {
			t.Errorf("%s is never said", path)
		}
	}

	const engine, axle = "Vehicle.Powertrain.CombustionEngine.Speed", "Vehicle.Chassis.Axle."
	for _, want := range []struct {
		path           string
		seconds, value float64
	}{
		{"Vehicle.Speed", 0.00003, 29.38}, {"Vehicle.Speed", 10, 72.75}, {"Vehicle.Speed", 20, 68.72}, {"Vehicle.Speed", 30, 62.08},
		{"Vehicle.Speed", 40, 61.23}, {"Vehicle.Speed", 50, 65.68}, {"Vehicle.Speed", 60, 41.21},
		{engine, 0.017, 2187.50}, {engine, 10, 1601.5625}, {engine, 20, 1246.09375}, {engine, 30, 1360.9375}, {engine, 40, 2525},
		{engine, 50, 1446.875}, {engine, 60, 954.6875},
		{"Vehicle.TraveledDistance", 0.503, 25088063.616}, {"Vehicle.TraveledDistance", 55.354, 25088063.616},
		{"Vehicle.TraveledDistance", 55.356, 25089672.96},
		{"Vehicle.Powertrain.Transmission.SelectedGear", 60, 127},
	} {
		if got, ok := at(series[want.path], want.seconds).Float(); !ok || got != want.value {
			t.Errorf("%s at %v s is %v, want exactly %v", want.path, want.seconds, got, want.value)
		}
	}
	for wheel, want := range map[string]float64{"Row1.Wheel.Left": 71.42, "Row1.Wheel.Right": 71.24, "Row2.Wheel.Left": 71.58, "Row2.Wheel.Right": 71.29} {
		// At most every 100 ms: the value may be one that old.
		if got, _ := at(series[axle+wheel+".Speed"], 10).Float(); math.Abs(got-want) > 0.5 {
			t.Errorf("%s at 10 s is %v, want about %v", wheel, got, want)
		}
	}
	for path, want := range map[string]string{
		"Vehicle.Powertrain.CombustionEngine.IsRunning":            "true",
		"Vehicle.LowVoltageSystemState":                            "ON",
		"Vehicle.Cabin.Door.Row1.DriverSide.IsOpen":                "false",
		"Vehicle.Cabin.Door.Row1.PassengerSide.IsOpen":             "false",
		"Vehicle.Cabin.Door.Row2.DriverSide.IsOpen":                "false",
		"Vehicle.Cabin.Door.Row2.PassengerSide.IsOpen":             "false",
		"Vehicle.Cabin.Door.Row1.DriverSide.IsLocked":              "true",
		"Vehicle.Cabin.Seat.Row1.DriverSide.IsBelted":              "true",
		"Vehicle.Chassis.ParkingBrake.IsEngaged":                   "false",
		"Vehicle.Body.Lights.DirectionIndicator.Left.IsSignaling":  "false",
		"Vehicle.Body.Lights.DirectionIndicator.Right.IsSignaling": "false",
		"Vehicle.Body.Lights.Hazard.IsSignaling":                   "false",
		"Vehicle.ADAS.CruiseControl.IsError":                       "false",
	} {
		for _, r := range series[path] {
			if r.Value.String() != want {
				t.Errorf("%s is %q at %v, want %s throughout", path, r.Value, r.At.Boot, want)
			}
		}
	}

	low, high := span(series["Vehicle.Speed"])
	if low != 29.38 || high != 73.05 {
		t.Errorf("speed from %v to %v, want 29.38 to 73.05", low, high)
	}
	if low, high := span(series[engine]); low != 954.6875 || high != 2543.75 {
		t.Errorf("engine from %v to %v rpm, want 954.6875 to 2543.75", low, high)
	}
	if low, high := span(series["Vehicle.Chassis.Accelerator.PedalPosition"]); low != 0 || high != 39 {
		t.Errorf("pedal from %v to %v %%, want 0 to 39", low, high)
	}
	if m := distance(series["Vehicle.Speed"]); math.Abs(m-1025.1) > 0.5 {
		t.Errorf("distance %v m, want 1025.1", m)
	}
	edges(t, series["Vehicle.ADAS.CruiseControl.IsActive"])
}

// edges wants cruise off, then on from t = 9.015 s to the end.
func edges(t *testing.T, cruise []hal.Reading) {
	t.Helper()
	var changes []time.Duration
	for i, r := range cruise {
		if i == 0 && r.Value != hal.Bool(false) {
			t.Errorf("cruise starts as %v", r.Value)
		}
		if i > 0 && r.Value != cruise[i-1].Value {
			changes = append(changes, r.At.Boot.Truncate(time.Millisecond))
		}
	}
	if len(changes) != 1 || changes[0] != 9015*time.Millisecond {
		t.Errorf("cruise changes at %v, want 9.015s alone", changes)
	}
}

// at is the newest value at a moment.
func at(series []hal.Reading, seconds float64) (v hal.Value) {
	for _, r := range series {
		if r.At.Boot.Seconds() > seconds {
			break
		}
		v = r.Value
	}
	return v
}

func span(series []hal.Reading) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, r := range series {
		v, _ := r.Value.Float()
		low, high = min(low, v), max(high, v)
	}
	return low, high
}

// distance is the trapezoid over a speed, in metres. A value that did not change
// is not in the series, so each step starts from the value that held until then.
func distance(series []hal.Reading) (m float64) {
	for i := 1; i < len(series); i++ {
		a, _ := series[i-1].Value.Float()
		b, _ := series[i].Value.Float()
		m += (a + b) / 2 / 3.6 * (series[i].At.Boot - series[i-1].At.Boot).Seconds()
	}
	return m
}

// An identifier means what its own bus's DBC says: 0x224 is the brake on one bus
// and a radar track on the other, and the radar maps nothing.
func TestBusesAreApart(t *testing.T) {
	plan := drivePlan(t)
	speed := can.Frame{ID: 0xB4, Len: 8, Data: can.Data{5: 0x0B, 6: 0x7A}}
	if got := plan.Bus("radar").Decode(&speed, hal.Instant{}, nil); len(got) != 0 {
		t.Errorf("the radar says %v", got)
	}
	if got := plan.Bus("powertrain").Decode(&speed, hal.Instant{}, nil); len(got) != 1 {
		t.Errorf("the powertrain says %v", got)
	}
	if got := plan.Bus("nowhere").Decode(&speed, hal.Instant{}, nil); len(got) != 0 {
		t.Errorf("a bus that is in no file says %v", got)
	}
}

// How long does a frame of the recorded drive take, from frame to readings?
func BenchmarkDecodeDrive(b *testing.B) {
	plan := drivePlan(b)
	frames := recording(b)
	buses := map[string]*mapping.Decoder{"powertrain": plan.Bus("powertrain"), "radar": plan.Bus("radar")}
	decoders := make([]*mapping.Decoder, len(frames))
	for i, r := range frames {
		decoders[i] = buses[r.bus]
	}
	dst := make([]hal.Reading, 0, 64)
	readings, round := 0, time.Duration(0)
	b.ReportAllocs()
	for b.Loop() {
		for i := range frames {
			dst = decoders[i].Decode(&frames[i].f, hal.Instant{Boot: round + frames[i].at}, dst[:0])
			readings += len(dst)
		}
		round += time.Minute
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(frames)), "ns/frame")
	b.ReportMetric(float64(readings)/float64(b.N), "readings/drive")
}
