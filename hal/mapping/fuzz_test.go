package mapping_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/dbc"
	"glovebox/hal/mapping"
)

// A mapping file is refused with the place of each problem, a line of the file,
// or it is read whole: every table is there, written out again it reads as the
// same, and what it compiles to says only its own paths.
func FuzzMapping(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte(signal("invalid = [655.36]", `when = { "UI.UNITS" = 4, "UI.NO" = 1 }`, `values = { -1 = 2, "1.5" = 3 }`)))
	f.Add([]byte("[[actuator]]\npath = \"Vehicle.RoofLoad\"\nbus = \"body\"\ncan = \"LOCK.TEMP\"\nconfirm = \"LOCK.LOCK\"\nscale = 2\noffset = -1\n[[actuator]]\npath = \"Vehicle.GrossWeight\"\nbus = \"body\"\ncan = \"LOCK.LOCK\"\nconfirm = \"UI.UNITS\"\nvalues = { 0 = \"A\", 1 = \"B\" }\n"))
	f.Add([]byte(signal(`settle = "2s"`, "jump = 1.5") + "[[signal]]\npath = \"Vehicle.RoofLoad\"\nbus = \"body\"\ncan = \"UI.ODO\"\nrising = false\n[[signal]]\npath = \"Vehicle.GrossWeight\"\nbus = \"body\"\ncan = \"UI.ODO\"\nrising = true\n"))
	f.Add([]byte("signal = [{ path = \"Vehicle.RoofLoad\", bus = \"body\", can = \"SPEED.SPEED\" }, 3]\n[x]\n[[alarm]]\ncode = \"abs\"\n"))
	f.Add([]byte("[[signal]]\npath = \"Vehicle.RoofLoad\"\nbus = \"body\"\ncan = \"UI.ODO\"\n[signal.when]\n\"UI.UNITS\" = 1\n[[signal]]\n\"path\" = 'Vehicle.RoofLoad'\nbus = \"body\"\ncan = \"SPEED.SPEED\"\nwhen.\"UI.UNITS\" = 2e0\n"))
	f.Add([]byte(strings.Replace(isLocked, "values", "match = \"pgn\"\nvalues", 1) + "[[fob]]\nbus = \"body\"\nid = \"LOCK.TEMP\"\npresent = \"LOCK.LOCK\"\nunlocked = \"LOCK.LOCKED\"\nmatch = \"pgn\"\n"))
	f.Add([]byte("[[actuator]]\npath = \"Vehicle.RoofLoad\"\nbus = \"body\"\ncan = \"TEN.PADDED\"\nconfirm = \"FD.PAST\"\n[[signal]]\npath = \"Vehicle.GrossWeight\"\nbus = \"body\"\ncan = \"FD.PAST\"\nwhen = { \"TEN.PADDED\" = 0 }\n"))
	bus, _ := dbc.Parse("body.dbc", []byte(body))
	f.Fuzz(func(t *testing.T, src []byte) {
		total := 1 + bytes.Count(src, []byte{'\n'})
		placed := func(err error) {
			problems, ok := errors.AsType[mapping.Problems](err)
			if !ok || len(problems) == 0 {
				t.Fatalf("refused without a place: %v", err)
			}
			for _, p := range problems {
				if p.Line < 1 || p.Line > total || p.Text == "" {
					t.Errorf("%v, in a file of %d lines", p, total)
				}
			}
			if !slices.IsSortedFunc(problems, func(a, b mapping.Problem) int { return a.Line - b.Line }) {
				t.Errorf("not in the order of the file:\n%v", problems)
			}
		}
		file, err := mapping.Load("m.toml", src)
		if err != nil {
			placed(err)
			return
		}
		tables, headers := len(file.Signals)+len(file.Alarms)+len(file.Actuators)+len(file.Fobs), 0
		for line := range strings.Lines(string(src)) {
			if strings.HasPrefix(line, "[[") {
				headers++
			}
		}
		if several := bytes.Contains(src, []byte("\"\"\"")) || bytes.Contains(src, []byte("'''")); tables < headers && !several {
			t.Errorf("%d tables of %d", tables, headers)
		}
		printed := print(file)
		again, err := mapping.Load("m.toml", []byte(printed))
		if err != nil {
			t.Fatalf("written again it is refused: %v\n%s", err, printed)
		}
		if forgetLines(file); !reflect.DeepEqual(file, forgetLines(again)) {
			t.Errorf("written again it is another file:\n%s\nand\n%s", printed, print(again))
		}

		plan, err := mapping.Compile(file, map[string]*dbc.File{"body": bus})
		if err != nil {
			file, _ = mapping.Load("m.toml", src)
			_, err = mapping.Compile(file, map[string]*dbc.File{"body": bus})
			placed(err)
			return
		}
		commands(t, plan, file, bus)
		decoder := plan.Bus("body")
		for i, m := range append(decoder.Messages(), &dbc.Message{ID: 5}) {
			for code := range uint8(16) {
				n := can.Length(code)
				frame := can.Frame{ID: m.ID, Extended: m.Extended, FD: n > can.MaxClassic, Len: n, Data: can.Data{n, 2, byte(i), 1, 0, 255, n, 1}}
				for at := can.MaxClassic; at < int(n); at++ {
					frame.Data[at] = byte(at) ^ n
				}
				for _, r := range decoder.Decode(&frame, moment(2000*int(n)), nil) {
					if !said(file, m, r) {
						t.Errorf("%s of %d bytes says %v\n%s", m.Name, n, r, printed)
					}
				}
			}
		}
	})
}

