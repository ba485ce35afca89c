package mapping_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/dbc"
	"glovebox/hal/mapping"
	"pgregory.net/rapid"
)

// cabin is a bus whose car can be told something.
const cabin = `
BO_ 1280 COMMAND: 8 X
 SG_ LOCK : 0|2@1+ (1,0) [0|2] "" X
 SG_ WISH : 15|8@0+ (0.5,10) [16|29.5] "" X
 SG_ FREE : 16|16@1- (0.01,0) [0|0] "" X
 SG_ PAST : 60|8@1+ (1,0) [0|0] "" X
BO_ 1281 PAGED: 4 X
 SG_ PAGE M : 0|4@1+ (1,0) [0|15] "" X
 SG_ BANK m2M : 4|4@1+ (1,0) [0|15] "" X
 SG_ SEAT m2 : 8|16@1+ (1,0) [0|1000] "" X
BO_ 1282 TINY: 1 X
 SG_ WIDE : 0|16@1+ (1,0) [0|0] "" X
BO_ 1283 TENTHS: 2 X
 SG_ WISH : 0|16@1+ (0.1,0) [16.1|29.9] "" X
BO_ 2147485000 STATE: 8 X
 SG_ LOCKED : 0|2@1+ (1,0) [0|2] "" X
 SG_ WISH : 15|8@0+ (0.5,10) [16|29.5] "" X
 SG_ SEAT : 16|16@1+ (1,0) [0|1000] "" X
BO_ 2147485001 FOB: 6 X
 SG_ ID : 7|32@0+ (1,0) [0|0] "" X
 SG_ PRESENT : 32|1@1+ (1,0) [0|0] "" X
 SG_ UNLOCKED : 33|2@1+ (1,0) [0|0] "" X
SG_MUL_VAL_ 1281 SEAT BANK 3-5;
`

const (
	locked = "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"
	wish   = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature"
	height = "Vehicle.Cabin.Seat.Row1.DriverSide.Height"
)

// actuator is an [[actuator]] with further lines.
func actuator(path, command, confirm string, lines ...string) string {
	return fmt.Sprintf("[[actuator]]\npath = %q\nbus = \"body\"\ncan = %q\nconfirm = %q\n%s\n", path, command, confirm, strings.Join(lines, "\n"))
}

func bound(t testing.TB, src string) *mapping.Plan {
	t.Helper()
	plan, err := bind(src)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func bind(src string) (*mapping.Plan, error) {
	file, err := mapping.Load("m.toml", []byte(src))
	if err != nil {
		return nil, err
	}
	bus, _ := dbc.Parse("cabin.dbc", []byte(cabin))
	return mapping.Compile(file, map[string]*dbc.File{"body": bus})
}

func TestActuate(t *testing.T) {
	plan := bound(t, actuator(locked, "COMMAND.LOCK", "STATE.LOCKED", "values = { 1 = true, 2 = false }")+
		actuator(wish, "COMMAND.WISH", "STATE.WISH")+actuator(height, "PAGED.SEAT", "STATE.SEAT", "scale = 0.1", "offset = 5")+
		actuator("Vehicle.RoofLoad", "COMMAND.FREE", "STATE.SEAT"))
	frame := func(id uint32, data ...byte) can.Frame {
		f := can.Frame{ID: id, Len: uint8(len(data))}
		copy(f.Data[:], data)
		return f
	}
	tests := []struct {
		name, path string
		v          hal.Value
		want       can.Frame
		err        error
	}{
		{"lock", locked, hal.Bool(true), frame(1280, 1, 0, 0, 0, 0, 0, 0, 0), nil},
		{"unlock", locked, hal.Bool(false), frame(1280, 2, 0, 0, 0, 0, 0, 0, 0), nil},
		{"a number for a truth value", locked, hal.Number(1), can.Frame{}, mapping.ErrValue},
		{"nothing", locked, hal.Value{}, can.Frame{}, mapping.ErrValue},
		{"warm", wish, hal.Number(21.5), frame(1280, 0, 23, 0, 0, 0, 0, 0, 0), nil},
		{"the nearest half degree", wish, hal.Number(21.4), frame(1280, 0, 23, 0, 0, 0, 0, 0, 0), nil},
		{"the warmest", wish, hal.Number(29.5), frame(1280, 0, 39, 0, 0, 0, 0, 0, 0), nil},
		{"hotter than the file allows", wish, hal.Number(30), can.Frame{}, mapping.ErrValue},
		{"colder than the file allows", wish, hal.Number(15.5), can.Frame{}, mapping.ErrValue},
		{"a file without a range", "Vehicle.RoofLoad", hal.Number(-1.5), frame(1280, 0, 0, 0x6A, 0xFF, 0, 0, 0, 0), nil},
		{"more than the bits hold", "Vehicle.RoofLoad", hal.Number(1e6), can.Frame{}, mapping.ErrValue},
		{"behind two multiplexors, with scale and offset", height, hal.Number(55), frame(1281, 0x32, 0xF4, 1, 0), nil},
		{"a path that nothing sets", "Vehicle.Speed", hal.Number(1), can.Frame{}, mapping.ErrUnknown},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bus, f, err := plan.Actuate(test.path, test.v)
			if f != test.want || !errors.Is(err, test.err) || (bus == "body") != (err == nil) {
				t.Errorf("%q, %+v, %v, want %+v, %v", bus, f, err, test.want, test.err)
			}
		})
	}
	if _, _, err := (*mapping.Plan)(nil).Actuate(locked, hal.Bool(true)); !errors.Is(err, mapping.ErrUnknown) {
		t.Errorf("a car without a mapping file is set: %v", err)
	}
}

