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
