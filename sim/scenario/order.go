package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"glovebox/profiles"
)

// order is what somebody does with a screen: on a phone, in the workshop, or on
// the head unit besides what has a command of its own.
type order struct {
	by     string // app, workshop or hmi
	who    string // whose phone
	action string
	words  []string // of the action, as its row says
}

func (c *order) String() string {
	return strings.Join(slices.DeleteFunc(append([]string{c.by, c.who, c.action}, c.words...), func(w string) bool { return w == "" }), " ")
}

// deed is a row of a table of actions.
type deed struct {
	word  string
	usage string
	args  func(p *parser, l *line) (words []string, err error)
}

// phoneDeeds are what a phone can do.
func phoneDeeds() []deed {
	return append(peopleDeeds(),
		deed{"accept", "accept [CODE] [pin=PIN]", acceptance},
		deed{"code", "code", nothing},
		deed{"lock", "lock", nothing},
		deed{"unlock", "unlock", nothing},
		deed{"climate", "climate on|off [celsius=21] [minutes=10]", climate},
		deed{"flash", "flash", nothing},
		deed{"locate", "locate", nothing},
		deed{"assign", "assign TRIP NAME…", trip},
		deed{"chat", "chat TEXT", text},
		deed{"book", "book TEXT", text},
	)
}

// peopleDeeds are what a main user does to the people of the car.
func peopleDeeds() []deed {
	return []deed{
		{"invite", "invite NAME shared|limited", newcomer(true)},
		{"cancel", "cancel NAME", someone},
		{"activate", "activate NAME", someone},
		{"remove", "remove NAME", someone},
		{"share", "share NAME shared|limited", sharing},
		{"restrict", "restrict NAME [FUNCTION…]", functions},
		{"guest-services", "guest-services on|off", switched},
		{"remote-services", "remote-services on|off", switched},
		{"transfer", "transfer NAME", newcomer(false)},
	}
}

// workshopDeeds are the workshop's.
func workshopDeeds() []deed {
	return []deed{
		{"invite-main", "invite-main NAME", newcomer(false)},
		{"remove-main", "remove-main [confirm]", confirmation},
		{"chat", "chat TEXT", text},
		{"quote", "quote TEXT", text},
	}
}

// screenDeeds are the head unit's.
func screenDeeds() []deed {
	return append(peopleDeeds(),
		deed{"cancel-pending", "cancel-pending", nothing},
		deed{"pin", "pin NAME OLD NEW", pins},
		deed{"reset-pin", "reset-pin NAME", someone},
		deed{"link-fob", "link-fob NAME", someone},
		deed{"unlink-fobs", "unlink-fobs NAME", someone},
		deed{"chat", "chat TEXT", text},
		deed{"book", "book TEXT", text},
		deed{"export", "export NAME", someone},
		deed{"import", "import NAME FILE", attachedFile},
		deed{"erase", "erase everything pin=PIN", erasure},
	)
}

func parseApp(p *parser, l *line) (Command, error) {
	who, err := l.name(p.people())
	if err != nil {
		return nil, err
	}
	c, err := p.order("app", l, phoneDeeds())
	if err == nil {
		c.who = who
	}
	return c, err
}

func parseWorkshop(p *parser, l *line) (Command, error) {
	return p.order("workshop", l, workshopDeeds())
}

func parseHMI(p *parser, l *line) (Command, error) { return p.order("hmi", l, screenDeeds()) }

// parseAssign is of the head unit, without its word before it.
func parseAssign(p *parser, l *line) (Command, error) {
	words, err := trip(p, l)
	return &order{by: "assign", words: words}, err
}

func (p *parser) order(by string, l *line, table []deed) (*order, error) {
	var known []string
	for _, d := range table {
		known = append(known, d.word)
	}
	word, err := l.choice("action", known...)
	if err != nil {
		return nil, err
	}
	row := table[slices.Index(known, word)]
	words, err := row.args(p, l)
	if err == nil {
		err = l.end()
	}
	if err != nil {
		return nil, fmt.Errorf("%w (%s)", err, row.usage)
	}
	return &order{by: by, action: word, words: words}, nil
}

func nothing(*parser, *line) ([]string, error) { return nil, nil }

