package mapping_test

import (
	"testing"

	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/dbc"
	"glovebox/hal/mapping"
)

// wide is a bus of CAN FD: signals anywhere in 64 bytes, some of them multiplexed.
const wide = `
BO_ 512 ALL: 64 X
 SG_ PAGE M : 160|8@1+ (1,0) [0|255] "" X
 SG_ SPEED m1 : 183|16@0+ (0.01,0) [0|0] "km/h" X
 SG_ OTHER m2 : 183|16@0+ (0.01,0) [0|0] "km/h" X
 SG_ LAST : 511|8@0- (1,0) [0|0] "" X
 SG_ NINE : 92|64@1+ (1,0) [0|0] "" X
 SG_ FIRST : 0|1@1+ (1,0) [0|1] "" X
 SG_ MODE : 504|2@1+ (1,0) [0|0] "" X
BO_ 513 ORDER: 10 X
 SG_ PAGE M : 0|8@1+ (1,0) [0|255] "" X
 SG_ WISH m3 : 72|8@1+ (0.5,10) [16|29.5] "" X
BO_ 514 SHORT: 8 X
 SG_ WISH : 0|8@1+ (0.5,10) [16|29.5] "" X
`

func bindWide(t *testing.T, src string) *mapping.Plan {
	t.Helper()
	file, err := mapping.Load("m.toml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	bus, problems := dbc.Parse("wide.dbc", []byte(wide))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	plan, err := mapping.Compile(file, map[string]*dbc.File{"body": bus})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// all is the long message with bytes at places.
func all(n uint8, bytes map[int]byte) can.Frame {
	f := can.Frame{ID: 512, FD: true, Len: n}
	for at, b := range bytes {
		f.Data[at] = b
	}
	return f
}

// A signal is found wherever it lies in a frame of CAN FD: under a multiplexor behind
// byte 8, over nine bytes, in the last one. A frame that ends before it says nothing of
// it, and nothing is allocated.
func TestSignalsBehindByteEight(t *testing.T) {
	on := func(path, ref string, lines ...string) string {
		return signalOf(path, ref, lines...)
	}
	for _, test := range []struct {
		name, src string
		f         can.Frame
		want      string
	}{
		{"under a multiplexor in byte 20", on("Vehicle.Speed", "ALL.SPEED"), all(64, map[int]byte{20: 1, 22: 0x1C, 23: 0x6B}), "Vehicle.Speed=72.75"},
		{"which selects another", on("Vehicle.Speed", "ALL.SPEED"), all(64, map[int]byte{20: 2, 22: 0x1C, 23: 0x6B}), ""},
		{"a frame that ends with it", on("Vehicle.Speed", "ALL.SPEED"), all(24, map[int]byte{20: 1, 22: 0x1C, 23: 0x6B}), "Vehicle.Speed=72.75"},
		{"a frame that ends before it", on("Vehicle.Speed", "ALL.SPEED"), all(20, map[int]byte{20: 1, 22: 0x1C, 23: 0x6B}), ""},
		{"the last byte, with a sign", on("Vehicle.CurrentLocation.Heading", "ALL.LAST"), all(64, map[int]byte{63: 0xFE}), "Vehicle.CurrentLocation.Heading=-2"},
		{"nine bytes", on("Vehicle.TraveledDistance", "ALL.NINE", "rising = false"), all(64, map[int]byte{11: 0x70, 19: 0x00, 12: 1}), "Vehicle.TraveledDistance=23"},
		{"the first bit of a long frame", on("Vehicle.IsMoving", "ALL.FIRST", "values = { 0 = false, 1 = true }"), all(64, map[int]byte{0: 1}), "Vehicle.IsMoving=true"},
		{"a condition in byte 63", on("Vehicle.Speed", "ALL.SPEED", `when = { "ALL.MODE" = 2 }`), all(64, map[int]byte{20: 1, 23: 100, 63: 2}), "Vehicle.Speed=1"},
		{"a condition that does not hold", on("Vehicle.Speed", "ALL.SPEED", `when = { "ALL.MODE" = 2 }`), all(64, map[int]byte{20: 1, 23: 100, 63: 1}), ""},
		{"a condition that the frame does not reach", on("Vehicle.Speed", "ALL.SPEED", `when = { "ALL.MODE" = 0 }`), all(48, map[int]byte{20: 1, 23: 100}), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			plan := bindWide(t, test.src)
			got := plan.Bus("body").Decode(&test.f, hal.Instant{}, nil)
			said := ""
			for _, r := range got {
				said += r.Path + "=" + r.Value.String()
			}
			if said != test.want {
				t.Errorf("it says %q, want %q", said, test.want)
			}
			ms := 0
			if n := testing.AllocsPerRun(100, func() { ms += 2000; got = plan.Bus("body").Decode(&test.f, moment(ms), got[:0]) }); n != 0 && test.want != "" {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

func signalOf(path, ref string, lines ...string) string {
	src := "[[signal]]\npath = \"" + path + "\"\nbus = \"body\"\ncan = \"" + ref + "\"\n"
	for _, line := range lines {
		src += line + "\n"
	}
	return src
}

// A command of more than eight bytes is a frame of CAN FD, filled up to the next
// length; one of eight stays classic. What is written into a long frame is read back.
func TestCommandsOfCANFD(t *testing.T) {
	plan := bindWide(t, actuator(wish, "ORDER.WISH", "ALL.LAST")+actuator(height, "SHORT.WISH", "ALL.FIRST")+signalOf("Vehicle.Speed", "ALL.SPEED"))
	_, f, err := plan.Actuate(wish, hal.Number(21.5))
	if want := (can.Frame{ID: 513, FD: true, Len: 12, Data: can.Data{0: 3, 9: 23}}); err != nil || f != want || !plan.NeedsFD(wish) {
		t.Errorf("%+v, %v, needs CAN FD: %v, want %+v", f, err, plan.NeedsFD(wish), want)
	}
	_, f, err = plan.Actuate(height, hal.Number(21.5))
	if want := (can.Frame{ID: 514, Len: 8, Data: can.Data{23}}); err != nil || f != want || plan.NeedsFD(height) {
		t.Errorf("%+v, %v, needs CAN FD: %v, want %+v", f, err, plan.NeedsFD(height), want)
	}
	if plan.NeedsFD("Vehicle.Speed") || (*mapping.Plan)(nil).NeedsFD(wish) {
		t.Error("what nothing sets needs CAN FD")
	}
	f = all(64, map[int]byte{20: 1})
	if !plan.Overwrite("body", &f, "Vehicle.Speed", hal.Number(72.75)) || f != all(64, map[int]byte{20: 1, 22: 0x1C, 23: 0x6B}) {
		t.Errorf("a speed is written as % x", f.Data)
	}
}
