package mapping_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/dbc"
	"glovebox/hal/mapping"
	"pgregory.net/rapid"
)

// moment is the moment ms milliseconds after boot.
func moment(ms int) hal.Instant { return hal.Instant{Boot: time.Duration(ms) * time.Millisecond} }

// speedFrame is SPEED with the raw speed and the quality of 1.
func speedFrame(raw uint16) can.Frame {
	return can.Frame{ID: 180, Len: 8, Data: can.Data{byte(raw >> 8), byte(raw), 0x40}}
}

// uiFrame is UI with units and odometer.
func uiFrame(units, odo byte) can.Frame {
	return can.Frame{ID: 1553, Len: 8, Data: can.Data{units, 0, 0, odo}}
}

func lockFrame(bits byte) can.Frame {
	return can.Frame{ID: 2566843925 & can.MaxExtendedID, Extended: true, Len: 1, Data: can.Data{bits}}
}

// A drive is frames with their times and what they say, "path=value" each.
func TestDecoder(t *testing.T) {
	short := speedFrame(1000)
	short.Len = 1
	remote := speedFrame(1000)
	remote.Remote = true
	other := speedFrame(1000)
	other.Extended = true
	const odometer = "[[signal]]\npath = \"Vehicle.TraveledDistance\"\nbus = \"body\"\ncan = \"UI.ODO\"\n"
	const units = odometer + "rising = false\nscale = 1000\nwhen = { \"UI.UNITS\" = 1 }\n" + odometer + "rising = false\nscale = 1609.344\nwhen = { \"UI.UNITS\" = 2 }\n"
	type step struct {
		ms   int
		f    can.Frame
		want string
	}
	tests := []struct {
		name, src string
		steps     []step
	}{
		{"a change is handed on at once, an unchanged value once a second", signal(), []step{
			{0, speedFrame(7275), "Vehicle.Speed=72.75"}, {25, speedFrame(7275), ""}, {50, speedFrame(6123), "Vehicle.Speed=61.23"},
			{1025, speedFrame(6123), ""}, {1050, speedFrame(6123), "Vehicle.Speed=61.23"}}},
		{"at most every 100 ms", signal(`every = "100ms"`), []step{
			{0, speedFrame(100), "Vehicle.Speed=1"}, {50, speedFrame(200), ""}, {99, speedFrame(300), ""}, {100, speedFrame(400), "Vehicle.Speed=4"},
			{150, speedFrame(500), ""}, {190, speedFrame(400), ""}, {250, speedFrame(400), ""}, {1100, speedFrame(400), "Vehicle.Speed=4"}}},
		{"a longer period than a second", signal(`every = "3s"`), []step{
			{0, speedFrame(100), "Vehicle.Speed=1"}, {1500, speedFrame(100), ""}, {2999, speedFrame(200), ""}, {3000, speedFrame(100), "Vehicle.Speed=1"}}},
		{"not available is said once", signal("invalid = [655.35, 655.34]"), []step{
			{0, speedFrame(65535), ""}, {10, speedFrame(100), "Vehicle.Speed=1"}, {20, speedFrame(65535), "Vehicle.Speed="},
			{30, speedFrame(65534), ""}, {5000, speedFrame(65534), ""}, {5010, speedFrame(0), "Vehicle.Speed=0"}}},
		{"a short, a remote and a foreign frame say nothing", signal(), []step{
			{0, short, ""}, {10, remote, ""}, {20, other, ""}, {30, speedFrame(100), "Vehicle.Speed=1"}, {40, short, ""}, {5000, short, ""},
			{5001, can.Frame{ID: 0xFFFFFFFF, Len: 8}, ""}}},
		{"only what has a meaning has a value", isLocked, []step{
			{0, lockFrame(2), "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked=true"}, {1, lockFrame(3), ""}, {2, lockFrame(0), "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked=false"}}},
		{"a value without a meaning is not available", signal("values = { 1 = 5 }"), []step{
			{0, speedFrame(100), "Vehicle.Speed=5"}, {1, speedFrame(101), "Vehicle.Speed="}}},
		{"scale and offset", signal("scale = 2", "offset = -0.5"), []step{{0, speedFrame(1003), "Vehicle.Speed=19.56"}}},
		{"miles and kilometres", units, []step{
			{0, uiFrame(0, 7), ""}, {1, uiFrame(1, 7), "Vehicle.TraveledDistance=7000"}, {2, uiFrame(2, 7), "Vehicle.TraveledDistance=11265.408"},
			{3, uiFrame(3, 7), "Vehicle.TraveledDistance="}, {4, uiFrame(3, 8), ""}, {5, uiFrame(1, 8), "Vehicle.TraveledDistance=8000"}}},
		{"a condition in another message", signal(`when = { "UI.UNITS" = 1 }`), []step{
			{0, speedFrame(100), ""}, {1, uiFrame(1, 0), ""}, {2, speedFrame(100), "Vehicle.Speed=1"},
			{3, uiFrame(2, 0), ""}, {4, speedFrame(100), "Vehicle.Speed="}}},
		{"a condition on a message that never came", signal(`when = { "UI.UNITS" = 0 }`), []step{
			{0, speedFrame(100), ""}, {1, uiFrame(0, 0), ""}, {2, speedFrame(100), "Vehicle.Speed=1"}}},
		{"two messages, one of which has a say", signal(`when = { "UI.UNITS" = 1 }`) + strings.Replace(signal(`when = { "UI.UNITS" = 2 }`), "SPEED.SPEED", "UI.ODO", 1), []step{
			{0, uiFrame(1, 7), ""}, {1, speedFrame(100), "Vehicle.Speed=1"}, {2000, uiFrame(1, 7), ""}, {2001, uiFrame(2, 7), "Vehicle.Speed=7"}}},
		{"a condition that the frame is too short for", odometer + "when = { \"UI.UNITS\" = 1 }\n", []step{
			{0, uiFrame(1, 7), "Vehicle.TraveledDistance=7"}, {1, can.Frame{ID: 1553}, "Vehicle.TraveledDistance="}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			decoder := compiled(t, test.src).Bus("body")
			for i, s := range test.steps {
				var got []string
				for _, r := range decoder.Decode(&s.f, moment(s.ms), nil) {
					got = append(got, r.Path+"="+r.Value.String())
					if r.At != moment(s.ms) {
						t.Errorf("step %d is stamped %v", i, r.At)
					}
				}
				if strings.Join(got, " ") != s.want {
					t.Errorf("step %d at %d ms says %q, want %q", i, s.ms, got, s.want)
				}
			}
		})
	}
}

