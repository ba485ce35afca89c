package mapping

import (
	"iter"
	"strings"
	"unicode/utf8"

	"glovebox/hal/vss"
)

// Nearest is the word that was meant: the one that differs least from word, by no more
// than one letter in four or so; empty if none is so near. Two letters that changed
// places are one difference.
func Nearest(word string, words iter.Seq[string]) string {
	length := utf8.RuneCountInString(word)
	best, least := "", 2+length/6
	for w := range words {
		if other := utf8.RuneCountInString(w); max(length, other)-min(length, other) >= least {
			continue // as many letters are missing or too many
		}
		if d := difference([]rune(word), []rune(w)); d < least {
			best, least = w, d
		}
	}
	return best
}

// nearestPath is the leaf that was meant: by its letters, or of the same last name with one
// other name on the way, as in the trees before.
func nearestPath(path string) string {
	if near := Nearest(path, vss.All()); near != "" {
		return near
	}
	names := strings.Split(path, ".")
	for leaf := range vss.All() {
		if last(leaf) == last(path) && difference(names, strings.Split(leaf, ".")) == 1 {
			return leaf
		}
	}
	return ""
}

// difference is how many letters, or names, are wrong, missing or too many, or stand in each
// other's place: the optimal string alignment distance.
func difference[T comparable](a, b []T) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range b {
		rows[0][j+1] = j + 1
	}
	for i := range a {
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			d := min(rows[i][j+1]+1, rows[i+1][j]+1, rows[i][j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				d = min(d, rows[i-1][j-1]+1)
			}
			rows[i+1][j+1] = d
		}
	}
	return rows[len(a)][len(b)]
}
