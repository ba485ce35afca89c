package console

import (
	"strings"
	"unicode/utf8"
)

// style is how a piece of a line looks. Colours are few and say nothing that the
// words do not.
type style uint8

const (
	plainText style = iota
	strong          // a heading
	faint           // what is there to be found, not to be read
	good            // leaves the car, as it should
	caution         // reduced, or a warning
	secret          // stays in the car
	wrong           // must not be
)

// ansi is SGR, ECMA-48 8.3.117.
func (s style) ansi() string {
	switch s {
	case strong:
		return "\x1b[1m"
	case faint:
		return "\x1b[2m"
	case good:
		return "\x1b[32m"
	case caution:
		return "\x1b[33m"
	case secret:
		return "\x1b[35m"
	case wrong:
		return "\x1b[1;31m"
	}
	return ""
}

// line is a line of the screen as it grows from the left. Each of its runes is
// one column wide.
type line struct {
	pieces []piece
	width  int
}

type piece struct {
	style style
	text  string
}

// add appends a text.
func (l *line) add(s style, text string) *line {
	l.pieces = append(l.pieces, piece{s, text})
	l.width += utf8.RuneCountInString(text)
	return l
}

// to fills up with spaces to a column; a line that is there already gets one.
func (l *line) to(column int) *line {
	return l.add(plainText, strings.Repeat(" ", max(column-l.width, min(l.width, 1))))
}

// render is the line in at most width columns, what is cut off ends in "…".
func (l *line) render(width int, colour bool) string {
	var b strings.Builder
	left := width
	for i, p := range l.pieces {
		text := p.text
		if n := utf8.RuneCountInString(text); n > left || n == left && l.more(i) {
			text = cut(text, left)
		}
		left -= utf8.RuneCountInString(text)
		if text != "" {
			if ansi := p.style.ansi(); colour && ansi != "" {
				text = ansi + text + "\x1b[0m"
			}
			b.WriteString(text)
		}
		if left <= 0 {
			break
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// more reports whether anything but spaces follows piece i.
func (l *line) more(i int) bool {
	for _, p := range l.pieces[i+1:] {
		if strings.TrimSpace(p.text) != "" {
			return true
		}
	}
	return false
}

// cut shortens a text to at most n columns and marks that.
func cut(text string, n int) string {
	if n <= 0 {
		return ""
	}
	runes := []rune(text)
	return string(runes[:min(n-1, len(runes))]) + "…"
}

// columns is how wide a rendered line is.
func columns(rendered string) int {
	n, escape := 0, false
	for _, r := range rendered {
		switch {
		case escape:
			escape = r != 'm'
		case r == '\x1b':
			escape = true
		default:
			n++
		}
	}
	return n
}
