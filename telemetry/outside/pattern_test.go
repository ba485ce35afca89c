package outside_test

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"glovebox/telemetry/outside"
)

// A path is of the class of the first rule whose whole pattern it fits: that a pattern is
// looked at in pieces, and only where the path begins as a piece does, changes nothing.
func TestFirstPatternDecides(t *testing.T) {
	rules := outside.Rules()
	var whole []*regexp.Regexp
	for _, r := range rules {
		whole = append(whole, regexp.MustCompile(`\A(?:`+r.Pattern+`)\z`))
	}
	class := func(path string) outside.Class {
		for i, pattern := range whole {
			if pattern.MatchString(path) {
				return rules[i].Class
			}
		}
		return outside.Unknown
	}
	rapid.Check(t, func(t *rapid.T) {
		for _, r := range rules {
			path := rapid.StringMatching(r.Pattern).Draw(t, "path")
			if cut := rapid.IntRange(0, 2*len(path)).Draw(t, "cut"); cut < len(path) {
				path = path[:cut] + path[cut+1:]
			}
			if got, want := outside.Classify("Vehicle."+path), class(path); got != want {
				t.Fatalf("%q is of class %s, want %s", path, got, want)
			}
		}
	})
}