// commands sets every actuator to all that may be a value: a frame that comes of
// it is the command's, and holds its signal.
func commands(t *testing.T, plan *mapping.Plan, file *mapping.File, bus *dbc.File) {
	for _, a := range file.Actuators {
		m := bus.Message(a.CAN.Message)
		values := []hal.Value{{}, hal.Bool(true), hal.Bool(false), hal.Number(0), hal.Number(1), hal.Number(-3.5), hal.Number(1e300), hal.Word("A")}
		for _, v := range a.Values {
			values = append(values, v.To)
		}
		for _, v := range values {
			name, f, err := plan.Actuate(a.Path, v)
			if err != nil {
				continue
			}
			if _, ok := m.Signal(a.CAN.Signal).Plan().Value(f.Data[:f.Len]); !ok || v.Absent() || name != a.Bus || f.ID != m.ID || int(f.Len) != m.Len {
				t.Errorf("%s set to %q is %s %+v", a.Path, v, name, f)
			}
		}
	}
}

// said reports whether the file maps r's path to a signal of m.
func said(file *mapping.File, m *dbc.Message, r hal.Reading) bool {
	if slices.ContainsFunc(file.Actuators, func(a mapping.Actuator) bool { return a.Path == r.Path && a.Confirm.Message == m.Name }) {
		return true
	}
	return slices.ContainsFunc(file.Signals, func(s mapping.Signal) bool { return s.Path == r.Path && s.CAN.Message == m.Name })
}

// print writes a mapping file.
func print(file *mapping.File) string {
	var out strings.Builder
	text := func(name, v string) { fmt.Fprintf(&out, "%s = %s\n", name, quote(v)) }
	match := func(m mapping.Match) {
		if m == mapping.PGN {
			text("match", "pgn")
		}
	}
	for _, s := range file.Signals {
		fmt.Fprintln(&out, "[[signal]]")
		text("path", s.Path)
		text("bus", s.Bus)
		text("can", s.CAN.String())
		// The default of a scale and of an offset may not stand beside values.
		if s.Scale != 1 {
			fmt.Fprintf(&out, "scale = %s\n", decimal(s.Scale))
		}
		if s.Offset != 0 {
			fmt.Fprintf(&out, "offset = %s\n", decimal(s.Offset))
		}
		if s.Every != 0 {
			text("every", s.Every.String())
		}
		match(s.Match)
		switch p := s.Plausible; {
		case !p.Said:
		case p.Rising:
			fmt.Fprintln(&out, "rising = true")
		default:
			text("settle", p.Settle.String())
			if p.Jump >= 0 {
				fmt.Fprintf(&out, "jump = %s\n", decimal(p.Jump))
			}
		}
		if s.Invalid != nil {
			var all []string
			for _, v := range s.Invalid {
				all = append(all, decimal(v))
			}
			fmt.Fprintf(&out, "invalid = [%s]\n", strings.Join(all, ", "))
		}
		if s.Values != nil {
			fmt.Fprintln(&out, "[signal.values]")
			for i, m := range s.Values {
				// A number may stand there twice, written in two ways.
				fmt.Fprintf(&out, "\"%s%s\" = %s\n", decimal(m.From), strings.Repeat("0", i), value(m.To))
			}
		}
		if s.When != nil {
			fmt.Fprintln(&out, "[signal.when]")
			for _, w := range s.When {
				fmt.Fprintf(&out, "%s = %s\n", quote(w.CAN.String()), decimal(w.Value))
			}
		}
	}
	for _, a := range file.Alarms {
		fmt.Fprintln(&out, "[[alarm]]")
		text("code", a.Code)
		text("path", a.Path)
		text("severity", a.Severity)
		fmt.Fprintf(&out, "when = %s\n", value(a.When))
	}
	for _, a := range file.Actuators {
		fmt.Fprintln(&out, "[[actuator]]")
		text("path", a.Path)
		text("bus", a.Bus)
		text("can", a.CAN.String())
		text("confirm", a.Confirm.String())
		match(a.Match)
		if a.Values == nil {
			fmt.Fprintf(&out, "scale = %s\noffset = %s\n", decimal(a.Scale), decimal(a.Offset))
			continue
		}
		fmt.Fprintln(&out, "[actuator.values]")
		for i, m := range a.Values {
			fmt.Fprintf(&out, "\"%s%s\" = %s\n", decimal(m.From), strings.Repeat("0", i), value(m.To))
		}
	}
	for _, f := range file.Fobs {
		fmt.Fprintln(&out, "[[fob]]")
		text("bus", f.Bus)
		text("id", f.ID.String())
		text("present", f.Present.String())
		text("unlocked", f.Unlocked.String())
		match(f.Match)
	}
	return out.String()
}

// decimal is a TOML float.
func decimal(v float64) string {
	text := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

func value(v hal.Value) string {
	if text, ok := v.Text(); ok {
		return quote(text)
	}
	if number, ok := v.Float(); ok {
		return decimal(number)
	}
	return v.String()
}

// quote is a TOML string.
func quote(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range text {
		if r < ' ' || r == '"' || r == '\\' || r == 0x7F {
			fmt.Fprintf(&out, `\u%04X`, r)
		} else {
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
	return out.String()
}

// forgetLines leaves what a printed file keeps.
func forgetLines(file *mapping.File) *mapping.File {
	for i := range file.Signals {
		file.Signals[i].Line = 0
	}
	for i := range file.Alarms {
		file.Alarms[i].Line = 0
	}
	for i := range file.Actuators {
		file.Actuators[i].Line = 0
	}
	for i := range file.Fobs {
		file.Fobs[i].Line = 0
	}
	return file
}
