package ni_test

import (
	"fmt"
	"math"
	"slices"
	"time"

	"glovebox/hal"
)

// second is one second of a car: what its bus and its receiver say.
type second struct {
	at    time.Duration
	inUse bool
	kmh   float64
	place hal.Position
	fix   bool // the receiver has one
	said  bool // the receiver says something
}

const metresPerDegree = 111_195

// course is the whole way of the car: a second of each drive, and every tenth in between.
func (p *plan) course() (all []second) {
	place, holes := p.draw("place"), p.draw("holes")
	lat, lon := place.number(54.2, 55.8), place.number(3.2, 6.4)
	heading := place.number(0, 360)
	bias := place.number(1e-7, 9e-7)
	at := time.Duration(0)
	stand := func(to time.Duration) {
		for ; at < to; at += 10 * time.Second {
			all = append(all, second{at: at, place: hal.Position{Latitude: lat, Longitude: lon, Altitude: math.NaN(), Course: math.NaN()}, fix: true, said: true})
		}
		at = to
	}
	for i, d := range p.drives {
		stand(d.from)
		place, holes := place, holes
		if p.given(i) { // all ways meet where it begins
			place, holes = draws(p.skeleton.seed, "assigned place"), draws(p.skeleton.seed, "assigned holes")
			toLat, toLon := place.number(54.9, 55.1), place.number(4.5, 5.1)
			meet(all, lat, lon, toLat, toLon)
			lat, lon, heading, bias = toLat, toLon, place.number(0, 360), 5e-7
		} else if i > 0 && p.given(i-1) {
			heading = place.number(0, 360)
		}
		stops, cuts := p.stops(i), p.cuts(d)
		speeds := p.speeds(i, stops, cuts)
		gap, before := time.Duration(0), 0.0 // until when there is no fix, of the secret holes; the speed that was said last
		for _, kmh := range speeds {
			turn, corner, altitude := place.number(-6, 6), place.oneIn(40), 20+10*place.Float64()
			if !near(cuts, at) {
				if heading += turn; corner {
					heading += pick(place, -90.0, 90)
				}
			}
			metres := before / 3.6 * 0.97 // the bus says a little more, as cars do
			lat += metres * math.Cos(heading*math.Pi/180) / metresPerDegree
			lon += metres * math.Sin(heading*math.Pi/180) / metresPerDegree / math.Cos(lat*math.Pi/180)
			before = kmh
			if p.secret["holes"] && holes.oneIn(150) && at > gap+2*time.Second {
				hole := span{at, at + pick(holes, 5*time.Second, 59*time.Second, 60*time.Second, 61*time.Second, 118*time.Second, 119*time.Second)} // the fixes beside it are a second further apart
				if !slices.ContainsFunc(stops, func(s span) bool { return s.from < hole.to+5*time.Second && hole.from < s.to+5*time.Second }) && !between(cuts, hole) {
					gap = hole.to
				}
			}
			hole := at < gap || slices.ContainsFunc(d.holes, func(s span) bool { return s.holds(at) })
			all = append(all, second{
				at: at, inUse: !slices.ContainsFunc(stops, func(s span) bool { return s.holds(at) }), kmh: kmh, fix: !hole, said: !hole || at/time.Second%2 == 0,
				place: hal.Position{Latitude: lat + bias, Longitude: lon, Altitude: altitude, Course: math.Mod(heading+7200, 360), Speed: hal.KilometresPerHour(kmh)},
			})
			at += time.Second
		}
		at = (d.to + time.Second).Truncate(time.Second)
	}
	stand(p.length)
	p.way(all)
	return all
}

// cuts are the moments at which a trip may end or begin in a drive, whatever is secret:
// all of them are in the skeleton. The car drives straight on at one speed about each.
func (s *skeleton) cuts(d drive) (all []time.Duration) {
	for _, h := range d.holes {
		all = append(all, h.from, h.to)
	}
	for _, one := range s.sessions {
		all = append(all, one.from, one.to)
		for _, sp := range one.spells {
			all = append(all, sp.from, sp.to)
		}
	}
	all = append(all, s.killed)
	all = slices.DeleteFunc(all, func(at time.Duration) bool { return at <= d.from || at >= d.to })
	return append(all, d.from, d.to)
}

const aboutCut = 25 * time.Second

func near(cuts []time.Duration, at time.Duration) bool {
	return slices.ContainsFunc(cuts, func(c time.Duration) bool { return (at - c).Abs() <= aboutCut })
}

func between(cuts []time.Duration, sp span) bool {
	return slices.ContainsFunc(cuts, func(c time.Duration) bool { return sp.from <= c+aboutCut && sp.to >= c-aboutCut })
}

