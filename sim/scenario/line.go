package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// line is what is left of a line while it is read.
type line struct{ rest string }

// word takes the next word, empty at the end.
func (l *line) word() string {
	l.rest = strings.TrimLeftFunc(l.rest, unicode.IsSpace)
	end := strings.IndexFunc(l.rest, unicode.IsSpace)
	if end < 0 {
		end = len(l.rest)
	}
	w := l.rest[:end]
	l.rest = l.rest[end:]
	return w
}

// text takes all that is left, as it stands.
func (l *line) text() string {
	t := strings.TrimSpace(l.rest)
	l.rest = ""
	return t
}

// need takes the next word and says what is missing if there is none.
func (l *line) need(what string) (string, error) {
	w := l.word()
	if w == "" {
		return "", fmt.Errorf("%s is missing", what)
	}
	return w, nil
}

// end refuses what is left over.
func (l *line) end() error {
	if w := l.word(); w != "" {
		return fmt.Errorf("%q is one word too many", w)
	}
	return nil
}

// last takes the two last words off if the first of them is key.
func (l *line) last(key string) (value string, ok bool) {
	words := strings.Fields(l.rest)
	if n := len(words); n >= 2 && words[n-2] == key {
		rest := strings.TrimRightFunc(l.rest, unicode.IsSpace)
		rest = strings.TrimRightFunc(strings.TrimSuffix(rest, words[n-1]), unicode.IsSpace)
		l.rest = strings.TrimSuffix(rest, key)
		return words[n-1], true
	}
	return "", false
}

// option takes the next word if it is key=value.
func (l *line) option(key string) (value string, ok bool) {
	ahead := *l
	if value, ok = strings.CutPrefix(ahead.word(), key+"="); !ok {
		return "", false
	}
	*l = ahead
	return value, true
}

// choice takes the next word, which is one of those given.
func (l *line) choice(what string, words ...string) (string, error) {
	w, err := l.need(what)
	if err != nil {
		return "", fmt.Errorf("%w: want %s", err, strings.Join(words, ", "))
	}
	if !slices.Contains(words, w) {
		return "", unknown(what, w, words)
	}
	return w, nil
}

// number takes the next word, a whole number of at least least.
func (l *line) number(what string, least int) (int, error) {
	w, err := l.need(what)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(w)
	if err != nil || n < least {
		return 0, fmt.Errorf("%s %q: want a whole number of %d or more", what, w, least)
	}
	return n, nil
}

// duration reads such as 500ms, 10s, 2m; more than nothing.
func duration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is no duration: want such as 500ms, 10s or 2m", text)
	}
	return d, nil
}

// span is a duration as duration reads it, without the units that are zero.
func span(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

// unknownWord is a word that is none of those that may stand in its place.
type unknownWord struct {
	what, word string
	words      []string
}

// Error says which word is nearest.
func (u *unknownWord) Error() string {
	best, least := "", len(u.word)+3
	for _, w := range u.words {
		if d := distance(u.word, w); d < least {
			best, least = w, d
		}
	}
	if best == "" {
		return fmt.Sprintf("unknown %s %q", u.what, clip(u.word))
	}
	return fmt.Sprintf("unknown %s %q: did you mean %q?", u.what, clip(u.word), best)
}

func unknown(what, word string, words []string) error { return &unknownWord{what, word, words} }

// clip keeps an error short.
func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// distance is how many letters must be put in, taken out or changed to make one
// word of the other (Levenshtein 1966).
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	const most = 64
	if len(from) > most {
		from = from[:most]
	}
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		before := row[0]
		row[0] = i + 1
		for j, s := range to {
			cost := 1
			if r == s {
				cost = 0
			}
			before, row[j+1] = row[j+1], min(before+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(to)]
}
