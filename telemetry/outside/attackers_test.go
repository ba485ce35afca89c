package outside_test

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// attacker knows the town and the home, and what other drives told whose way it knows.
type attacker struct {
	streets
	home   crossing
	all    []crossing
	others []hints
}

// attack is what an attacker makes of a drive: where it went, and how much likelier than
// others a crossing is.
type attack func(attacker, hints) (at [2]float64, likely func(crossing) float64)

var attacks = []struct {
	name string
	attack
}{
	{"elastic pathing", attacker.elastic}, {"turn matching", attacker.turnMatching},
	{"distance ring", attacker.distanceRing}, {"time ring", attacker.timeRing},
}

// likeliest is the middle of the 700 m square that is likeliest to hold the destination:
// all of it lies within 500 m.
func (a attacker) likeliest(likelihood func(way float64) float64) ([2]float64, func(crossing) float64) {
	const side = 700
	var sums [64][64]float64
	x, y := 0, 0
	for _, c := range a.all {
		p := a.where(c)
		i, j := int(p[0]/side), int(p[1]/side)
		if sums[i][j] += likelihood(a.way(a.home, c)); sums[i][j] > sums[x][y] {
			x, y = i, j
		}
	}
	return [2]float64{(float64(x) + 0.5) * side, (float64(y) + 0.5) * side}, func(c crossing) float64 { return likelihood(a.way(a.home, c)) }
}

// blind is the best guess of who heard nothing.
func (a attacker) blind(hints) ([2]float64, func(crossing) float64) {
	return a.likeliest(func(float64) float64 { return 1 })
}

// distanceRing takes the odometer for as exact as it was in the others.
func (a attacker) distanceRing(h hints) ([2]float64, func(crossing) float64) {
	if math.IsNaN(h.metres) {
		return a.blind(h)
	}
	least, most := math.Inf(1), math.Inf(-1)
	for _, o := range a.others {
		least, most = min(least, o.way-o.metres), max(most, o.way-o.metres)
	}
	return a.likeliest(func(way float64) float64 {
		if by := way - h.metres; by < least-1 || by > most+1 {
			return 0
		}
		return 1
	})
}

// timeRing takes the times, and all else that was heard, for what they meant in the others:
// how far those went, by kilometres.
func (a attacker) timeRing(h hints) ([2]float64, func(crossing) float64) {
	var alike, all [2 * town / 1000]float64
	known := false
	for _, o := range a.others {
		if all[int(o.way/1000)]++; o.rest == h.rest {
			alike[int(o.way/1000)]++
			known = true
		}
	}
	if !known {
		return a.blind(h)
	}
	return a.likeliest(func(way float64) float64 { return alike[int(way/1000)] / max(1, all[int(way/1000)]) })
}

// track is where a car may be that was followed along the streets.
type track struct {
	at         crossing
	axis, sign int
	way        float64
	cost       float64
}

// setOff are the ways to leave home.
func (a attacker) setOff() []track {
	return []track{{a.home, 0, 1, 0, 0}, {a.home, 0, -1, 0, 0}, {a.home, 1, 1, 0, 0}, {a.home, 1, -1, 0, 0}}
}

// most is how many tracks are followed, the likeliest.
const most = 200

func cheapest(tracks []track) []track {
	slices.SortFunc(tracks, func(a, b track) int { return cmp.Compare(a.cost, b.cost) })
	return tracks[:min(most, len(tracks))]
}

// found is where the likeliest track ends; the nearer to it the likelier.
func (a attacker) found(t track) ([2]float64, func(crossing) float64) {
	p := a.where(t.at)
	return p, func(c crossing) float64 { q := a.where(c); return -math.Hypot(p[0]-q[0], p[1]-q[1]) }
}

