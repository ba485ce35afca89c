package ni_test

import (
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
	motion, place, holes := p.draw("motion"), p.draw("place"), p.draw("holes")
	lat, lon := place.number(54.2, 55.8), place.number(3.2, 6.4)
	heading, kmh, target, until := place.number(0, 360), 0.0, 0.0, time.Duration(0)
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
		stops := p.stops(i)
		gap := time.Duration(0) // until when there is none, of the secret holes
		for ; at < d.to; at += time.Second {
			stopped := slices.ContainsFunc(stops, func(s span) bool { return s.holds(at) })
			if at >= until {
				target, until = pick(motion, 0.0, 20, 50, 100, 130), at+motion.seconds(10, 90)
			}
			heading += place.number(-6, 6)
			if place.oneIn(40) {
				heading += pick(place, -90.0, 90)
			}
			metres := kmh / 3.6 * 0.97 // as fast as the bus said last, and it says a little more
			lat += metres * math.Cos(heading*math.Pi/180) / metresPerDegree
			lon += metres * math.Sin(heading*math.Pi/180) / metresPerDegree / math.Cos(lat*math.Pi/180)
			kmh = max(0, kmh+min(12, max(-20, target-kmh)))
			if stopped || d.to-at < 4*time.Second {
				kmh = 0
			}
			if p.secret["holes"] && holes.oneIn(200) {
				gap = at + pick(holes, 5*time.Second, 59*time.Second, 60*time.Second, 61*time.Second, 119*time.Second, 120*time.Second, 121*time.Second)
			}
			hole := at < gap || slices.ContainsFunc(d.holes, func(s span) bool { return s.holds(at) })
			all = append(all, second{
				at: at, inUse: !stopped, kmh: kmh, fix: !hole, said: !hole || at/time.Second%2 == 0,
				place: hal.Position{
					Latitude: lat + bias, Longitude: lon, Altitude: 20 + 10*place.Float64(), Course: math.Mod(heading+720, 360), Speed: hal.KilometresPerHour(kmh),
				},
			})
		}
		at = (d.to + time.Second).Truncate(time.Second)
	}
	stand(p.length)
	p.way(all)
	return all
}

// stops are short times out of use inside the i-th drive that no observer of motion may
// see: none covers a slot of five minutes, nor where somebody asks, but for one who
// probes and has asked in that slot before.
func (p *plan) stops(i int) (all []span) {
	if !p.secret["motion"] {
		return nil
	}
	d, r := p.drives[i], p.draw("stops")
	for slot := p.slotAfter(d.from, 5*time.Minute) - 5*time.Minute; slot < d.to; slot += 5 * time.Minute {
		from := (max(slot, d.from) + r.seconds(15, 200)).Truncate(time.Second)
		stop := span{from, from + r.seconds(5, 60)}
		asked := slices.ContainsFunc(p.probes, func(q probe) bool {
			return q.at > stop.from-time.Second && q.at < stop.to+15*time.Second && !(p.probing && p.again(q))
		})
		if r.oneIn(2) && !asked && stop.to < min(slot+4*time.Minute+50*time.Second, d.to-20*time.Second) {
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