// bands are distances, in km, that lie well inside one of the policy's bands.
var bands = [][2]float64{{3, 9}, {12, 23}, {30, 45}, {60, 90}}

// speeds are what the bus says in the i-th drive, second by second. How far it goes is
// secret with the motion, but not its band; a drive in parts stays in the lowest.
func (p *plan) speeds(i int, stops []span, cuts []time.Duration) (all []float64) {
	d, r := p.drives[i], p.drawIn(i, fmt.Sprint("motion", i))
	kmh, target, until := 0.0, 0.0, time.Duration(0)
	straight, rest := 0.0, 0.0 // metres about the cuts, and in between
	for at := d.from; at < d.to; at += time.Second {
		if at >= until {
			if target > 0 {
				target = pick(r, 0.0, 20, 50, 100, 130)
			} else {
				target = pick(r, 20.0, 50, 100, 130)
			}
			until = at + r.seconds(10, 90)
		}
		kmh = max(0, kmh+min(12, max(-20, target-kmh)))
		switch {
		case slices.ContainsFunc(stops, func(s span) bool { return s.holds(at) }), d.to-at < 4*time.Second:
			kmh = 0
		case near(cuts, at):
			kmh = 50
			straight += 50 / 3.6
		default:
			rest += kmh / 3.6
		}
		all = append(all, kmh)
	}
	band := bands[0]
	if most := d.length().Seconds() * 22 / 1000; len(cuts) == 2 {
		band = pick(draws(p.skeleton.seed, fmt.Sprint("band", i)), bands...)
		for band[0] > most*0.8 && band[0] > bands[0][0] {
			band = bands[slices.Index(bands, band)-1]
		}
		band[1] = min(band[1], max(band[0], most))
	}
	factor := max(300, 1000*r.number(band[0], band[1])-straight) / max(1, rest)
	if factor = min(factor, 300/max(1, slices.Max(all))); rest < 300 { // nobody flies
		factor = 1
	}
	for k, at := 0, d.from; k < len(all); k, at = k+1, at+time.Second {
		if !near(cuts, at) && all[k] > 0 {
			all[k] = max(1.2, all[k]*factor) // slower is no movement (docs/contract.md): it drives nowhere, while the place goes on
		}
	}
	return all
}

// stops are short times out of use inside the i-th drive that no observer of motion may
// see: none covers a slot of five minutes, nor where somebody asks, but for one who
// probes and has asked in that slot before.
func (p *plan) stops(i int) (all []span) {
	if !p.secret["motion"] {
		return nil
	}
	d, r := p.drives[i], p.drawIn(i, "stops")
	for slot := p.slotAfter(d.from, 5*time.Minute) - 5*time.Minute; slot < d.to; slot += 5 * time.Minute {
		from := (max(slot, d.from) + r.seconds(15, 200)).Truncate(time.Second)
		stop := span{from, from + r.seconds(5, 26)} // half a minute ends a trip
		asked := slices.ContainsFunc(p.probes, func(q probe) bool {
			return q.at > stop.from-time.Second && q.at < stop.to+15*time.Second && !(p.probing && p.again(q))
		})
		hiding := slices.ContainsFunc(p.sessions, func(one session) bool { // a stop then is a hidden end
			return slices.ContainsFunc(one.spells, func(sp span) bool { return sp.from < stop.to && stop.from < min(sp.to, one.to) })
		})
		if r.oneIn(2) && !asked && !hiding && !between(p.cuts(d), stop) && stop.to < min(slot+4*time.Minute+50*time.Second, d.to-20*time.Second) {
			all = append(all, stop)
		}
	}
	return all
}

// again reports whether the one who probes has asked, or ordered, in the same slot before.
func (p *plan) again(q probe) bool {
	slot := p.slotAfter(q.at, 5*time.Minute)
	return q.who == prober && slices.ContainsFunc(p.probes, func(o probe) bool {
		return o.who == q.who && p.connected(o.at) && !(p.killed > o.at && p.killed < q.at) && (o.verb == "") == (q.verb == "") && o.at < q.at-time.Second && p.slotAfter(o.at, 5*time.Minute) == slot
	})
}

// connected reports whether the car hears what is sent to it then, whatever is secret.
func (p *plan) connected(at time.Duration) bool {
	for _, t := range p.tunnels {
		if at > t.from-time.Second && at < t.to+2*time.Minute {
			return false
		}
	}
	for _, one := range p.sessions {
		if at > one.to-time.Second && at < one.to+time.Second {
			return false
		}
	}
	for _, d := range p.documents {
		if at > d.at-time.Second && at < d.at+3*time.Second {
			return false
		}
	}
	return !(p.killed > 0 && at > p.killed-time.Second && at < p.killed+10*time.Second)
}
