package agent

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Random counters, against a model that remembers every number: each is free at
// most once, and never below the window.
func TestCounterModel(t *testing.T) {
	draw := rand.New(rand.NewPCG(3, 4))
	for run := range 200 {
		var c counter
		var used []uint64
		for range 100 {
			highest := uint64(0)
			if len(used) > 0 {
				highest = slices.Max(used)
			}
			n := uint64(max(0, int64(highest)+int64(draw.IntN(80))-60))
			if draw.IntN(20) == 0 {
				n += uint64(draw.IntN(1 << 40))
			}
			ordered, soon := draw.IntN(3) == 0, draw.IntN(4) > 0
			want := n > highest
			if n != 0 && n < highest && highest-n <= 32 {
				want = !ordered && soon && !slices.Contains(used, n)
			}
			next, free := c.use(n, ordered, soon)
			if free != want {
				t.Fatalf("run %d: %d after %v (ordered %v, soon %v): free %v", run, n, used, ordered, soon, free)
			}
			if free {
				used = append(used, n)
			} else if next != c {
				t.Fatalf("run %d: %d was refused and changed the counter", run, n)
			}
			c = next
		}
	}
}
