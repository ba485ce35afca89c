package ni_test

import (
	"fmt"
	"slices"
	"time"
)

// pair is two fillings of one skeleton.
type pair struct{ a, b *plan }

// noninterference is one of the tests: what differs between the fillings, and who must
// not see it.
type noninterference struct {
	name  string
	about string
	apart bool                                // the places of the fillings are
	make  func(seed uint64, z size) *skeleton // nil: newSkeleton
	fill  func(s *skeleton) pair
	looks func(s *skeleton, o observer) bool
}

func secrets(names ...string) map[string]bool {
	set := map[string]bool{}
	for _, n := range names {
		set[n] = true
	}
	return set
}

// twoOf are two fillings with the same secrets.
func twoOf(s *skeleton, names []string, more func(*plan)) pair {
	one := func(seed uint64) *plan {
		p := &plan{skeleton: s, seed: seed, secret: secrets(names...), level: "no-position", guests: true, cut: true}
		if more != nil {
			more(p)
		}
		return p
	}
	return pair{one(2*s.seed + 1), one(2*s.seed + 2)}
}

// sameTrips leaves the spells out that would hide the end of a drive: how far the next one
// has to come then is motion, and so is the trip that is released of it.
func sameTrips(s *skeleton) {
	for i := range s.sessions {
		one := &s.sessions[i]
		one.spells = slices.DeleteFunc(one.spells, func(sp span) bool {
			over := min(sp.to, one.to)
			return slices.ContainsFunc(s.drives, func(d drive) bool {
				return sp.from < d.to && over > d.to-40*time.Second || sp.to > one.to && d.holds(one.to)
			})
		})
	}
}

func limitedOnly(_ *skeleton, o observer) bool { return o.limited }
func everybody(*skeleton, observer) bool       { return true }

// Streams of a filling.
var (
	ofPlace  = []string{"place", "weather", "holes", "dips"}
	ofMotion = append(slices.Clone(ofPlace), "motion", "stops", "values", "instants")
)

// tests are all of docs/privacy.md, Noninterference.
var tests = []noninterference{
	{
		name: "NI-1", about: "place", apart: true,
		fill: func(s *skeleton) pair {
			sameTrips(s)
			return twoOf(s, ofPlace, func(p *plan) { p.dips = s.seed%3 == 0 })
		},
		looks: func(s *skeleton, o observer) bool { return o.limited && !(s.seed%3 == 0 && o.state) },
	},
	{
		name: "NI-2", about: "motion", apart: true,
		fill: func(s *skeleton) pair {
			sameTrips(s)
			return twoOf(s, ofMotion, nil)
		},
		looks: limitedOnly,
	},
	{
		name: "NI-3", about: "broker", apart: true, make: sealedSkeleton,
		fill: func(s *skeleton) pair {
			return twoOf(s, []string{"place", "weather"}, func(p *plan) { p.level, p.cut = "", false })
		},
		looks: func(_ *skeleton, o observer) bool { return o.all },
	},
	{
		name: "NI-4", about: "no fix",
		fill: func(s *skeleton) pair {
			a := &plan{skeleton: s, level: "no-position"}
			return pair{a, &plan{skeleton: s, sky: follow(a)}}
		},
		looks: everybody,
	},
	{
		name: "NI-5", about: "guest",
		fill: func(s *skeleton) pair {
			for i := range s.sessions {
				s.sessions[i].guest = s.sessions[i].guest || i%2 == 0
			}
			s.flooded()
			p := twoOf(s, []string{"settings", "who"}, func(p *plan) { p.cut = false })
			p.b.guests, p.b.level, p.b.sky = false, "", follow(p.a)
			return p
		},
		looks: everybody,
	},
	{
		name: "NI-6", about: "offline",
		fill: func(s *skeleton) pair {
			a := &plan{skeleton: s, level: "offline"}
			return pair{a, &plan{skeleton: s, sky: follow(a), lost: true}}
		},
		looks: everybody,
	},
	{
		name: "NI-7", about: "assigned", apart: true, make: assignedSkeleton,
		fill: func(s *skeleton) pair {
			sameTrips(s)
			return twoOf(s, ofMotion, nil)
		},
		looks: limitedOnly,
	},
	{
		name: "NI-8", about: "probing", apart: true,
		fill: func(s *skeleton) pair {
			sameTrips(s)
			s.probed()
			return twoOf(s, ofMotion, func(p *plan) { p.probing = true })
		},
		looks: func(_ *skeleton, o observer) bool { return o.name == fmt.Sprint("person ", prober) },
	},
	{
		name: "NI-9", about: "persons",
		fill: func(s *skeleton) pair {
			return twoOf(s, []string{"who", "settings"}, func(p *plan) { p.cut = false })
		},
		looks: everybody,
	},
	{
		name: "NI-10", about: "hidden drive", apart: true, make: hiddenSkeleton,
		fill: func(s *skeleton) pair {
			return twoOf(s, []string{"hidden way", "hidden values"}, nil)
		},
		looks: everybody,
	},
}