// What a multiplexed message does not say in this frame it has not taken back: the newest
// value of a condition counts, in another message and in its own.
func TestAConditionUnderAMultiplexor(t *testing.T) {
	bus, _ := dbc.Parse("body.dbc", []byte(body+`BO_ 300 PAGES: 8 X
 SG_ PAGE M : 0|8@1+ (1,0) [0|0] "" X
 SG_ UNITS m1 : 8|8@1+ (1,0) [0|0] "" X
 SG_ LOAD m1 : 16|8@1+ (1,0) [0|0] "" X
 SG_ WEIGHT m2 : 16|8@1+ (1,0) [0|0] "" X
`))
	const when = "when = { \"PAGES.UNITS\" = 1 }"
	file, err := mapping.Load("m.toml", []byte(signal(when)+
		signalOf("Vehicle.RoofLoad", "PAGES.LOAD", when)+signalOf("Vehicle.GrossWeight", "PAGES.WEIGHT", when)))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := mapping.Compile(file, map[string]*dbc.File{"body": bus})
	if err != nil {
		t.Fatal(err)
	}
	page := func(n, units, value byte) can.Frame {
		return can.Frame{ID: 300, Len: 8, Data: can.Data{n, units, value}}
	}
	for i, s := range []struct {
		f    can.Frame
		want string
	}{
		{page(1, 1, 7), "[Vehicle.RoofLoad=7]"}, {speedFrame(100), "[Vehicle.Speed=1]"}, {page(2, 9, 8), "[Vehicle.GrossWeight=8]"},
		{speedFrame(200), "[Vehicle.Speed=2]"}, {page(3, 9, 9), "[]"}, {page(1, 2, 9), "[Vehicle.RoofLoad= Vehicle.GrossWeight=]"},
		{page(2, 1, 8), "[]"}, {speedFrame(300), "[Vehicle.Speed=]"},
	} {
		got := []string{}
		for _, r := range plan.Bus("body").Decode(&s.f, moment(i), nil) {
			got = append(got, r.Path+"="+r.Value.String())
		}
		if fmt.Sprint(got) != s.want {
			t.Errorf("step %d says %v, want %s", i, got, s.want)
		}
	}
}