// The ends of a range are in it, although 299 × 0.1 is a little more than 29.9.
func TestActuateToTheEndsOfARange(t *testing.T) {
	plan := bound(t, actuator(wish, "TENTHS.WISH", "TENTHS.WISH"))
	for v, want := range map[float64]error{16: mapping.ErrValue, 16.1: nil, 29.9: nil, 30: mapping.ErrValue} {
		if _, _, err := plan.Actuate(wish, hal.Number(v)); !errors.Is(err, want) {
			t.Errorf("%v: %v, want %v", v, err, want)
		}
	}
}

// Only a range with two ends says how far an actuator goes.
func TestReachOfARangeWithoutAnEnd(t *testing.T) {
	for limits, want := range map[string]bool{"[16|29.5]": true, "[16|inf]": false, "[-1e308|1e308]": false} {
		file, err := mapping.Load("m.toml", []byte(actuator(wish, "COMMAND.WISH", "STATE.WISH")))
		if err != nil {
			t.Fatal(err)
		}
		bus, _ := dbc.Parse("cabin.dbc", []byte(strings.ReplaceAll(cabin, "[16|29.5]", limits)))
		plan, err := mapping.Compile(file, map[string]*dbc.File{"body": bus})
		if err != nil {
			t.Fatal(err)
		}
		if least, most, _, ok := plan.Reach(wish); ok != want {
			t.Errorf("%s: %v to %v, %v", limits, least, most, ok)
		}
	}
}

