package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// line is what is left of a line while it is read.
type line struct {
	p    *parser
	rest string
	at   int // how much was read before
	prev string
}

// misfit is why a form does not read a line, and where.
type misfit struct {
	at  int
	err error // nil: the word there is none of those that may stand there
}

// nobody stands for the word that is asked for when a line is completed. No
// other place in a file may hold it.
const nobody = "\uFFFC"

// peek is the next word, empty at the end. Blanks before it are left out.
func (l *line) peek() string {
	trimmed := strings.TrimLeftFunc(l.rest, unicode.IsSpace)
	l.at += len(l.rest) - len(trimmed)
	l.rest = trimmed
	if end := strings.IndexFunc(l.rest, unicode.IsSpace); end >= 0 {
		return l.rest[:end]
	}
	return l.rest
}

// word takes the next word.
func (l *line) word() string {
	w := l.peek()
	l.take(len(w))
	l.prev = w
	return w
}

func (l *line) take(n int) { l.rest, l.at = l.rest[n:], l.at+n }

// expected is what may stand in a place of a line.
type expected struct {
	at    int
	what  string
	words []string
}

// could notes which words may stand in a place. Those of the furthest place are
// kept: they are what a wrong word may have meant, and what a line goes on with.
func (p *parser) could(at int, what string, words ...string) {
	if what == "" {
		what = "word"
	}
	switch {
	case at > p.expected.at:
		p.expected = expected{at, what, slices.Clone(words)}
	case at == p.expected.at:
		for _, w := range words {
			if !slices.Contains(p.expected.words, w) {
				p.expected.words = append(p.expected.words, w)
			}
		}
		if p.expected.what == "word" {
			p.expected.what = what
		}
	}
}

// read reads a line, to its end, that one of the forms of a table says.
func (p *parser) read(table []*form, what string, l *line) (Command, *misfit) {
	word, forms := l.peek(), []*form(nil)
	for _, f := range table {
		p.could(l.at, what, f.word)
		if f.word == word {
			forms = append(forms, f)
		}
	}
	if len(forms) == 0 {
		return Command{}, &misfit{at: l.at}
	}
	l.word()
	if err := p.allowed(forms[0]); err != nil {
		return Command{}, &misfit{l.at, err}
	}
	var furthest *misfit
	var tried *form
	for _, f := range forms {
		if f.new == nil {
			return Command{}, &misfit{l.at, fmt.Errorf("%s: not built yet", word)}
		}
		ahead, c := *l, Command{f, f.new(p.s)}
		m := ahead.match(f.parts, c.what.slots(), true)
		if m == nil && ahead.peek() != "" {
			m = &misfit{at: ahead.at}
		}
		if m == nil {
			*l = ahead
			return c, p.checked(c, l)
		}
		if furthest == nil || m.at > furthest.at {
			furthest, tried = m, f
		}
	}
	err := p.why(l, furthest, tried.want)
	return Command{}, &misfit{furthest.at, fmt.Errorf("%s: %w (%s)", word, err, tried.usage)}
}

// checked lets a command look at what stands around it.
func (p *parser) checked(c Command, l *line) *misfit {
	what, ok := c.what.(interface{ check(*parser) error })
	if !ok {
		return nil
	}
	if err := what.check(p); err != nil {
		return &misfit{l.at, fmt.Errorf("%s: %w (%s)", c.word, err, c.usage)}
	}
	return nil
}

// why is the error of a misfit in a line.
func (p *parser) why(l *line, m *misfit, want string) error {
	if m.err != nil {
		return m.err
	}
	at := *l
	at.take(m.at - l.at)
	w := at.peek()
	expected := p.expected
	switch {
	case want != "" && (w == "" || expected.at != m.at):
		return errors.New(want)
	case expected.at != m.at:
		return fmt.Errorf("%q is one word too many", clip(w))
	case w == "" && len(expected.words) > 0 && !slices.Contains([]string{"command", "check", "name"}, expected.what):
		return fmt.Errorf("%s is missing: want %s", expected.what, strings.Join(expected.words, ", "))
	case w == "":
		return fmt.Errorf("the %s is missing", expected.what)
	}
	if key, _, keyed := strings.Cut(w, "="); keyed && expected.what == "option" {
		w = key
		for i, offer := range expected.words {
			expected.words[i] = strings.TrimSuffix(offer, "=")
		}
	}
	return unknown(expected.what, w, expected.words)
}

