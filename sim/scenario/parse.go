package scenario

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"glovebox/sim"
)

// Parse reads a scenario. open reads the files that it includes, by the name
// given there; nil if there are none. The error is Problems, all there are.
func Parse(name string, source []byte, open func(name string) ([]byte, error)) (*Scenario, error) {
	p := newParser(name, open)
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
	inside   []string // the files that are being read

	booted  bool // there was a boot
	running bool // the agent runs
	playing bool // a drive plays, until sync
	ended   bool
	labels  map[string]bool
	seen    map[string]bool // head words that may stand once
	replays []*Replay
	handled int      // the line of the first command that only a made car obeys
	routes  []routed // lines that name a route
	invited []string // beside the users
	files   []string // attachments that lines name
	offline bool     // there was a fault that cuts the line
}

func newParser(name string, open func(string) ([]byte, error)) *parser {
	base := path.Base(name)
	return &parser{
		s:    &Scenario{Name: strings.TrimSuffix(base, path.Ext(base)), Files: map[string][]byte{}, Head: Head{Seed: 1, Speed: 1, Model: "Taycan", Year: 2024}},
		open: open, labels: map[string]bool{}, seen: map[string]bool{},
	}
}

func (p *parser) problem(format string, args ...any) {
	p.problems = append(p.problems, Problem{p.name, p.line, fmt.Sprintf(format, args...)})
}

// deepest is how many files may include each other.
const deepest = 8

func (p *parser) file(name string, source []byte) {
	outerName, outerLine := p.name, p.line
	p.name, p.inside = name, append(p.inside, name)
	defer func() { p.name, p.line, p.inside = outerName, outerLine, p.inside[:len(p.inside)-1] }()
	commands, files := split(source)
	for _, f := range files {
		if _, twice := p.s.Files[f.name]; twice {
			p.line = 0
			p.problem("the attachment %s stands twice", f.name)
		}
		p.s.Files[f.name] = f.data
	}
	p.line = 0
	for text := range strings.SplitSeq(commands, "\n") {
		p.line++
		l := line{rest: text}
		if text = l.text(); text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		if p.ended {
			p.problem("nothing can follow end")
			return
		}
		p.one(text)
	}
}

// one reads one line that says something.
func (p *parser) one(text string) {
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F || r == '\uFFFD' }) {
		p.problem("the line holds what is no text")
		return
	}
	l := &line{rest: text}
	if ahead := *l; ahead.word() == "include" {
		p.include(&ahead)
		return
	}
	command, err := p.command(l)
	if err != nil {
		p.problem("%v", err)
		return
	}
	p.s.Steps = append(p.s.Steps, Step{p.name, p.line, command})
}

// include reads another file in place of the line.
func (p *parser) include(l *line) {
	name, err := l.need("the file")
	if err == nil {
		err = l.end()
	}
	switch {
	case err != nil:
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

// command reads one command; those that hold another call it again.
func (p *parser) command(l *line) (Command, error) {
	word := l.word()
	for _, e := range commands() {
		if e.word != word {
			continue
		}
		if e.head && p.booted {
			return nil, fmt.Errorf("%s belongs before boot", word)
		}
		if e.head && e.once && p.seen[word] {
			return nil, fmt.Errorf("%s stands twice", word)
		}
		p.seen[word] = true
		if e.needs == agentRuns && !p.running {
			return nil, fmt.Errorf("%s: the agent does not run here", word)
		}
		c, err := e.parse(p, l)
		if err != nil {
			return nil, fmt.Errorf("%s: %w (%s)", word, err, e.usage)
		}
		if err := l.end(); err != nil {
			return nil, fmt.Errorf("%s: %w (%s)", word, err, e.usage)
		}
		return c, nil
	}
	var all []string
	for _, e := range commands() {
		all = append(all, e.word)
	}
	return nil, unknown("command", word, all)
}

// whole checks what only shows at the end.
func (p *parser) whole() {
	last := Step{}
	if n := len(p.s.Steps); n > 0 {
		last = p.s.Steps[n-1]
	}
	p.name, p.line = last.File, last.Line
	for i, s := range p.s.Steps {
		e, ok := s.Command.(*expect)
		if !ok || e.refused == "" {
			continue
		}
		if i == 0 || !refusable(p.s.Steps[i-1].Command) {
			p.problems = append(p.problems, Problem{s.File, s.Line, "expect error: the line before cannot be refused"})
		}
	}
	for _, r := range p.replays {
		if !r.sameCar(p.replays[0]) {
			p.problem("all replays of a file need the same dbc and mapping: the car is built once")
		}
		for _, name := range r.attached() {
			p.attached(name)
		}
	}
	if p.s.Policy != "" {
		p.attached(p.s.Policy)
	}
	for _, name := range p.files {
		p.attached(name)
	}
	for _, r := range p.routes {
		p.name, p.line = r.file, r.line
		p.route(r.name)
	}
	switch {
	case len(p.replays) == 0:
		p.s.Made = p.handled > 0 || p.seen["car"]
	case p.handled > 0:
		p.line = p.handled
		p.problem("a recorded car does nothing else: leave out replay, or this")
	default:
		p.s.Drive = p.replays[0]
	}
	if v := p.s.Vehicle; !p.s.Made && v != (Vehicle{}) {
		p.problem("odo, soc and cold are of the made car, and replay plays a recorded one")
	}
}

// attached says that an attachment is missing. Other files are looked for when
// the scenario runs.
func (p *parser) attached(name string) {
	if _, ok := p.s.Files[name]; ok || strings.ContainsAny(name, "/.") && p.open != nil {
		return
	}
	p.problem("%s", unknown("attachment", name, slices.Sorted(maps.Keys(p.s.Files))))
}

// route says that a route is missing, or that it is none.
func (p *parser) route(name string) {
	if _, err := sim.Route(name, p.s.Files); err != nil {
		known := append(routeNames(), slices.Sorted(maps.Keys(p.s.Files))...)
		if _, attached := p.s.Files[name]; !attached {
			err = unknown("route", name, known)
		}
		p.problem("drive: %v", err)
	}
}

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

// name takes the next word, which is one of those names.
func (l *line) name(names []string) (string, error) {
	w, err := l.need("a name")
	if err != nil {
		return "", err
	}
	if !slices.Contains(names, w) {
		return "", unknown("name", w, names)
	}
	return w, nil
}