// elastic follows the speed along the streets (Gao and others, "Elastic pathing", 2014):
// the car slows down where it turns, and each turn is at a crossing.
func (a attacker) elastic(h hints) ([2]float64, func(crossing) float64) {
	if len(h.speeds) < 60 {
		return a.blind(h)
	}
	lengths, length := []float64{}, 0.0
	for i, v := range h.speeds {
		length += v
		if i > 0 && i < len(h.speeds)-1 && v > 0 && v < 5.8 && v < h.speeds[i-1] && v < h.speeds[i+1] {
			lengths, length = append(lengths, length), 0
		}
	}
	lengths = append(lengths, length)
	best := track{cost: math.Inf(1)}
	for off := -0.01; off < 0.011; off += 0.0025 {
		tracks := a.setOff()
		for _, length := range lengths {
			tracks = a.stretch(tracks, length/(1+off))
		}
		for _, t := range tracks {
			if t.cost < best.cost {
				best = t
			}
		}
	}
	if math.IsInf(best.cost, 1) {
		return a.blind(h)
	}
	return a.found(best)
}

// stretch has each track go on for a length to crossings that lie about there, and from
// there straight on or around a corner.
func (a attacker) stretch(tracks []track, length float64) (next []track) {
	exact := 4 + 0.002*length
	for _, t := range tracks {
		lines := a.lines[t.axis]
		goal := lines[t.at[t.axis]] + float64(t.sign)*length
		i, _ := slices.BinarySearch(lines, goal-4*exact)
		for ; i < len(lines) && lines[i] < goal+4*exact; i++ {
			to, by := t, (lines[i]-goal)/exact
			to.at[t.axis], to.cost = i, t.cost+by*by
			around := to
			around.axis = 1 - t.axis
			back := around
			around.sign, back.sign = 1, -1
			to.cost += 4
			next = append(next, around, back, to)
		}
	}
	return cheapest(next)
}

// turnMatching follows the turns along the streets (Narain and others, "Inferring user
// routes and locations using zero-permission mobile sensors", 2016), each where the
// odometer says.
func (a attacker) turnMatching(h hints) ([2]float64, func(crossing) float64) {
	tracks := a.setOff()
	for _, t := range h.turns {
		tracks = a.around(tracks, t)
	}
	if len(h.turns) > 0 && !math.IsNaN(h.metres) {
		tracks = a.around(tracks, turn{metres: h.metres - 50})
	}
	if len(h.turns) == 0 || len(tracks) == 0 {
		return a.blind(h)
	}
	return a.found(tracks[0])
}

// around has each track go on to crossings where it may turn, and around the corner there.
func (a attacker) around(tracks []track, t turn) (next []track) {
	const exact = 60
	for _, from := range tracks {
		lines := a.lines[from.axis]
		goal := lines[from.at[from.axis]] + float64(from.sign)*(t.metres+50-from.way)
		i, _ := slices.BinarySearch(lines, goal-2*exact)
		for ; i < len(lines) && lines[i] < goal+2*exact; i++ {
			to, by := from, (lines[i]-goal)/exact
			to.at[from.axis], to.cost = i, from.cost+by*by
			to.way += math.Abs(lines[i] - lines[from.at[from.axis]])
			if t.side != 0 { // east and left is north, north and left is west
				to.axis, to.sign = 1-from.axis, from.sign*t.side*(1-2*from.axis)
			}
			next = append(next, to)
		}
	}
	return cheapest(next)
}

// rates are of how many percent of the destinations an attack was right.
type rates struct {
	finds float64   // within 500 m
	tells []float64 // from another place that it may as well have been, by the kind of it
}

// rates makes an attack on drives; others are other places for each, by their kind.
func (a attacker) rates(drives []driven, heard []hints, by attack, others ...[][]crossing) (of rates) {
	r := rand.New(rand.NewPCG(2, 2))
	found, right, all := 0, make([]int, len(others)), make([]int, len(others))
	for i, d := range drives {
		g, likely := by(a, heard[i])
		if p := a.where(d.to); math.Hypot(g[0]-p[0], g[1]-p[1]) <= 500 {
			found++
		}
		for kind := range others {
			for _, other := range others[kind][i] {
				one, two := likely(d.to), likely(other)
				if all[kind]++; one > two || one == two && r.IntN(2) == 0 {
					right[kind]++
				}
			}
		}
	}
	of.finds = 100 * float64(found) / float64(len(drives))
	for kind := range others {
		of.tells = append(of.tells, 100*float64(right[kind])/float64(all[kind]))
	}
	return of
}
