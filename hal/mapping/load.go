package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Load reads a mapping file. The error is Problems, with everything that can
// be found without the DBC files. name is for messages only.
func Load(name string, src []byte) (*File, error) {
	l := &loader{file: &File{Name: name}}
	var document map[string]any
	if err := toml.Unmarshal(src, &document); err != nil {
		line := 1
		if at, ok := errors.AsType[*toml.DecodeError](err); ok {
			line, _ = at.Position()
		}
		l.add(line, "%s", strings.TrimPrefix(err.Error(), "toml: "))
		return nil, l.problems
	}
	l.lines = locate(src)
	for _, kind := range []struct {
		name string
		read func(*table)
	}{{"signal", l.signal}, {"alarm", l.alarm}, {"actuator", l.actuator}, {"fob", l.fob}} {
		l.each(document, kind.name, kind.read)
		delete(document, kind.name)
	}
	for key := range document {
		l.add(max(l.lines[key], 1), "unknown key %q: want [[signal]], [[alarm]], [[actuator]] or [[fob]]", key)
	}
	if len(l.problems) == 0 {
		l.together()
	}
	if len(l.problems) > 0 {
		l.problems.sort()
		return nil, l.problems
	}
	return l.file, nil
}

// loader is one run over one file.
type loader struct {
	file     *File
	lines    lines
	problems Problems
}

func (l *loader) add(line int, format string, args ...any) {
	l.problems = append(l.problems, Problem{l.file.Name, line, fmt.Sprintf(format, args...)})
}

func (p Problems) sort() {
	slices.SortStableFunc(p, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return strings.Compare(a.Text, b.Text)
	})
}

// each hands every [[kind]] to read and then refuses the keys that read did not ask for.
func (l *loader) each(document map[string]any, kind string, read func(*table)) {
	value, ok := document[kind]
	if !ok {
		return
	}
	list, ok := value.([]any)
	if !ok {
		l.add(max(l.lines[kind], 1), "%s: want [[%s]], one table for each", kind, kind)
		return
	}
	for i, item := range list {
		key := fmt.Sprintf("%s[%d]", kind, i)
		fields, ok := item.(map[string]any)
		if !ok {
			l.add(max(l.lines[kind], 1), "%s: want [[%s]], one table for each", kind, kind)
			return
		}
		line := l.lines[key]
		if line == 0 { // an array written in one line
			line = max(l.lines[kind], 1)
		}
		t := &table{loader: l, kind: kind, key: key, line: line, fields: fields, asked: map[string]bool{}}
		read(t)
		for name := range fields {
			if !t.asked[name] {
				t.problem(name, "unknown key in [[%s]]", kind)
			}
		}
	}
}

func (l *loader) signal(t *table) {
	s := Signal{
		Path: t.path(), Bus: t.bus(), CAN: t.ref("can"),
		Invalid: t.numbers("invalid"), Values: t.values("values"), When: t.conditions("when"),
		Scale: t.number("scale", 1), Offset: t.number("offset", 0), Every: t.period("every"), Match: t.match(), Line: t.line,
		Plausible: Plausible{Settle: t.periodOrNone("settle"), Jump: t.size("jump"), Rising: t.truth("rising")},
	}
	t.plausible(&s.Plausible)
	t.meaning(s.Scale, s.Values)
	if s.Values == nil && truth(s.Path) {
		t.problem("path", "%s is true or false: it needs values, for example { 0 = false, 1 = true }", last(s.Path))
	}
	l.file.Signals = append(l.file.Signals, s)
}

// last is the last name of a path.
func last(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// truth reports whether a path ends in the name of a truth value: IsOpen, IsEngaged.
func truth(path string) bool {
	rest, ok := strings.CutPrefix(last(path), "Is")
	return ok && rest != "" && rest[0] >= 'A' && rest[0] <= 'Z'
}

func (l *loader) alarm(t *table) {
	a := Alarm{Code: t.oneOf("code", Codes()), Path: t.path(), When: t.value("when"),
		Severity: t.oneOf("severity", []string{"warning", "critical"}), Line: t.line}
	l.file.Alarms = append(l.file.Alarms, a)
}

func (l *loader) actuator(t *table) {
	a := Actuator{Path: t.path(), Bus: t.bus(), CAN: t.ref("can"), Confirm: t.ref("confirm"),
		Values: t.values("values"), Scale: t.number("scale", 1), Offset: t.number("offset", 0), Match: t.match(), Line: t.line}
	t.meaning(a.Scale, a.Values)
	l.file.Actuators = append(l.file.Actuators, a)
}

func (l *loader) fob(t *table) {
	f := Fob{Bus: t.bus(), ID: t.ref("id"), Present: t.ref("present"), Unlocked: t.ref("unlocked"), Match: t.match(), Line: t.line}
	l.file.Fobs = append(l.file.Fobs, f)
}

// together checks what tables say about each other.
func (l *loader) together() {
	first := map[string]Signal{}
	for _, s := range l.file.Signals {
		before, again := first[s.Path]
		switch {
		case !again:
			first[s.Path] = s
		case s.Bus != before.Bus:
			l.add(s.Line, "%s is on bus %s already, line %d: a path comes from one bus", s.Path, before.Bus, before.Line)
		case s.When == nil || before.When == nil:
			l.add(s.Line, "%s is mapped in line %d already: both need a when that tells them apart", s.Path, before.Line)
		case kindOf(s) != kindOf(before):
			l.add(s.Line, "%s is %s in line %d and %s here", s.Path, kindOf(before), before.Line, kindOf(s))
		case s.Match != before.Match:
			l.add(s.Line, "%s has another match in line %d: want the same for one path", s.Path, before.Line)
		case s.plausible().Settle != before.plausible().Settle || s.plausible().Rising != before.plausible().Rising:
			l.add(s.Line, "%s has other settle or rising in line %d: want the same for one path", s.Path, before.Line)
		}
	}
	for i, a := range l.file.Actuators {
		for _, before := range l.file.Actuators[:i] {
			if a.Path == before.Path {
				l.add(a.Line, "%s has an actuator in line %d already", a.Path, before.Line)
			}
		}
	}
	codes := map[string]int{}
	for _, a := range l.file.Alarms {
		s, mapped := first[a.Path]
		switch {
		case !mapped:
			l.add(a.Line, "no [[signal]] has the path %s of the alarm %s", a.Path, a.Code)
		case kind(a.When) != kindOf(s):
			l.add(a.Line, "the alarm %s asks for %s, and %s is %s", a.Code, kind(a.When), a.Path, kindOf(s))
		case s.Values != nil && !slices.ContainsFunc(s.Values, func(m Meaning) bool { return m.To == a.When }):
			l.add(a.Line, "the alarm %s asks for %v, which %s never is", a.Code, a.When, a.Path)
		case codes[a.Code] != 0:
			l.add(a.Line, "the alarm %s is in line %d already", a.Code, codes[a.Code])
		}
		codes[a.Code] = a.Line
	}
}

// kindOf is the kind of value that s gives its path.
func kindOf(s Signal) string {
	if s.Values == nil {
		return "a number"
	}
	return kind(s.Values[0].To)
}
