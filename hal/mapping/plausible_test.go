package mapping_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/dbc"
	"glovebox/hal/mapping"
	"pgregory.net/rapid"
)

const (
	batteryBus = "BO_ 256 BATTERY: 8 X\n SG_ CHARGE : 0|8@1+ (0.5,0) [0|100] \"%\" X\nBO_ 257 ODOMETER: 8 X\n SG_ TOTAL : 0|24@1+ (1,0) [0|0] \"km\" X\nBO_ 259 OTHER: 8 X\n SG_ X : 0|8@1+ (1,0) [0|0] \"\" X\nBO_ 260 FLOAT: 8 X\n SG_ F : 0|32@1- (1,0) [0|0] \"\" X\nSIG_VALTYPE_ 260 F : 1;\n"
	bodyBus    = "BO_ 258 IGNITION: 8 X\n SG_ ON : 0|2@1+ (1,0) [0|0] \"\" X\n"

	charge   = "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed"
	odometer = "Vehicle.TraveledDistance"
	width    = "Vehicle.Height" // a float without a range
)

// doubted is a car of two buses in which one path is mapped with the lines given: the
// charge in %, or the odometer in km to m. It speaks ten times a second.
type doubted struct {
	front, body *mapping.Decoder
	path        string
	ms          int
	last        string
	said        []string // "seconds value" of each change
}

