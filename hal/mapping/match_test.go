package mapping_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/dbc"
	"glovebox/hal/mapping"
)

// lorry is a bus of SAE J1939 whose file names senders that no car has (FE), and
// destinations; ENGINE comes from a second sender too.
var lorry = fmt.Sprintf(`
BO_ %d ENGINE: 8 X
 SG_ SPEED : 24|16@1+ (0.125,0) [0|8031.875] "rpm" X
 SG_ MODE : 0|4@1+ (1,0) [0|15] "" X
BO_ %d ENGINE_3: 8 X
 SG_ SPEED : 24|16@1+ (0.125,0) [0|8031.875] "rpm" X
BO_ %d CABIN: 8 X
 SG_ FAN : 0|8@1+ (1,0) [0|255] "" X
 SG_ ID : 8|16@1+ (1,0) [0|0] "" X
 SG_ PRESENT : 24|1@1+ (1,0) [0|0] "" X
 SG_ UNLOCKED : 25|1@1+ (1,0) [0|0] "" X
BO_ %d TORQUE: 8 X
 SG_ ASKED : 0|8@1+ (1,0) [0|255] "" X
BO_ 244 OLD: 8 X
 SG_ SPEED : 24|16@1+ (0.125,0) [0|8031.875] "rpm" X
BO_ %d WIDE: 8 X
 SG_ FAN : 0|8@1+ (1,0) [0|255] "" X
`, 1<<31|0x0CF004FE, 1<<31|0x0CF00403, 1<<31|0x18E0FFFE, 1<<31|0x0C0000FE, 1<<31|244)

const (
	engine = "Vehicle.Powertrain.CombustionEngine.Speed"
	fan    = "Vehicle.Cabin.HVAC.Station.Row1.Driver.FanSpeed"
)

// onLorry is a [[signal]] with further lines.
func onLorry(path, ref string, lines ...string) string {
	return fmt.Sprintf("[[signal]]\npath = %q\nbus = \"lorry\"\ncan = %q\n%s\n", path, ref, strings.Join(lines, "\n"))
}

func bindLorry(src string) (*mapping.Plan, error) {
	file, err := mapping.Load("m.toml", []byte(src))
	if err != nil {
		return nil, err
	}
	bus, _ := dbc.Parse("lorry.dbc", []byte(lorry))
	return mapping.Compile(file, map[string]*dbc.File{"lorry": bus})
}

