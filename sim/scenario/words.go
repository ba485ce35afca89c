package scenario

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

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

func number(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v-v != 0 {
		return 0, fmt.Errorf("%q: want a number", clip(s))
	}
	return v, nil
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// unknownWord is a word that is none of those that may stand in its place.
type unknownWord struct {
	what, word string
	words      []string
}

// nearest is the word that may have been meant, empty if none is near.
func (u *unknownWord) nearest() string {
	best, least := "", len(u.word)+3
	for _, w := range u.words {
		if d := distance(u.word, w); d < least {
			best, least = w, d
		}
	}
	return best
}

// Error says which word is nearest.
func (u *unknownWord) Error() string {
	best := u.nearest()
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

// distance is how many letters must be put in, taken out, changed or swapped with
// their neighbour to make one word of the other (Damerau 1964, Levenshtein 1966).
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	from = from[:min(len(from), 64)]
	var before []int // the row above the last
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		next := make([]int, len(to)+1)
		next[0] = i + 1
		for j, s := range to {
			cost := 1
			if r == s {
				cost = 0
			}
			next[j+1] = min(row[j]+cost, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && r == to[j-1] && from[i-1] == s {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(to)]
}
