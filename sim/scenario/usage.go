package scenario

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// A usage is the grammar of a line: it is how the line is read, printed, shown
// and completed. It begins with a word of the language; what follows is
//
//	word      that word
//	a|b       one of those words
//	NAME      a placeholder: its kind says what may stand there
//	50km/h    a number with that unit
//	key=X     one word; in brackets, in any order among others
//	X… or X … once or more
//	[X Y]     all of it or nothing

// action is what a line means, filled by its usage: there is a slot for each part
// in order, nil for a word that says nothing else.
type action interface{ slots() slots }

// slots are pointers: *string, *bool, *int, *uint64, *float64, *time.Duration,
// *[]string for what may stand more than once, *Command for one inside.
type slots []any

func (s slots) slots() slots { return s }

// none is an action without slots.
type none struct{}

func (none) slots() slots { return nil }

// form is a row of a table: one way to say something.
type form struct {
	usage string
	new   func(*Scenario) action
	rules rules
	pace  time.Duration // of a check: how long to wait before looking again
	want  string        // what an error says of a word too few or too many
	word  string        // the first of the usage
	parts []part        // the others
}

// as makes an action of a type.
func as[T any, P interface {
	*T
	action
}](*Scenario) action {
	return P(new(T))
}

// into makes one whose words go into the scenario itself.
func into(where func(*Scenario) slots) func(*Scenario) action {
	return func(s *Scenario) action { return where(s) }
}

// part is an element of a usage.
type part struct {
	group  []part   // [ … ]
	key    string   // of key=X
	words  []string // of which one stands here
	name   string   // of a placeholder
	kind   kind     // of it
	many   bool
	screen string // of an ACTION
}

// nested reports whether a part is a line inside the line.
func (t part) nested() bool { return t.name == "CHECK" || t.name == "COMMAND" || t.name == "ACTION" }

// option reports whether a part is a [key=X].
func (t part) option() bool { return len(t.group) == 1 && t.group[0].key != "" }

// keyword is the word with which an optional part begins, empty if it has none.
func (t part) keyword() string {
	if len(t.group) > 0 && len(t.group[0].words) == 1 {
		return t.group[0].words[0]
	}
	return ""
}

// width is how many slots a part has.
func (t part) width() (n int) {
	if t.group == nil {
		return 1
	}
	for _, inner := range t.group {
		n += inner.width()
	}
	return n
}

// table reads the usages of its rows.
func table(rows ...form) []*form {
	all := make([]*form, len(rows))
	for i := range rows {
		f := &rows[i]
		words := tokens(f.usage)
		f.word = words[0]
		words = words[1:]
		f.parts = compile(f.word, &words)
		all[i] = f
	}
	return all
}

// tokens are the words of a usage, brackets that stand around words apart.
func tokens(usage string) (all []string) {
	for _, w := range strings.Fields(usage) {
		if inner, opens := strings.CutPrefix(w, "["); opens {
			all, w = append(all, "["), inner
		}
		closing := max(0, strings.Count(w, "]")-strings.Count(w, "["))
		all = append(all, w[:len(w)-closing])
		all = append(all, slices.Repeat([]string{"]"}, closing)...)
	}
	return all
}

// compile takes tokens up to the bracket that closes. A placeholder means what
// kinds says of it, or of it behind the word before.
func compile(word string, left *[]string) (parts []part) {
	before := word
	for len(*left) > 0 {
		w := (*left)[0]
		*left = (*left)[1:]
		switch w {
		case "[":
			parts = append(parts, part{group: compile(word, left)})
			continue
		case "]":
			return parts
		case "…":
			parts[len(parts)-1].many = true
			continue
		}
		var t part
		if key, value, keyed := strings.Cut(w, "="); keyed {
			t.key, before, w = key, key, value
		}
		_, known := kinds[w]
		if name := strings.TrimSuffix(w, "…"); !known && name != w {
			t.many, w = true, name
		}
		switch {
		case !known && strings.Contains(w, "|"):
			t.words = strings.Split(w, "|")
			if t.kind.what = choices[w]; t.kind.what == "" && word == before {
				t.kind.what = word
			}
		case known || strings.ToLower(w) != w || isDigit(w[0]) || w[0] == '+':
			t.name, t.screen = w, word
			for _, name := range []string{word + " " + w, before + " " + w, w} {
				if k, ok := kinds[name]; ok {
					t.kind = k
					break
				}
			}
		default:
			t.words, before = []string{w}, w
		}
		parts = append(parts, t)
	}
	return parts
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// unit is what a sample has behind its number.
func (t part) unit() string {
	if !t.sample() {
		return ""
	}
	return strings.TrimLeft(t.name, "0123456789.")
}

// sample reports whether a part is a number such as the one in the usage.
func (t part) sample() bool { return t.name != "" && isDigit(t.name[0]) }

// print is the line that reads as these slots.
func (f *form) print(s slots) string {
	return strings.Join(printed([]string{f.word}, f.parts, s), " ")
}

func printed(line []string, parts []part, s slots) []string {
	for _, t := range parts {
		mine := s[:min(t.width(), len(s))]
		s = s[len(mine):]
		switch {
		case t.group != nil && slices.ContainsFunc(mine, isSaid):
			line = printed(line, t.group, mine)
		case t.group != nil:
		case len(mine) == 0 || mine[0] == nil:
			line = append(line, t.words[0])
		default:
			for _, w := range t.format(mine[0]) {
				if t.key != "" {
					w = t.key + "=" + w
				}
				line = append(line, w)
			}
		}
	}
	return line
}

// isSaid reports whether a slot holds what an optional part said.
func isSaid(slot any) bool {
	switch v := slot.(type) {
	case *string:
		return *v != ""
	case *bool:
		return *v
	case *float64:
		return *v != 0
	case *time.Duration:
		return *v != 0
	case *[]string:
		return len(*v) > 0
	}
	return false // none of the others stands in brackets, but behind one that does
}

// format writes what a slot holds.
func (t part) format(slot any) []string {
	switch v := slot.(type) {
	case *[]string:
		return *v
	case *string:
		return []string{*v}
	case *bool: // the first of two words is yes
		if *v {
			return t.words[:1]
		}
		return t.words[len(t.words)-1:]
	case *int:
		return []string{strconv.Itoa(*v)}
	case *uint64:
		return []string{strconv.FormatUint(*v, 10)}
	case *float64:
		return []string{decimal(*v) + t.unit()}
	case *time.Duration:
		return []string{span(*v)}
	}
	return []string{slot.(*Command).String()}
}
