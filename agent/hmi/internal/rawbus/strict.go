package rawbus

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Strict decodes a body slowly and by the letter of the specification, and says
// what is wrong with it, or in it for a setting: a handle inside of anything, a key that is a boolean
// or a signature, more than eight containers, more than two arrays around each
// other in one signature. It shares nothing with the code that it judges.
func Strict(signature string, big bool, body []byte) error {
	d := &strict{b: body, order: binary.LittleEndian}
	if big {
		d.order = binary.BigEndian
	}
	for handle, part := range strings.Split(signature, "h") { // between two parts stands a handle
		if handle > 0 {
			if n, err := d.length(); err != nil || n != handle-1 {
				return fmt.Errorf("at byte %d: handle %d is not the one whose turn it is (%v)", d.at, n, err)
			}
		}
		types, err := parse(part)
		if err != nil {
			return err
		}
		for _, t := range types {
			if err := d.value(t, 0); err != nil {
				return fmt.Errorf("at byte %d: %w", d.at, err)
			}
		}
	}
	if d.at != len(body) {
		return fmt.Errorf("%d bytes too many", len(body)-d.at)
	}
	return nil
}

// kind is one complete type: a letter, and the types inside it. A dictionary is an
// array of '{' with a key and a value.
type kind struct {
	letter byte
	inside []kind
}

func parse(signature string) (types []kind, err error) {
	for rest := signature; rest != ""; {
		var t kind
		if rest[0] == '{' {
			return nil, errors.New("an entry outside of a dictionary")
		}
		if t, rest, err = parseOne(rest); err != nil {
			return nil, err
		}
		if deep(t) > 8 {
			return nil, errors.New("a type is too deep")
		}
		if arrays(t) > 2 {
			return nil, errors.New("too many arrays around each other")
		}
		types = append(types, t)
	}
	return types, nil
}

func parseOne(s string) (t kind, rest string, err error) {
	if s == "" {
		return t, "", errors.New("a type is missing")
	}
	t.letter, rest = s[0], s[1:]
	closing := map[byte]byte{'(': ')', '{': '}'}[t.letter]
	switch {
	case t.letter == 'a' && strings.HasPrefix(rest, "{"):
		t.inside = make([]kind, 1)
		t.inside[0], rest, err = parseOne(rest)
		if in := t.inside[0].inside; err == nil && (len(in) != 2 || !strings.Contains("ynqiuxtdso", string(in[0].letter))) {
			err = errors.New("a dictionary without a fit key and one value")
		}
	case t.letter == 'a':
		t.inside = make([]kind, 1)
		if strings.HasPrefix(rest, "{") {
			return t, "", errors.New("an entry outside of a dictionary")
		}
		t.inside[0], rest, err = parseOne(rest)
	case closing != 0:
		for err == nil && rest != "" && rest[0] != closing {
			var in kind
			if strings.HasPrefix(rest, "{") {
				return t, "", errors.New("an entry outside of a dictionary")
			}
			in, rest, err = parseOne(rest)
			t.inside = append(t.inside, in)
		}
		if err == nil && (rest == "" || len(t.inside) == 0) {
			err = errors.New("a struct that is empty or not closed")
		}
		rest = strings.TrimPrefix(rest, string(closing))
	case !strings.Contains("ybnqiuxtdsogv", string(t.letter)):
		err = fmt.Errorf("the type %q", t.letter)
	}
	return t, rest, err
}

// deep counts the containers of a type: an entry is none beside its dictionary.
func deep(t kind) int {
	most := 0
	for _, in := range t.inside {
		most = max(most, deep(in))
	}
	if t.letter == 'a' || t.letter == '(' {
		most++
	}
	return most
}

// arrays counts the arrays around each other with no struct between.
func arrays(t kind) int {
	here, most := 0, 0
	if t.letter == 'a' {
		here = 1
	}
	var chain func(kind) int
	chain = func(t kind) int {
		n := 0
		for _, in := range t.inside {
			if t.letter != '(' {
				n = max(n, chain(in))
			}
			most = max(most, arrays(in))
		}
		if t.letter == 'a' {
			n++
		}
		return n
	}
	return max(here, chain(t), most)
}

type strict struct {
	b     []byte
	at    int
	order binary.ByteOrder
}

// next pads to the alignment and takes n bytes.
func (d *strict) next(alignment, n int) ([]byte, error) {
	for d.at%alignment != 0 {
		if d.at >= len(d.b) || d.b[d.at] != 0 {
			return nil, errors.New("wrong padding")
		}
		d.at++
	}
	if n < 0 || d.at+n > len(d.b) {
		return nil, errors.New("too short")
	}
	d.at += n
	return d.b[d.at-n : d.at], nil
}

func (d *strict) length() (int, error) {
	p, err := d.next(4, 4)
	if err != nil {
		return 0, err
	}
	return int(d.order.Uint32(p)), nil
}

func (d *strict) word(n int, err error) (string, error) {
	if err != nil {
		return "", err
	}
	p, err := d.next(1, n+1)
	if err != nil {
		return "", err
	}
	s := string(p[:n])
	if p[n] != 0 || strings.Contains(s, "\x00") || !utf8.ValidString(s) {
		return "", errors.New("not a string")
	}
	return s, nil
}

func (d *strict) value(t kind, depth int) error {
	fixed := map[byte]int{'y': 1, 'n': 2, 'q': 2, 'i': 4, 'u': 4, 'x': 8, 't': 8, 'd': 8}[t.letter]
	if fixed > 0 {
		_, err := d.next(fixed, fixed)
		return err
	}
	if (t.letter == 'a' || t.letter == '(' || t.letter == 'v') && depth == 8 {
		return errors.New("too deep")
	}
	switch t.letter {
	case 'b':
		n, err := d.length()
		if err == nil && n > 1 {
			err = errors.New("no boolean")
		}
		return err
	case 's':
		_, err := d.word(d.length())
		return err
	case 'o':
		s, err := d.word(d.length())
		if err == nil && s == "" {
			return errors.New("no object path")
		}
		if err == nil && s != "/" {
			for i, part := range strings.Split(s, "/") {
				if (i == 0) != (part == "") || strings.Trim(part, "_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
					return errors.New("no object path")
				}
			}
		}
		return err
	case 'g', 'v':
		p, err := d.next(1, 1)
		if err != nil {
			return err
		}
		s, err := d.word(int(p[0]), nil)
		if err != nil {
			return err
		}
		types, err := parse(s)
		if err != nil || t.letter == 'g' {
			return err
		}
		if len(types) != 1 {
			return errors.New("a variant without its one type")
		}
		return d.value(types[0], depth+1)
	case '(', '{':
		if _, err := d.next(8, 0); err != nil {
			return err
		}
		if t.letter == '(' {
			depth++
		}
		for _, in := range t.inside {
			if err := d.value(in, depth); err != nil {
				return err
			}
		}
		return nil
	}
	n, err := d.length()
	if err != nil {
		return err
	}
	alignment := map[byte]int{'n': 2, 'q': 2, 'b': 4, 'i': 4, 'u': 4, 's': 4, 'o': 4, 'a': 4, 'x': 8, 't': 8, 'd': 8, '(': 8, '{': 8}[t.inside[0].letter]
	if _, err := d.next(max(alignment, 1), 0); err != nil {
		return err
	}
	if n > len(d.b)-d.at {
		return errors.New("an array that is too long")
	}
	end, whole := d.at+n, d.b
	d.b = d.b[:end]
	for d.at < end {
		if err := d.value(t.inside[0], depth+1); err != nil {
			return err
		}
	}
	d.b = whole
	return nil
}
