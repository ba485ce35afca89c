package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// Parse reads a scenario. open reads the files that it includes, by the name
// given there; nil if there are none. The error is Problems, all there are.
func Parse(name string, source []byte, open func(name string) ([]byte, error)) (*Scenario, error) {
	return newParser(name, open).parse(name, source)
}

func (p *parser) parse(name string, source []byte) (*Scenario, error) {
	p.file(name, source)
	if len(p.problems) == 0 {
		p.whole()
	}
	if len(p.problems) > 0 {
		return nil, p.problems
	}
	return p.s, nil
}

// parser reads files into one scenario. Beside the words it follows what the
// commands will find: whether the agent runs, whether a drive plays.
type parser struct {
	s        *Scenario
	open     func(string) ([]byte, error)
	problems Problems
	name     string // of the file that is read
	line     int
	note     []string // the comment above the line
	inside   []string // the files that are being read

	booted  bool // there was a boot
	paced   bool // the head said how fast the car's time runs
	running bool // the agent runs
	playing bool // a drive plays, until sync
	ended   bool
	labels  map[string]bool
	seen    map[string]bool // head words that may stand once
	replays []replayed
	handled int         // the line of the first command that only a made car obeys
	invited []string    // beside the users
	named   []namedFile // that lines name
	offline bool        // there was a fault that cuts the line

	byHand   bool                       // the agent says itself which settings it refuses
	expected expected                   // in the line that is read
	live     func(kind string) []string // words of a running world, nil if there is none
}

// namedFile is a file that a line names.
type namedFile struct {
	file string // of the line
	line int
	name string

	route bool // it is one
}

// replayed is a replay and its line.
type replayed struct {
	*replay
	file string
	line int
}

func newParser(name string, open func(string) ([]byte, error)) *parser {
	base := path.Base(name)
	return &parser{
		s:    &Scenario{open: open, Name: strings.TrimSuffix(base, path.Ext(base)), Files: map[string][]byte{}, beside: map[string][]byte{}, Head: Head{Seed: 1, Speed: 1, Model: "Taycan", Year: 2024}},
		open: open, labels: map[string]bool{}, seen: map[string]bool{},
	}
}

func (p *parser) problem(format string, args ...any) {
	found := Problem{File: p.name, Line: p.line, Text: fmt.Sprintf(format, args...)}
	for _, a := range args {
		if err, is := a.(error); is {
			if u, is := errors.AsType[*unknownWord](err); is {
				found.Near = u.nearest()
			}
		}
	}
	p.problems = append(p.problems, found)
}

// deepest is how many files may include each other.
const deepest = 8

func (p *parser) file(name string, source []byte) {
	outerName, outerLine := p.name, p.line
	p.name, p.inside = name, append(p.inside, name)
	defer func() { p.name, p.line, p.inside = outerName, outerLine, p.inside[:len(p.inside)-1] }()
	commands, files := split(bytes.TrimPrefix(source, []byte("\uFEFF"))) // some editors put it in front
	for _, f := range files {
		if _, twice := p.s.Files[f.name]; twice {
			p.line = 0
			p.problem("the attachment %s stands twice", f.name)
		}
		p.s.Files[f.name] = f.data
	}
	p.line = 0
	p.note = nil
	for text := range strings.SplitSeq(commands, "\n") {
		p.line++
		if text = strings.TrimSpace(text); text == "" {
			p.note = nil
			continue
		}
		if comment, is := strings.CutPrefix(text, "#"); is {
			p.note = append(p.note, strings.TrimSpace(comment))
			continue
		}
		if p.ended {
			p.problem("nothing can follow end")
			return
		}
		p.one(text)
		p.note = nil
	}
}

// one reads one line that says something.
func (p *parser) one(text string) {
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F || r == '\uFFFD' }) || strings.Contains(text, nobody) {
		p.problem("the line holds what is no text")
		return
	}
	l := &line{p: p, rest: text}
	if l.peek() == "include" {
		p.include(l)
		return
	}
	command, err := p.command(text)
	if err != nil {
		p.problem("%v", err)
		return
	}
	p.s.Steps = append(p.s.Steps, Step{p.name, p.line, strings.Join(p.note, " "), command})
}

