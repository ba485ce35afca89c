package mapping_test

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"glovebox/hal/can"
)

// What can be no path, and what a path never says, is named with its line.
func TestPathsAndAlarmsThatCannotBe(t *testing.T) {
	for name, row := range map[string]struct{ src, want string }{
		"Vehicle alone":          {strings.Replace(signal(), "Vehicle.Speed", "Vehicle", 1), `"Vehicle" is no path of VSS 6.0`},
		"not below Vehicle":      {strings.Replace(signal(), "Vehicle.Speed", "Car.Speed", 1), `"Car.Speed" is no path of VSS 6.0, the nearest is Vehicle.Speed`},
		"what a signal never is": {strings.Replace(isLocked, "0 = false, 1 = true", "1 = true", 1) + "[[alarm]]\ncode = \"intrusion\"\npath = \"Vehicle.Cabin.Door.Row1.DriverSide.IsLocked\"\nwhen = false\nseverity = \"critical\"\n", "asks for false, which Vehicle.Cabin.Door.Row1.DriverSide.IsLocked never is"},
	} {
		if _, err := compile(row.src); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", name, err, row.want)
		}
	}
}

// Of two signals of one path the longer period holds for both, in either order.
func TestTheLongerPeriodHolds(t *testing.T) {
	long := signal(`every = "3s"`, `when = { "UI.UNITS" = 1 }`)
	short := strings.Replace(signal(`every = "100ms"`, `when = { "UI.UNITS" = 2 }`), "SPEED.SPEED", "UI.ODO", 1)
	for _, src := range []string{long + short, short + long} {
		decoder := compiled(t, src).Bus("body")
		decoder.Decode(new(uiFrame(1, 0)), moment(0), nil)
		for _, step := range []struct{ ms, says int }{{1, 1}, {1500, 0}, {2999, 0}, {3001, 1}} {
			if got := decoder.Decode(new(speedFrame(uint16(100+step.ms))), moment(step.ms), nil); len(got) != step.says {
				t.Errorf("at %d ms: %v, want %d", step.ms, got, step.says)
			}
		}
	}
}

// However short the periods, an unchanged value comes again after a second, not earlier.
func TestAnUnchangedValueWaitsASecond(t *testing.T) {
	src := signal(`every = "100ms"`, `when = { "UI.UNITS" = 1 }`) +
		strings.Replace(signal(`every = "200ms"`, `when = { "UI.UNITS" = 2 }`), "SPEED.SPEED", "UI.ODO", 1)
	decoder := compiled(t, src).Bus("body")
	decoder.Decode(new(uiFrame(1, 0)), moment(0), nil)
	for _, step := range []struct{ ms, says int }{{1, 1}, {300, 0}, {999, 0}, {1001, 1}} {
		if got := decoder.Decode(new(speedFrame(100)), moment(step.ms), nil); len(got) != step.says {
			t.Errorf("at %d ms: %v, want %d", step.ms, got, step.says)
		}
	}
}

// Bits that are no number, or none that can be counted with, are no value.
func TestNoNumberIsNoValue(t *testing.T) {
	for name, bits := range map[string]uint32{
		"not a number": math.Float32bits(float32(math.NaN())), "infinite": math.Float32bits(float32(math.Inf(1))),
		"infinite in the path's unit": math.Float32bits(3e38),
	} {
		d := newDoubted(t, width, "scale = 1e300")
		f := can.Frame{ID: 260, Len: 8}
		binary.LittleEndian.PutUint32(f.Data[:], math.Float32bits(1))
		if got := d.front.Decode(&f, moment(0), nil); len(got) != 1 || got[0].Value.Absent() {
			t.Fatalf("%s: before %v", name, got)
		}
		binary.LittleEndian.PutUint32(f.Data[:], bits)
		if got := d.front.Decode(&f, moment(100), nil); len(got) != 1 || !got[0].Value.Absent() {
			t.Errorf("%s: %v", name, got)
		}
	}
}
