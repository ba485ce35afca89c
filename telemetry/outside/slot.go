package outside

import (
	"time"

	"glovebox/hal"
)

// late is how long after a slot its message may still be made. A machine that
// slept through a slot of a limited reader leaves that slot out.
const late = 2 * time.Second

// slack is how long after a slot what waited for it may still leave: a disk has
// to take it first.
const slack = 500 * time.Millisecond

// Timely reports whether a message may leave now. To main and shared readers it may at
// any time. To the others only at a slot, also when it is sent again: the instant of a
// new line, or of room on a full one, would tell where coverage began. What is live
// leaves at its own slot or not at all. What the reader is now counts, and not what they
// were when it was made.
func (o *Outside) Timely(r Released, now hal.Instant) bool {
	column := r.column
	if to := o.addressee(r.mailbox, r.Class()); to != nil {
		column = to.Column
	}
	i := columnIndex(column)
	if i < 0 || immediate(column) {
		return true
	}
	age := now.Boot - r.slot.Boot
	if r.Live() {
		return age <= late
	}
	g := o.columns[i].status
	if r.row().spoken && column != ColumnLimited {
		return true // who writes waits for an answer
	}
	anotherBoot := now.UTC.Sub(r.slot.UTC).Abs() > late // or the clock was set meanwhile
	if r.row().parked && !o.inUse && age >= 0 && age <= late && !anotherBoot {
		return true // parked, and just asked for
	}
	if r.row().alarms {
		g = o.columns[i].alarms
	}
	if g.every <= 0 {
		return false
	}
	slot := o.clock.at(o.clock.index(now.Boot, g.every), g.every)
	if own := r.slot.Boot == slot.Boot && r.slot.UTC.Equal(slot.UTC); own && age <= late {
		return true // made for this slot, with the line up: only the disk took so long
	}
	return now.Boot-slot.Boot <= slack
}

// clock is the wall clock as it was when the agent started, carried on by the
// boot clock: corrections of the wall clock do not move a slot, but for the first one
// of a clock that was never set.
type clock struct{ start hal.Instant }

// ClockSet reports whether a wall clock was ever set: it is past the time at which this
// program was written.
func ClockSet(utc time.Time) bool { return utc.After(written) }

var written = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// latched is the UTC of that clock.
func (c clock) latched(boot time.Duration) time.Time {
	return c.start.UTC.Add(boot - c.start.Boot).UTC()
}

// index numbers the slots from the UTC epoch; it is the newest slot at or
// before boot. A grid has whole seconds.
func (c clock) index(boot, every time.Duration) int64 {
	return floorDiv(c.latched(boot).Unix(), int64(every/time.Second))
}

// at is the instant of a slot, on the latched clock.
func (c clock) at(index int64, every time.Duration) hal.Instant {
	utc := time.Unix(index*int64(every/time.Second), 0).UTC()
	return hal.Instant{UTC: utc, Boot: c.start.Boot + utc.Sub(c.start.UTC)}
}

// day numbers the latches: it rises by one at each latch time of day.
func (c clock) day(boot, latch time.Duration) int64 {
	return floorDiv(c.latched(boot).Add(-latch).Unix(), 24*60*60)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// grid is a row of slots and the newest one that has passed.
type grid struct {
	every time.Duration // zero: no slots at all
	last  int64
}

// start begins after the slot that is now.
func (g *grid) start(c clock, every, boot time.Duration) {
	if g.every = every; every > 0 {
		g.last = c.index(boot, every)
	}
}

// pass returns how many slots have passed since it was last asked.
func (g *grid) pass(c clock, boot time.Duration) int64 {
	if g.every <= 0 {
		return 0
	}
	before := g.last
	if now := c.index(boot, g.every); now > before {
		g.last = now
	}
	return g.last - before
}

// slot is the instant of the slot k before the newest.
func (g *grid) slot(c clock, k int64) hal.Instant { return c.at(g.last-k, g.every) }

// next is the boot time of the next slot.
func (g *grid) next(c clock) time.Duration {
	if g.every <= 0 {
		return Never
	}
	return c.at(g.last+1, g.every).Boot
}

// missed are the slots of one reader and kind that fell into gaps of the link.
type missed struct {
	first, last time.Duration // boot time of the first and the last one
	dropped     uint64
	lost        time.Duration // boot time of the first slot whose message is lost; zero: none is
}

// add counts the n newest slots of a grid.
func (m *missed) add(g *grid, c clock, n int64) {
	if n <= 0 {
		return
	}
	if m.dropped == 0 {
		m.first = g.slot(c, n-1).Boot
	}
	m.last = g.slot(c, 0).Boot
	m.dropped += uint64(n)
}

// addSince counts the slots of a grid after the one that the broker had last, and one
// before that whose message is lost; since is when the reader came.
func (m *missed) addSince(g *grid, c clock, alive, since time.Duration) {
	if g.every <= 0 {
		return
	}
	if m.lost != 0 {
		alive = min(alive, m.lost-1)
	}
	var n int64
	for alive = max(alive, since-1); g.slot(c, n).Boot > alive; {
		n++
	}
	m.add(g, c, n)
	m.lost = 0
}
