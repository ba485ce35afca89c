package dbc_test

import (
	"math"
	"slices"
	"testing"

	"glovebox/hal/dbc"
)

// value looks a signal up in a frame of its message.
func value(t *testing.T, file *dbc.File, message, signal string, data ...byte) float64 {
	t.Helper()
	m := file.Message(message)
	if m == nil || m.Signal(signal) == nil {
		t.Fatalf("there is no %s.%s", message, signal)
	}
	raw, ok := m.Signal(signal).Plan().Raw(data)
	if !ok {
		return math.NaN()
	}
	return m.Signal(signal).Plan().Physical(raw)
}

// What a text says costs no value, wherever its writer forgot a quote or put a
// backslash: tools disagree on what a backslash means.
func TestTextsCostNoValue(t *testing.T) {
	for _, tt := range []struct{ name, unit, comment, text, want string }{
		{"plain", "deg", "a folder", `a folder`, ""},
		{"a backslash at the end", `\`, `C:\logs\`, `C:\logs\`, ""},
		{"quotes behind backslashes", "deg", `says \"open\" or \"shut\"`, `says \"open\" or \"shut\"`, ""},
		{"quotes as they are", `5" deg`, `says "open" or "shut"`, `says "open" or "shut"`, ""},
		{"words of the format", "deg", "ends with;\nBO_ is only a word here\nVAL_ too", "ends with;\nBO_ is only a word here\nVAL_ too", ""},
		{"a mark in Latin-1", "\xb0", "\xb0", "°", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file, problems := dbc.Parse("t.dbc", []byte("BO_ 300 A: 8 E\n SG_ S1 : 0|8@1+ (1,0) [0|255] \""+tt.unit+"\" E\n"+
				" SG_ S4 M : 24|8@1+ (1,0) [0|255] \"\" E\n SG_ S5 m1 : 32|32@1- (1,0) [0|0] \"\" E\n"+
				"CM_ SG_ 300 S1 \""+tt.comment+"\";\nVAL_ 300 S4 0 \"shut \\\\\" 1 \"open \\\"fully\\\"\";\nSIG_VALTYPE_ 300 S5 : 1;\n"))
			if len(problems) > 0 {
				t.Error(problems)
			}
			frame := []byte{7, 0, 0, 1, 0, 0, 0xC0, 0x3F}
			if got := value(t, file, "A", "S1", frame...); got != 7 {
				t.Errorf("S1 is %v", got)
			}
			if got := value(t, file, "A", "S5", frame...); got != 1.5 {
				t.Errorf("S5 is %v", got)
			}
			s := file.Message("A").Signal("S1")
			if s.Comment != tt.text {
				t.Errorf("comment %q", s.Comment)
			}
			if got, _ := file.Message("A").Signal("S4").Meaning(1); got != `open \"fully\"` {
				t.Errorf("1 means %q", got)
			}
		})
	}
}

// A comment whose closing quote is missing hides none of the statements behind it,
// on which the values hang.
func TestOpenCommentHidesNothing(t *testing.T) {
	const message = "BO_ 300 A: 8 E\n SG_ S M : 0|8@1+ (1,0) [0|0] \"\" E\n SG_ T m0 : 8|8@1+ (1,0) [0|0] \"\" E\n SG_ F m1 : 32|32@1- (1,0) [0|0] \"\" E\n"
	const behind = "SG_MUL_VAL_ 300 T S 0-0, 7-9;\nSIG_VALTYPE_ 300 F : 1;\nVAL_ 300 S 0 \"off\" 1 \"on\";\nCM_ SG_ 300 F \"fine\";\n"
	for _, open := range []string{
		"CM_ \"open;\n", "CM_ SG_ 300 S \"open\n", "CM_ BO_ 300 \"open\nover lines;\n", "CM_ EV_ Light \"open;\n",
		"BA_ \"Note\" SG_ 300 S \"open;\n", "BA_DEF_ SG_ \"Note STRING ;\n", "VAL_ 300 T 0 \"open;\n", "VAL_TABLE_ Table 0 \"open;\n", "CM_ \"odd \\\";\n",
	} {
		file, problems := dbc.Parse("t.dbc", []byte(message+open+behind))
		named := len(problems) == 1 && problems[0].Line == 5 && problems[0].Skipped
		if closed := open == "CM_ \"odd \\\";\n"; named == closed || closed && len(problems) > 0 {
			t.Errorf("%q: problems %v", open, problems)
		}
		if got := value(t, file, "A", "T", 8, 5); got != 5 {
			t.Errorf("%q: T is %v", open, got)
		}
		if got := value(t, file, "A", "F", 1, 0, 0, 0, 0, 0, 0xC0, 0x3F); got != 1.5 {
			t.Errorf("%q: F is %v", open, got)
		}
		if got, _ := file.Message("A").Signal("S").Meaning(1); got != "on" || file.Message("A").Signal("F").Comment != "fine" {
			t.Errorf("%q: 1 means %q", open, got)
		}
	}
}

// The names are the long ones, also of the switches under which other signals are.
func TestLongNames(t *testing.T) {
	file, problems := dbc.Parse("t.dbc", []byte("BO_ 310 CentralBodyDoorWindowStateRearLe: 8 E\n SG_ Which M : 0|8@1+ (1,0) [0|0] \"\" E\n"+
		" SG_ RearLeftWindowPositionInPercentO m1 : 8|8@1+ (0.4,0) [0|100] \"%\" E\nBA_DEF_ SG_ \"SystemSignalLongSymbol\" STRING ;\n"+
		"BA_ \"SystemMessageLongSymbol\" BO_ 310 \"CentralBodyDoorWindowStateRearLeftSide\";\nBA_ \"SystemSignalLongSymbol\" SG_ 310 Which \"WhichOfTheWindows\";\n"+
		"BA_ \"SystemSignalLongSymbol\" SG_ 310 RearLeftWindowPositionInPercentO \"RearLeftWindowPositionInPercentOpened\";\nVAL_ 310 Which 1 \"rear\";\nSG_MUL_VAL_ 310 RearLeftWindowPositionInPercentO Which 1-2;\n"))
	if len(problems) > 0 {
		t.Error(problems)
	}
	if got := value(t, file, "CentralBodyDoorWindowStateRearLeftSide", "RearLeftWindowPositionInPercentOpened", 2, 50); got != 20 {
		t.Errorf("the window is at %v", got)
	}
	m := file.ByID(310, false)
	names := []string{m.Name, m.Signals[0].Name, m.Signals[1].Name, m.Signals[1].Mux.Under}
	if want := []string{"CentralBodyDoorWindowStateRearLeftSide", "WhichOfTheWindows", "RearLeftWindowPositionInPercentOpened", "WhichOfTheWindows"}; !slices.Equal(names, want) {
		t.Errorf("names %q", names)
	}
}

// A bound that no number can hold is infinite, and clamps nothing.
func TestInfiniteRange(t *testing.T) {
	file, _ := dbc.Parse("t.dbc", []byte("BO_ 1 M: 8 X\n SG_ A : 0|8@1+ (1,0) [-1.79769313486232E+308|1.#INF] \"\" X\n"))
	if s := file.Message("M").Signal("A"); s == nil || !math.IsInf(s.Min, -1) || !math.IsInf(s.Max, 1) || value(t, file, "M", "A", 200) != 200 {
		t.Errorf("%+v", s)
	}
}
