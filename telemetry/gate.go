package telemetry

import (
	"slices"
	"strings"
	"time"

	"glovebox/hal"
	"glovebox/telemetry/outside"
)

// Gate stands before everything that leaves, and is the one place where level
// and guest act on it. It is a value: each method returns the next one.
//
//	the driver                                   hands on
//	share; nobody, while parked                  place and link as they are
//	no-position                                  no fix
//	a guest, at any level but offline            no fix
//	nobody at the wheel on the move, until parked  no fix
//	nobody after a start, until seen parked      no fix
//	offline                                      no fix, link down
//	after a hidden end, until 2 km and 300 s on  no fix
//
// A drive that ends at a chosen no-position or offline has a hidden end: the
// place stays closed, parked too, until the next drive is so far away. That is
// a fact about the car, kept over restarts without a person; see Fact.
type Gate struct {
	distance float64 // metres; zero: a hidden end never clears
	time     time.Duration

	level  Level
	seat   seat
	inUse  bool
	parked bool

	abandoned bool // nobody at the wheel since a start or on the move, and not parked since
	hiding    bool // in use at a level that the driver chose
	hidden    bool // a drive ended like that
	next      drive
}

// seat is who is at the wheel, as far as the gate must know.
type seat uint8

const (
	empty seat = iota
	person
	guest
)

// drive measures how far the drive after a hidden end has come.
type drive struct {
	measured bool // the first fix came
	since    time.Duration
	metres   float64
	leg      float64      // metres driven since the newest leg began
	last     hal.Position // where it began
}

// What Fact says. Any other word, and none, hides: what is not known is kept back.
const (
	HiddenEnd = "hidden-end" // an end is, or would be, hidden
	OpenEnd   = "open"
)

// NewGate is the gate at the start of the agent: nobody at the wheel, and the car not
// seen parked yet. fact is what Fact said before the restart.
func NewGate(n outside.Numbers, fact string) Gate {
	return Gate{
		distance: n.HiddenDistance, time: n.HiddenTime,
		level: LevelShare, abandoned: true, hidden: fact != OpenEnd,
	}
}

// Fact is what must outlive a restart: whether the end of the last drive is
// hidden, or would be if the power failed now.
func (g Gate) Fact() string {
	if g.hidden || g.hiding {
		return HiddenEnd
	}
	return OpenEnd
}

// Level is what the driver chose.
func (g Gate) Level() Level { return g.level }

// SetLevel is the driver's choice; it holds for the next sample.
func (g Gate) SetLevel(l Level, inUse bool) Gate {
	g = g.Motion(g.parked, inUse)
	g.level = l
	g.hiding = g.inUse && l != LevelShare
	return g
}

// Begin puts a person or a guest at the wheel, at level share.
func (g Gate) Begin(isGuest bool) Gate {
	g.seat = person
	if isGuest {
		g.seat = guest
	}
	g.level, g.abandoned = LevelShare, false
	return g
}

// End takes whoever is at the wheel away. A drive at a chosen level ends with
// it, and its end is hidden. A guest who chose nothing leaves no mark.
func (g Gate) End(inUse bool) Gate {
	g = g.Motion(g.parked, inUse)
	if g.hiding {
		g.hidden, g.hiding = true, false
	}
	g.seat, g.level, g.next = empty, LevelShare, drive{}
	g.abandoned = !g.parked
	return g
}

// Motion tells whether the car is parked, which it must first have been seen to be
// since the start, and whether it is in use.
func (g Gate) Motion(parked, inUse bool) Gate {
	switch {
	case inUse && !g.inUse:
		g.hiding = g.level != LevelShare
	case !inUse && g.inUse:
		g.hidden = g.hidden || g.hiding
		g.hiding, g.next = false, drive{}
	}
	g.parked, g.inUse = parked, inUse
	switch {
	case parked:
		g.abandoned = false
	case g.seat == empty:
		g.abandoned = true
	}
	return g
}

// Drove tells how far the car has driven since it was told last, by its own speed. A
// receiver whose fixes jump at a standstill drives nowhere.
func (g Gate) Drove(metres float64) Gate {
	g.next.leg += metres
	return g
}