// command reads one command.
func (p *parser) command(text string) (Command, error) {
	p.expected = expected{at: -1}
	c, m := p.read(commands, "command", &line{p: p, rest: text})
	if m != nil {
		return Command{}, p.why(&line{p: p, rest: text}, m, "")
	}
	return c, nil
}

// include reads another file in place of the line.
func (p *parser) include(l *line) {
	l.word()
	name := l.word()
	var err error
	switch {
	case name == "" || l.peek() != "":
		err = errors.New("include: want the name of one file (include FILE)")
	case p.open == nil:
		err = fmt.Errorf("include %s: there are no other files here", name)
	case len(p.inside) == deepest || slices.Contains(p.inside, name):
		err = fmt.Errorf("include %s: the files include each other", name)
	}
	var source []byte
	if err == nil {
		source, err = p.open(name)
	}
	if err != nil {
		p.problem("%v", err)
		return
	}
	p.file(name, source)
}

// whole checks what only shows at the end.
func (p *parser) whole() {
	last := Step{}
	if n := len(p.s.Steps); n > 0 {
		last = p.s.Steps[n-1]
	}
	p.name, p.line = last.File, last.Line
	for i, s := range p.s.Steps {
		if _, ok := s.what.(*expectError); ok && (i == 0 || !refusable(p.s.Steps[i-1].Command)) {
			p.problems = append(p.problems, Problem{File: s.File, Line: s.Line, Text: "expect error: the line before cannot be refused"})
		}
	}
	for _, f := range p.named {
		p.name, p.line = f.file, f.line
		p.find(f)
	}
	for _, r := range p.replays {
		if p.name, p.line = r.file, r.line; !r.sameCar(p.replays[0].replay) {
			p.problem("all replays of a file need the same dbc and mapping: the car is built once")
		}
		if len(p.problems) > 0 {
			continue
		}
		if err := r.fits(p.s); err != nil {
			p.problem("replay: %v", err)
		}
	}
	p.name, p.line = last.File, last.Line
	switch {
	case len(p.replays) == 0:
		p.s.Made = p.handled > 0 || p.seen["car"]
	case p.handled > 0:
		p.line = p.handled
		p.problem("a recorded car does nothing else: leave out replay, or this")
	default:
		p.s.Drive = p.replays[0].replay
	}
	if v := p.s.Vehicle; !p.s.Made && v != (Vehicle{}) {
		p.problem("odo, soc and cold are of the made car, and replay plays a recorded one")
	}
	if len(p.problems) == 0 {
		p.promised()
	}
}

// names notes a file that the line names.
func (p *parser) names(name string) error {
	if name != recordedDrive {
		p.named = append(p.named, namedFile{p.name, p.line, name, false})
	}
	return nil
}

// find brings a file that a line names: an attachment, one beside the scenario, or
// one that comes along.
func (p *parser) find(f namedFile) {
	look := func() (err error) {
		if f.route {
			_, err = p.s.route(f.name)
		} else {
			_, err = p.s.file(f.name)
		}
		return err
	}
	_, there := p.s.Files[f.name]
	err := look()
	if err != nil && !there && p.open != nil {
		if data, missing := p.open(f.name); missing == nil {
			there, p.s.beside[f.name] = true, data
			err = look()
		}
	}
	switch {
	case err == nil:
	case there:
		p.problem("drive: %v", err)
	case f.route:
		p.problem("drive: %v", unknown("route", f.name, p.routes()))
	default:
		p.problem("%v", unknown("attachment", f.name, slices.Sorted(maps.Keys(p.s.Files))))
	}
}

// routes are those that come along, and the attachments.
func (p *parser) routes() []string {
	return append(routeNames(), slices.Sorted(maps.Keys(p.s.Files))...)
}

// marks are the labels of the lines above.
func (p *parser) marks() []string { return slices.Sorted(maps.Keys(p.labels)) }

// people are the names of the users.
func (p *parser) people() []string {
	var names []string
	for _, u := range p.s.Users {
		names = append(names, u.Name)
	}
	return append(names, p.invited...)
}

// readers are the names of everybody with a mailbox.
func (p *parser) readers() []string { return append(p.people(), "workshop", "backend") }
