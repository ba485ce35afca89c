package mapping_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/hal/dbc"
	"glovebox/hal/mapping"
)

// body is the DBC file of a bus with everything a mapping may ask for.
const body = `
BO_ 180 SPEED: 8 X
 SG_ SPEED : 7|16@0+ (0.01,0) [0|0] "km/h" X
 SG_ QUALITY : 23|2@0+ (1,0) [0|3] "" X
BO_ 1553 UI: 8 X
 SG_ UNITS : 0|2@1+ (1,0) [0|3] "" X
 SG_ ODO : 15|24@0+ (1,0) [0|0] "" X
BO_ 2566843925 LOCK: 8 X
 SG_ LOCK : 0|1@1+ (1,0) [0|1] "" X
 SG_ LOCKED : 1|1@1+ (1,0) [0|1] "" X
 SG_ TEMP : 15|8@0- (0.5,-40) [0|0] "" X
BO_ 300 FOB: 8 X
 SG_ ID : 7|32@0+ (1,0) [0|0] "" X
 SG_ PRESENT : 32|1@1+ (1,0) [0|0] "" X
 SG_ UNLOCKED : 33|1@1+ (1,0) [0|0] "" X
BO_ 301 FD: 64 X
 SG_ A : 0|8@1+ (1,0) [0|0] "" X
 SG_ PAST : 64|8@1+ (1,0) [0|0] "" X
BO_ 303 TRANSPORTED: 65 X
 SG_ A : 0|8@1+ (1,0) [0|0] "" X
BO_ 304 TEN: 10 X
 SG_ PAST : 96|8@1+ (1,0) [0|0] "" X
 SG_ PADDED : 88|8@1+ (1,0) [0|0] "" X
BO_ 302 SHORT: 2 X
 SG_ PAST : 64|8@1+ (1,0) [0|0] "" X
`

// whole uses everything that the mapping file knows.
const whole = `
[[signal]]
path    = "Vehicle.Speed"
bus     = "body"
can     = "SPEED.SPEED"
invalid = [655.35, 655.34]
every   = "100ms"

[[signal]]
path   = "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"
bus    = "body"
can    = "LOCK.LOCKED"
[signal.values]
0 = false
1 = true

[[signal]]
path   = "Vehicle.TraveledDistance"
bus    = "body"
can    = "UI.ODO"
scale  = 1609.344
offset = 10
when   = { "UI.UNITS" = 2, "SPEED.QUALITY" = 1 }

[[alarm]]
code     = "intrusion"
path     = "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"
when     = false
severity = "critical"

[[actuator]]
path    = "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"
bus     = "body"
can     = "LOCK.LOCK"
confirm = "LOCK.LOCKED"

[[fob]]
bus      = "body"
id       = "FOB.ID"
present  = "FOB.PRESENT"
unlocked = "FOB.UNLOCKED"
`

