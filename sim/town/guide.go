package town

import "math"

// turn is what a driver is told to do: so far along, into that street.
type turn struct {
	along  float64
	way    string // left, right, straight, arrive
	street string
}

// look is how far before and behind a crossing one looks to see which way it goes.
const look = 25.0

// manoeuvres are where one turns, and where the street has another name.
func (p *Path) manoeuvres(ways []way) {
	g := &p.town.graph
	at := 0.0
	for i, w := range ways[:len(ways)-1] {
		at += g.edges[w/2].length
		name, next := g.roads[g.edges[w/2].road].name, g.roads[g.edges[ways[i+1]/2].road].name
		way := p.bend(at, at)
		if name == next && (way == "straight" || len(g.nodes[g.end(w)].edges) == 2) {
			continue
		}
		// Crossings that lie as close as that are one.
		if n := len(p.turns) - 1; n >= 0 && at-p.turns[n].along < look {
			p.turns[n].way, p.turns[n].street = p.bend(p.turns[n].along, at), next
			continue
		}
		p.turns = append(p.turns, turn{at, way, next})
	}
	last := ways[len(ways)-1]
	p.turns = append(p.turns, turn{p.Length(), "arrive", g.roads[g.edges[last/2].road].name})
}

// bend is the way that one goes from a place on the line to one a little later.
func (p *Path) bend(from, to float64) string {
	in, out := p.at(from).sub(p.at(from-look)).unit(), p.at(to+look).sub(p.at(to)).unit()
	switch {
	case dot(in, out) > 0.8: // 37 degrees
		return "straight"
	case cross(in, out) > 0:
		return "right"
	}
	return "left"
}

// at is where one is after so many metres.
func (p *Path) at(metres float64) point {
	for i := 1; i < len(p.line); i++ {
		if metres <= p.along[i] {
			return between(p.line[i-1], p.line[i], max(0, metres-p.along[i-1])/(p.along[i]-p.along[i-1]))
		}
	}
	return p.line[len(p.line)-1]
}

// Guide is what a driver at a position does next: left, right, straight or arrive, in
// so many metres, into which street; and how many kilometres are left. Off the path
// there is no advice, and turn is empty.
func (p *Path) Guide(lat, lon float64) (turn string, metres float64, street string, km float64) {
	here := p.town.xy(position{lat, lon})
	best, along := float64(near), math.NaN()
	for i := 1; i < len(p.line); i++ {
		a, b := p.line[i-1], p.line[i]
		k := onto(a, b, here)
		if d := between(a, b, k).sub(here).length(); d < best {
			best, along = d, p.along[i-1]+k*(p.along[i]-p.along[i-1])
		}
	}
	if math.IsNaN(along) {
		return "", 0, "", 0
	}
	for _, t := range p.turns {
		if t.along > along || t.way == "arrive" {
			return t.way, max(t.along-along, 0), t.street, (p.Length() - along) / 1000
		}
	}
	return "", 0, "", 0
}