func someone(p *parser, l *line) ([]string, error) {
	name, err := l.name(p.people())
	return []string{name}, err
}

// newcomer is somebody who gets a phone by it, with or without a sharing level.
func newcomer(level bool) func(*parser, *line) ([]string, error) {
	return func(p *parser, l *line) ([]string, error) {
		name, err := l.need("a name")
		switch {
		case err != nil:
			return nil, err
		case strings.ContainsFunc(name, notName) || name == "workshop" || name == "backend":
			return nil, fmt.Errorf("%q: want a name of lower-case letters and digits", name)
		}
		words := []string{name}
		if level {
			w, err := l.choice("sharing", "shared", "limited")
			if err != nil {
				return nil, err
			}
			words = append(words, w)
		}
		if !slices.Contains(p.people(), name) {
			p.invited = append(p.invited, name)
		}
		return words, nil
	}
}

func sharing(p *parser, l *line) ([]string, error) {
	name, err := l.name(p.people())
	if err != nil {
		return nil, err
	}
	w, err := l.choice("sharing", "shared", "limited")
	return []string{name, w}, err
}

func functions(p *parser, l *line) ([]string, error) {
	name, err := l.name(p.people())
	words := []string{name}
	var known []string
	for _, f := range profiles.Functions() {
		known = append(known, string(f))
	}
	for ahead := *l; err == nil && ahead.word() != ""; ahead = *l {
		var w string
		if w, err = l.choice("function", known...); err == nil {
			words = append(words, w)
		}
	}
	return words, err
}

func switched(_ *parser, l *line) ([]string, error) {
	w, err := l.choice("state", "on", "off")
	return []string{w}, err
}

func text(_ *parser, l *line) ([]string, error) {
	t := strings.Join(strings.Fields(l.text()), " ")
	if t == "" {
		return nil, errors.New("the text is missing")
	}
	return []string{t}, nil
}

func confirmation(_ *parser, l *line) ([]string, error) {
	yes, err := l.flag("confirm")
	if yes {
		return []string{"confirm"}, err
	}
	return nil, err
}

func trip(p *parser, l *line) ([]string, error) {
	w, err := l.need("the trip")
	words := []string{w}
	for ahead := *l; err == nil && ahead.word() != ""; ahead = *l {
		var name string
		if name, err = l.name(p.people()); err == nil {
			words = append(words, name)
		}
	}
	if err == nil && len(words) == 1 {
		err = errors.New("a name is missing")
	}
	return words, err
}

func acceptance(_ *parser, l *line) ([]string, error) {
	var words []string
	ahead := *l
	if w := ahead.word(); w != "" && !strings.Contains(w, "=") {
		*l, words = ahead, append(words, w)
	}
	v, ok := l.option("pin")
	if ok && !pin(v) && v != "none" {
		return nil, fmt.Errorf("pin=%s: want 4 to 12 digits, or none", v)
	}
	if ok {
		words = append(words, "pin="+v)
	}
	return words, nil
}

func climate(_ *parser, l *line) ([]string, error) {
	w, err := l.choice("state", "on", "off")
	words := []string{w}
	for _, key := range []string{"celsius", "minutes"} {
		if v, ok := l.option(key); ok && err == nil {
			if _, err = strconv.ParseFloat(v, 64); err != nil || w == "off" {
				err = fmt.Errorf("%s=%s: want a number, behind on", key, v)
			}
			words = append(words, key+"="+v)
		}
	}
	return words, err
}

func pins(p *parser, l *line) ([]string, error) {
	name, err := l.name(p.people())
	words := []string{name}
	for _, what := range []string{"the old PIN, or none", "the new PIN"} {
		var w string
		if err == nil {
			w, err = l.need(what)
			words = append(words, w)
		}
	}
	return words, err
}

func attachedFile(p *parser, l *line) ([]string, error) {
	name, err := l.name(p.people())
	if err != nil {
		return nil, err
	}
	file, err := l.need("the file")
	p.files = append(p.files, file)
	return []string{name, file}, err
}

func erasure(_ *parser, l *line) ([]string, error) {
	w, err := l.choice("word", "everything")
	words := []string{w}
	if v, ok := l.option("pin"); ok {
		words = append(words, "pin="+v)
	}
	return words, err
}
