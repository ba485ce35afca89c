package town

import "math"

// Away is how far a position is from the nearest road of that name, or from any where
// it is empty, in metres.
func (t *Town) Away(lat, lon float64, street string) float64 {
	best := math.Inf(1)
	for _, e := range t.graph.edges {
		if at := t.xy(position{lat, lon}); (street == "" || t.graph.roads[e.road].name == street) && e.box.away(at) < best {
			best = min(best, away(e.line, at))
		}
	}
	return best
}

// Crossings are the ends of all edges, in degrees, and how many edges meet there.
func (t *Town) Crossings() (at [][2]float64, roads []int) {
	for _, n := range t.graph.nodes {
		if len(n.edges) > 0 {
			lat, lon := t.LatLon(n.at.x, n.at.y)
			at, roads = append(at, [2]float64{lat, lon}), append(roads, len(n.edges))
		}
	}
	return at, roads
}

// Reached is how many crossings can be reached from the first place.
func (t *Town) Reached() int {
	seen := map[int]bool{t.places[0].node: true}
	for todo := []int{t.places[0].node}; len(todo) > 0; todo = todo[1:] {
		for _, e := range t.graph.nodes[todo[0]].edges {
			if next := t.graph.edges[e].other(todo[0]); !seen[next] {
				seen[next] = true
				todo = append(todo, next)
			}
		}
	}
	return len(seen)
}

// Nameless reports whether any edge has no name.
func (t *Town) Nameless() bool {
	for _, e := range t.graph.edges {
		if t.graph.roads[e.road].name == "" {
			return true
		}
	}
	return false
}
