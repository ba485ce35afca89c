package ni_test

import (
	"cmp"
	"math"
	"slices"
	"time"

	"glovebox/hal"
)

// gate is the test's own model of when no place leaves because of who drives and what
// they chose (docs/privacy.md, The pipeline). It shares nothing with the product's.
type gate struct {
	shut     map[time.Duration]bool // fixes that do not pass
	closings []time.Duration
	passed   int // hidden ends that were driven away from
	hid      int // hidden ends
}

func (g *gate) closed(at time.Duration) bool { return g.shut[at] }

// What the model keeps while it follows a filling.
type follower struct {
	gate
	low, guest, there bool // a level is lowered; somebody sits there, a guest
	inUse, waits      bool // nobody was there while it moved, and it was not seen parked since
	hidden            bool
	measured          bool // of the drive after a hidden end
	since             time.Duration
	metres            float64
	last              hal.Position
	was               bool // closed
}

// follow is the model of a filling, whose spells are at a level.
func follow(p *plan) *gate {
	type step struct {
		at    time.Duration
		order int
		do    func(*follower)
	}
	var steps []step
	add := func(at time.Duration, order int, do func(*follower)) { steps = append(steps, step{at, order, do}) }
	for _, d := range p.drives {
		add(d.from, 0, func(f *follower) { f.inUse, f.waits = true, f.waits || !f.there })
		add(d.to, 0, func(f *follower) {
			f.hide(f.low)
			f.inUse, f.waits, f.measured, f.metres = false, false, false, 0
		})
	}
	for _, one := range p.sessions {
		add(one.from, 1, func(f *follower) { f.there, f.guest, f.low, f.waits = true, p.guests && one.guest, false, false })
		leave := func(f *follower) {
			f.hide(f.low && f.inUse)
			f.there, f.guest, f.low, f.waits, f.measured, f.metres = false, false, false, f.inUse, false, 0
		}
		if one.to < p.length {
			add(one.to, 1, leave)
		}
		for _, sp := range one.spells {
			if p.level == "" {
				continue
			}
			add(sp.from, 2, func(f *follower) { f.low = true })
			if sp.to < one.to {
				add(sp.to, 2, func(f *follower) { f.low = false })
			}
		}
	}
	if p.killed > 0 {
		add(p.killed, 3, func(f *follower) { f.waits, f.measured, f.metres = f.inUse, false, 0 })
	}
	for _, sec := range p.course() {
		if sec.fix && sec.said {
			add(sec.at, 4, func(f *follower) { f.fix(sec) })
		}
	}
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.order, b.order)) })
	f := &follower{gate: gate{shut: map[time.Duration]bool{}}}
	for _, s := range steps {
		s.do(f)
		if now := f.isClosed(); now != f.was {
			if f.was = now; now {
				f.closings = append(f.closings, s.at)
			}
		}
	}
	return &f.gate
}

func (f *follower) isClosed() bool { return f.low || f.there && f.guest || f.waits || f.hidden }

// hide has the end of a drive hidden.
func (f *follower) hide(end bool) {
	if end {
		f.hidden = true
		f.hid++
	}
}

// fix measures the drive after a hidden end, and notes whether a fix passes.
func (f *follower) fix(sec second) {
	if f.hidden && f.inUse && f.there && !f.waits {
		switch apart := metresApart(f.last, sec.place); {
		case !f.measured:
			f.measured, f.since, f.metres, f.last = true, sec.at, 0, sec.place
		case apart >= 50:
			f.metres, f.last = f.metres+apart, sec.place
		}
		if f.metres >= 2000 && sec.at-f.since >= 300*time.Second {
			f.hidden, f.measured, f.metres = false, false, 0
			f.passed++
		}
	}
	f.shut[sec.at] = f.isClosed()
}

// metresApart is how far two places are apart, on a sphere.
func metresApart(p, q hal.Position) float64 {
	rad := math.Pi / 180
	x := (q.Longitude - p.Longitude) * rad * math.Cos((p.Latitude+q.Latitude)/2*rad)
	y := (q.Latitude - p.Latitude) * rad
	return 6_371_000 * math.Hypot(x, y)
}
