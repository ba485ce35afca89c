package dbc

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// cursor walks through a file, one statement at a time. Within a statement it
// never goes past its end: the end of the line for BO_ and SG_, and otherwise
// the next line that starts with a keyword, so that a missing semicolon costs
// nothing.
type cursor struct {
	src  []byte
	pos  int
	line int
	flat bool // the statement ends with its line
}

// keyword reports whether word starts a statement, after the DBC format
// description of Vector, chapter 3, with the newer SG_MUL_VAL_.
func keyword(word string) bool {
	switch word {
	case "VERSION", "NS_", "BS_", "BU_", "VAL_TABLE_", "BO_", "SG_", "BO_TX_BU_", "EV_", "ENVVAR_DATA_", "SGTYPE_",
		"CM_", "BA_DEF_", "BA_DEF_DEF_", "BA_", "VAL_", "SIG_GROUP_", "SIG_VALTYPE_", "SG_MUL_VAL_",
		"BA_DEF_REL_", "BA_DEF_DEF_REL_", "BA_REL_", "BU_SG_REL_", "BU_EV_REL_", "BU_BO_REL_", "NS_DESC_", "CAT_DEF_",
		"CAT_", "FILTER", "EV_DATA_", "SGTYPE_VAL_", "BA_DEF_SGTYPE_", "BA_SGTYPE_", "SIG_TYPE_REF_", "SIGTYPE_VALTYPE_":
		return true
	}
	return false
}

// ended skips blanks and reports whether the statement has nothing more.
func (c *cursor) ended() bool {
	for c.pos < len(c.src) {
		switch c.src[c.pos] {
		case ' ', '\t', '\r':
			c.pos++
		case '\n':
			if c.flat || keyword(c.nextLine()) {
				return true
			}
			c.pos++
			c.line++
		default:
			return c.src[c.pos] == ';' && !c.flat
		}
	}
	return true
}

// nextLine returns the first word behind the newline or semicolon at pos.
func (c *cursor) nextLine() string { return firstWord(c.src[c.pos+1:]) }

// firstWord returns the word with which src begins, behind blanks.
func firstWord(src []byte) string { return string(run(bytes.TrimLeft(src, " \t\r"))) }

// run returns the letters, digits and underscores at the start of src.
func run(src []byte) []byte {
	for i, b := range src {
		if b != '_' && (b < '0' || b > '9') && (b < 'A' || b > 'Z') && (b < 'a' || b > 'z') {
			return src[:i]
		}
	}
	return src
}

// word returns the next name or number without sign; empty if there is none.
func (c *cursor) word() string { return string(c.letters()) }

// letters is word, where it lies in the file.
func (c *cursor) letters() []byte {
	if c.ended() {
		return nil
	}
	w := run(c.src[c.pos:])
	c.pos += len(w)
	return w
}

// take steps over b if it comes next.
func (c *cursor) take(b byte) bool {
	if c.ended() || c.src[c.pos] != b {
		return false
	}
	c.pos++
	return true
}

// want is take, with an error that says what stands there instead.
func (c *cursor) want(b byte) error {
	if !c.take(b) {
		return fmt.Errorf("want %q, found %s", b, c.here())
	}
	return nil
}

// here says what comes next, for an error.
func (c *cursor) here() string {
	if c.ended() {
		return "the end"
	}
	if w := run(c.src[c.pos:]); len(w) > 0 {
		return strconv.Quote(string(w[:min(len(w), 40)]))
	}
	r, _ := utf8.DecodeRune(c.src[c.pos:])
	return strconv.QuoteRune(r)
}

// name returns a name; one that starts with a digit is taken too.
func (c *cursor) name() (string, error) {
	if w := c.word(); w != "" {
		return w, nil
	}
	return "", fmt.Errorf("want a name, found %s", c.here())
}

// whole returns a whole number from 0 to limit.
func (c *cursor) whole(limit uint64) (uint64, error) {
	before := *c
	v, err := strconv.ParseUint(string(c.letters()), 10, 64)
	if err != nil || v > limit {
		return 0, fmt.Errorf("want a whole number up to %d, found %s", limit, before.here())
	}
	return v, nil
}

// number returns a decimal number, as C writes it.
func (c *cursor) number() (float64, error) {
	c.ended() // what comes next is behind blanks
	start, before := c.pos, *c
	for c.pos < len(c.src) && strings.IndexByte("0123456789+-.eE", c.src[c.pos]) >= 0 {
		c.pos++
	}
	v, err := strconv.ParseFloat(string(c.src[start:c.pos]), 64)
	if err != nil {
		return 0, fmt.Errorf("want a number, found %s", before.here())
	}
	return v, nil
}

// limit returns a bound of a range, which may be infinite: past a double, as inf, or
// as some C libraries print it, 1.#INF.
func (c *cursor) limit() (float64, bool) {
	c.ended() // what comes next is behind blanks
	start := c.pos
	for c.pos < len(c.src) && strings.IndexByte("|] \t\r\n\"", c.src[c.pos]) < 0 {
		c.pos++
	}
	text := strings.ToLower(string(c.src[start:c.pos]))
	v, err := strconv.ParseFloat(strings.Replace(text, "1.#inf", "inf", 1), 64)
	return v, (err == nil || math.IsInf(v, 0)) && !math.IsNaN(v)
}

// semicolon steps over the mark that ends a statement, if it is there.
func (c *cursor) semicolon() bool {
	if c.pos < len(c.src) && c.src[c.pos] == ';' {
		c.pos++
		return true
	}
	return false
}

// block steps over the lines of NS_, each of which is one word.
func (c *cursor) block() {
	for {
		end := bytes.IndexByte(c.src[c.pos:], '\n')
		if end < 0 {
			end = len(c.src) - c.pos
		}
		text := bytes.Trim(c.src[c.pos:c.pos+end], " \t\r:")
		if len(run(text)) != len(text) || c.pos+end == len(c.src) {
			return
		}
		c.pos += end + 1
		c.line++
	}
}

// recover goes to the next statement, whatever quotes say: a keyword at the start
// of a line, or behind a semicolon.
func (c *cursor) recover() {
	for c.pos < len(c.src) {
		switch c.src[c.pos] {
		case '\n':
			if keyword(c.nextLine()) {
				return
			}
			c.line++
		case ';':
			if keyword(c.nextLine()) {
				return
			}
		}
		c.pos++
	}
}
