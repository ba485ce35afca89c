package agent

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"glovebox/profiles"
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

// An action is fresh in its own epoch alone, from now to 60 s ahead, in whole seconds.
func TestFreshAtTheEdge(t *testing.T) {
	const began = time.Hour
	e := newEpoch("e1", began)
	for _, row := range []struct {
		epoch   string
		boot    time.Duration
		exp     uint64
		expired bool
	}{
		{"e1", began, 0, false}, {"e1", began, 60, false}, {"e1", began, 61, true},
		{"e1", began + 10*time.Second, 10, false}, {"e1", began + 10*time.Second, 9, true},
		{"e1", began + 11*time.Second - 1, 10, false}, {"e1", began + 11*time.Second - 1, 70, false}, {"e1", began + 11*time.Second, 10, true},
		{"e2", began, 0, true}, {"e1", began - 1, 0, true},
	} {
		if got := e.expired(profiles.Action{Epoch: row.epoch, Exp: row.exp}, row.boot); got != row.expired {
			t.Errorf("%+v: %v", row, got)
		}
	}
	if e.now(began-1) != 0 || e.now(began+time.Second-1) != 0 || e.now(began+time.Second) != 1 {
		t.Error("seconds are not whole")
	}
}

// One that comes after a higher counter is taken while it ends within 30 s, if its verb
// has no order.
func TestLateAtTheEdge(t *testing.T) {
	for _, row := range []struct {
		verb profiles.Verb
		exp  uint64
		free bool
	}{{profiles.Flash, 30, true}, {profiles.Flash, 31, false}, {profiles.Unlock, 30, !profiles.Unlock.Ordered()}} {
		e := newEpoch("e1", 0)
		e.use(profiles.Action{Epoch: "e1", Key: "k", Ctr: 5, Exp: 60, Verb: profiles.Flash}, 0)
		if got := e.use(profiles.Action{Epoch: "e1", Key: "k", Ctr: 4, Exp: row.exp, Verb: row.verb}, 0); got != row.free {
			t.Errorf("%+v: free %v", row, got)
		}
		if !e.use(profiles.Action{Epoch: "e1", Key: "other", Ctr: 1}, 0) {
			t.Error("one key's counter is another's")
		}
	}
}
