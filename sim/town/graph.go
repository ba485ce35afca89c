package town

import (
	"math"
	"slices"
)

// graph is the town as one drives through it: crossings, and roads between them.
type graph struct {
	roads []road
	nodes []node
	edges []edge
}

// node is a crossing, or an end.
type node struct {
	at    point
	edges []int
	end   bool // of a quay, or of the map
	red   bool // its lights may be red
}

// edge is a road between two crossings.
type edge struct {
	from, to int
	road     int
	line     []point
	length   float64
	box      box
}

// raster is the decimetre that all coordinates are rounded to.
func raster(p point) point { return point{math.Round(p.x*10) / 10, math.Round(p.y*10) / 10} }

// newGraph makes crossings of all places where two roads meet, and leaves out what
// leads nowhere.
func newGraph(roads []road, d dice) graph {
	g := graph{roads: roads}
	stops := make([][]stop, len(roads)) // by road, where it meets others
	boxes := make([]box, len(roads))
	for i, r := range roads {
		boxes[i] = boxOf(r.line)
	}
	known := map[point]int{}
	at := func(p point) int {
		p = raster(p)
		n, ok := known[p]
		if !ok {
			n = len(g.nodes)
			known[p] = n
			g.nodes = append(g.nodes, node{at: p})
		}
		return n
	}
	for i := range roads {
		for j := range i {
			if !boxes[i].meets(boxes[j]) || bridged(roads[i], roads[j]) || bridged(roads[j], roads[i]) {
				continue
			}
			for _, m := range meetings(roads[i].line, roads[j].line) {
				n := at(m.at)
				stops[i] = append(stops[i], stop{m.a, n})
				stops[j] = append(stops[j], stop{m.b, n})
			}
		}
		for _, k := range []int{0, len(roads[i].line) - 1} {
			p := roads[i].line[k]
			if end := roads[i].ends && k > 0 || offMap(p); end || roads[i].class == Ring {
				n := at(p)
				g.nodes[n].end = end
				stops[i] = append(stops[i], stop{float64(k), n})
			}
		}
	}
	for i, r := range roads {
		slices.SortStableFunc(stops[i], func(a, b stop) int { return compare(a.along, b.along) })
		for k := 1; k < len(stops[i]); k++ {
			a, b := stops[i][k-1], stops[i][k]
			if a.node != b.node {
				g.edges = append(g.edges, g.edge(i, a.node, b.node, cut(r.line, a.along, b.along)))
			}
		}
		if first := r.line[0]; len(stops[i]) > 1 && first == r.line[len(r.line)-1] { // it goes round
			a, b := stops[i][len(stops[i])-1], stops[i][0]
			line := append(cut(r.line, a.along, float64(len(r.line)-1)), cut(r.line, 0, b.along)[1:]...)
			g.edges = append(g.edges, g.edge(i, a.node, b.node, line))
		}
	}
	g.thin(d)
	g.connected()
	g.lights(d)
	return g
}

// offMap reports whether a road that ends there goes on outside.
func offMap(p point) bool { return p.x < 300-edgeX || p.x > edgeX-300 || p.y > south-300 }

// stop is where a road meets another: so far along, in steps.
type stop struct {
	along float64
	node  int
}

// bridged reports whether a motorway and a road cross without meeting.
func bridged(a, b road) bool {
	return a.class == Motorway && b.class != Motorway && !slices.Contains(a.exits, b.name)
}

func (g *graph) edge(road, from, to int, line []point) edge {
	e := edge{from: from, to: to, road: road}
	line[0], line[len(line)-1] = g.nodes[from].at, g.nodes[to].at
	for _, p := range line {
		p = raster(p)
		if n := len(e.line); n > 0 {
			if p == e.line[n-1] {
				continue
			}
			e.length += p.sub(e.line[n-1]).length()
		}
		e.line = append(e.line, p)
	}
	e.box = boxOf(e.line)
	return e
}

// thin takes streets out that run close beside a larger road, and a few more, so that
// no district is a chessboard.
func (g *graph) thin(d dice) {
	const close = 26
	var large []edge
	for _, e := range g.edges {
		if !g.roads[e.road].grid {
			large = append(large, e)
		}
	}
	g.keep(func(i int) bool {
		e := g.edges[i]
		if !g.roads[e.road].grid {
			return true
		}
		gone := d.Float64() < 0.06
		middle := between(e.line[0], e.line[len(e.line)-1], 0.5)
		way := e.line[len(e.line)-1].sub(e.line[0]).unit()
		for _, l := range large {
			if l.box.away(middle) >= close || away(l.line, middle) >= close {
				continue
			}
			if math.Abs(dot(way, l.line[len(l.line)-1].sub(l.line[0]).unit())) > 0.8 {
				return false
			}
		}
		return !gone
	})
}

func (g *graph) class(edge int) Class { return g.roads[g.edges[edge].road].class }

// keep leaves out all other edges, then streets that lead nowhere.
func (g *graph) keep(which func(edge int) bool) {
	kept := make([]edge, 0, len(g.edges))
	for i := range g.edges {
		if which(i) {
			kept = append(kept, g.edges[i])
		}
	}
	for {
		g.edges = kept
		g.link()
		kept = make([]edge, 0, len(g.edges))
		for _, e := range g.edges {
			dead := func(n node) bool { return len(n.edges) == 1 && !n.end }
			if !dead(g.nodes[e.from]) && !dead(g.nodes[e.to]) {
				kept = append(kept, e)
			}
		}
		if len(kept) == len(g.edges) {
			return
		}
	}
}

// link tells the nodes of their edges.
func (g *graph) link() {
	for i := range g.nodes {
		g.nodes[i].edges = nil
	}
	for i, e := range g.edges {
		g.nodes[e.from].edges = append(g.nodes[e.from].edges, i)
		g.nodes[e.to].edges = append(g.nodes[e.to].edges, i)
	}
}

// connected leaves out what cannot be reached.
func (g *graph) connected() {
	part := make([]int, len(g.nodes)) // 0: not seen
	var sizes []int
	for start := range g.nodes {
		if part[start] != 0 || len(g.nodes[start].edges) == 0 {
			continue
		}
		sizes = append(sizes, 0)
		mark := len(sizes)
		part[start] = mark
		for todo := []int{start}; len(todo) > 0; {
			n := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			sizes[mark-1]++
			for _, i := range g.nodes[n].edges {
				if next := g.edges[i].other(n); part[next] == 0 {
					part[next] = mark
					todo = append(todo, next)
				}
			}
		}
	}
	most := slices.Index(sizes, slices.Max(sizes)) + 1
	g.keep(func(i int) bool { return part[g.edges[i].from] == most })
}

func (e edge) other(node int) int {
	if node == e.from {
		return e.to
	}
	return e.from
}

// lights stand where large roads cross; some are red.
func (g *graph) lights(d dice) {
	for i, n := range g.nodes {
		large := 0
		for _, e := range n.edges {
			if c := g.class(e); c == Avenue || c == Ring {
				large++
			}
		}
		g.nodes[i].red = large >= 3 && d.Float64() < 0.4
	}
}
