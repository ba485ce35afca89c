package dbc_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"glovebox/hal/dbc"
)

// one is a message to hang the statement under test on.
const one = "BO_ 100 M: 8 X\n SG_ A : 0|8@1+ (1,0) [0|0] \"\" X\n"

func TestStatements(t *testing.T) {
	tests := []struct {
		name, src string
		problems  []string
	}{
		{"a file without an error", "VERSION \"1\"\n\nNS_ :\n\tBO_\n\tCM_\n\nBS_:\n\nBU_: X Y\n" + one, nil},
		{"CR LF", strings.ReplaceAll(one+"CM_ BO_ 100 \"a\nb\";\n", "\n", "\r\n"), nil},
		{"comment over lines, with words of the format", one + "CM_ BO_ 100 \"a; \nBO_ is a word\nVAL_ too\";\n", nil},
		{"comment over lines, with what looks like statements", one + "CM_ BO_ 100 \"a; \nBO_ 101 N: 8 X\n\";\n", []string{
			"line 3: CM_ kept: its text holds 1 lines that look like statements"}},
		{"a line after a comment over lines", one + "CM_ \"a\nb\nc\";\nVAL_ 9 A 0 \"off\";\n", []string{"line 6: VAL_ skipped: there is no message 9"}},
		{"blanks everywhere and nowhere", "BO_ 100 M: 8 X\n SG_ T : 8|8@1- ( 0.5 , -40 ) [ 0 | 0 ] \"%\" X , Y\n SG_ U:16|8@1+(1,0)[0|0]\"\"X\n", nil},
		{"two statements on a line", one + "CM_ \"a\"; CM_ \"b\";\n", nil},
		{"attributes that nobody asks about", one + "BA_DEF_ BO_ \"Cycle\" INT 0 9;\nBA_ \"Cycle\" BO_ 100 5;\nBA_DEF_DEF_ \"Cycle\" \";\";\n", nil},
		{"value table of an environment variable", one + "VAL_ Light 0 \"off\" 1 \"on\";\n", nil},
		{"no blank before the colon", "BO_ 100 M : 8 X\n SG_ A m0: 0|8@1+ (1,0) [0|0] \"\" X\n SG_ B M: 8|8@1+ (1,0) [0|0] \"\" X\n", nil},
		{"29 bits with bit 31", "BO_ 2147483748 M: 8 X\n", nil},
		{"29 bits without bit 31", "BO_ 2048 M: 8 X\n", []string{"line 1: BO_ kept: 29-bit identifier 2048 without bit 31"}},
		{"over 29 bits", "BO_ 536870912 M: 8 X\n", []string{"line 1: BO_ skipped: 536870912 is no CAN identifier"}},
		{"signals of a message that is skipped", "BO_ 99999999999 M: 8 X\n SG_ A : 0|8@1+ (1,0) [0|0] \"\" X\n", []string{
			`line 1: BO_ skipped: want a whole number up to 4294967295, found "99999999999"`,
			"line 2: SG_ skipped: it belongs to no message that was read"}},
		{"no message at all for a signal", " SG_ A : 0|8@1+ (1,0) [0|0] \"\" X\n", []string{"line 1: SG_ skipped: it belongs to no message that was read"}},
		{"the same identifier twice", one + "BO_ 100 N: 8 X\n", []string{"line 3: BO_ kept: identifier 100 is already that of M in line 1"}},
		{"the same names twice", one + " SG_ A : 8|8@1+ (1,0) [0|0] \"\" X\nBO_ 101 M: 8 X\n", []string{
			"line 3: SG_ kept: there is a signal A in line 2 already", "line 4: BO_ kept: there is a message M in line 1 already"}},
		{"independent signals", "BO_ 3221225472 VECTOR__INDEPENDENT_SIG_MSG: 0 X\n SG_ A : 0|8@1+ (1,0) [0|0] \"\" X\nCM_ SG_ 3221225472 A \"a\";\n", []string{
			"line 1: BO_ skipped: the list of signals that are in no message"}},
		{"no semicolon before a keyword", one + "CM_ \"a\"\nVAL_ 100 A 0 \"off\"\nCM_ BO_ 100 \"b\"", []string{
			"line 3: CM_ kept: no semicolon at its end", "line 4: VAL_ kept: no semicolon at its end", "line 5: CM_ kept: no semicolon at its end"}},
		{"no semicolon, and something else", one + "CM_ \"a\" b\nCM_ \"c\";\n", []string{
			`line 3: CM_ kept: want the end of the statement, found "b", and nothing after it is read`}},
		{"broken comments", one + "CM_ 100 \"a\";\nCM_ SG_ 100 \"b\";\nCM_ SG_ 100 B \"c\";\nCM_ XX_ \"d\";\n", []string{
			"line 3: CM_ kept: BO_ is missing", "line 4: CM_ kept: no signal is named, read as a comment on M",
			"line 5: CM_ skipped: message M has no signal B", `line 6: CM_ skipped: comment on "XX_": want BO_, SG_, BU_ or EV_`}},
		{"a comment that never ends", one + "CM_ \"a\nBO_ 101 N: 8 X\n", []string{"line 3: CM_ skipped: a text has no closing quote"}},
		{"a unit that never ends", "BO_ 100 M: 8 X\n SG_ A : 0|8@1+ (1,0) [0|0] \"km X\n SG_ B : 8|8@1+ (1,0) [0|0] \"\" X\n", []string{
			"line 2: SG_ kept: A has no unit: a text has no closing quote"}},
		{"ranges past a number", "BO_ 100 M: 8 X\n SG_ A : 0|8@1+ (1,0) [-1.79769313486232E+308|1.8e+308] \"\" X\n SG_ B : 0|8@1+ (1,0) [-inf|Infinity] \"\" X\n" +
			" SG_ C : 0|8@1+ (1,0) [-1.#INF|1.#INF] \"\" X\n", nil},
		{"ranges that are none", "BO_ 100 M: 8 X\n SG_ A : 0|8@1+ (1,0) [nan|0x1F,5] \"%\" X\n SG_ B : 0|8@1+ (1,0) \"%\" X\n SG_ C : 0|8@1+ (1,0) [0 \"%\" X\n SG_ D : 0|8@1+ (1,0)\n", []string{
			"line 2: SG_ kept: A has a range that is no numbers, read as none",
			"line 3: SG_ kept: want [min|max], found '\"', and B has no range",
			"line 4: SG_ kept: want [min|max], found '[', and C has no range",
			"line 5: SG_ kept: want [min|max], found the end, and D has no range",
			"line 5: SG_ kept: D has no unit: want '\"', found the end"}},
		{"a factor past a number", "BO_ 100 M: 8 X\n SG_ A : 0|8@1+ (1e400,0) [0|0] \"\" X\n", []string{`line 2: SG_ skipped: want a number, found "1e400"`}},
		{"a comment that swallows nothing", one + "CM_ SG_ 100 A \"a;\nVAL_ 100 A 0 \"off\" 1 \"on\";\nSIG_VALTYPE_ 100 A : 0;\nCM_ \"b\";\n", []string{
			"line 3: CM_ skipped: a text has no closing quote"}},
		{"an attribute that swallows nothing", one + "BA_ \"X\" BO_ 100 \"a;\nVAL_ 100 A 0 \"off\";\nBA_ \"Y\" 5;\n", []string{
			"line 3: BA_ skipped: a text has no closing quote"}},
		{"a table that swallows nothing", one + "VAL_ 100 A 0 \"off;\nVAL_ 100 A 0 \"5 km\";\n", []string{
			"line 3: VAL_ skipped: a text has no closing quote"}},
		{"a statement behind a broken one", one + "VAL_ 100 A 0 off; VAL_ 100 A 1 \"on\";\n", []string{`line 3: VAL_ skipped: want '"', found "off"`}},
		{"quotes inside a text", one + "CM_ \"a \"b\" c\";\nVAL_ 100 A 0 \"d \"e\"\" 1 \"f\\\\\" 2 \"g \\\"h\\\"\";\n", nil},
		{"a byte order mark", "\uFEFFBO_ 100 M: 8 X\n SG_ A : 0|8@1+ (1,0) [0|0] \"\" X\n\uFEFFVAL_ 100 A 0 \"off\";\n", nil},
		{"long names of nobody", one + "BA_ \"SystemMessageLongSymbol\" BO_ 101 \"L\";\nBA_ \"SystemSignalLongSymbol\" SG_ 100 B \"L\";\nBA_ \"SystemNodeLongSymbol\" BU_ X \"L\";\nBA_ \"SystemSignalLongSymbol\" SG_ 100 A \"a b\";\n", []string{
			"line 3: BA_ skipped: there is no message 101", "line 4: BA_ skipped: message M has no signal B",
			`line 6: BA_ kept: "a b" is no name, A stays`}},
		{"bits that no payload has", "BO_ 100 M: 64 X\n SG_ A : 505|8@1+ (1,0) [0|0] \"\" X\n SG_ B : 0|0@1+ (1,0) [0|0] \"\" X\n SG_ C : 0|65@1+ (1,0) [0|0] \"\" X\n", []string{
			"line 2: SG_ skipped: 8 bits from bit 505 on fit no payload", "line 3: SG_ skipped: 0 bits from bit 0 on fit no payload",
			`line 4: SG_ skipped: want a whole number up to 64, found "65"`}},
		{"a factor of nothing", "BO_ 100 M: 8 X\n SG_ A : 0|8@1+ (0,5) [0|0] \"\" X\n", []string{"line 2: SG_ kept: a factor of 0: A always has the value 5"}},
		{"half a signal", "BO_ 100 M: 8 X\n SG_ A : 0|8@1\n SG_ B : 8|8@2+ (1,0) [0|0] \"\"\n SG_ C x : 8|8@1+\n SG_ D : 8|8@1+ (a,0)\n", []string{
			`line 2: SG_ skipped: want '+', found the end`, `line 3: SG_ skipped: want a whole number up to 1, found "2"`,
			`line 4: SG_ skipped: want M, m and a number, or a colon, found "x : 8|8@1+"`, `line 5: SG_ skipped: want a number, found "a"`}},
		{"a bare m", "BO_ 100 M: 8 X\n SG_ A m : 0|8@1+ (1,0) [0|0] \"\" X\n SG_ B m1 : 8|8@1+ (1,0) [0|0] \"\" X\n", []string{
			"line 2: SG_ kept: m without a number, read as the multiplexor M"}},
		{"multiplexed by nothing", "BO_ 100 M: 8 X\n SG_ A m1 : 0|8@1+ (1,0) [0|0] \"\" X\n", []string{
			"line 2: SG_ kept: A: the message has no multiplexor M; no frame has the signal"}},
		{"multiplexors that select each other", "BO_ 100 M: 8 X\n SG_ A m0M : 0|8@1+ (1,0) [0|0] \"\" X\n SG_ B m0M : 8|8@1+ (1,0) [0|0] \"\" X\nSG_MUL_VAL_ 100 A B 0-0;\nSG_MUL_VAL_ 100 B A 0-0;\n", []string{
			"line 2: SG_ kept: A: its multiplexors select each other; no frame has the signal",
			"line 3: SG_ kept: B: its multiplexors select each other; no frame has the signal"}},
		{"a float of the wrong size", one + "SIG_VALTYPE_ 100 A : 1;\n", []string{
			"line 3: SIG_VALTYPE_ skipped: A has 8 bits: want 32 for type 1 and 64 for type 2"}},
		{"values of nobody", one + "VAL_ 101 A 0 \"off\";\nVAL_ 100 B 0 \"off\";\nVAL_ 100 A 0.5 \"half\";\n", []string{
			"line 3: VAL_ skipped: there is no message 101", "line 4: VAL_ skipped: message M has no signal B", "line 5: VAL_ skipped: want a whole number, found 0.5"}},
		{"something else", "hello\n" + one, []string{"line 1: hello skipped: no keyword of the format"}},
		{"two signals on a line", "BO_ 100 M: 8 X\n SG_ A : 0|8@1+ (1,0) [0|0] \"\" X SG_ B\n", []string{
			`line 2: SG_ kept: want a list of nodes, found "SG_ B", and nothing after it is read`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, problems := dbc.Parse("t.dbc", []byte(test.src))
			var got []string
			for _, p := range problems {
				got = append(got, p.String())
			}
			if !slices.Equal(got, test.problems) {
				t.Errorf("problems:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(test.problems, "\n"))
			}
		})
	}
}

func TestWhatAFileSays(t *testing.T) {
	src := "VERSION \"7\"\nBO_ 2566843925 ENGINE: 8 ECU\n" +
		" SG_ SW M : 0|4@1+ (1,0) [0|15] \"\" A,B\n" +
		" SG_ OIL m3 : 23|16@0- (0.5,-40) [-40|215] \"\xb0C\" A\n" +
		"BO_ 5 FD: 64 ECU\n SG_ X : 480|32@1- (1,0) [0|0] \"m\" A\n" +
		"CM_ BO_ 2566843925 \"engine\";\nCM_ SG_ 2566843925 OIL \"a; b\nc\";\n" +
		"VAL_ 2566843925 SW 3 \"oil\" 4 \"water\" ;\nSIG_VALTYPE_ 5 X : 1;\nSG_MUL_VAL_ 2566843925 OIL SW 3-3, 5-7;\n"
	file, problems := dbc.Parse("t.dbc", []byte(src))
	if len(problems) != 0 {
		t.Fatalf("problems: %v", problems)
	}
	engine := file.ByID(0x18FEEE15, true)
	if engine == nil || engine != file.Message("ENGINE") || engine.Len != 8 || engine.Comment != "engine" || file.Version != "7" {
		t.Fatalf("ENGINE is %+v", engine)
	}
	oil := engine.Signal("OIL")
	if oil.Comment != "a; b\nc" || oil.Unit != "°C" || oil.Factor != 0.5 || oil.Offset != -40 || oil.Min != -40 || oil.Max != 215 ||
		!oil.BigEndian || !oil.Signed || oil.Start != 23 || oil.Bits != 16 || oil.Line != 4 {
		t.Errorf("OIL is %+v", oil)
	}
	if want := (dbc.Mux{Under: "SW", Ranges: []dbc.Range{{3, 3}, {5, 7}}}); !reflect.DeepEqual(oil.Mux, want) {
		t.Errorf("OIL is multiplexed by %+v, want %+v", oil.Mux, want)
	}
	if text, ok := engine.Signal("SW").Meaning(4); text != "water" || !ok {
		t.Errorf("4 means %q, %v", text, ok)
	}
	if _, ok := engine.Signal("SW").Meaning(5); ok {
		t.Error("5 means something")
	}
	x := file.ByID(5, false).Signal("X")
	if x.Float != dbc.Single || x.Plan().End() != 64 {
		t.Errorf("X is %+v", x)
	}
}
