package trip

import (
	"io"
	"math"
	"time"

	"glovebox/hal"
)

// Never is the Next of a finder with nothing to do.
const Never = time.Duration(math.MaxInt64)

// What makes a trip, and what is noise (docs/trips.md, Rules).
const (
	legMetres = 50.0 // the shortest leg that counts; a trip has one at least
	endMetres = 15.0 // the shortest leg that counts at the end of a trip

	rest     = 30 * time.Second // out of use for longer, a trip is over
	standing = 10 * time.Minute // a stand longer than this ends a trip where it began
	longest  = 24 * time.Hour   // a longer trip is split
	maxTrack = 64 << 10         // bytes; a longer track splits the trip

	strays = 5 // so many fixes in a row that the car cannot have reached: it was moved
)

// Finder finds trips. It has one owner and is not safe for concurrent use. Every method
// that takes a moment returns the trip that ended meanwhile, if one did.
//
//	        a fix while in use             a leg of 50 m
//	nothing ─────────────────▶ a start ─────────────────▶ a trip
//	   ▲                        │    ▲ it stands: the         │
//	   │                        │    │ newest fix is the start │
//	   └─── no fix for longer than the gap, a rest, a stand ───┘  End too
type Finder struct {
	gap    time.Duration
	random io.Reader

	inUse  bool
	off    time.Duration // since when it is not in use, boot clock
	moving bool

	open   bool   // a start is known
	id     string // of the trip; empty before its first leg
	start  fix
	end    fix // the newest at which it moved
	last   fix
	rolled bool // it moved at the last fix
	leg    hal.Position
	metres float64
	track  track

	stray  fix
	strays int // how many in a row, the newest of which is stray
}

// fix is a position and its arrival.
type fix struct {
	hal.Position
	at hal.Instant
}

// NewFinder makes a finder that has seen nothing. A gap between two fixes that is longer
// than gap splits a trip. Ids are drawn from random, one for each trip; without it there
// are no trips.
func NewFinder(gap time.Duration, random io.Reader) *Finder {
	return &Finder{gap: gap, random: random}
}

// Drive tells whether the car is in use, and whether it moves.
func (f *Finder) Drive(inUse, moving bool, at hal.Instant) (t Trip, ended bool) {
	t, ended = f.Pass(at)
	if f.inUse && !inUse {
		f.off = at.Boot
	}
	f.inUse, f.moving = inUse, moving
	return t, ended
}

// Fix takes a fix at its arrival. While the car is not in use it is nothing.
func (f *Finder) Fix(p hal.Position, at hal.Instant) (t Trip, ended bool) {
	t, ended = f.Pass(at)
	n := fix{p, at}
	if !f.inUse || !n.onEarth() || f.random == nil {
		return t, ended
	}
	switch {
	case !f.open:
		f.begin(n)
		return t, ended
	case !f.last.reaches(n):
		if f.strays > 0 && !f.stray.reaches(n) {
			f.strays = 0
		}
		f.stray, f.strays = n, f.strays+1
		if f.strays < strays {
			return t, ended
		}
		t, ended = f.finish()
		f.begin(n)
		return t, ended
	case f.id == "" && !f.moving && !f.rolled:
		f.begin(n) // it stands: it has not set off yet
		return t, ended
	}
	f.strays = 0
	f.last = n
	if f.moving || f.rolled {
		f.roll(n)
	}
	f.rolled = f.moving
	if f.end.at.Boot-f.start.at.Boot >= longest || len(f.track.text) >= maxTrack {
		t, ended = f.finish()
		f.begin(n)
	}
	return t, ended
}

// begin makes a fix the start of what may become a trip.
func (f *Finder) begin(n fix) {
	f.open, f.id, f.start, f.end, f.last = true, "", n, n, n
	f.leg, f.metres, f.rolled, f.strays = n.Position, 0, f.moving, 0
	f.track = track{}
	f.track.add(n.Position)
}

// roll adds a fix at which the car moves, or has just stopped.
func (f *Finder) roll(n fix) {
	f.end = n
	f.track.add(n.Position)
	far := f.leg.DistanceTo(n.Position)
	if far < legMetres {
		return
	}
	f.metres += far
	f.leg = n.Position
	if f.id == "" {
		f.id, _ = newID(f.random) // without an id it is no trip yet
	}
}

// Pass lets time act.
func (f *Finder) Pass(now hal.Instant) (t Trip, ended bool) {
	switch {
	case !f.open:
	case now.Boot-f.last.at.Boot > f.gap, !f.inUse && now.Boot-f.off > rest, f.stands() && now.Boot-f.end.at.Boot > standing:
		return f.finish()
	}
	return Trip{}, false
}

// stands reports whether a trip has come to a stand.
func (f *Finder) stands() bool { return f.id != "" && !f.moving && !f.rolled }

// Next is the boot time at which Pass has something to do; Never if there is none.
func (f *Finder) Next() time.Duration {
	if !f.open || f.id == "" {
		return Never
	}
	last := f.last.at.Boot + f.gap
	if !f.inUse {
		last = min(last, f.off+rest)
	}
	if f.stands() {
		last = min(last, f.end.at.Boot+standing)
	}
	return last + 1
}

// End ends what is going on, at the newest fix at which the car moved.
func (f *Finder) End() (t Trip, ended bool) { return f.finish() }

// Going is the id of the trip that is going on, and how long it went on by its newest fix;
// empty while there is none.
func (f *Finder) Going() (id string, took time.Duration) {
	if !f.open || f.id == "" {
		return "", 0
	}
	return f.id, (f.end.at.Boot - f.start.at.Boot).Truncate(time.Millisecond)
}

// SoFar is the trip as it would be if it ended now; false while there is none. It is the
// state to keep: after a restart a trip does not go on.
func (f *Finder) SoFar() (t Trip, ok bool) {
	id, took := f.Going()
	if id == "" {
		return Trip{}, false
	}
	metres := f.metres
	if rest := f.leg.DistanceTo(f.end.Position); rest >= endMetres {
		metres += rest
	}
	end := pointOf(f.end.Position, f.end.at.UTC)
	return Trip{
		ID: id, Start: pointOf(f.start.Position, end.At.Add(-took)), End: end,
		Metres: int64(metres), Seconds: int64(took / time.Second), Track: f.track.String(),
	}, true
}

func (f *Finder) finish() (t Trip, ended bool) {
	t, ended = f.SoFar()
	f.open, f.id, f.strays = false, "", 0
	return t, ended
}

func (n fix) onEarth() bool { return math.Abs(n.Latitude) <= 90 && math.Abs(n.Longitude) <= 180 }

// How far a car may come: with both speeds known and little time between, twice as fast
// as the receiver says and a margin; else as fast as a car can be.
const (
	reachMetres = 50.0
	reachSlack  = 10.0  // m/s
	reachMost   = 100.0 // m/s
	reachShort  = 5 * time.Second
)

// reaches reports whether the car can have come from one fix to the next.
func (n fix) reaches(next fix) bool {
	took, most := next.at.Boot-n.at.Boot, reachMost
	if v := float64(max(n.Speed, next.Speed)); took <= reachShort && !math.IsNaN(v) {
		most = min(most, 2*v+reachSlack)
	}
	return n.DistanceTo(next.Position) <= reachMetres+most*took.Seconds()
}