// match reads parts into their slots. What comes behind the parts is nothing, if
// last is set.
func (l *line) match(parts []part, s slots, last bool) *misfit {
	for i := 0; i < len(parts); i++ {
		t := parts[i]
		last := last && i == len(parts)-1
		mine := s[:min(t.width(), len(s))]
		var m *misfit
		switch {
		case t.option():
			n := i
			for n < len(parts) && parts[n].option() {
				n++
			}
			m, mine, i = l.options(parts[i:n], s), s[:n-i], n-1
		case t.group != nil:
			if l.begins(t.group[0]) {
				m = l.match(t.group, mine, last)
			}
		case t.nested():
			return l.nested(t, parts[i+1:], s)
		case t.many:
			for m = l.one(t, mine, false); m == nil && l.peek() != ""; {
				m = l.one(t, mine, false)
			}
		default:
			m = l.one(t, mine, last)
		}
		if m != nil {
			return m
		}
		s = s[len(mine):]
	}
	return nil
}

// begins reports whether an optional part begins here, and notes how it would.
func (l *line) begins(t part) bool {
	w := l.peek()
	if t.name == "" {
		l.p.could(l.at, t.kind.what, t.words...)
		return slices.Contains(t.words, w)
	}
	if w == nobody {
		l.p.could(l.at, t.kind.what, t.offers(l)...)
	}
	return w != "" && w != nobody && !strings.Contains(w, "=")
}

// options reads key=value in any order.
func (l *line) options(all []part, s slots) *misfit {
	said := map[string]bool{}
	for {
		key, _, _ := strings.Cut(l.peek(), "=")
		for _, t := range all {
			if t = t.group[0]; !said[t.key] || t.many {
				l.p.could(l.at, "option", t.key+"=")
			}
		}
		i := slices.IndexFunc(all, func(t part) bool { return strings.HasPrefix(l.rest, t.group[0].key+"=") })
		if i < 0 {
			return nil
		}
		t := all[i].group[0]
		if said[key] && !t.many {
			return &misfit{l.at, fmt.Errorf("%s stands twice", key)}
		}
		said[key] = true
		if m := l.one(t, s[i:], false); m != nil {
			return m
		}
	}
}

// one reads one word, or a text, into a slot.
func (l *line) one(t part, s slots, last bool) *misfit {
	w, offers := l.peek(), t.offers(l)
	if t.key != "" {
		value, ok := strings.CutPrefix(w, t.key+"=")
		if !ok {
			l.p.could(l.at, "option", t.key+"=")
			return &misfit{at: l.at}
		}
		if value == "" {
			return &misfit{l.at, fmt.Errorf("%s: the value is missing", w)}
		}
		err := t.fill(l.p, s[0], value)
		if !t.kind.open && offers != nil && !slices.Contains(offers, value) {
			err = unknown(t.what(), value, offers)
		}
		if err != nil {
			return &misfit{l.at, fmt.Errorf("%s: %w", w, err)}
		}
		l.word()
		return nil
	}
	switch {
	case w == "" || w == nobody || t.kind.text && !last && strings.Contains(w, "=") || !t.kind.open && offers != nil && !slices.Contains(offers, w):
		l.p.could(l.at, t.what(), offers...)
		return &misfit{at: l.at}
	case t.kind.span != nil:
		w = l.rest[:t.kind.span(l.rest)]
	case t.kind.text && last:
		w = strings.TrimSpace(l.rest)
	}
	if len(s) > 0 && s[0] != nil {
		if err := t.fill(l.p, s[0], w); err != nil {
			return &misfit{l.at, err}
		}
	}
	l.take(len(w))
	l.prev = w
	return nil
}

// offers are the words that may stand for a part, nil if they are not known.
func (t part) offers(l *line) []string {
	if t.words != nil || t.kind.words == nil {
		return t.words
	}
	return t.kind.words(l.p, l.prev)
}

// what is how an error calls a part.
func (t part) what() string {
	if t.kind.what == "" && t.name != "" {
		return strings.ToLower(t.name)
	}
	return t.kind.what
}

// fill puts a word into a slot.
func (t part) fill(p *parser, slot any, w string) (err error) {
	if t.kind.check != nil {
		if err := t.kind.check(p, w); err != nil {
			return err
		}
	}
	switch v := slot.(type) {
	case *string:
		if t.many && *v != "" {
			w = *v + " " + w
		}
		if *v = w; t.kind.check == nil && t.sample() {
			_, err = number(w)
		}
	case *[]string:
		*v = append(*v, w)
	case *bool:
		*v = w == t.words[0]
	case *int:
		if *v, err = strconv.Atoi(w); err != nil || *v < 1 {
			return fmt.Errorf("%q: want a whole number of 1 or more", clip(w))
		}
	case *uint64:
		if *v, err = strconv.ParseUint(w, 10, 64); err != nil {
			return fmt.Errorf("%q: want a whole number", clip(w))
		}
	case *float64:
		text, ok := strings.CutSuffix(w, t.unit())
		if *v, err = number(text); err != nil || !ok {
			return fmt.Errorf("%q: want such as %s", clip(w), t.name)
		}
	case *time.Duration:
		*v, err = duration(w)
	}
	return err
}
