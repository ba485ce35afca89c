package dbc

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxLen bounds the length of a message; J1939 transport messages reach it.
const maxLen = 1785

// independent is the message name under which tools keep signals that are in
// no message.
const independent = "VECTOR__INDEPENDENT_SIG_MSG"

// parser is one run over one file.
type parser struct {
	cursor
	file     *File
	problems []Problem
	known    map[key]*Message
	loose    *Message // VECTOR__INDEPENDENT_SIG_MSG, once it came
	message  *Message // the SG_ lines that come now belong to it; nil: to none
	pending  []override
	long     map[*string]string // what names are in full, by where they stand
	opening  string             // keyword and line of the statement that is read now
	opened   int
}

// key is an identifier as a frame has it.
type key struct {
	id       uint32
	extended bool
}

// Parse reads a DBC file and always returns what it could understand. Each
// statement that it skipped, or kept in spite of an error, is a Problem, in the
// order of the file. name is for messages only.
func Parse(name string, src []byte) (*File, []Problem) {
	if mark := []byte("\uFEFF"); bytes.Contains(src, mark) { // some editors put it in front
		src = bytes.ReplaceAll(src, mark, nil)
	}
	p := &parser{cursor: cursor{src: src, line: 1}, file: &File{Name: name}, known: map[key]*Message{}, long: map[*string]string{}}
	for p.next() {
		p.flat = false
		p.opened = p.line
		p.opening = string(run(p.src[p.pos:]))
		p.pos += len(p.opening)
		if err := p.statement(); err != nil {
			p.problem(true, err)
			p.flat = false
			p.recover()
		}
	}
	p.connect()
	p.rename()
	slices.SortStableFunc(p.problems, func(a, b Problem) int { return a.Line - b.Line })
	return p.file, p.problems
}

// next goes to the start of the next statement.
func (p *parser) next() bool {
	for p.pos < len(p.src) {
		switch p.src[p.pos] {
		case '\n':
			p.line++
			fallthrough
		case ' ', '\t', '\r', ';':
			p.pos++
		default:
			return true
		}
	}
	return false
}

func (p *parser) problem(skipped bool, err error) {
	p.problems = append(p.problems, Problem{Line: p.opened, Statement: p.opening, Text: err.Error(), Skipped: skipped})
}

func (p *parser) repaired(format string, args ...any) { p.problem(false, fmt.Errorf(format, args...)) }

func (p *parser) statement() error {
	switch p.opening {
	case "VERSION":
		return p.version()
	case "NS_":
		p.block()
	case "BO_":
		return p.bo()
	case "SG_":
		return p.sg()
	case "CM_":
		return p.comment()
	case "VAL_":
		return p.values()
	case "BA_":
		return p.attribute()
	case "SIG_VALTYPE_":
		return p.valueType()
	case "SG_MUL_VAL_":
		return p.multiplexed()
	default:
		if !keyword(p.opening) {
			return errors.New("no keyword of the format")
		}
		return p.skip()
	}
	return nil
}

func (p *parser) version() error {
	text, err := p.text(alone)
	if err == nil && p.file.Version == "" {
		p.file.Version = text
	}
	return err
}

// BO_ 452 ENGINE_RPM: 8 CGW
func (p *parser) bo() error {
	p.flat = true
	p.message = nil
	raw, err := p.whole(0xFFFFFFFF)
	if err != nil {
		return err
	}
	name, err := p.name()
	if err != nil {
		return err
	}
	if err := p.want(':'); err != nil {
		return err
	}
	size, err := p.whole(maxLen)
	if err != nil {
		return err
	}
	m := &Message{Name: name, Len: int(size), Line: p.opened}
	if name == independent {
		if p.loose == nil {
			p.loose = m
		}
		p.message = p.loose
		if _, err := identifier(uint32(raw)); err != nil {
			p.known[key{id: uint32(raw)}] = p.loose
		}
		p.rest()
		p.problem(true, errors.New("the list of signals that are in no message"))
		return nil
	}
	k, err := identifier(uint32(raw))
	if err != nil {
		return err
	}
	m.ID, m.Extended = k.id, k.extended
	if k.extended && raw < 1<<31 {
		p.repaired("29-bit identifier %d without bit 31", raw)
	}
	p.digit(name)
	if first := p.known[k]; first != nil {
		p.repaired("identifier %d is already that of %s in line %d", k.id, first.Name, first.Line)
	} else {
		p.known[k] = m
	}
	if first := p.file.Message(name); first != nil {
		p.repaired("there is a message %s in line %d already", name, first.Line)
	}
	p.rest()
	p.message = m
	p.file.Messages = append(p.file.Messages, m)
	return nil
}

// identifier tells 11 bits from 29. By the format the latter have bit 31; many
// files leave it out, and then every number over 11 bits is one.
func identifier(raw uint32) (key, error) {
	const flag = 1 << 31
	switch id := raw &^ flag; {
	case id > 0x1FFFFFFF:
		return key{}, fmt.Errorf("%d is no CAN identifier", raw)
	case raw&flag != 0 || id > 0x7FF:
		return key{id, true}, nil
	default:
		return key{id, false}, nil
	}
}

func (p *parser) digit(name string) {
	if name[0] >= '0' && name[0] <= '9' {
		p.repaired("the name %s starts with a digit", name)
	}
}

// rest reads the node names that end a BO_ or SG_ line.
func (p *parser) rest() {
	for !p.ended() {
		if w := p.letters(); keyword(string(w)) || len(w) == 0 && !p.take(',') {
			p.repaired("want a list of nodes, found %q, and nothing after it is read", firstWords(string(w), p.src[p.pos:]))
			p.tail()
			return
		}
	}
}

func firstWords(word string, rest []byte) string {
	line, _, _ := strings.Cut(word+string(rest[:min(len(rest), 40)]), "\n")
	return strings.TrimSpace(strings.ToValidUTF8(line, "?"))
}

// tail goes to the end of the line.
func (p *parser) tail() {
	for p.pos < len(p.src) && p.src[p.pos] != '\n' {
		p.pos++
	}
}

// end finishes a statement that ends with a semicolon. It is kept whatever follows.
func (p *parser) end() error {
	switch {
	case !p.ended():
		p.repaired("want the end of the statement, found %s, and nothing after it is read", p.here())
		p.recover()
	case !p.semicolon():
		p.repaired("no semicolon at its end")
	}
	return nil
}