func newDoubted(t *testing.T, path string, lines ...string) *doubted {
	t.Helper()
	can := "BATTERY.CHARGE\"\ninvalid = [127.5]\n"
	if path == odometer {
		can = "ODOMETER.TOTAL\"\nscale = 1000\n"
	}
	if path == width {
		can = "FLOAT.F\"\n"
	}
	src := "[[signal]]\npath = \"" + path + "\"\nbus = \"front\"\ncan = \"" + can + strings.Join(lines, "\n") +
		"\n[[signal]]\npath = \"Vehicle.LowVoltageSystemState\"\nbus = \"body\"\ncan = \"IGNITION.ON\"\nvalues = { 0 = \"OFF\", 1 = \"ON\" }\n"
	file, err := mapping.Load("m.toml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	front, _ := dbc.Parse("front.dbc", []byte(batteryBus))
	body, _ := dbc.Parse("body.dbc", []byte(bodyBus))
	plan, err := mapping.Compile(file, map[string]*dbc.File{"front": front, "body": body})
	if err != nil {
		t.Fatal(err)
	}
	return &doubted{front: plan.Bus("front"), body: plan.Bus("body"), path: path, ms: 3_600_000, last: "nothing"}
}

// says is the value on the bus for so many seconds, 62 %, or km.
func (d *doubted) says(value float64, seconds float64) *doubted {
	raw, id := uint32(value*2), uint32(256)
	switch d.path {
	case odometer:
		raw, id = uint32(value), 257
	case width:
		raw, id = math.Float32bits(float32(value)), 260
	}
	f := can.Frame{ID: id, Len: 8}
	binary.LittleEndian.PutUint32(f.Data[:], raw)
	for range int(seconds * 10) {
		for _, r := range d.front.Decode(&f, moment(d.ms), nil) {
			if now := r.Value.String(); now != d.last {
				d.last = now
				d.said = append(d.said, fmt.Sprintf("%g %s", float64(d.ms-3_600_000)/1000, now))
			}
		}
		d.ms += 100
	}
	return d
}

// silent is time in which the whole bus says nothing, other in which it says other things.
func (d *doubted) silent(seconds float64) *doubted { d.ms += int(seconds * 1000); return d }

func (d *doubted) other(seconds float64) *doubted {
	for range int(seconds * 10) {
		d.front.Decode(&can.Frame{ID: 259, Len: 8}, moment(d.ms), nil)
		d.ms += 100
	}
	return d
}

// ignition is said on another bus.
func (d *doubted) ignition(on byte) *doubted {
	d.body.Decode(&can.Frame{ID: 258, Len: 8, Data: can.Data{on}}, moment(d.ms), nil)
	return d
}

func TestPlausible(t *testing.T) {
	for _, row := range []struct {
		name, path string
		lines      []string
		car        func(*doubted)
		want       string // seconds and value of each change
	}{
		{"a small change counts at once", charge, nil, func(d *doubted) { d.says(62, 1).says(60, 1).says(65, 1) }, "0 62, 1 60, 2 65"},
		{"5 % of the range at once, more has to stand", charge, nil, func(d *doubted) { d.says(62, 1).says(57, 1).says(51.5, 3) }, "0 62, 1 57, 4 51.5"},
		{"a jump has to stand 2 s", charge, nil, func(d *doubted) { d.says(62, 1).says(40, 3) }, "0 62, 3 40"},
		{"a jump that goes back is none", charge, nil, func(d *doubted) { d.says(62, 1).says(40, 1.9).says(62, 3) }, "0 62"},
		{"a jump begins anew after it went back", charge, nil, func(d *doubted) { d.says(62, 1).says(40, 1.5).says(62, 1).says(40, 1.5) }, "0 62"},
		{"a jump to a value that creeps", charge, nil, func(d *doubted) { d.says(62, 1).says(40, 1).says(41, 1).says(42, 1) }, "0 62, 3 42"},
		{"two jumps", charge, nil, func(d *doubted) { d.says(62, 1).says(40, 1.5).says(20, 3) }, "0 62, 4.5 20"},
		{"a zero has to stand 10 s", charge, nil, func(d *doubted) { d.says(62, 1).says(0, 12).says(62, 3) }, "0 62, 11 0, 15 62"},
		{"a short zero is none", charge, nil, func(d *doubted) { d.says(62, 1).says(0, 9.9).says(62, 3) }, "0 62"},
		{"a zero near zero too", charge, nil, func(d *doubted) { d.says(2, 1).says(0, 9).says(1, 1) }, "0 2, 10 1"},
		{"a zero after a jump near it", charge, nil, func(d *doubted) { d.says(62, 1).says(3, 1).says(0, 9.5) }, "0 62"},
		{"the first value counts at once", charge, nil, func(d *doubted) { d.says(3, 1) }, "0 3"},
		{"a first zero has to stand", charge, nil, func(d *doubted) { d.says(0, 9).says(62, 1) }, "9 62"},
		{"not available counts at once", charge, nil, func(d *doubted) { d.says(62, 1).says(127.5, 1).says(61, 1) }, "0 62, 1 , 2 61"},
		{"a jump over not available", charge, nil, func(d *doubted) { d.says(62, 1).says(40, 1).says(127.5, 1).says(40, 1.9).says(127.5, 1).says(0, 9) }, "0 62, 2 "},
		{"zeros of a bus that falls asleep", charge, nil, func(d *doubted) { d.says(62, 1).says(0, 8).silent(3600).says(0, 8).says(62, 1) }, "0 62"},
		{"a zero that stands after the silence", charge, nil, func(d *doubted) { d.says(62, 1).says(0, 8).silent(3600).says(0, 11) }, "0 62, 3619 0"},
		{"a message that is slow on a bus that speaks", charge, nil, func(d *doubted) { d.says(62, 1).says(40, 0.1).other(8).says(40, 0.1) }, "0 62, 9.1 40"},
		{"the ignition goes off", charge, nil, func(d *doubted) { d.ignition(1).says(62, 1).says(0, 8).ignition(0).says(0, 9).silent(9) }, "0 62"},
		{"the ignition comes on", charge, nil, func(d *doubted) { d.ignition(0).says(62, 1).says(0, 8).ignition(1).says(0, 3) }, "0 62, 11 0"},
		{"off is said again", charge, nil, func(d *doubted) { d.ignition(0).says(62, 1).says(0, 8).ignition(0).says(0, 3) }, "0 62, 11 0"},
		{"keys of its own", charge, []string{`settle = "1s"`, "jump = 0.5"}, func(d *doubted) { d.says(62, 1).says(61.5, 1).says(60, 2).says(0, 2) }, "0 62, 1 61.5, 3 60, 5 0"},
		{"keys with the jump of the range", charge, []string{`settle = "1s"`}, func(d *doubted) { d.says(0, 1).says(4, 1).says(20, 2) }, "0 0, 1 4, 3 20"},
		{"without a range in the DBC file, that of the bits", odometer, []string{`settle = "1s"`}, func(d *doubted) { d.says(12500, 1).says(850000, 1).says(1700000, 2) }, "0 12500000, 1 850000000, 3 1700000000"},
		{"a float without a range: every change", width, []string{`settle = "1s"`}, func(d *doubted) { d.says(1.5, 1).says(2.5, 2) }, "0 1.5, 2 2.5"},
		{"a float that rises", width, []string{"rising = true"}, func(d *doubted) { d.says(1.5, 1).says(2.5, 1).says(2, 1) }, "0 1.5, 1 2.5, 2 "},
		{"words for numbers: every change", charge, []string{"values = { 31 = 50, 30 = 49 }"}, func(d *doubted) { d.says(31, 1).says(30, 3) }, "0 50, 3 49"},
		{"nothing is doubted", charge, []string{`settle = "0s"`}, func(d *doubted) { d.says(62, 1).says(0, 1) }, "0 62, 1 0"},
		{"other paths are not doubted", "Vehicle.Speed", nil, func(d *doubted) { d.says(62, 1).says(0, 1) }, "0 62, 1 0"},
		{"other paths with keys", "Vehicle.Speed", []string{"rising = true"}, func(d *doubted) { d.says(62, 1).says(40, 61) }, "0 62, 1 , 61 40"},
		{"fuel", "Vehicle.Powertrain.FuelSystem.RelativeLevel", nil, func(d *doubted) { d.says(62, 1).says(0, 9) }, "0 62"},
		{"range", "Vehicle.Powertrain.Range", nil, func(d *doubted) { d.says(62, 1).says(0, 9) }, "0 62"},
		{"range of the battery", "Vehicle.Powertrain.TractionBattery.Range", nil, func(d *doubted) { d.says(62, 1).says(0, 9) }, "0 62"},
		{"service distance", "Vehicle.Service.DistanceToService", nil, func(d *doubted) { d.says(62, 1).says(0, 9) }, "0 62"},

		{"an odometer that rises", odometer, nil, func(d *doubted) { d.says(12500, 1).says(12501, 1).says(12502, 1) }, "0 12500000, 1 12501000, 2 12502000"},
		{"a step at once, whatever it is", odometer, nil, func(d *doubted) { d.says(12500, 0.1).says(12501, 1) }, "0 12500000, 0.1 12501000"},
		{"an odometer of zero for a while", odometer, nil, func(d *doubted) { d.says(12500, 1).says(0, 59).says(12500, 1) }, "0 12500000, 1 , 60 12500000"},
		{"an odometer that fell for good", odometer, nil, func(d *doubted) { d.says(12500, 1).says(3, 61) }, "0 12500000, 1 , 61 3000"},
		{"an odometer that jumps", odometer, nil, func(d *doubted) { d.says(12500, 1).says(12503, 61) }, "0 12500000, 1 , 61 12503000"},
		{"a jump and back", odometer, nil, func(d *doubted) { d.says(12500, 1).says(99999, 59).says(12500, 1) }, "0 12500000, 1 , 60 12500000"},
		{"another odometer on the move", odometer, nil, func(d *doubted) { d.says(12500, 1).says(3, 30).says(4, 31) }, "0 12500000, 1 , 61 4000"},
		{"a first zero", odometer, nil, func(d *doubted) { d.says(0, 6).says(12500, 1) }, "6 12500000"},
		{"a new car", odometer, nil, func(d *doubted) { d.says(0, 11).says(1, 1) }, "10 0, 11 1000"},
		{"driven while nobody listened", odometer, nil, func(d *doubted) { d.says(12500, 1).silent(3600).says(12700, 1) }, "0 12500000, 3601 12700000"},
		{"zeros of a sleeping bus", odometer, nil, func(d *doubted) { d.says(12500, 1).says(0, 50).silent(3600).says(0, 50).says(12500, 1) }, "0 12500000, 1 , 3701 12500000"},
		{"an odometer that may fall", odometer, []string{"rising = false"}, func(d *doubted) { d.says(12500, 1).says(3, 1) }, "0 12500000, 1 3000"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := newDoubted(t, row.path, row.lines...)
			row.car(d)
			if got := strings.Join(d.said, ", "); got != row.want {
				t.Errorf("said %q, want %q", got, row.want)
			}
		})
	}
}

