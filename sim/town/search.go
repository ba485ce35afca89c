package town

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"strings"
)

// speeds are how fast one may drive, in metres a second.
var speeds = map[Class]float64{Street: 30 / 3.6, Avenue: 50 / 3.6, Ring: 60 / 3.6, Motorway: 100 / 3.6}

// Named is the route that a name says: such as hafen-westend, from the one to the
// other; westend, from the old town; tour-7, from anywhere to somewhere else. A place
// may be a street too, and means its middle. The name may end in .gpx.
func (t *Town) Named(name string) (*Path, error) {
	plain := strings.TrimSuffix(name, ".gpx")
	from, to, both := strings.Cut(plain, "-")
	var seed uint64
	if _, err := fmt.Sscanf(plain, "tour-%d", &seed); err == nil && plain == fmt.Sprintf("tour-%d", seed) {
		return t.Tour(seed), nil
	}
	if !both {
		if from, to = "westend", plain; fold(to) == from {
			from = "hafen"
		}
	}
	return t.Route(from, to)
}

// Routes are the names of all routes between two places.
func (t *Town) Routes() []string {
	var names []string
	for _, a := range t.places {
		for _, b := range t.places {
			if a.node != b.node {
				names = append(names, fold(a.name)+"-"+fold(b.name))
			}
		}
	}
	return names
}

// Route is the quickest way between two places or streets.
func (t *Town) Route(from, to string) (*Path, error) {
	a, err := t.find(from)
	if err != nil {
		return nil, err
	}
	b, err := t.find(to)
	if err != nil {
		return nil, err
	}
	if a == b {
		return nil, fmt.Errorf("town: %s and %s are one place", from, to)
	}
	return t.path(fold(from)+"-"+fold(to), t.graph.quickest(a, b)), nil
}

// Tour is a route between two crossings of the town, another for each seed.
func (t *Town) Tour(seed uint64) *Path {
	dice := rand.New(rand.NewPCG(seed, 0x746f7572))
	const far = 2000 // metres, at least
	for {
		a, b := dice.IntN(len(t.graph.nodes)), dice.IntN(len(t.graph.nodes))
		p, q := t.graph.nodes[a], t.graph.nodes[b]
		if len(p.edges) > 0 && len(q.edges) > 0 && q.at.sub(p.at).length() > far && !p.end && !q.end {
			return t.path(fmt.Sprintf("tour-%d", seed), t.graph.quickest(a, b))
		}
	}
}

// find is the crossing that a name means.
func (t *Town) find(name string) (node int, err error) {
	want := fold(name)
	for _, p := range t.places {
		if fold(p.name) == want {
			return p.node, nil
		}
	}
	var on []int
	for _, e := range t.graph.edges {
		if fold(t.graph.roads[e.road].name) == want {
			on = append(on, e.to)
		}
	}
	if len(on) == 0 {
		return 0, fmt.Errorf("town: there is no %q", name)
	}
	return on[len(on)/2], nil
}

// way is an edge in one of its two directions: twice its number, and one more
// against its line.
type way int

func (g *graph) start(w way) int {
	if e := g.edges[w/2]; w%2 == 0 {
		return e.from
	}
	return g.edges[w/2].to
}

func (g *graph) end(w way) int { return g.start(w ^ 1) }

// line is the chain of a way, as it is driven.
func (g *graph) line(w way) []point {
	line := g.edges[w/2].line
	if w%2 == 0 {
		return line
	}
	back := make([]point, len(line))
	for i, p := range line {
		back[len(line)-1-i] = p
	}
	return back
}

// quickest is the way from a node to another that takes the least time. A turn costs
// some: nobody likes a zigzag.
func (g *graph) quickest(from, to int) []way {
	best := make([]float64, 2*len(g.edges)) // seconds to the end of each way; 0: none known
	before := make([]way, 2*len(g.edges))
	var todo queue
	reach := func(w, last way, seconds float64) {
		e := g.edges[w/2]
		seconds += e.length / speeds[g.class(int(w/2))]
		if best[w] == 0 || seconds < best[w] {
			best[w], before[w] = seconds, last
			heap.Push(&todo, waiting{seconds, w})
		}
	}
	leave := func(node int, last way, seconds float64) {
		for _, e := range g.nodes[node].edges {
			w := way(2 * e)
			if g.start(w) != node {
				w++
			}
			if last >= 0 && w == last^1 {
				continue
			}
			cost := seconds
			if last >= 0 {
				cost += turnCost(g.line(last), g.line(w))
			}
			reach(w, last, cost)
		}
	}
	leave(from, -1, 0)
	for len(todo) > 0 {
		next := heap.Pop(&todo).(waiting)
		if next.seconds > best[next.way] {
			continue
		}
		if g.end(next.way) == to {
			var back []way
			for w := next.way; w >= 0; w = before[w] {
				back = append([]way{w}, back...)
			}
			return back
		}
		leave(g.end(next.way), next.way, next.seconds)
	}
	return nil // the graph is connected, and nobody asks for the way to where he is
}

// turnCost is how many seconds it takes to turn from one chain into another.
func turnCost(a, b []point) float64 {
	in, out := a[len(a)-1].sub(a[len(a)-2]).unit(), b[1].sub(b[0]).unit()
	return 8 * (1 - dot(in, out))
}

// waiting is a way whose end is reached in so many seconds.
type waiting struct {
	seconds float64
	way     way
}

// queue gives the soonest first.
type queue []waiting

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].seconds < q[j].seconds || q[i].seconds == q[j].seconds && q[i].way < q[j].way
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(waiting)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
