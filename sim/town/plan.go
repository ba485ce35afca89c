package town

// plan is the town as it is laid out: what is ground and what is road.
type plan struct {
	coast, river []point   // chains; the river's as it flows to the sea
	banks        []point   // closed: the river's two sides
	docks        [][]point // closed: basins of the harbour
	piers        [][]point // chains: walls in the sea
	harbour      []point   // closed: the ground between the docks
	parks, ponds [][]point // closed
	square       []point   // closed: in the middle of the old town
	built        []point   // closed: where there are streets at all
	roads        []road
	sights       []sight
	shore        []point   // the road along the coast
	border       []point   // chain: north of the motorway
	ring, wall   []point   // closed
	left, right  []point   // the roads along the river, west and east of it
	paths        [][]point // closed: the streets around the parks
	hedges       [][]point // chains, in the country around
	borders      [][]point // all that a street of the grids may end at
	beyond       []point   // closed: what lies past the road along the coast
}

// sight is a place, as it is planned.
type sight struct {
	name  string
	at    point
	quiet bool
}

// Class is what sort of road it is.
type Class string

// Classes.
const (
	Street   Class = "street"
	Avenue   Class = "avenue"
	Ring     Class = "ring"
	Motorway Class = "motorway"
)

// road is a road as it is planned.
type road struct {
	name  string
	class Class
	line  []point
	exits []string // of a motorway: the roads that lead to it
	grid  bool     // it is one of a district's
	ends  bool     // it may end where nothing is
}

// The map: what lies outside is not drawn.
const (
	edgeX = 7000
	north = -4800
	south = 4800
)

// newPlan lays out a town, the ground first.
func newPlan(d dice) plan {
	var p plan
	p.coastline(d)
	p.waters(d)
	p.mainRoads(d)
	p.green(d)
	p.harbourside(d)
	p.grids(d)
	p.sights = []sight{
		{"Altstadt", point{-40, 20}, false}, {"Hafen", point{p.harbour[0].x + 600, p.harbour[0].y - 120}, false},
		{"Westend", point{-2480, 960}, false}, {"Messe", point{2150, 330}, false}, {"Südstadt", point{-330, 1640}, false},
		{"Strand", point{-1500, -1740}, false}, {"Bahnhof", point{-330, 760}, true}, {"Klinik", point{-1900, -620}, true},
		{"Universität", point{1150, 300}, true}, {"Flughafen", point{4300, 2090}, true},
	}
	return p
}

func (p *plan) coastline(d dice) {
	through := []point{
		{-7000, 1300}, {-5300, 1020}, {-4200, 760}, {-3350, 120}, {-2700, -760}, {-1800, -1330}, {-900, -1640}, {0, -1720},
		{840, -1830}, {1900, -1990}, {3000, -2090}, {4600, -2260}, {7000, -2360},
	}
	for i := range through {
		through[i].y += d.about(90)
	}
	p.coast = smooth(through, 70, false)
}

// waters are the river and its sides. It flows north.
func (p *plan) waters(d dice) {
	through := []point{
		{900, south + 600}, {820, 4000}, {700, 3000}, {560, 2050}, {470, 1250}, {540, 560}, {650, -120}, {620, -700}, {560, -1250}, {520, -1760}, {510, -2100},
	}
	for i := range through {
		through[i].x += d.about(40)
	}
	p.river = smooth(through, 60, false)
	wide := func(q point) float64 { return 62 + float64(60*max(0, min(1, (-1200-q.y)/500))) }
	west := beside(p.river, func(q point) float64 { return -wide(q) })
	east := beside(p.river, wide)
	p.banks = west
	for i := range east {
		p.banks = append(p.banks, east[len(east)-1-i])
	}
	const quay = 34
	p.left = beside(p.river, func(q point) float64 { return -wide(q) - quay })
	p.right = beside(p.river, func(q point) float64 { return wide(q) + quay })
}

