package dbc_test

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"glovebox/hal/dbc"
)

// Nothing in a file is invented or lost without a word: each message and signal
// stands in the line that it names, each problem in a line of the file, and the
// lines that open a statement are all accounted for. What was read, printed as
// a clean DBC file, reads as the same again without a problem.
func FuzzParse(f *testing.F) {
	// Small seeds only: the engine mutates and shortens them byte by byte.
	f.Add([]byte("VERSION \"\"\nNS_ :\n\tCM_\nBS_:\nBU_: X\nBO_ 2048 2M : 8 X\n SG_ A M : 0|8@1+ (1,0) [0|0] \"km\" X,Y\n SG_ B m0: 9|9@0- (0.5,-4E1) [0|9] \"\" X\n"))
	f.Add([]byte(one + "CM_ \"a\nBO_ 101 N: 8 X\n"))
	f.Add([]byte("BO_ 3221225472 VECTOR__INDEPENDENT_SIG_MSG: 0 X\n SG_ A : 0|8@1+ (1,0) [0|0] \"\" X\n"))
	f.Add([]byte("BO_ 1 M: 12 X\n SG_ F m1M : 31|32@0- (2,1) [0|0] \"\xb0\\\"\" X\n SG_ G m : 0|9@1- (1,0) [0|1e9] \"\"\r\nSIG_VALTYPE_ 1 F : 1;\nSG_MUL_VAL_ 1 F G 0-0, 4-7;VAL_ 1 G -1 \"\";"))
	f.Add([]byte("BO_ 1 M: 8 X\n SG_ A : 0|8@1+ (1,0) [-inf|1e999] \"\\\" X\nCM_ \"a\\\";\nCM_ \"b;\nVAL_ 1 A 0 \"off\";\nBA_ \"SystemSignalLongSymbol\" SG_ 1 A \"Long\";\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		file, problems := dbc.Parse("f.dbc", src)
		text := strings.ReplaceAll(string(src), "\uFEFF", "")
		lines := strings.Split(text, "\n")
		held := func(line int, keyword, name string) bool {
			named := strings.Contains(text, name) && strings.Contains(text, "LongSymbol") // elsewhere
			return line >= 1 && line <= len(lines) && strings.Contains(lines[line-1], keyword) && (named || strings.Contains(lines[line-1], name))
		}
		for _, p := range problems {
			if !held(p.Line, p.Statement, "") {
				t.Errorf("%v: there is no %s", p, p.Statement)
			}
		}
		for _, m := range file.Messages {
			if !held(m.Line, "BO_", m.Name) {
				t.Errorf("message %s is not in line %d", m.Name, m.Line)
			}
			for _, s := range m.Signals {
				if !held(s.Line, "SG_", s.Name) {
					t.Errorf("signal %s is not in line %d", s.Name, s.Line)
				}
			}
		}
		if !bytes.ContainsAny(src, "\"\r;") && !bytes.Contains(src, []byte("NS_")) {
			accountFor(t, lines, file, problems)
		}

		printed := print(file)
		again, problems := dbc.Parse("f.dbc", printed)
		for _, p := range problems {
			if p.Skipped && !strings.Contains(p.Text, "in no message") {
				t.Errorf("printed: %v\n%s", p, printed)
			}
		}
		forgetLines(file)
		forgetLines(again)
		if !reflect.DeepEqual(file, again) {
			t.Errorf("read again it is another file:\n%s\nand:\n%s", printed, print(again))
		}
	})
}