// A file may describe one identifier twice: a frame of it is both messages.
func TestOneIdentifierTwiceInAFile(t *testing.T) {
	bus, _ := dbc.Parse("body.dbc", []byte("BO_ 180 FRONT: 8 X\n SG_ LOAD : 0|8@1+ (1,0) [0|0] \"\" X\nBO_ 180 BACK: 8 X\n SG_ LOAD : 8|8@1+ (1,0) [0|0] \"\" X\n"))
	file, err := mapping.Load("m.toml", []byte(signalOf("Vehicle.RoofLoad", "FRONT.LOAD")+signalOf("Vehicle.GrossWeight", "BACK.LOAD")))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := mapping.Compile(file, map[string]*dbc.File{"body": bus})
	if err != nil {
		t.Fatal(err)
	}
	got := plan.Bus("body").Decode(&can.Frame{ID: 180, Len: 8, Data: can.Data{3, 4}}, moment(0), nil)
	if len(got) != 2 || got[0].Value != hal.Number(3) || got[1].Value != hal.Number(4) {
		t.Errorf("a frame says %v", got)
	}
}

// Two buses may use one identifier for different things.
func TestOneIdentifierTwoMeanings(t *testing.T) {
	file, err := mapping.Load("m.toml", []byte(signal()+strings.NewReplacer("body", "head", "Speed", "AverageSpeed").Replace(signal())))
	if err != nil {
		t.Fatal(err)
	}
	front, _ := dbc.Parse("body.dbc", []byte(body))
	back, _ := dbc.Parse("head.dbc", []byte("BO_ 180 SPEED: 8 X\n SG_ SPEED : 0|8@1+ (1,0) [0|0] \"\" X\n"))
	plan, err := mapping.Compile(file, map[string]*dbc.File{"body": front, "head": back})
	if err != nil {
		t.Fatal(err)
	}
	f := speedFrame(0x0102)
	for bus, want := range map[string]string{"body": "Vehicle.Speed=2.58", "head": "Vehicle.AverageSpeed=1"} {
		got := plan.Bus(bus).Decode(&f, moment(0), nil)
		if len(got) != 1 || got[0].Path+"="+got[0].Value.String() != want {
			t.Errorf("%s says %v, want %s", bus, got, want)
		}
	}
}

// Whatever frames come: only mapped paths are handed on, never one of them
// twice within its period, an absent value never twice in a row, and only by a
// frame that is mapped and long enough.
func TestDecoderHandsOnWhatIsMapped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := strings.Replace(whole, `invalid = [655.35, 655.34]`, `invalid = [0]`, 1)
		plan, err := compile(src)
		if err != nil {
			t.Fatal(err)
		}
		decoder := plan.Bus("body")
		last := map[string]hal.Reading{}
		now := 0
		for range rapid.IntRange(1, 60).Draw(t, "frames") {
			now += rapid.IntRange(0, 80).Draw(t, "ms")
			f := can.Frame{
				ID:       rapid.SampledFrom([]uint32{180, 1553, 2566843925 & can.MaxExtendedID, 300, 301, 5}).Draw(t, "id"),
				Extended: rapid.Bool().Draw(t, "extended"), Len: uint8(rapid.IntRange(0, 8).Draw(t, "len")), Remote: rapid.IntRange(0, 9).Draw(t, "remote") == 0,
			}
			for i := range f.Data {
				f.Data[i] = rapid.SampledFrom([]byte{0, 0, 1, 2, 0x40, 0xFF}).Draw(t, "byte")
			}
			for _, r := range decoder.Decode(&f, moment(now), nil) {
				before, ever := last[r.Path]
				least := map[string]uint8{"Vehicle.Speed": 2, "Vehicle.TraveledDistance": 1, "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked": 1}[r.Path]
				id := map[string]uint32{"Vehicle.Speed": 180, "Vehicle.TraveledDistance": 1553, "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked": 2566843925 & can.MaxExtendedID}[r.Path]
				switch {
				case !slices.Contains(plan.Paths(), r.Path) || f.ID != id || f.Extended != (id > can.MaxStandardID) || f.Remote:
					t.Fatalf("%+v says %v", f, r)
				case f.Len < least && !r.Value.Absent():
					t.Fatalf("a frame of %d bytes says %v", f.Len, r)
				case r.Value.Absent() && (!ever || before.Value.Absent()):
					t.Fatalf("%s is not available, again", r.Path)
				case r.Path == "Vehicle.Speed" && ever && r.At.Since(before.At) < 100*time.Millisecond:
					t.Fatalf("%s after %v", r.Path, r.At.Since(before.At))
				case r.Path == "Vehicle.Speed" && r.Value == hal.Number(0):
					t.Fatal("what is not available is handed on as 0")
				case ever && r.Value == before.Value && r.At.Since(before.At) < mapping.Repeat:
					t.Fatalf("%v again after %v", r, r.At.Since(before.At))
				}
				last[r.Path] = r
			}
		}
	})
}

