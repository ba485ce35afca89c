package scenario

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// nested reads a line inside a line, up to the options at its end, each a word
// and its value.
func (l *line) nested(t part, tail []part, s slots) *misfit {
	inside, asked := strings.CutSuffix(l.rest, nobody)
	at := l.at + len(inside)
	if asked {
		if l.goesOn(t, tail, inside, at) {
			return &misfit{at: at}
		}
		inside = l.rest
	}
	slot := len(s)
	for i, t := range slices.Backward(tail) {
		value, rest, ok := last(inside, t.keyword())
		if slot -= t.width(); !ok {
			continue
		}
		option := line{l.p, value, l.at + strings.LastIndex(inside, value), t.keyword()}
		if m := option.one(tail[i].group[1], s[slot+1:], false); m != nil {
			return m
		}
		inside = rest
	}
	if t.name == "CHECK" && !asked {
		if err := l.misplaced(inside); err != nil {
			return &misfit{l.at + len(inside), err}
		}
	}
	inner := line{l.p, inside, l.at, l.prev}
	c, m := l.p.read(t.inner(), strings.ToLower(t.name), &inner)
	*s[0].(*Command) = c
	l.take(len(l.rest))
	return m
}

// misplaced says that what looks like an option would be part of a check's text, which is
// then never found.
func (l *line) misplaced(inside string) error {
	for _, key := range []string{"within", "since"} {
		value, _, ok := last(inside, key)
		if _, err := duration(value); ok && (key == "within" && err == nil || key == "since" && l.p.labels[value]) {
			return fmt.Errorf("%s %s cannot stand here: since LABEL, then within D, end an expect, and a never has neither", key, value)
		}
	}
	return nil
}

// goesOn notes which options may follow what is inside, and reports whether
// nothing else may.
func (l *line) goesOn(t part, tail []part, inside string, at int) (nothingElse bool) {
	for i, t := range tail {
		if _, _, nothingElse = last(inside, t.keyword()); nothingElse {
			tail = tail[i+1:]
			break
		}
	}
	whole := line{l.p, inside, l.at, l.prev}
	c, m := l.p.read(t.inner(), "", &whole)
	if !nothingElse && m != nil {
		return false
	}
	for _, t := range tail {
		value := t.group[1]
		known := value.kind.words == nil || len(value.offers(l)) > 0
		if known && (nothingElse || t.keyword() != "since" || c.rules&since != 0) {
			l.p.could(at, "", t.keyword())
		}
	}
	return nothingElse
}

// last takes the two last words off a text if the first of them is key.
func last(text, key string) (value, rest string, ok bool) {
	words := strings.Fields(text)
	n := len(words)
	if n < 2 || words[n-2] != key {
		return "", text, false
	}
	rest = strings.TrimRightFunc(text, unicode.IsSpace)
	rest = strings.TrimRightFunc(strings.TrimSuffix(rest, words[n-1]), unicode.IsSpace)
	return words[n-1], strings.TrimSuffix(rest, key), true
}