// A message is found by its whole identifier. Where the file says pgn it is found
// whoever sends it, to whomever, with any priority.
func TestMatch(t *testing.T) {
	const pgn = `match = "pgn"`
	frame := func(id uint32, data ...byte) can.Frame {
		f := can.Frame{ID: id, Extended: true, Len: 8}
		copy(f.Data[:], data)
		return f
	}
	idle := []byte{1, 0, 0, 0x40, 0x10} // 520/min
	eleven := frame(0xF4, idle...)
	eleven.Extended = false
	remote := frame(0x0CF00400)
	remote.Remote = true
	short := frame(0x0CF00400)
	short.Len = 4
	fast := []byte{2, 0, 0, 0x80, 0x3E} // 2000/min
	type step struct {
		f    can.Frame
		want string
	}
	tests := []struct {
		name, src string
		steps     []step
	}{
		{"without a word the sender counts", onLorry(engine, "ENGINE.SPEED"), []step{
			{frame(0x0CF00400, idle...), ""}, {frame(0x08F004FE, idle...), ""}, {frame(0x0CF004FE, idle...), engine + "=520"}}},
		{"so it does with exact", onLorry(engine, "ENGINE.SPEED", `match = "exact"`), []step{{frame(0x0CF00400, idle...), ""}, {frame(0x0CF004FE, idle...), engine + "=520"}}},
		{"any sender, any priority", onLorry(engine, "ENGINE.SPEED", pgn), []step{
			{frame(0x0CF00400, idle...), engine + "=520"}, {frame(0x18F00421, fast...), engine + "=2000"}, {frame(0x0CF004FE, idle...), engine + "=520"}}},
		{"another group, another page, 11 bits", onLorry(engine, "ENGINE.SPEED", pgn), []step{
			{frame(0x0CF00500, idle...), ""}, {frame(0x0DF00400, idle...), ""}, {frame(0x0EF00400, idle...), ""}, {eleven, ""}, {remote, ""}, {short, ""}}},
		{"to whomever it goes", onLorry(fan, "CABIN.FAN", pgn), []step{
			{frame(0x18E0FF19, 3), fan + "=3"}, {frame(0x18E02119, 4), fan + "=4"}, {frame(0x18E100FE, 5), ""}}},
		{"a condition is found likewise", onLorry(fan, "CABIN.FAN", pgn, `when = { "ENGINE.MODE" = 1 }`), []step{
			{frame(0x18E0FF19, 3), ""}, {frame(0x0CF00400, idle...), ""}, {frame(0x18E0FF19, 3), fan + "=3"}, {frame(0x0CF00400, fast...), ""}, {frame(0x18E0FF19, 3), fan + "="}}},
		{"one by its sender, one by its group", onLorry(engine, "ENGINE_3.SPEED") + onLorry(fan, "ENGINE.MODE", pgn), []step{
			{frame(0x0CF00403, idle...), engine + "=520 " + fan + "=1"}, {frame(0x0CF00400, fast...), fan + "=2"}}},
		{"one message by both", onLorry(engine, "ENGINE.SPEED") + onLorry(fan, "ENGINE.MODE", pgn), []step{
			{frame(0x0CF00400, idle...), fan + "=1"}, {frame(0x0CF004FE, fast...), engine + "=2000 " + fan + "=2"}}},
		{"one number with 11 and with 29 bits", onLorry(engine, "OLD.SPEED") + onLorry(fan, "WIDE.FAN"), []step{
			{eleven, engine + "=520"}, {frame(0xF4, 3), fan + "=3"}, {frame(0x1F4, 3), ""}}},
		{"what shows the effect", "[[actuator]]\npath = \"" + fan + "\"\nbus = \"lorry\"\ncan = \"OLD.SPEED\"\nconfirm = \"CABIN.FAN\"\n" + pgn, []step{
			{frame(0x18E0FF19, 3), fan + "=3"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			plan, err := bindLorry(test.src)
			if err != nil {
				t.Fatal(err)
			}
			decoder := plan.Bus("lorry")
			for i, s := range test.steps {
				var got []string
				for _, r := range decoder.Decode(&s.f, moment(10*i), nil) {
					got = append(got, r.Path+"="+r.Value.String())
				}
				if strings.Join(got, " ") != s.want {
					t.Errorf("step %d says %q, want %q", i, got, s.want)
				}
			}
			reading := make([]hal.Reading, 0, 4)
			if n := testing.AllocsPerRun(100, func() { reading = decoder.Decode(&test.steps[0].f, moment(0), reading[:0]) }); n != 0 {
				t.Errorf("%v allocations a frame", n)
			}
		})
	}
}

// A key reader is found by its group, and a recorded frame is overwritten whoever sent
// it. A command has the sender that the DBC file gives it.
func TestMatchOfFobsAndCommands(t *testing.T) {
	const match = "match = \"pgn\"\n"
	const asked = "Vehicle.Powertrain.CombustionEngine.Torque"
	plan, err := bindLorry(onLorry(engine, "ENGINE.SPEED", match) + onLorry(asked, "TORQUE.ASKED", match) +
		"[[fob]]\nbus = \"lorry\"\nid = \"CABIN.ID\"\npresent = \"CABIN.PRESENT\"\nunlocked = \"CABIN.UNLOCKED\"\n" + match +
		"[[actuator]]\npath = \"" + fan + "\"\nbus = \"lorry\"\ncan = \"CABIN.FAN\"\nconfirm = \"CABIN.FAN\"\n" + match)
	if err != nil {
		t.Fatal(err)
	}
	f := can.Frame{ID: 0x18E02119, Extended: true, Len: 8, Data: can.Data{0, 7, 0, 1}}
	if got := plan.Bus("lorry").Fobs(&f, nil); !slices.Equal(got, []hal.Sighting{{ID: hal.MakeFobID(7), Present: true}}) {
		t.Errorf("the key reader says %v", got)
	}
	f = can.Frame{ID: 0x0CF00400, Extended: true, Len: 8}
	if !plan.Overwrite("lorry", &f, engine, hal.Number(520)) || f.Data != (can.Data{3: 0x40, 4: 0x10}) {
		t.Errorf("a recorded frame becomes % X", f.Data)
	}
	// The number of TORQUE is 0, and that is what an identifier of 11 bits would have.
	if f = (can.Frame{ID: 0xF4, Len: 8}); plan.Overwrite("lorry", &f, asked, hal.Number(1)) {
		t.Errorf("a frame of 11 bits becomes % X", f.Data)
	}
	if _, f, err := plan.Actuate(fan, hal.Number(3)); err != nil || f.ID != 0x18E0FFFE {
		t.Errorf("the command is %08X, %v", f.ID, err)
	}
}

func TestMatchesThatCannotBe(t *testing.T) {
	const pgn = `match = "pgn"`
	for _, test := range []struct{ name, src, want string }{
		{"another word", onLorry(engine, "ENGINE.SPEED", `match = "PGN"`), `m.toml:5: match: want exact or pgn, found "PGN"`},
		{"no word", onLorry(engine, "ENGINE.SPEED", "match = 61444"), "m.toml:5: match: want exact or pgn, found 61444"},
		{"11 bits", onLorry(engine, "OLD.SPEED", pgn), "m.toml:1: can: message OLD has an identifier of 11 bits: only one of 29 has a PGN"},
		{"a condition of 11 bits", onLorry(engine, "ENGINE.SPEED", pgn, `when = { "OLD.SPEED" = 1 }`), "m.toml:1: when: message OLD has an identifier of 11 bits: only one of 29 has a PGN"},
		{"two messages of one group", onLorry(engine, "ENGINE.SPEED", pgn) + onLorry(fan, "ENGINE_3.SPEED", pgn),
			"m.toml:6: can: messages ENGINE and ENGINE_3 have the same PGN: a frame would be both"},
		{"one path in two ways", onLorry(engine, "ENGINE.SPEED", pgn, `when = { "ENGINE.MODE" = 1 }`) + onLorry(engine, "ENGINE.SPEED", `when = { "ENGINE.MODE" = 2 }`),
			"m.toml:7: " + engine + " has another match in line 1: want the same for one path"},
		{"an effect that is read otherwise", onLorry(fan, "CABIN.FAN") + "[[actuator]]\npath = \"" + fan + "\"\nbus = \"lorry\"\ncan = \"CABIN.FAN\"\nconfirm = \"CABIN.FAN\"\n" + pgn,
			"m.toml:6: match: CABIN.FAN is matched otherwise in line 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := bindLorry(test.src); err == nil || err.Error() != test.want {
				t.Errorf("%v, want %s", err, test.want)
			}
		})
	}
}
