package town

// blob is a round thing, not quite a circle.
func (d dice) blob(at point, x, y float64) []point {
	var through []point
	for i := range 8 {
		k := 1 + d.about(0.14)
		u := quarter(i, 8)
		through = append(through, point{at.x + float64(float64(x*u.x)*k), at.y + float64(float64(y*u.y)*k)})
	}
	return smooth(through, 40, true)
}

// green are the parks, with a street around each.
func (p *plan) green(d dice) {
	for _, g := range []struct {
		name string
		at   point
		x, y float64
		pond bool
	}{
		{"Am Stadtpark", point{-1000, 610}, 290, 190, true},
		{"Am Volkspark", point{1330, -480}, 230, 200, false},
		{"Am Rosengarten", point{-1180, -400}, 190, 170, false},
		{"Am Stadtwald", point{2750, -800}, 420, 270, true},
		{"Am Westpark", point{-2560, 260}, 170, 200, false},
		{"Am Messepark", point{1780, 1290}, 270, 190, false},
	} {
		park := d.blob(d.near(g.at, 50), g.x, g.y)
		p.parks = append(p.parks, park)
		if g.pond {
			p.ponds = append(p.ponds, d.blob(d.near(g.at, 60), g.x*0.34, g.y*0.28))
		}
		around := beside(park, func(point) float64 { return -14 })
		p.paths = append(p.paths, around)
		p.roads = append(p.roads, road{name: g.name, class: Street, line: around})
	}
	u := slope(-0.08)
	for _, c := range []point{{-62, -44}, {62, -44}, {62, 44}, {-62, 44}, {-62, -44}} {
		p.square = append(p.square, c.from(u))
	}
	p.roads = append(p.roads, road{name: "Marktplatz", class: Street, line: p.square})
}

// harbourside is the ground between the road along the coast and the sea, with basins
// cut into it, lanes on the quays, and walls that keep the waves out.
func (p *plan) harbourside(d dice) {
	shoreAt := func(x float64) point { return crossing(p.shore, x) }
	coastAt := func(x float64) point { return crossing(p.coast, x) }
	const from, to = 1150.0, 2650.0
	for x := from; x <= to; x += 75 {
		q := coastAt(x)
		p.harbour = append(p.harbour, point{q.x, q.y - 10})
	}
	for x := to; x >= from; x -= 75 {
		p.harbour = append(p.harbour, shoreAt(x))
	}
	x := from + 230 + d.about(40)
	lanes := []string{"Fischkai", "Holzkai", "Fährkai", "Kohlenkai"}
	for i := range 4 {
		top := coastAt(x)
		wide := 92 + d.about(18)
		deep := 235 + d.about(35)
		p.docks = append(p.docks, []point{{x, top.y - 40}, {x + wide, top.y - 40}, {x + wide + 25, top.y + deep}, {x + 25, top.y + deep}, {x, top.y - 40}})
		quay := x + wide + 105
		end, begin := coastAt(quay), shoreAt(quay)
		p.roads = append(p.roads, road{name: lanes[i], class: Street, line: []point{{begin.x, begin.y + 4}, {end.x, end.y + 45}}, ends: true})
		x += wide + 210
	}
	a, b := coastAt(1130), coastAt(2720)
	mole := func(at point, through ...point) {
		line := []point{at}
		for _, q := range through {
			line = append(line, at.add(d.near(q, 40)))
		}
		p.piers = append(p.piers, smooth(line, 60, false))
	}
	mole(a, point{40, -260}, point{330, -430}, point{720, -470})
	mole(b, point{20, -280}, point{-200, -520}, point{-560, -640})
	jetty := coastAt(-1040)
	p.piers = append(p.piers, []point{jetty, jetty.add(point{-60, -330})})
}

// crossing is the first point of a chain that lies so far east.
func crossing(line []point, x float64) point {
	for i := 1; i < len(line); i++ {
		if a, b := line[i-1], line[i]; a.x <= x && x < b.x {
			return between(a, b, (x-a.x)/(b.x-a.x))
		}
	}
	return line[len(line)-1]
}
