package mapping

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"glovebox/hal"
	"glovebox/hal/vss"
)

// longest is the longest period that a signal may be held back.
const longest = time.Hour

// table is one [[table]] of the file. Its methods read a key each and note what
// is wrong with it; what they return then does not matter.
type table struct {
	loader *loader
	kind   string
	key    string // in lines
	line   int
	fields map[string]any
	asked  map[string]bool
}

func (t *table) problem(name, format string, args ...any) {
	line := t.line
	if at := t.loader.lines[t.key+"."+name]; at != 0 {
		line = at
	}
	t.loader.add(line, "%s: %s", name, fmt.Sprintf(format, args...))
}

func (t *table) has(name string) bool { _, ok := t.fields[name]; return ok }

// get returns what stands behind a key that may be missing.
func (t *table) get(name string) (value any, ok bool) {
	t.asked[name] = true
	value, ok = t.fields[name]
	return value, ok
}

// text returns a text that must be there.
func (t *table) text(name string) string {
	value, ok := t.get(name)
	text, isText := value.(string)
	switch {
	case !ok:
		t.problem(name, "is missing in [[%s]]", t.kind)
	case !isText || text == "":
		t.problem(name, "want a text, found %s", show(value))
	}
	return text
}

// path returns a path of the pinned VSS list.
func (t *table) path() string {
	path := t.text("path")
	if path == "" || vss.Has(path) {
		return path
	}
	hint := ""
	if near := nearestPath(path); near != "" {
		hint = ", the nearest is " + near
	}
	t.problem("path", "%q is no path of VSS 6.0%s", path, hint)
	return path
}

// word reports whether s is letters, digits and underscores only.
func word(s string) bool {
	for _, b := range []byte(s) {
		if b != '_' && (b < '0' || b > '9') && (b < 'A' || b > 'Z') && (b < 'a' || b > 'z') {
			return false
		}
	}
	return s != ""
}

func (t *table) bus() string { return t.text("bus") }

// ref returns MESSAGE.SIGNAL.
func (t *table) ref(name string) Ref {
	text := t.text(name)
	ref, ok := parseRef(text)
	if text != "" && !ok {
		t.problem(name, "want MESSAGE.SIGNAL, found %q", text)
	}
	return ref
}

func parseRef(text string) (Ref, bool) {
	message, signal, _ := strings.Cut(text, ".")
	return Ref{message, signal}, word(message) && word(signal)
}

func (t *table) oneOf(name string, words []string) string {
	text := t.text(name)
	if text != "" && !slices.Contains(words, text) {
		t.problem(name, "want one of %s, found %q", strings.Join(words, ", "), text)
	}
	return text
}

// match returns which frames are the messages of the table; Exact if it does not say.
func (t *table) match() Match {
	value, ok := t.get("match")
	switch {
	case value == "pgn":
		return PGN
	case ok && value != "exact":
		t.problem("match", "want exact or pgn, found %s", show(value))
	}
	return Exact
}

func (t *table) number(name string, otherwise float64) float64 {
	value, ok := t.get(name)
	if !ok {
		return otherwise
	}
	v, ok := number(value)
	if !ok {
		t.problem(name, "want a number, found %s", show(value))
		return otherwise
	}
	return v
}

// number returns a finite number of the file.
func number(value any) (float64, bool) {
	switch v := value.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	}
	return 0, false
}

func (t *table) numbers(name string) (all []float64) {
	value, ok := t.get(name)
	if !ok {
		return nil
	}
	list, ok := value.([]any)
	if !ok || len(list) == 0 {
		t.problem(name, "want a list of numbers, found %s", show(value))
		return nil
	}
	for _, item := range list {
		v, ok := number(item)
		if !ok {
			t.problem(name, "want numbers, found %s", show(item))
		}
		all = append(all, v)
	}
	return all
}

func (t *table) period(name string) time.Duration {
	value, ok := t.get(name)
	if !ok {
		return 0
	}
	text, _ := value.(string)
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > longest {
		t.problem(name, "want a period over 0 and up to %v, such as \"100ms\", found %s", longest, show(value))
		return 0
	}
	return d
}

// periodOrNone is period, or 0 for "0s".
func (t *table) periodOrNone(name string) time.Duration {
	if value, _ := t.get(name); value == "0s" {
		return 0
	}
	return t.period(name)
}

// size returns a number of 0 or more; -1 where there is none.
func (t *table) size(name string) float64 {
	value, ok := t.get(name)
	if !ok {
		return -1
	}
	v, ok := number(value)
	if !ok || v < 0 {
		t.problem(name, "want a number of 0 or more, found %s", show(value))
	}
	return v
}

