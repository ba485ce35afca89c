// Package town makes up a town by the sea, from a seed: "Musterhafen", with coast,
// river, parks, three grids of streets, a ring, avenues and a motorway. One graph
// gives the streets, the routes and the picture. The same seed gives the same town
// on every machine: the geometry knows no sine and no fused product, and no map is
// walked through.
//
// All of it lies in the open North Sea, so no address of anybody can be in it.
package town

import (
	"math"
	"math/rand/v2"
	"sync"
)

// Where the town stands: far from any coast.
const (
	OriginLat = 54.19
	OriginLon = 6.62
)

// earth is the length of a degree of a great circle, in metres, as hal.Position has it.
const earth = 6371000 * math.Pi / 180

// Town is a town. It does not change once made and may be shared.
type Town struct {
	Name   string
	origin position
	shrink float64 // a degree east is so much of a degree north
	plan   plan
	graph  graph
	places []place
}

// position is in degrees, WGS 84.
type position struct{ lat, lon float64 }

// place is a part of the town, or a point of it that everybody knows.
type place struct {
	name  string
	at    point // where its name stands
	node  int   // where one arrives
	quiet bool  // its name is not on the map
}

// New makes the town of a seed.
func New(seed uint64) *Town { return NewAt(seed, OriginLat, OriginLon) }

// Musterhafen is the town that every simulated world has.
var Musterhafen = sync.OnceValue(func() *Town { return New(1) })

// NewAt makes the town of a seed at another place, which may lie south of the
// equator or on the antimeridian.
func NewAt(seed uint64, lat, lon float64) *Town {
	dice := dice{rand.New(rand.NewPCG(seed, 0x4d75737465726861))}
	// Nine digits of a cosine are the same on every machine.
	t := &Town{Name: "Musterhafen", origin: position{lat, lon}, shrink: math.Round(math.Cos(lat*math.Pi/180)*1e9) / 1e9}
	t.plan = newPlan(dice)
	t.graph = newGraph(t.plan.roads, dice)
	t.place()
	return t
}

// XY is where a position lies, in metres east and south of the origin.
func (t *Town) XY(lat, lon float64) (x, y float64) {
	p := t.xy(position{lat, lon})
	return p.x, p.y
}

// LatLon is the position that lies so many metres east and south of the origin.
func (t *Town) LatLon(x, y float64) (lat, lon float64) {
	lon = t.origin.lon + x/(earth*t.shrink)
	if lon >= 180 {
		lon -= 360
	} else if lon < -180 {
		lon += 360
	}
	return t.origin.lat - y/earth, lon
}

func (t *Town) xy(p position) point {
	east := p.lon - t.origin.lon
	if east > 180 {
		east -= 360
	} else if east < -180 {
		east += 360
	}
	return point{float64(float64(east*earth) * t.shrink), float64((t.origin.lat - p.lat) * earth)}
}

// Streets are the names of all streets, in the order in which they were laid.
func (t *Town) Streets() []string {
	var names []string
	seen := map[string]bool{}
	for _, e := range t.graph.edges {
		if name := t.graph.roads[e.road].name; !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// Places are the names of what everybody in the town knows.
func (t *Town) Places() []string {
	var names []string
	for _, p := range t.places {
		names = append(names, p.name)
	}
	return names
}

// near is how far off a street one may be and still be on it, in metres.
const near = 60

// Nearest is the name of the street at a position, or nothing where there is none.
func (t *Town) Nearest(lat, lon float64) (street string) {
	at := t.xy(position{lat, lon})
	best := float64(near)
	for _, e := range t.graph.edges {
		if e.box.away(at) >= best {
			continue
		}
		if d := away(e.line, at); d < best {
			best, street = d, t.graph.roads[e.road].name
		}
	}
	return street
}

// place finds the crossings where the places are.
func (t *Town) place() {
	for _, s := range t.plan.sights {
		best, nearest := math.Inf(1), 0
		for i, n := range t.graph.nodes {
			d := n.at.sub(s.at).length()
			for _, e := range n.edges {
				if t.graph.class(e) == Avenue {
					d = min(d, 0.4*n.at.sub(s.at).length()) // one would rather arrive on a large road
				}
			}
			if len(n.edges) > 0 && d < best {
				best, nearest = d, i
			}
		}
		t.places = append(t.places, place{s.name, s.at, nearest, s.quiet})
	}
}
