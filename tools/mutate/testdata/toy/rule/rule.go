// Package rule is small enough that each of its edits is known.
package rule

// Colour is what a signal shows.
type Colour int

const (
	Red Colour = iota
	Green
)

// May reports whether to go.
func May(c Colour, cars int) bool {
	n := 0
	for n < cars {
		n++
	}
	return c == Green && n == 0
}

// Halves splits n. Its room for two, and what n is at the end, are no edits.
func Halves(n int) ([]int, bool) {
	both := make([]int, 0, 2)
	for range 2 {
		both = append(both, n/2)
	}
	n = 0
	return both, true
}

// Steps is what a car goes by, one after another.
var Steps = []int{1, 2}