// What is overwritten is what the agent then decodes, and nothing else of the
// frame changes.
func TestOverwriteThenDecode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := whole + "[[signal]]\npath = \"Vehicle.CargoVolume\"\nbus = \"body\"\ncan = \"LOCK.TEMP\"\nscale = -2\noffset = 7\n"
		plan, err := compile(src)
		if err != nil {
			t.Fatal(err)
		}
		tests := []struct {
			path string
			f    can.Frame
			v    hal.Value
		}{
			{"Vehicle.Speed", speedFrame(0), hal.Number(float64(rapid.IntRange(0, 65533).Draw(t, "speed")) / 100)},
			{"Vehicle.Cabin.Door.Row1.DriverSide.IsLocked", lockFrame(0), hal.Bool(rapid.Bool().Draw(t, "locked"))},
			{"Vehicle.CargoVolume", can.Frame{ID: lockFrame(0).ID, Extended: true, Len: 2}, hal.Number(float64(rapid.IntRange(-40, 23).Draw(t, "temp")))},
		}
		for _, test := range tests {
			before := test.f
			if !plan.Overwrite("body", &test.f, test.path, test.v) {
				t.Fatalf("%s=%v is not written", test.path, test.v)
			}
			got := plan.Bus("body").Decode(&test.f, moment(0), nil)
			i := slices.IndexFunc(got, func(r hal.Reading) bool { return r.Path == test.path })
			if i < 0 || got[i].Value != test.v {
				t.Fatalf("%s=%v is read as %v", test.path, test.v, got)
			}
			if test.path == "Vehicle.Speed" {
				before.Data[0], before.Data[1] = test.f.Data[0], test.f.Data[1]
				if before != test.f {
					t.Fatalf("more than the speed changed: %v", test.f)
				}
			}
		}
	})
}

