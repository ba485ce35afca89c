package outside_test

import (
	"math"
	"math/rand/v2"
	"slices"
)

// streets is a town of 40 by 40 km: streets run north and east, 250 m apart in the mean
// and nowhere regular. A home and a destination are crossings.
type streets struct {
	lines [2][]float64 // metres from the corner: where streets cross a way east, and a way north
}

const town = 40_000

// crossing is the numbers of the two streets that meet there.
type crossing [2]int

func newStreets(r *rand.Rand) (s streets) {
	for axis := range s.lines {
		for at := 0.0; at < town; at += 60 + r.ExpFloat64()*190 {
			s.lines[axis] = append(s.lines[axis], at)
		}
	}
	return s
}

// middle is a crossing near the middle of the town.
func (s streets) middle() crossing {
	return crossing{len(s.lines[0]) / 2, len(s.lines[1]) / 2}
}

func (s streets) where(c crossing) (p [2]float64) {
	return [2]float64{s.lines[0][c[0]], s.lines[1][c[1]]}
}

// way is how far it is to drive from a crossing to another.
func (s streets) way(a, b crossing) float64 {
	p, q := s.where(a), s.where(b)
	return math.Abs(p[0]-q[0]) + math.Abs(p[1]-q[1])
}

// all are all crossings.
func (s streets) all() (all []crossing) {
	for i := range s.lines[0] {
		for j := range s.lines[1] {
			all = append(all, crossing{i, j})
		}
	}
	return all
}

// legs is a way without detours, of a few turns: the crossings at which it turns, and its end.
func (s streets) legs(from, to crossing, r *rand.Rand) (all []crossing) {
	turns, axis := 1+r.IntN(6), r.IntN(2)
	var at [2][]int // where it turns, by axis
	for axis := range at {
		step := 1
		if to[axis] < from[axis] {
			step = -1
		}
		for range turns/2 + 1 {
			if n := (to[axis] - from[axis]) * step; n > 0 {
				at[axis] = append(at[axis], from[axis]+step*(1+r.IntN(n)))
			}
		}
		at[axis] = append(at[axis], to[axis])
		slices.SortFunc(at[axis], func(a, b int) int { return (a - b) * step })
	}
	here := from
	for k := 0; here != to; k++ {
		next := here
		next[axis] = at[axis][min(k/2, len(at[axis])-1)]
		axis = 1 - axis
		if next == here {
			continue
		}
		all, here = append(all, next), next
	}
	return all
}

// driven is a drive, second by second.
type driven struct {
	to     crossing
	places [][2]float64
	speeds []float64 // m/s
	turns  []turn
	metres float64
}

// drive has a car drive along the streets: slow in turns, and waiting at every tenth
// crossing.
func (s streets) drive(from, to crossing, r *rand.Rand) driven {
	const accelerates, brakes, turns = 2.0, 2.5, 5.0
	d := driven{to: to, metres: s.way(from, to)}
	here := from
	legs := s.legs(from, to, r)
	way, was := 0.0, [2]float64{}
	for k, next := range legs {
		axis := 0
		if next[0] == here[0] {
			axis = 1
		}
		begin, length, cruise := s.where(here), s.way(here, next), 9+10*r.Float64()
		sign := math.Copysign(1, s.where(next)[axis]-begin[axis])
		heading := [2]float64{}
		heading[axis] = sign
		if side := was[0]*heading[1] - was[1]*heading[0]; side != 0 {
			d.turns = append(d.turns, turn{way, int(side)})
		}
		way, was = way+length, heading
		var waits []float64 // metres along the leg
		for i := min(here[axis], next[axis]) + 1; i < max(here[axis], next[axis]); i++ {
			if r.IntN(10) == 0 {
				waits = append(waits, math.Abs(s.lines[axis][i]-begin[axis]))
			}
		}
		slices.Sort(waits)
		v, at := turns, 0.0
		if k == 0 {
			v = 0
		}
		end := turns
		if k == len(legs)-1 {
			end = 0
		}
		add := func() {
			place := begin
			place[axis] += sign * at
			d.places, d.speeds = append(d.places, place), append(d.speeds, v)
		}
		for at < length {
			goal, slow := length, end
			if len(waits) > 0 {
				goal, slow = waits[0], 0
			}
			v = min(v+accelerates, cruise, max(1, math.Sqrt(slow*slow+2*brakes*max(0, goal-at))))
			v = min(v, goal-at)
			if at += v; at >= goal && len(waits) > 0 {
				waits = waits[1:]
				add()
				v = 0
				for range r.IntN(30) {
					add()
				}
				continue
			}
			add()
		}
		here = next
	}
	return d
}
