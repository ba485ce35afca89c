package town

import "slices"

// district says which grid a place belongs to.
type district int

const (
	nowhere district = iota
	west             // of the ring
	centre           // inside the ring, west of the river
	old              // inside the wall
	east             // of the river
)

// grids lays the streets: three grids at different angles, and the old town's, which is
// finer. A street ends where its district does, at a road that goes along there.
func (p *plan) grids(d dice) {
	names := newNamer(d)
	p.borders = append([][]point{p.ring, p.wall, p.built, p.shore, p.border, p.left, p.right, p.square}, p.paths...)
	p.beyond = append(slices.Clone(p.shore), point{edgeX * 2, north * 2}, point{-edgeX * 2, north * 2})
	turn := [...]float64{west: 0.213, centre: -0.08, old: -0.08, east: 0.12}
	step := [...]point{west: {186, 132}, centre: {158, 112}, old: {96, 74}, east: {196, 142}}
	reach := [...]float64{west: 4600, centre: 2100, old: 480, east: 4600}
	for _, part := range []district{old, centre, west, east} {
		u := slope(turn[part] + d.about(0.025))
		if part == old {
			u = slope(turn[part])
		}
		field := part
		if part == old {
			field = centre
		}
		for _, along := range []bool{true, false} {
			way, gap := u, step[part].y
			if !along {
				way, gap = u.right(), step[part].x
			}
			for off := -reach[part] + float64(d.Float64()*gap); off < reach[part]; off += float64(gap * (1 + d.about(0.18))) {
				middle := way.right().times(off)
				line := []point{middle.sub(way.times(reach[part])), middle.add(way.times(reach[part]))}
				pieces := p.pieces(line, func(q point) bool { return p.district(q) == part })
				if len(pieces) == 0 {
					continue
				}
				name := names.next(field)
				for _, piece := range pieces {
					p.roads = append(p.roads, road{name: name, class: Street, line: stretched(piece), grid: true})
				}
			}
		}
	}
	p.fields(d)
}

// pieces are the parts of a straight line that lie in a district.
func (p *plan) pieces(line []point, in func(point) bool) [][]point {
	marks := []float64{0, 1}
	for _, border := range p.borders {
		for _, m := range meetings(line, border) {
			marks = append(marks, m.a)
		}
	}
	slices.Sort(marks)
	const shortest = 60
	long := line[1].sub(line[0]).length()
	var pieces [][]point
	begin := -1.0
	end := func(at float64) {
		if begin >= 0 && float64((at-begin)*long) >= shortest {
			pieces = append(pieces, []point{between(line[0], line[1], begin), between(line[0], line[1], at)})
		}
		begin = -1
	}
	for i := 1; i < len(marks); i++ {
		here := in(between(line[0], line[1], (marks[i-1]+marks[i])/2))
		if here && begin < 0 {
			begin = marks[i-1]
		} else if !here {
			end(marks[i-1])
		}
	}
	end(1)
	return pieces
}

// fields are the hedges in the country around.
func (p *plan) fields(d dice) {
	u := slope(0.06 + d.about(0.03))
	for _, along := range []bool{true, false} {
		way, gap, far := u, 430.0, edgeX-200.0
		if !along {
			way, gap, far = u.right(), 640, south-200
		}
		for off := -9000 + float64(d.Float64()*gap); off < 9000; off += float64(gap * (1 + d.about(0.4))) {
			middle := way.right().times(off)
			line := []point{middle.sub(way.times(far)), middle.add(way.times(far))}
			p.hedges = append(p.hedges, p.pieces(line, func(q point) bool {
				if max(q.x, -q.x) > edgeX || max(q.y, -q.y) > south || inside(p.built, q) || inside(p.beyond, q) || p.side(q) == 0 {
					return false
				}
				return d.Float64() < 0.8
			})...)
		}
	}
}

// district is the grid that a point belongs to.
func (p *plan) district(q point) district {
	if !inside(p.built, q) || q.y > crossing(p.border, q.x).y || inside(p.square, q) || inside(p.beyond, q) {
		return nowhere
	}
	for _, park := range p.paths {
		if inside(park, q) {
			return nowhere
		}
	}
	side := p.side(q)
	switch {
	case side == 0:
		return nowhere
	case side > 0:
		return east
	case inside(p.wall, q):
		return old
	case inside(p.ring, q):
		return centre
	}
	return west
}

// side is -1 west of the river, 1 east of it, 0 on it and on its quays.
func (p *plan) side(q point) int {
	switch x := func(line []point) float64 {
		for i := 1; i < len(line); i++ {
			if a, b := line[i-1], line[i]; a.y >= q.y && q.y > b.y {
				return between(a, b, (q.y-a.y)/(b.y-a.y)).x
			}
		}
		return line[0].x
	}; {
	case q.x < x(p.left):
		return -1
	case q.x > x(p.right):
		return 1
	}
	return 0
}