func (p *plan) mainRoads(d dice) {
	p.shore = beside(p.coast, func(q point) float64 {
		bay := max(0, min(1, (q.x-950)/480, (2850-q.x)/480))
		return 95 + float64(float64(330*float64(bay*bay))*(3-2*bay))
	})
	round := func(x, y, jitter float64, n int) []point {
		var through []point
		for i := range n {
			k := 1 + d.about(jitter)
			u := quarter(i, n)
			through = append(through, point{float64(x*u.x) * k, float64(y*u.y) * k})
		}
		return smooth(through, 45, true)
	}
	p.ring = round(1800, 1200, 0.04, 12)
	p.wall = round(400, 370, 0.05, 8)
	p.built = round(3450, 2600, 0.07, 16)
	motorway := []point{{-edgeX, 1960}, {-4200, 2200}, {-1500, 2080}, {500, 2190}, {2500, 2240}, {4500, 2040}, {edgeX, 2080}}
	for i := range motorway {
		motorway[i].y += d.about(60)
	}
	fast := smooth(motorway, 70, false)
	p.border = beside(fast, func(point) float64 { return -90 })
	for i, q := range p.built {
		p.built[i].y = min(q.y, crossing(fast, q.x).y)
	}
	lay := func(name string, class Class, line []point) {
		p.roads = append(p.roads, road{name: name, class: class, line: line})
	}
	lay("Küstenstraße", Avenue, p.shore)
	lay("Am Wall", Avenue, p.wall)
	// The ring changes its name where the four winds meet.
	for i, name := range []string{"Westring", "Nordring", "Ostring", "Südring"} {
		n := float64(len(p.ring) - 1)
		a, b := n*(float64(i)+0.5)/4, n*(float64(i)+1.5)/4
		line := cut(p.ring, a, min(b, n))
		if b > n {
			line = append(line, cut(p.ring, 0, b-n)[1:]...)
		}
		lay(name, Ring, line)
	}
	avenue := func(name string, through ...point) {
		for i := 1; i < len(through)-1; i++ {
			through[i] = d.near(through[i], 45)
		}
		line := smooth(through, 60, false)
		lay(name, Avenue, stretched(cut(line, meetings(line, p.wall)[0].a, float64(len(line)-1))))
	}
	avenue("Westendallee", point{-200, 0}, point{-900, 20}, point{-1800, 60}, point{-2260, 560}, point{-2640, 1150}, point{-2980, 2180}, point{-3150, 3400}, point{-3200, south})
	avenue("Strandallee", point{-120, -200}, point{-420, -600}, point{-760, -1080}, point{-980, -1380}, point{-1040, -1750})
	avenue("Hafenallee", point{150, -180}, point{500, -600}, point{900, -1040}, point{1350, -1330}, point{1750, -1480}, point{2050, -1700})
	avenue("Ostallee", point{200, -20}, point{1000, -110}, point{1800, -90}, point{2700, -190}, point{3500, -400}, point{5200, -480}, point{edgeX, -520})
	avenue("Messeallee", point{200, 80}, point{900, 380}, point{1540, 640}, point{2300, 930}, point{3300, 1180}, point{5000, 1250}, point{edgeX, 1330})
	avenue("Südallee", point{80, 200}, point{360, 640}, point{700, 1130}, point{930, 1650}, point{1030, 2210}, point{1150, 3300}, point{1120, south})
	avenue("Bahnhofstraße", point{-100, 200}, point{-300, 660}, point{-540, 1150}, point{-690, 1600}, point{-800, 2130}, point{-1000, 3300}, point{-960, south})
	p.roads = append(p.roads, road{name: "Küstenautobahn", class: Motorway, line: fast, exits: []string{"Westendallee", "Südallee", "Bahnhofstraße"}})
	for _, side := range []struct {
		name string
		line []point
	}{{"Westufer", p.left}, {"Ostufer", p.right}} {
		first, last := 0.0, float64(len(side.line)-1)
		if m := meetings(side.line, p.border); len(m) > 0 {
			first = m[0].a
		}
		if m := meetings(side.line, p.shore); len(m) > 0 {
			last = m[0].a
		}
		lay(side.name, Street, stretched(cut(side.line, first, last)))
	}
}

// quarter is the unit vector of the angle i/n of a whole turn, clockwise from
// south; n is a multiple of 4.
func quarter(i, n int) point {
	u := point{0, 1}
	for range i * 4 / n {
		u = u.right()
	}
	// Within a quarter the angle need not be exact: what goes round is jittered.
	t := float64(i*4%n) / float64(n)
	s := slope(float64(0.82842712 * t))
	return u.from(s)
}

// stretched goes on a little at both ends, to cross what it leads to.
func stretched(line []point) []point {
	n := len(line)
	const more = 4
	a := line[0].sub(line[1]).unit().times(more).add(line[0])
	b := line[n-1].sub(line[n-2]).unit().times(more).add(line[n-1])
	return append(append([]point{a}, line...), b)
}