// Whatever a car says of its charge: a value that is handed on was said before, and for
// two seconds, or ten if it is zero, unless it is near the one before or the first.
func TestPlausibleCharge(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := newDoubted(t, charge)
		type spell struct {
			value    float64
			from, to int // ms
		}
		var said []spell
		for range rapid.IntRange(1, 30).Draw(rt, "spells") {
			value := float64(rapid.SampledFrom([]int{0, 0, 2, 3, 30, 33, 62}).Draw(rt, "value"))
			from := d.ms
			d.says(value, float64(rapid.IntRange(1, 120).Draw(rt, "tenths"))/10)
			said = append(said, spell{value, from, d.ms})
			if rapid.IntRange(0, 9).Draw(rt, "silence") == 0 {
				d.silent(float64(rapid.IntRange(5, 100).Draw(rt, "seconds")))
				said = append(said, spell{-1, d.ms, d.ms})
			}
		}
		before := -100.
		for i, text := range d.said {
			var at, value float64
			if _, err := fmt.Sscan(text, &at, &value); err != nil {
				rt.Fatal(err)
			}
			ms := int(at*1000+0.5) + 3_600_000
			need := 0
			switch near := value-before <= 5 && before-value <= 5; {
			case value == 0:
				need = 10_000
			case i > 0 && !near:
				need = 2_000
			}
			stood, here := 0, false
			for j := len(said) - 1; j >= 0; j-- {
				s := said[j]
				if s.from > ms {
					continue
				}
				if s.value < 0 || (s.value == 0) != (value == 0) || s.value-value > 5 || value-s.value > 5 {
					break
				}
				here = here || s.value == value
				stood = ms - s.from
			}
			if !here || stood < need {
				rt.Fatalf("%g after %g at %s, stood %d ms of %d\n%v", value, before, time.Duration(ms)*time.Millisecond, stood, need, said)
			}
			before = value
		}
	})
}

