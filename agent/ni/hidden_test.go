package ni_test

import (
	"math"
	"time"
)

// hiddenDrive is what NI-10 is about: a drive whose end the driver hides, or a guest's
// who chose nothing, and the drive after it. Inside the windows each filling has a way of
// its own.
type hiddenDrive struct {
	windows []span // no place leaves
	chosen  bool   // the end of the drive is hidden too, not only its way
}

type place struct{ lat, lon float64 }

// Ways join again so long after the next drive began; the place opens at 300 s.
const joined = 295 * time.Second

// hiddenSkeleton is a skeleton of three drives: one at share, the hidden one, and the next.
func hiddenSkeleton(seed uint64, z size) *skeleton {
	s := newSkeleton(seed, z)
	r := draws(seed, "hidden")
	s.killed, s.tunnels, s.lights, s.probes, s.documents = 0, nil, nil, nil, s.documents[:1]
	at := r.seconds(60, 100)
	next := func(a, b int) drive {
		d := drive{span: span{at, at + r.seconds(a, b)}, charge: r.number(20, 90), fuel: r.number(0, 100), odometer: 409_990_000 + at.Seconds()*20, door: r.oneIn(2)}
		at = d.to + r.seconds(60, 120)
		return d
	}
	s.drives = []drive{next(60, 150), next(150, 300), next(330, 500)}
	first, hidden, third := s.drives[0], s.drives[1], s.drives[2]
	s.sessions = []session{
		{span: span{first.from - 20*time.Second + atWheel, first.to + 10*time.Second + atWheel}},
		{span: span{hidden.from - 20*time.Second + atWheel, hidden.to + 10*time.Second + atWheel}, guest: r.oneIn(2)},
		{span: span{third.from - 20*time.Second + atWheel, third.to + 10*time.Second + atWheel}},
	}
	h := hiddenDrive{chosen: r.oneIn(3) || !s.sessions[1].guest}
	from := s.sessions[1].from // a guest's place is closed from the beginning
	if h.chosen {
		lowered := hidden.from + r.seconds(-15, 80) + atHand
		s.sessions[1].spells = []span{{lowered, never}}
		if !s.sessions[1].guest {
			from = lowered
		}
		h.windows = []span{{from, third.from + joined}}
	} else {
		h.windows = []span{{from, s.sessions[1].to}}
	}
	s.length = third.to + 2*time.Minute
	s.hidden = &h
	s.warn()
	s.ask()
	return s
}

// way leads the course of a filling of its own through the windows: straight from where
// it was to its own end of the drive, and from there to where all ways join.
func (p *plan) way(all []second) {
	h := p.hidden
	if h == nil {
		return
	}
	r := p.draw("hidden way")
	w, hidden, third := h.windows[0], p.drives[1], p.drives[2]
	placeAt := func(at time.Duration) (here place) {
		for _, sec := range all {
			if sec.at <= at {
				here = place{sec.place.Latitude, sec.place.Longitude}
			}
		}
		return here
	}
	start, join := placeAt(w.from), placeAt(w.to)
	end := join // of the hidden drive
	if h.chosen {
		angle, metres := r.number(0, 2*math.Pi), 20*0.97*joined.Seconds()
		end = join.moved(metres*math.Cos(angle), metres*math.Sin(angle))
	}
	detour := [2]float64{r.number(-4000, 4000), r.number(-4000, 4000)}
	for i := range all {
		sec := &all[i]
		if !w.holds(sec.at) {
			continue
		}
		var here place
		switch {
		case sec.at < hidden.from:
			here = start
		case sec.at < hidden.to:
			part := float64(sec.at-max(hidden.from, w.from)) / float64(hidden.to-max(hidden.from, w.from))
			bend := math.Sin(math.Pi * max(0, part))
			here = start.towards(end, max(0, part)).moved(bend*detour[0], bend*detour[1])
			if r.oneIn(10) {
				sec.kmh = r.number(0, 120)
			}
		case sec.at < third.from:
			here = end
		default:
			here, sec.kmh = end.towards(join, float64(sec.at-third.from)/float64(joined)), 72
		}
		sec.place.Latitude, sec.place.Longitude = here.lat, here.lon
	}
}

func (p place) moved(north, east float64) place {
	return place{p.lat + north/metresPerDegree, p.lon + east/metresPerDegree/math.Cos(p.lat*math.Pi/180)}
}

func (p place) towards(q place, part float64) place {
	return place{p.lat + (q.lat-p.lat)*part, p.lon + (q.lon-p.lon)*part}
}

// sayHidden is the fine values on the hidden way, which are held, and what all may know
// again afterwards.
func (p *plan) sayHidden(s *script) {
	if p.hidden == nil {
		return
	}
	r := p.draw("hidden values")
	hidden, third := p.drives[1], p.drives[2]
	say := func(from, to time.Duration) {
		for at := from.Truncate(time.Second); at < to; at += r.seconds(2, 9) {
			values := []float64{p.drives[0].odometer + 1000*r.Float64(), r.number(5, 95), r.number(0, 100), r.number(1e4, 4e5)}
			open := r.oneIn(2)
			s.add(at+200*time.Millisecond, func(w *world) {
				w.say(is(odometer, values[0]), is(charge, values[1]), is(fuel, values[2]), is(reach, values[3]), is(door, open))
			})
		}
	}
	say(max(hidden.from, p.hidden.windows[0].from)+62*time.Second, hidden.to-5*time.Second)
	if p.hidden.chosen {
		say(third.from+2*time.Second, third.from+joined-5*time.Second)
		s.add(third.from+joined+250*time.Millisecond, func(w *world) {
			w.say(is(odometer, hidden.odometer+100), is(charge, hidden.charge), is(fuel, hidden.fuel), is(reach, 4000*hidden.charge), is(door, false))
		})
	}
}