func TestOverwrite(t *testing.T) {
	plan := compiled(t, whole)
	const locked = "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"
	remote := speedFrame(1)
	remote.Remote = true
	tests := []struct {
		name, bus, path string
		f               can.Frame
		v               hal.Value
		want            bool
		data            can.Data
	}{
		{"speed", "body", "Vehicle.Speed", speedFrame(1), hal.Number(72.75), true, speedFrame(7275).Data},
		{"not available", "body", "Vehicle.Speed", speedFrame(1), hal.Value{}, true, speedFrame(65535).Data},
		{"faster than the bits", "body", "Vehicle.Speed", speedFrame(1), hal.Number(700), false, speedFrame(1).Data},
		{"another bus", "head", "Vehicle.Speed", speedFrame(1), hal.Number(1), false, speedFrame(1).Data},
		{"another frame", "body", "Vehicle.Speed", uiFrame(1, 1), hal.Number(1), false, uiFrame(1, 1).Data},
		{"the same number with 29 bits", "body", "Vehicle.Speed", can.Frame{ID: 180, Extended: true, Len: 8}, hal.Number(1), false, can.Data{}},
		{"another path", "body", "Vehicle.Height", speedFrame(1), hal.Number(1), false, speedFrame(1).Data},
		{"a short frame", "body", "Vehicle.Speed", can.Frame{ID: 180, Len: 1}, hal.Number(1), false, can.Data{}},
		{"a remote frame", "body", "Vehicle.Speed", remote, hal.Number(1), false, speedFrame(1).Data},
		{"unlocked", "body", locked, lockFrame(3), hal.Bool(false), true, lockFrame(1).Data},
		{"a number for a truth value", "body", locked, lockFrame(3), hal.Number(0), false, lockFrame(3).Data},
		{"never not available", "body", locked, lockFrame(3), hal.Value{}, false, lockFrame(3).Data},
		{"a mile in miles", "body", "Vehicle.TraveledDistance", uiFrame(2, 9), hal.Number(1619.344), true, uiFrame(2, 1).Data},
		{"a mile in kilometres", "body", "Vehicle.TraveledDistance", uiFrame(1, 9), hal.Number(1619.344), false, uiFrame(1, 9).Data},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := test.f
			if got := plan.Overwrite(test.bus, &f, test.path, test.v); got != test.want || f.Data != test.data {
				t.Errorf("%v, % x, want %v, % x", got, f.Data, test.want, test.data)
			}
		})
	}
}

func TestWhatPeopleWrite(t *testing.T) {
	plan := compiled(t, whole)
	const locked = "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"
	for _, test := range []struct {
		path, text, want string
	}{
		{"Vehicle.Speed", "72.75", "72.75 <nil>"}, {"Vehicle.Speed", "none", " <nil>"}, {locked, "true", "true <nil>"},
		{"Vehicle.Speed", "fast", ` Vehicle.Speed: "fast" is no value of it`}, {locked, "1", ` ` + locked + `: "1" is no value of it`},
		{locked, "none", ` ` + locked + `: "none" is no value of it`}, {"Vehicle.Height", "1", " Vehicle.Height: not in the mapping file"},
	} {
		v, err := plan.Parse(test.path, test.text)
		if got := fmt.Sprint(v, " ", err); got != test.want {
			t.Errorf("%s %s: %q, want %q", test.path, test.text, got, test.want)
		}
	}
	for _, test := range []struct {
		code string
		on   bool
		want string
	}{
		{"intrusion", true, locked + " false <nil>"}, {"intrusion", false, locked + " true <nil>"}, {"abs", true, "  alarm abs: not in the mapping file"},
	} {
		path, v, err := plan.AlarmValue(test.code, test.on)
		if got := fmt.Sprint(path, " ", v, " ", err); got != test.want {
			t.Errorf("%s %v: %q, want %q", test.code, test.on, got, test.want)
		}
	}
}

// Nothing is allocated on the way of a frame, whatever it holds.
func TestDecodeAllocatesNothing(t *testing.T) {
	decoder := compiled(t, whole).Bus("body")
	frames := []can.Frame{speedFrame(1), speedFrame(2), uiFrame(2, 1), uiFrame(1, 1), lockFrame(0), lockFrame(2), {ID: 5, Len: 8}}
	dst := make([]hal.Reading, 0, 16)
	ms := 0
	if n := testing.AllocsPerRun(100, func() {
		for _, f := range frames {
			ms += 200
			dst = decoder.Decode(&f, moment(ms), dst[:0])
		}
	}); n != 0 {
		t.Errorf("%v allocations in %d frames", n, len(frames))
	}
}

// The car without a mapping file has a plan too: it maps nothing.
func TestNoPlan(t *testing.T) {
	var plan *mapping.Plan
	f := speedFrame(1)
	if plan.Bus("body").Decode(&f, moment(0), nil) != nil || plan.Paths() != nil || plan.Buses() != nil || plan.Alarms() != nil ||
		plan.Actuators() != nil || plan.Fobs() != nil || plan.Overwrite("body", &f, "Vehicle.Speed", hal.Number(1)) {
		t.Error("no plan says something")
	}
}