func TestLoad(t *testing.T) {
	got, err := mapping.Load("m.toml", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	const locked = "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"
	ref := func(m, s string) mapping.Ref { return mapping.Ref{Message: m, Signal: s} }
	want := &mapping.File{
		Name: "m.toml",
		Signals: []mapping.Signal{
			{Path: "Vehicle.Speed", Bus: "body", CAN: ref("SPEED", "SPEED"), Invalid: []float64{655.35, 655.34}, Scale: 1, Every: 100 * time.Millisecond, Line: 2},
			{Path: locked, Bus: "body", CAN: ref("LOCK", "LOCKED"), Scale: 1, Values: []mapping.Meaning{{0, hal.Bool(false)}, {1, hal.Bool(true)}}, Line: 9},
			{Path: "Vehicle.TraveledDistance", Bus: "body", CAN: ref("UI", "ODO"), Scale: 1609.344, Offset: 10,
				When: []mapping.Condition{{ref("SPEED", "QUALITY"), 1}, {ref("UI", "UNITS"), 2}}, Line: 17},
		},
		Alarms:    []mapping.Alarm{{Code: "intrusion", Path: locked, When: hal.Bool(false), Severity: "critical", Line: 25}},
		Actuators: []mapping.Actuator{{Path: locked, Bus: "body", CAN: ref("LOCK", "LOCK"), Confirm: ref("LOCK", "LOCKED"), Scale: 1, Line: 31}},
		Fobs:      []mapping.Fob{{Bus: "body", ID: ref("FOB", "ID"), Present: ref("FOB", "PRESENT"), Unlocked: ref("FOB", "UNLOCKED"), Line: 37}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	plan := compiled(t, whole)
	if !slices.Equal(plan.Paths(), []string{locked, "Vehicle.Speed", "Vehicle.TraveledDistance"}) || !slices.Equal(plan.Buses(), []string{"body"}) {
		t.Errorf("paths %v, buses %v", plan.Paths(), plan.Buses())
	}
	if !reflect.DeepEqual(plan.Alarms(), want.Alarms) || !reflect.DeepEqual(plan.Actuators(), want.Actuators) || !reflect.DeepEqual(plan.Fobs(), want.Fobs) {
		t.Error("alarms, actuators or fobs are not those of the file")
	}
}

func compiled(t testing.TB, src string) *mapping.Plan {
	t.Helper()
	plan, err := compile(src)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func compile(src string) (*mapping.Plan, error) {
	file, err := mapping.Load("m.toml", []byte(src))
	if err != nil {
		return nil, err
	}
	bus, _ := dbc.Parse("body.dbc", []byte(body))
	return mapping.Compile(file, map[string]*dbc.File{"body": bus})
}

// signal is a [[signal]] of Vehicle.Speed with the lines given.
func signal(lines ...string) string {
	return "[[signal]]\npath = \"Vehicle.Speed\"\nbus = \"body\"\ncan = \"SPEED.SPEED\"\n" + strings.Join(lines, "\n") + "\n"
}

const isLocked = "[[signal]]\npath = \"Vehicle.Cabin.Door.Row1.DriverSide.IsLocked\"\nbus = \"body\"\ncan = \"LOCK.LOCKED\"\nvalues = { 0 = false, 1 = true }\n"

func TestWhatIsWrong(t *testing.T) {
	tests := []struct {
		name, src string
		want      []string
	}{
		{"nothing", signal(), nil},
		{"an empty file", "", nil},
		{"all of it at once", "[[signal]]\npath = \"Speed\"\nbus = \"body\"\ncan = \"SPEED\"\nevery = \"soon\"\ncolour = 1\n[[alarm]]\ncode = \"flat\"\n", []string{
			`2: path: "Speed" is no path of VSS 6.0, the nearest is Vehicle.Speed`,
			`4: can: want MESSAGE.SIGNAL, found "SPEED"`,
			`5: every: want a period over 0 and up to 1h0m0s, such as "100ms", found "soon"`,
			`6: colour: unknown key in [[signal]]`,
			`7: path: is missing in [[alarm]]`, `7: severity: is missing in [[alarm]]`, `7: when: is missing in [[alarm]]`,
			`8: code: want one of ` + strings.Join(mapping.Codes(), ", ") + `, found "flat"`}},
		{"no TOML", "[[signal]]\npath = \n", []string{"2: unexpected character U+000A at start of value"}},
		{"a key twice", "[[signal]]\nbus = \"a\"\nbus = \"b\"\n", []string{`3: key bus is already defined`}},
		{"a key in other letters", strings.Replace(signal(), "path", "Path", 1), []string{"1: path: is missing in [[signal]]", "2: Path: unknown key in [[signal]]"}},
		{"another table", "x = 1\n[fobs]\n", []string{
			`1: unknown key "x": want [[signal]], [[alarm]], [[actuator]] or [[fob]]`, `2: unknown key "fobs": want [[signal]], [[alarm]], [[actuator]] or [[fob]]`}},
		{"one table instead of many", "\n[signal]\npath = \"Vehicle.Speed\"\n", []string{"2: signal: want [[signal]], one table for each"}},
		{"no number", signal(`scale = "2"`, "offset = nan", "invalid = 3"), []string{
			`5: scale: want a number, found "2"`, "6: offset: want a number, found NaN", "7: invalid: want a list of numbers, found 3"}},
		{"periods that are none", signal(`every = "0s"`) + signal(`every = "2h"`, "scale = []") + signal("every = 100"), []string{
			`5: every: want a period over 0 and up to 1h0m0s, such as "100ms", found "0s"`,
			`10: every: want a period over 0 and up to 1h0m0s, such as "100ms", found "2h"`, "11: scale: want a number, found a list",
			`16: every: want a period over 0 and up to 1h0m0s, such as "100ms", found 100`}},
		{"what is plausible", signal(`settle = "0s"`) + strings.Replace(signal(`settle = "2s"`, "jump = 0"), "Speed", "RoofLoad", 1) +
			strings.Replace(signal("rising = true"), "Speed", "Length", 1) + strings.Replace(isLocked, "values", "settle = \"1s\"\nvalues", 1), nil},
		{"what is not", signal(`settle = "-1s"`, "jump = -1") + strings.Replace(signal("jump = 1"), "Speed", "RoofLoad", 1) +
			strings.Replace(signal("rising = 1"), "Speed", "Length", 1) + strings.Replace(signal("rising = true", `settle = "2s"`), "Speed", "Height", 1) +
			strings.Replace(isLocked, "values", "rising = true\nvalues", 1), []string{
			`5: settle: want a period over 0 and up to 1h0m0s, such as "100ms", found "-1s"`, "6: jump: want a number of 0 or more, found -1",
			"11: jump: says nothing without settle", "16: rising: want true or false, found 1", "21: rising: is for a number alone, without settle and values",
			"27: rising: is for a number alone, without settle and values"}},
		{"one path, plausible in two ways", signal(`when = { "UI.UNITS" = 1 }`) + signal(`when = { "UI.UNITS" = 2 }`, "rising = true"), []string{
			"6: Vehicle.Speed has other settle or rising in line 1: want the same for one path"}},
		{"a scale of nothing", signal("scale = 0"), []string{"5: scale: a scale of 0 makes every value the same"}},
		{"scale and values", signal("scale = 2", "values = { 1 = 2 }"), []string{"6: values: leaves nothing for scale and offset to act on"}},
		{"values of two kinds", signal(`values = { 0 = false, 1 = "on" }`), []string{"5: values: false is true or false and on is a word: want one kind"}},
		{"values that are no numbers", signal("values = { on = true, 2 = [] }"), []string{
			"5: values: want a number on the left, found \"on\"", "5: values: want true, false, a word or a number for 2, found a list"}},
		{"a truth value without values", strings.Replace(isLocked, "values", "#", 1), []string{
			"2: path: IsLocked is true or false: it needs values, for example { 0 = false, 1 = true }"}},
		{"a condition without quotes", signal("when = { UI.UNITS = 2 }"), []string{"5: when: MESSAGE.SIGNAL needs quotes around it"}},
		{"the path twice", signal() + signal(), []string{"6: Vehicle.Speed is mapped in line 1 already: both need a when that tells them apart"}},
		{"the path on two buses", signal() + strings.Replace(signal(), "body", "head", 1), []string{
			"6: Vehicle.Speed is on bus body already, line 1: a path comes from one bus"}},
		{"an alarm of nothing", "[[alarm]]\ncode = \"abs\"\npath = \"Vehicle.Speed\"\nwhen = true\nseverity = \"warning\"\n", []string{
			"1: no [[signal]] has the path Vehicle.Speed of the alarm abs"}},
		{"an alarm that can never be", isLocked + "[[alarm]]\ncode = \"abs\"\npath = \"Vehicle.Cabin.Door.Row1.DriverSide.IsLocked\"\nwhen = \"yes\"\nseverity = \"warning\"\n", []string{
			"6: the alarm abs asks for a word, and Vehicle.Cabin.Door.Row1.DriverSide.IsLocked is true or false"}},
		{"the agent's own alarm", isLocked + "[[alarm]]\ncode = \"store-recovered\"\npath = \"Vehicle.Cabin.Door.Row1.DriverSide.IsLocked\"\nwhen = true\nseverity = \"bad\"\n", []string{
			`7: code: want one of ` + strings.Join(mapping.Codes(), ", ") + `, found "store-recovered"`, `10: severity: want one of warning, critical, found "bad"`}},

		{"no such bus", strings.Replace(signal(), "body", "head", 1), []string{`1: can: there is no bus "head"`}},
		{"no such message", strings.Replace(signal(), "SPEED.SPEED", "VELOCITY.SPEED", 1), []string{"1: can: body.dbc has no message VELOCITY"}},
		{"no such signal", strings.Replace(signal(), "SPEED.SPEED", "SPEED.VELOCITY", 1), []string{"1: can: message SPEED of body.dbc has no signal VELOCITY"}},
		{"a message that no frame is", strings.Replace(signal(), "SPEED.SPEED", "TRANSPORTED.A", 1), []string{"1: can: message TRANSPORTED has 65 bytes: no frame is longer than 64"}},
		{"a signal behind the longest frame of its message", strings.Replace(signal(), "SPEED.SPEED", "TEN.PAST", 1), []string{"1: can: no frame can hold the signal TEN.PAST"}},
		{"past a classic frame", strings.Replace(signal(), "SPEED.SPEED", "SHORT.PAST", 1), []string{"1: can: no frame can hold the signal SHORT.PAST"}},
		{"a point without quotes", signal("values = { 1 = 2, 1.004 = 3 }"), []string{"5: key 1 is already defined"}},
		{"physical values that cannot be", signal("invalid = [655.36]", `when = { "UI.UNITS" = 4, "UI.NO" = 1 }`, `values = { -1 = 2, "1" = 3, "1.004" = 4 }`), []string{
			"1: invalid: SPEED.SPEED is never 655.36", "1: values: 1 and 1.004 are the same raw value of SPEED.SPEED", "1: values: SPEED.SPEED is never -1",
			"1: when: UI.UNITS is never 4", "1: when: message UI of body.dbc has no signal NO"}},
		{"an actuator and a fob of nothing", "[[actuator]]\npath = \"Vehicle.RoofLoad\"\nbus = \"body\"\ncan = \"A.B\"\nconfirm = \"LOCK.B\"\n[[fob]]\nbus = \"x\"\nid = \"A.B\"\npresent = \"A.B\"\nunlocked = \"A.B\"\n", []string{
			"1: can: body.dbc has no message A", "1: confirm: message LOCK of body.dbc has no signal B",
			`6: id: there is no bus "x"`, `6: present: there is no bus "x"`, `6: unlocked: there is no bus "x"`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := compile(test.src)
			var got []string
			if problems, ok := errors.AsType[mapping.Problems](err); ok {
				for _, p := range problems {
					got = append(got, strings.TrimPrefix(p.String(), "m.toml:"))
				}
			} else if err != nil {
				t.Fatalf("no Problems but %v", err)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}
