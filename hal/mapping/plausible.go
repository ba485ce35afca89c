package mapping

import (
	"math"
	"strings"
	"sync/atomic"
	"time"

	"glovebox/hal"
	"glovebox/hal/dbc"
)

// Plausible says which values of a path are believed at once. The zero one believes
// them all; what the file says nothing of has the defaults of its path.
type Plausible struct {
	Said   bool          // the file has one of the keys
	Settle time.Duration // a change by more than Jump counts once it stood so long
	Jump   float64       // in the path's unit; negative: jumpShare of the signal's range
	Rising bool          // it never falls, and rises no faster than the car drives

	zero time.Duration // a zero after another value counts once it stood so long
}

// What is believed of what a car says (docs/contract.md, Configuration).
const (
	settleTime = 2 * time.Second  // charge, fuel, range, service distance
	zeroTime   = 10 * time.Second // a zero of those, and the first one of an odometer
	risingTime = time.Minute      // an odometer that fell, or jumped
	jumpShare  = 0.05
	fastest    = 100.0           // m/s, faster than any car
	busSilent  = 5 * time.Second // a bus without a frame for so long is off
)

// defaults are those of a path that the file has none of the keys for.
func defaults(path string) Plausible {
	name, _ := strings.CutPrefix(path, "Vehicle.")
	settle := Plausible{Settle: settleTime, Jump: -1, zero: zeroTime}
	switch {
	case name == "TraveledDistance":
		return Plausible{Rising: true}
	case strings.HasPrefix(name, "Powertrain.TractionBattery.StateOfCharge."),
		name == "Powertrain.FuelSystem.RelativeLevel", name == "Powertrain.FuelSystem.AbsoluteLevel",
		strings.HasPrefix(name, "Powertrain.") && strings.HasSuffix(name, ".Range"),
		name == "Service.DistanceToService":
		return settle
	}
	return Plausible{}
}

// plausible are the keys in force for a table of the file.
func (s *Signal) plausible() Plausible {
	if s.Plausible.Said {
		return s.Plausible
	}
	return defaults(s.Path)
}

// steps are what one bit more of a signal and a jump of it are, in the path's unit.
// Where the range is not known every change is a jump.
func (s *Signal) steps(of *dbc.Signal) (step, jump float64) {
	step = math.Abs(of.Factor * s.Scale)
	whole := math.Abs((of.Max - of.Min) * s.Scale)
	ranged := of.Max > of.Min && !math.IsInf(whole, 0)
	switch {
	case s.Values != nil:
		step, whole = 0, 0
	case of.Float != dbc.Integer:
		if step = 0; !ranged {
			whole = 0
		}
	case !ranged:
		whole = step * (math.Pow(2, float64(of.Bits)) - 1)
	}
	if jump = s.plausible().Jump; jump < 0 {
		jump = whole * jumpShare
	}
	return step, jump
}

// check looks at what the bus says of one path and says what is believed. A value
// that waits has to stand: on a bus that speaks, and from the end of a drive anew,
// for what a car says as it falls asleep is often zero.
type check struct {
	Plausible
	last   hal.Value // the one that counted last
	lastAt time.Duration

	need  time.Duration // how long the one that waits has to stand; 0: none waits
	next  hal.Value
	at    time.Duration
	began time.Duration
}

// newCheck is nil where everything is believed.
func newCheck(p Plausible) *check {
	if p.Settle == 0 && p.zero == 0 && !p.Rising {
		return nil
	}
	return &check{Plausible: p}
}

// judge returns what is believed now that the bus says v: v itself, nothing, or with
// ok false what was believed before. since is when the bus awoke or the drive ended.
func (c *check) judge(v hal.Value, s *source, at, since time.Duration) (believed hal.Value, ok bool) {
	if v.Absent() {
		c.need = 0
		return v, true
	}
	began := at // when what is said now was said first
	if c.need > 0 && c.near(c.next, v, s, at-c.at) {
		began = c.began
	}
	if need := c.needs(v, s, began); need > 0 {
		if c.need != need {
			began = at
		}
		c.need, c.next, c.at, c.began = need, v, at, began
		if at-max(c.began, since) < need {
			return hal.Value{}, c.Rising
		}
	}
	c.need, c.last, c.lastAt = 0, v, at
	return v, true
}

// needs is how long v, which was said first at began, has to stand before it counts.
func (c *check) needs(v hal.Value, s *source, began time.Duration) time.Duration {
	zero := v == hal.Number(0)
	switch {
	case c.last.Absent() && !zero, v == c.last:
		return 0
	case c.Rising && c.last.Absent():
		return zeroTime
	case c.Rising && !c.near(c.last, v, s, began-c.lastAt):
		return risingTime
	case c.Rising:
		return 0
	case zero && c.zero > 0:
		return c.zero
	case c.last.Absent(), c.near(c.last, v, s, 0):
		return 0
	}
	return c.Settle
}

// near reports whether b may come after a, d later, without a jump.
func (c *check) near(a, b hal.Value, s *source, d time.Duration) bool {
	from, number := a.Float()
	to, also := b.Float()
	switch {
	case !number || !also:
		return a == b
	case c.Rising:
		return to >= from && to-from <= fastest*d.Seconds()+s.step
	}
	return math.Abs(to-from) <= s.jump
}

// drives is what all buses of a car know of its drive: when the ignition went off
// last, on the boot clock. Each decoder belongs to another goroutine.
type drives struct{ ended atomic.Int64 }

// pathIgnition is what says that a drive ended.
const pathIgnition = "Vehicle.LowVoltageSystemState"

// ignition looks at a change of that path.
func (d *drives) ignition(before, now hal.Value, at time.Duration) {
	if on(before) && !on(now) {
		d.ended.Store(int64(at))
	}
}

func on(v hal.Value) bool {
	word, _ := v.Text()
	return word == "ON" || word == "START"
}
