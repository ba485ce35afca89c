package dbc

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

// follower reports whether b may stand behind a text of a statement, and blanks.
// The end of the statement always may.
type follower func(b byte) bool

func alone(byte) bool { return false }

func beforeNumber(b byte) bool { return b == '-' || b == '+' || b >= '0' && b <= '9' }

func amongOthers(b byte) bool { return b == ',' || b == '-' || len(run([]byte{b})) > 0 }

var errOpen = errors.New("a text has no closing quote")

// text returns what stands between quotes, as it is written. In a flat statement
// the closing quote must be on the same line. Text that is not UTF-8 is read as
// Latin-1.
func (c *cursor) text(next follower) (string, error) {
	if err := c.want('"'); err != nil {
		return "", err
	}
	rest := c.src[c.pos:]
	var n int
	if c.flat {
		rest, _, _ = bytes.Cut(rest, []byte{'\n'})
		n = closing(rest, func(at int) bool { return beforeNodes(rest[at+1:]) })
	} else {
		n = closing(rest, func(at int) bool { return beforeMore(rest, at, next) })
	}
	if n < 0 {
		return "", errOpen
	}
	c.line += bytes.Count(rest[:n], []byte{'\n'})
	c.pos += n + 1
	text := utf(rest[:n])
	if strings.IndexByte(text, '\r') < 0 {
		return text, nil
	}
	return lineEnds.Replace(text), nil
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", " ")

// closing finds the quote that ends a text. Writers differ in what a backslash
// means, and some forget quotes. So it is the first one behind which the statement
// goes on; where there is none, the first without a backslash that comes before the
// next keyword. A quote that opens the text of another statement is never it.
func closing(text []byte, goesOn func(at int) bool) int {
	plain, passed := -1, false // passed: a line of a keyword
	line := 0                  // its start
	for i, b := range text {
		switch b {
		case '\n':
			line = i + 1
			passed = passed || keyword(firstWord(text[line:]))
		case '"':
			bare := !escaped(text[:i])
			if bare && line > 0 && opens().Match(text[line:i]) {
				return plain
			}
			if goesOn(i) {
				return i
			}
			if bare && plain < 0 && !passed {
				plain = i
			}
		}
	}
	return plain
}

// opens is a line up to the quote that opens its first text. Only a file with texts of
// several lines needs it: most starts never compile it.
var opens = once(`^[ \t]*(?:(?:CM_|VERSION|BA_\w*)[ \t]*(?:BO_[ \t]+\d+|SG_[ \t]+\d+[ \t]+\w+|(?:BO|SG|BU|EV)_[ \t]*|(?:BU|EV)_[ \t]+\w+)?` +
	`|VAL_[\w \t]*[ \t]-?\d+|(?:SG|EV)_[^"]*\])[ \t]*$`)

// once compiles a pattern when it is first asked for.
func once(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// escaped reports whether what follows stands behind a backslash of its own.
func escaped(before []byte) bool {
	return (len(before)-len(bytes.TrimRight(before, "\\")))%2 == 1
}

// beforeNodes reports whether a line ends as a BO_ or SG_ does, in names of nodes.
func beforeNodes(rest []byte) bool {
	for len(rest) > 0 {
		word := run(rest)
		if len(word) == 0 && strings.IndexByte(", \t\r", rest[0]) < 0 {
			return false
		}
		rest = rest[max(1, len(word)):]
	}
	return true
}

// beforeMore reports whether the statement goes on, or ends, behind the quote.
func beforeMore(text []byte, at int, next follower) bool {
	rest := text[at+1:]
	trimmed := bytes.TrimLeft(rest, " \t\r\n")
	blanks := rest[:len(rest)-len(trimmed)]
	begins := len(trimmed) == 0 || bytes.IndexByte(blanks, '\n') >= 0 && keyword(firstWord(trimmed))
	switch {
	case begins:
		return true
	case trimmed[0] == ';':
		after := bytes.TrimLeft(trimmed, "; \t\r")
		if len(after) > 0 && after[0] == '\n' && escaped(text[:at]) {
			after = bytes.TrimLeft(after, " \t\r\n")
		}
		return len(after) == 0 || after[0] == '\n' || keyword(firstWord(after))
	}
	return next(trimmed[0]) && (len(blanks) > 0 || trimmed[0] == ',')
}

// text is the cursor's, and names what a text may have swallowed.
func (p *parser) text(next follower) (string, error) {
	text, err := p.cursor.text(next)
	if strings.IndexByte(text, '\n') >= 0 {
		if n := len(statements().FindAllString(text, -1)); n > 0 {
			p.repaired("its text holds %d lines that look like statements", n)
		}
	}
	return text, err
}

// statements are lines in a text that decide what is in a frame.
var statements = once(`\n[ \t]*(?:BO_[ \t]+\d+[ \t]+\w+[ \t]*:|SG_[ \t]+\w[ \t\w]*:[ \t]*\d+\||SG_MUL_VAL_[ \t]+\d+[ \t]+\w|SIG_VALTYPE_[ \t]+\d+[ \t]+\w|VAL_[ \t]+\d+[ \t]+\w+[ \t]+-?\d)`)

// skip goes to the end of a statement that nobody asks about, over its texts.
func (p *parser) skip() error {
	for !p.ended() {
		if p.src[p.pos] != '"' {
			p.pos++
		} else if _, err := p.text(amongOthers); err != nil {
			return err
		}
	}
	p.semicolon()
	return nil
}

func utf(text []byte) string {
	if utf8.Valid(text) {
		return string(text)
	}
	latin := make([]rune, len(text))
	for i, b := range text {
		latin[i] = rune(b)
	}
	return string(latin)
}