func (t *table) truth(name string) bool {
	value, ok := t.get(name)
	truth, isTruth := value.(bool)
	if ok && !isTruth {
		t.problem(name, "want true or false, found %s", show(value))
	}
	return truth
}

// plausible checks what a table says of what is believed, and notes whether it does.
func (t *table) plausible(p *Plausible) {
	p.Said = t.has("settle") || t.has("rising")
	switch {
	case t.has("jump") && !t.has("settle"):
		t.problem("jump", "says nothing without settle")
	case p.Rising && (t.has("settle") || t.has("values")):
		t.problem("rising", "is for a number alone, without settle and values")
	case !p.Said:
		*p = Plausible{}
	}
}

// value returns a value of a path that must be there.
func (t *table) value(name string) hal.Value {
	value, ok := t.get(name)
	if !ok {
		t.problem(name, "is missing in [[%s]]", t.kind)
		return hal.Value{}
	}
	v, ok := pathValue(value)
	if !ok {
		t.problem(name, "want true, false, a word or a number, found %s", show(value))
	}
	return v
}

func pathValue(value any) (hal.Value, bool) {
	switch v := value.(type) {
	case bool:
		return hal.Bool(v), true
	case string:
		return hal.Word(v), v != ""
	}
	v, ok := number(value)
	return hal.Number(v), ok
}

// values returns { 0 = false, 1 = true }, in the order of the numbers.
func (t *table) values(name string) (all []Meaning) {
	for _, entry := range t.pairs(name, "{ 0 = false, 1 = true }") {
		from, err := strconv.ParseFloat(entry.key, 64)
		to, ok := pathValue(entry.value)
		switch {
		case err != nil || math.IsNaN(from) || math.IsInf(from, 0):
			t.problem(name, "want a number on the left, found %q", entry.key)
		case !ok:
			t.problem(name, "want true, false, a word or a number for %s, found %s", entry.key, show(entry.value))
		case len(all) > 0 && kind(to) != kind(all[0].To):
			t.problem(name, "%v is %s and %v is %s: want one kind", all[0].To, kind(all[0].To), to, kind(to))
		default:
			all = append(all, Meaning{from, to})
		}
	}
	slices.SortStableFunc(all, func(a, b Meaning) int { return cmp.Compare(a.From, b.From) })
	return all
}

// conditions returns { "UI_SETTING.UNITS" = 2 }, in the order of the names.
func (t *table) conditions(name string) (all []Condition) {
	for _, entry := range t.pairs(name, `{ "MESSAGE.SIGNAL" = 1 }`) {
		ref, ok := parseRef(entry.key)
		value, isNumber := number(entry.value)
		switch {
		case !ok && isTable(entry.value):
			t.problem(name, "MESSAGE.SIGNAL needs quotes around it")
		case !ok:
			t.problem(name, "want MESSAGE.SIGNAL on the left, found %q", entry.key)
		case !isNumber:
			t.problem(name, "want a number for %v, found %s", ref, show(entry.value))
		default:
			all = append(all, Condition{ref, value})
		}
	}
	return all
}

// meaning checks what a table says about the numbers of its signal.
func (t *table) meaning(scale float64, values []Meaning) {
	switch {
	case scale == 0:
		t.problem("scale", "a scale of 0 makes every value the same")
	case values != nil && (t.has("scale") || t.has("offset")):
		t.problem("values", "leaves nothing for scale and offset to act on")
	}
}

type pair struct {
	key   string
	value any
}

// pairs returns the entries of a table by key; example is what it looks like.
func (t *table) pairs(name, example string) (all []pair) {
	value, ok := t.get(name)
	if !ok {
		return nil
	}
	entries, ok := value.(map[string]any)
	if !ok || len(entries) == 0 {
		t.problem(name, "want a table such as %s, found %s", example, show(value))
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		all = append(all, pair{key, entries[key]})
	}
	return all
}

func isTable(value any) bool { _, ok := value.(map[string]any); return ok }

// show is a value of the file for a message.
func show(value any) string {
	switch v := value.(type) {
	case string:
		return strconv.Quote(v[:min(len(v), 40)])
	case map[string]any:
		return "a table"
	case []any:
		return "a list"
	}
	return fmt.Sprint(value)
}

// kind names the kind of a value of a path.
func kind(v hal.Value) string {
	if v.IsBool() {
		return "true or false"
	}
	if _, ok := v.Text(); ok {
		return "a word"
	}
	return "a number"
}