// What shows the effect is a reading of the path that was set.
func TestConfirm(t *testing.T) {
	state := can.Frame{ID: 1352, Extended: true, Len: 8, Data: can.Data{1, 24, 0xF4, 1}}
	const known = "[[signal]]\npath = \"" + locked + "\"\nbus = \"body\"\ncan = \"STATE.LOCKED\"\nvalues = { 1 = true, 0 = false }\n"
	tests := []struct{ name, src, want string }{
		{"a truth value needs no values", actuator(locked, "COMMAND.LOCK", "STATE.LOCKED"), locked + "=true"},
		{"a number", actuator(wish, "COMMAND.WISH", "STATE.WISH"), wish + "=22"},
		{"with the scale of the command", actuator(height, "PAGED.SEAT", "STATE.SEAT", "scale = 0.1", "offset = 5"), height + "=55"},
		{"what a signal says already comes once", known + actuator(locked, "COMMAND.LOCK", "STATE.LOCKED"), locked + "=true"},
		{"a command may have numbers of its own", known + actuator(locked, "COMMAND.LOCK", "STATE.LOCKED", "values = { 1 = true, 2 = false }"), locked + "=true"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, r := range bound(t, test.src).Bus("body").Decode(&state, moment(0), nil) {
				got = append(got, r.Path+"="+r.Value.String())
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// Of two signals of a path the one that is the confirm shows the effect, in either order.
func TestConfirmAmongTwoSignals(t *testing.T) {
	const entry = "[[signal]]\npath = \"" + locked + "\"\nbus = \"body\"\ncan = \"%s\"\nvalues = { 1 = true, 0 = false }\nwhen = { \"FOB.PRESENT\" = %d }\n"
	confirm, other := fmt.Sprintf(entry, "STATE.LOCKED", 0), fmt.Sprintf(entry, "FOB.UNLOCKED", 1)
	for _, signals := range []string{confirm + other, other + confirm} {
		if _, err := bind(signals + actuator(locked, "COMMAND.LOCK", "STATE.LOCKED")); err != nil {
			t.Error(err)
		}
	}
}

func TestActuatorsThatCannotBe(t *testing.T) {
	const known = "[[signal]]\npath = \"" + locked + "\"\nbus = \"body\"\ncan = \"STATE.LOCKED\"\nvalues = { 1 = true, 0 = false }\n"
	tests := []struct{ name, src, want string }{
		{"twice", actuator(wish, "COMMAND.WISH", "STATE.WISH") + actuator(wish, "COMMAND.FREE", "STATE.WISH"), wish + " has an actuator in line 1 already"},
		{"another source of the path", known + actuator(locked, "COMMAND.LOCK", "STATE.WISH"), locked + " comes from STATE.LOCKED of bus body, line 1: that is what shows the effect"},
		{"another kind of value", known + actuator(locked, "COMMAND.LOCK", "STATE.LOCKED", `values = { 1 = "LOCKED" }`), locked + " is true or false in line 1 and a word here"},
		{"a scale of nothing", actuator(wish, "COMMAND.WISH", "STATE.WISH", "scale = 0"), "a scale of 0 makes every value the same"},
		{"values and scale", actuator(wish, "COMMAND.WISH", "STATE.WISH", "scale = 2", "values = { 1 = 2 }"), "leaves nothing for scale and offset to act on"},
		{"past its message", actuator("Vehicle.Length", "COMMAND.PAST", "STATE.WISH"), "no frame can hold the signal COMMAND.PAST"},
		{"longer than its message", actuator("Vehicle.Height", "TINY.WIDE", "STATE.WISH"), "TINY.WIDE ends in byte 2 of a message of 1"},
		{"a value that the bits cannot have", actuator(locked, "COMMAND.LOCK", "STATE.LOCKED", "values = { 4 = true }"), "COMMAND.LOCK is never 4"},
		{"a fob over two messages", "[[fob]]\nbus = \"body\"\nid = \"FOB.ID\"\npresent = \"STATE.LOCKED\"\nunlocked = \"FOB.UNLOCKED\"\n",
			"FOB.ID, STATE.LOCKED and FOB.UNLOCKED are not in one message: nothing says which fob is meant"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := bind(test.src); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %s", err, test.want)
			}
		})
	}
}

// A car that copies the command's bits into the state shows what was asked for,
// to within half a step; what is refused is outside of the range.
func TestCommandThenConfirm(outer *testing.T) {
	rapid.Check(outer, func(t *rapid.T) {
		plan := bound(outer, actuator(wish, "COMMAND.WISH", "STATE.WISH"))
		asked := rapid.Float64Range(10, 40).Draw(t, "degrees")
		_, f, err := plan.Actuate(wish, hal.Number(asked))
		if inside := asked >= 15.75 && asked < 29.75; inside != (err == nil) {
			t.Fatalf("%v: %v", asked, err)
		}
		if err != nil {
			return
		}
		state := can.Frame{ID: 1352, Extended: true, Len: 8, Data: f.Data}
		got := plan.Bus("body").Decode(&state, moment(0), nil)
		shown, _ := got[0].Value.Float()
		if d := shown - asked; len(got) != 1 || d > 0.25 || d < -0.25 {
			t.Fatalf("asked for %v, shown %v", asked, got)
		}
	})
}

func TestFobs(t *testing.T) {
	decoder := bound(t, "[[fob]]\nbus = \"body\"\nid = \"FOB.ID\"\npresent = \"FOB.PRESENT\"\nunlocked = \"FOB.UNLOCKED\"\n").Bus("body")
	const id = 1353
	tests := []struct {
		name string
		f    can.Frame
		want []hal.Sighting
	}{
		{"in the car", can.Frame{ID: id, Extended: true, Len: 6, Data: can.Data{0xCA, 0xFE, 0, 1, 1}}, []hal.Sighting{{ID: hal.MakeFobID(0xCAFE0001), Present: true}}},
		{"it unlocked the door", can.Frame{ID: id, Extended: true, Len: 6, Data: can.Data{0xCA, 0xFE, 0, 1, 4}}, []hal.Sighting{{ID: hal.MakeFobID(0xCAFE0001), Unlocked: true}}},
		{"no fob", can.Frame{ID: id, Extended: true, Len: 6, Data: can.Data{0, 0, 0, 0, 1}}, nil},
		{"a short frame", can.Frame{ID: id, Extended: true, Len: 4, Data: can.Data{1}}, nil},
		{"a remote frame", can.Frame{ID: id, Extended: true, Len: 6, Remote: true, Data: can.Data{1}}, nil},
		{"11 bits", can.Frame{ID: id, Len: 6, Data: can.Data{1}}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := decoder.Fobs(&test.f, nil)
			if len(got) != len(test.want) || len(got) == 1 && got[0] != test.want[0] {
				t.Errorf("%d sightings, %v, want %v", len(got), got, test.want)
			}
		})
	}
	// A fob is somebody's: its number is in no text.
	if text := fmt.Sprintf("%v %+v %#v %d %s", hal.MakeFobID(4711), tests[0].want, hal.MakeFobID(4711), hal.MakeFobID(4711), hal.MakeFobID(4711)); strings.Contains(text, "4711") || strings.Contains(strings.ToLower(text), "cafe") {
		t.Errorf("a fob's number prints: %s", text)
	}
}
