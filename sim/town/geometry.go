package town

import (
	"math"
	"math/rand/v2"
	"slices"
)

// point is in metres east and south of the origin. Products are converted before
// they are added: no compiler may then fuse the two, as some machines would.
type point struct{ x, y float64 }

func (p point) add(q point) point     { return point{p.x + q.x, p.y + q.y} }
func (p point) sub(q point) point     { return point{p.x - q.x, p.y - q.y} }
func (p point) times(k float64) point { return point{float64(p.x * k), float64(p.y * k)} }
func (p point) length() float64       { return math.Sqrt(dot(p, p)) }
func (p point) unit() point           { return p.times(1 / p.length()) }
func (p point) right() point          { return point{-p.y, p.x} }

func dot(p, q point) float64 { return float64(p.x*q.x) + float64(p.y*q.y) }

// cross is above 0 where q points to the right of p.
func cross(p, q point) float64 { return float64(p.x*q.y) - float64(p.y*q.x) }

// from is p in a frame whose x axis is the unit vector u.
func (p point) from(u point) point { return u.times(p.x).add(u.right().times(p.y)) }

// between is p at 0 and q at 1.
func between(p, q point, k float64) point { return p.add(q.sub(p).times(k)) }

// slope is the unit vector of the angle 2·atan(t), clockwise from east.
func slope(t float64) point {
	square := float64(t * t)
	return point{(1 - square) / (1 + square), 2 * t / (1 + square)}
}

// dice is what the seed decides.
type dice struct{ *rand.Rand }

// about is a number near 0, at most so far from it.
func (d dice) about(most float64) float64 { return float64((float64(2*d.Float64()) - 1) * most) }

// near is a point near p.
func (d dice) near(p point, most float64) point {
	return point{p.x + d.about(most), p.y + d.about(most)}
}

// smooth is a curve through points (Catmull and Rom), as a chain with steps of that
// length at most. A closed one ends where it begins.
func smooth(through []point, step float64, closed bool) []point {
	n := len(through)
	at := func(i int) point {
		if closed {
			return through[(i+n)%n]
		}
		return through[min(max(i, 0), n-1)]
	}
	spans := n - 1
	if closed {
		spans = n
	}
	var line []point
	for i := range spans {
		a, b, c, d := at(i-1), at(i), at(i+1), at(i+2)
		parts := math.Ceil(c.sub(b).length() / step)
		for k := range int(parts) {
			t := float64(k) / parts
			t2 := float64(t * t)
			t3 := float64(t2 * t)
			line = append(line, a.times(float64(-0.5*t3)+t2-float64(0.5*t)).
				add(b.times(float64(1.5*t3)-float64(2.5*t2)+1)).
				add(c.times(float64(-1.5*t3)+float64(2*t2)+float64(0.5*t))).
				add(d.times(float64(0.5*t3)-float64(0.5*t2))))
		}
	}
	return append(line, at(spans))
}

// beside is the chain that lies to the right of another, as far as off says at each
// point of it; to the left where that is below 0.
func beside(line []point, off func(point) float64) []point {
	out := make([]point, len(line))
	for i, p := range line {
		way := line[min(i+1, len(line)-1)].sub(line[max(i-1, 0)])
		out[i] = p.add(way.unit().right().times(off(p)))
	}
	return out
}

// inside reports whether a point lies in a closed chain.
func inside(ring []point, p point) bool {
	in := false
	for i, b := range ring {
		a := ring[(i+len(ring)-1)%len(ring)]
		if (a.y > p.y) != (b.y > p.y) && p.x < a.x+float64((b.x-a.x)*((p.y-a.y)/(b.y-a.y))) {
			in = !in
		}
	}
	return in
}

// box is what a chain lies in.
type box struct{ low, high point }

func boxOf(line []point) box {
	b := box{line[0], line[0]}
	for _, p := range line {
		b.low = point{min(b.low.x, p.x), min(b.low.y, p.y)}
		b.high = point{max(b.high.x, p.x), max(b.high.y, p.y)}
	}
	return b
}

func (b box) meets(c box) bool {
	return b.low.x <= c.high.x && c.low.x <= b.high.x && b.low.y <= c.high.y && c.low.y <= b.high.y
}

// away is how far outside a point is, along the axis where that is most.
func (b box) away(p point) float64 {
	return max(b.low.x-p.x, p.x-b.high.x, b.low.y-p.y, p.y-b.high.y, 0)
}

// onto is the point of the step from a to b that is nearest to p, as a part of it.
func onto(a, b, p point) float64 {
	way := b.sub(a)
	return min(max(dot(p.sub(a), way)/dot(way, way), 0), 1)
}

// away is how far a point is from a chain.
func away(line []point, p point) float64 {
	best := math.Inf(1)
	for i := 1; i < len(line); i++ {
		a, b := line[i-1], line[i]
		best = min(best, between(a, b, onto(a, b, p)).sub(p).length())
	}
	return best
}

// meeting is where two chains cross: so far along each, in steps.
type meeting struct {
	a, b float64
	at   point
}

// meetings are all crossings of two chains, in the order of the first.
func meetings(one, two []point) []meeting {
	var all []meeting
	whole := boxOf(two)
	for i := 1; i < len(one); i++ {
		a, b := one[i-1], one[i]
		step := boxOf([]point{a, b})
		if !step.meets(whole) {
			continue
		}
		for j := 1; j < len(two); j++ {
			c, d := two[j-1], two[j]
			if max(c.x, d.x) < step.low.x || min(c.x, d.x) > step.high.x || max(c.y, d.y) < step.low.y || min(c.y, d.y) > step.high.y {
				continue
			}
			ab, cd := b.sub(a), d.sub(c)
			area := cross(ab, cd)
			if area == 0 {
				continue
			}
			s, t := cross(c.sub(a), cd)/area, cross(c.sub(a), ab)/area
			if s < 0 || s >= 1 || t < 0 || t >= 1 {
				continue
			}
			all = append(all, meeting{float64(i-1) + s, float64(j-1) + t, between(a, b, s)})
		}
	}
	slices.SortStableFunc(all, func(p, q meeting) int { return compare(p.a, q.a) })
	return all
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// cut is the part of a chain between two places on it, in steps.
func cut(line []point, from, to float64) []point {
	at := func(s float64) point {
		i := min(int(s), len(line)-2)
		return between(line[i], line[i+1], s-float64(i))
	}
	out := []point{at(from)}
	for i := int(from) + 1; float64(i) < to; i++ {
		out = append(out, line[i])
	}
	return append(out, at(to))
}
