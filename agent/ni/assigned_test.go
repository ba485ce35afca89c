package ni_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"glovebox/agent"
	"glovebox/profiles"
	"glovebox/telemetry"
)

// assignedTrip is what NI-7 is about: a drive that is the same in both fillings, and whose
// trip is handed to a limited reader by hand.
type assignedTrip struct {
	drive   int // of the skeleton's
	at      time.Duration
	atWheel bool // by who sits there, else by the main user's phone
}

// assignee is the limited reader who is given a trip in NI-7.
const assignee = prober

// assignedSkeleton is a skeleton with two more drives: one whose trip is assigned, and one
// after it.
func assignedSkeleton(seed uint64, z size) *skeleton {
	s := newSkeleton(seed, z)
	r := draws(seed, "assigned")
	for i := range s.drives {
		s.drives[i].holes = nil
	}
	for i := range s.sessions {
		s.sessions[i].spells = nil
	}
	s.tunnels, s.lights, s.probes, s.documents = nil, nil, nil, s.documents[:1]
	at, metres := s.length+r.seconds(30, 60), s.drives[len(s.drives)-1].odometer
	next := func(a, b int) drive {
		d := drive{span: span{at, at + r.seconds(a, b)}, charge: r.number(20, 90), fuel: r.number(0, 100), door: r.oneIn(2)}
		metres += 20 * d.length().Seconds()
		d.odometer = metres
		at = d.to + r.seconds(60, 400)
		return d
	}
	given := next(150, 500)
	sits := session{span: span{given.from - 15*time.Second + atWheel, at - 20*time.Second + atWheel}, who: r.IntN(2)}
	later := next(150, 400)
	if last := (session{span: span{later.from - 15*time.Second + atWheel, at - 20*time.Second + atWheel}, who: r.IntN(2)}); r.oneIn(2) {
		sits.to = last.to
		s.sessions = append(s.sessions, sits)
	} else {
		s.sessions = append(s.sessions, sits, last)
	}
	s.assigned = &assignedTrip{drive: len(s.drives)}
	s.drives, s.length = append(s.drives, given, later), at+2*time.Minute
	s.hide()
	s.drives[s.assigned.drive].holes = nil
	for i := range s.sessions {
		if s.sessions[i].holds(given.from) {
			s.sessions[i].spells = nil
		}
	}
	s.cover()
	s.warn()
	s.changes()
	s.ask()
	a := s.assigned
	a.at = s.atCorner(r, given.to+40*time.Second+atHand+r.seconds(0, int((at-given.to)/time.Second)))
	for !(&plan{skeleton: s}).connected(a.at) {
		a.at += time.Second
	}
	a.atWheel = sits.holds(a.at) && r.oneIn(2)
	over := a.at
	for _, t := range s.tunnels {
		over = max(over, t.to)
	}
	s.length = max(s.length, over+11*time.Minute) // the assignee is told at a slot
	return s
}

// given reports whether the i-th drive is the one whose trip is assigned.
func (s *skeleton) given(i int) bool { return s.assigned != nil && s.assigned.drive == i }

// drawIn is the stream of a name in the i-th drive.
func (p *plan) drawIn(i int, name string) chance {
	if p.given(i) {
		return draws(p.skeleton.seed, name)
	}
	return p.draw(name)
}

// meet moves a way so that it ends at a place.
func meet(all []second, lat, lon, toLat, toLon float64) {
	for i := range all {
		all[i].place.Latitude += toLat - lat
		all[i].place.Longitude += toLon - lon
	}
}

// assign hands the trip to the assignee.
func (p *plan) assign(s *script) {
	a := p.assigned
	if a == nil {
		return
	}
	to := p.people[assignee].id
	s.add(a.at, func(w *world) {
		id := w.tripOf(p.drives[a.drive])
		if !a.atWheel {
			w.order(0, profiles.Assign, fmt.Sprintf(`{"trip":%q,"users":[%q]}`, id, to))
			return
		}
		w.call("Assign "+id, func(c *process) error {
			return agent.Trips{Cabin: c.Cabin}.AssignTrips(context.Background(), telemetry.TripFilter{Trip: id}, []profiles.ID{to})
		})
	})
}

// tripOf is the trip that is kept of a drive.
func (w *world) tripOf(d drive) string {
	w.store.Lock()
	defer w.store.Unlock()
	for _, kept := range w.store.Kept {
		for id, data := range kept {
			if k, err := telemetry.DecodeTrip(data); err == nil && !k.Private && d.holds(k.Start.At.Sub(w.s.start)) {
				return id
			}
		}
	}
	w.t.Errorf("seed %d: no trip is kept of the drive that is to be assigned", w.s.seed)
	return ""
}

// inFull counts trips that an observer was shown with their places.
func (t trace) inFull(o observer) (n int) {
	for _, w := range t.sees(o) {
		if !strings.Contains(w.topic, "/trips") {
			continue
		}
		content := w.payload
		if o.key != nil {
			content, _ = t.s.opened(o.key, w)
		}
		if strings.Contains(string(content), `"track":`) {
			n++
		}
	}
	return n
}