// accountFor holds, in a file without texts, what was read and what was refused
// against a plain count of the lines that start with BO_ and SG_.
func accountFor(t *testing.T, lines []string, file *dbc.File, problems []dbc.Problem) {
	want, got := map[string]int{}, map[string]int{}
	for _, line := range lines {
		word := strings.TrimLeft(line, " \t")
		for _, keyword := range []string{"BO_", "SG_"} {
			if rest, ok := strings.CutPrefix(word, keyword); ok && strings.Trim(rest[:min(1, len(rest))], " \t:|@") == "" {
				want[keyword]++
			}
		}
	}
	messages, signals, _ := count(file)
	got["BO_"], got["SG_"] = messages, signals
	for _, p := range problems {
		if p.Skipped && (p.Statement == "BO_" || p.Statement == "SG_") {
			got[p.Statement]++
		}
	}
	for _, keyword := range []string{"BO_", "SG_"} {
		if got[keyword] < want[keyword] {
			t.Errorf("%d lines start with %s, %d are accounted for", want[keyword], keyword, got[keyword])
		}
	}
}

// print writes file as a clean DBC file.
func print(file *dbc.File) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "VERSION \"%s\"\n\nNS_ :\n\tCM_\n\nBS_:\n\nBU_: X\n\n", file.Version)
	messages := file.Messages
	const loose = 3221225472
	if file.Unassigned != nil {
		messages = append(messages[:len(messages):len(messages)], &dbc.Message{Name: "VECTOR__INDEPENDENT_SIG_MSG", Signals: file.Unassigned})
	}
	id := func(m *dbc.Message) uint64 {
		switch {
		case m.Name == "VECTOR__INDEPENDENT_SIG_MSG":
			return loose
		case m.Extended:
			return uint64(m.ID) | 1<<31
		}
		return uint64(m.ID)
	}
	for _, m := range messages {
		fmt.Fprintf(&out, "BO_ %d %s: %d X\n", id(m), m.Name, m.Len)
		for _, s := range m.Signals {
			fmt.Fprintf(&out, " SG_ %s %s: %d|%d@%d%s (%g,%g) [%g|%g] \"%s\" X\n", s.Name, mux(s), s.Start, s.Bits,
				pick(s.BigEndian, 0, 1), pick(s.Signed, "-", "+"), s.Factor, s.Offset, s.Min, s.Max, s.Unit)
		}
	}
	for _, m := range messages {
		if m.Comment != "" {
			fmt.Fprintf(&out, "CM_ BO_ %d \"%s\";\n", id(m), m.Comment)
		}
		for _, s := range m.Signals {
			if s.Comment != "" {
				fmt.Fprintf(&out, "CM_ SG_ %d %s \"%s\";\n", id(m), s.Name, s.Comment)
			}
			if s.Values != nil {
				fmt.Fprintf(&out, "VAL_ %d %s", id(m), s.Name)
				for _, v := range s.Values {
					fmt.Fprintf(&out, " %d \"%s\"", v.Raw, v.Text)
				}
				fmt.Fprintln(&out, " ;")
			}
			if s.Float != dbc.Integer {
				fmt.Fprintf(&out, "SIG_VALTYPE_ %d %s : %d;\n", id(m), s.Name, s.Float)
			}
			if s.Mux.Under != "" && m.Signal(s.Name) == s && m.Signal(s.Mux.Under).Mux.Switch {
				fmt.Fprintf(&out, "SG_MUL_VAL_ %d %s %s", id(m), s.Name, s.Mux.Under)
				for i, r := range s.Mux.Ranges {
					fmt.Fprintf(&out, "%s%d-%d", pick(i > 0, ",", " "), r.Low, r.High)
				}
				fmt.Fprintln(&out, ";")
			}
		}
	}
	return out.Bytes()
}

func mux(s *dbc.Signal) string {
	text := ""
	if s.Mux.Ranges != nil {
		text = fmt.Sprintf("m%d", s.Mux.Ranges[0].Low)
	}
	return text + pick(s.Mux.Switch, "M", "") + pick(text != "" || s.Mux.Switch, " ", "")
}

func pick[T any](yes bool, a, b T) T {
	if yes {
		return a
	}
	return b
}

// forgetLines leaves what a printed file keeps.
func forgetLines(file *dbc.File) {
	forget := func(signals []*dbc.Signal) {
		for _, s := range signals {
			s.Line = 0
		}
	}
	for _, m := range file.Messages {
		m.Line = 0
		forget(m.Signals)
	}
	forget(file.Unassigned)
}