// A plausible path allocates nothing either.
func TestPlausibleAllocatesNothing(t *testing.T) {
	d := newDoubted(t, charge)
	dst := make([]hal.Reading, 0, 4)
	ms := 0
	if n := testing.AllocsPerRun(100, func() {
		for _, raw := range []byte{124, 0, 0, 80, 80, 255, 124} {
			ms += 1500
			dst = d.front.Decode(&can.Frame{ID: 256, Len: 8, Data: can.Data{raw}}, moment(ms), dst[:0])
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A range without an end says nothing of what a jump is: the bits do.
func TestARangeWithoutAnEnd(t *testing.T) {
	for _, limits := range []string{"[0|100]", "[0|0]", "[-1.8e308|1.8e308]", "[-1e308|1e308]", "[0|inf]"} {
		file, err := mapping.Load("m.toml", []byte("[[signal]]\npath = \""+charge+"\"\nbus = \"front\"\ncan = \"BATTERY.CHARGE\"\n"))
		if err != nil {
			t.Fatal(err)
		}
		bus, _ := dbc.Parse("front.dbc", []byte(strings.Replace(batteryBus, "[0|100]", limits, 1)))
		plan, err := mapping.Compile(file, map[string]*dbc.File{"front": bus})
		if err != nil {
			t.Fatal(err)
		}
		d := doubted{front: plan.Bus("front"), path: charge, ms: 3_600_000, last: "nothing"}
		if d.says(62, 1).says(20, 3); fmt.Sprint(d.said) != "[0 62 3 20]" {
			t.Errorf("%s: %v", limits, d.said)
		}
	}
}
