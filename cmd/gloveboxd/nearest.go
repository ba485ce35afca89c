package main

import "unicode/utf8"

// nearest is the word that was meant: the one that differs least from word, by no more
// than one letter in four or so; empty if none is so near. Two letters that changed
// places are one difference.
func nearest(word string, words []string) string {
	best, least := "", 2+utf8.RuneCountInString(word)/6
	for _, w := range words {
		if d := difference([]rune(word), []rune(w)); d < least {
			best, least = w, d
		}
	}
	return best
}

// difference is how many letters are wrong, missing or too many, or stand in each
// other's place: the optimal string alignment distance.
func difference(a, b []rune) int {
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