// Fix lets a fix pass or holds it back; nil is no fix. Here the drive after a
// hidden end is measured, whatever the level is.
func (g Gate) Fix(p *hal.Position, now hal.Instant) (*hal.Position, Gate) {
	if p == nil {
		return nil, g
	}
	if g.hidden && g.inUse && g.seat != empty && !g.abandoned {
		g.next = g.next.measure(*p, now)
		if g.distance > 0 && g.time > 0 && g.next.metres >= g.distance && now.Boot-g.next.since >= g.time {
			g.hidden, g.next = false, drive{}
		}
	}
	if !g.Open() {
		return nil, g
	}
	return p, g
}

// legMetres is the shortest leg that counts, so that noise adds nothing.
const legMetres = 50

// measure adds the leg that ends at p: as long as the fixes are apart, and never
// longer than the car has driven.
func (d drive) measure(p hal.Position, now hal.Instant) drive {
	if !d.measured {
		return drive{measured: true, since: now.Boot, last: p}
	}
	if apart := d.last.DistanceTo(p); apart >= legMetres {
		d.metres += min(apart, d.leg)
		d.leg, d.last = 0, p
	}
	return d
}

// Open reports whether a fix passes.
func (g Gate) Open() bool { return g.Cause() == outside.Open }

// Muted reports whether the link is to be silent.
func (g Gate) Muted() bool { return g.level == LevelOffline }

// Cause is the state column that describes the gate inside the car. It never
// reaches the outside pipeline.
func (g Gate) Cause() outside.State {
	switch {
	case g.level == LevelOffline:
		return outside.Offline
	case g.seat == guest:
		return outside.GuestDriving
	case g.level != LevelShare, g.Waits():
		return outside.NoPosition
	}
	return outside.Open
}

// Waits reports whether a place begins later in this drive, whatever the driver does.
func (g Gate) Waits() bool { return g.abandoned || g.hidden }

// Effective is the level that holds, and what makes it so: level, guest, waiting. It
// is for the screen in the car. One word stands for a hidden end, for nobody at the
// wheel on the move, and for nobody after a start: it names no level.
func (g Gate) Effective() (Level, []string) {
	if g.level == LevelOffline {
		return LevelOffline, []string{"level"}
	}
	var by []string
	for _, rule := range []struct {
		holds bool
		name  string
	}{
		{g.level == LevelNoPosition, "level"}, {g.seat == guest, "guest"},
		{g.Waits(), waiting},
	} {
		if rule.holds {
			by = append(by, rule.name)
		}
	}
	if len(by) == 0 {
		return LevelShare, nil
	}
	return LevelNoPosition, by
}

// Withheld are the decisions about a fix that the gate held back: for each
// reader who would have had it, by the gate's own cause.
func (g Gate) Withheld(p *outside.Policy, readers []outside.Reader, now hal.Instant) []outside.Decision {
	var out []outside.Decision
	for _, r := range readers {
		if slices.Contains(r.Without, outside.KindPosition) || !p.Decide(outside.ClassPosition, r.Column, outside.Unassigned, outside.Open).Verdict.Releases() {
			continue
		}
		cell := p.Decide(outside.ClassPosition, r.Column, outside.Unassigned, g.Cause())
		if cell.Verdict.Releases() {
			continue
		}
		out = append(out, g.Name(outside.Decision{
			At: now, Class: outside.ClassPosition, Reader: r.ID, Kind: outside.KindPosition,
			Outcome: outside.Withheld, Rule: cell.Rule, LimitedBy: cell.LimitedBy,
		}))
	}
	return out
}

// waiting is what the gate waits in, in LimitedBy and in the ledger.
const waiting = "waiting"

// Name calls a decision by its cause: what the pipeline knows only as a missing
// fix is, in the car, the guest's column in a guest's session, and waiting where the
// driver chose nothing. All are equal in every row.
func (g Gate) Name(d outside.Decision) outside.Decision {
	from, to := "/"+outside.NoPosition.String(), "/"+outside.GuestDriving.String()
	switch {
	case g.seat == guest:
	case g.level == LevelShare && g.Waits():
		to = "/" + waiting
	default:
		return d
	}
	d.Rule = strings.Replace(d.Rule, from, to, 1)
	by := make([]string, len(d.LimitedBy))
	for i, rule := range d.LimitedBy {
		by[i] = strings.Replace(rule, from, to, 1)
	}
	d.LimitedBy = by
	return d
}
