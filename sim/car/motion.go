package car

import (
	"math"
	"time"

	"glovebox/hal"
)

// What a driver does with the pedals, in metres and seconds.
const (
	pull   = 1.8 // m/s² at most
	braked = 2.2 // m/s² at most
	foot   = 1.5 // s over which a pedal moves: no jerk is over 3.5 m/s³
)

// Step is the time that Motion goes on at once.
const Step = 10 * time.Millisecond

const (
	step      = float64(Step) / float64(time.Second)
	footSteps = int(foot / step)
)

// Motion is how a car moves along a route. A driver looks ahead and decides on a
// speed, within pull and braked; the car follows with the mean of what was
// decided in the last moments, as a foot moves a pedal. So speed, acceleration
// and its change are bounded, and the car stands where the driver meant it to.
//
//	decided  __/‾‾‾\__   corners in the speed
//	speed    _/‾‾‾‾‾\_   none: rounded over foot, and as far in the end
type Motion struct {
	route  *Route
	cruise hal.Speed // everywhere, if not 0

	ahead   float64   // metres: where the decided speed leads
	decided hal.Speed // now
	next    int       // the first point that lies ahead
	wait    float64   // seconds left of a stop
	halt    bool      // stop as soon as one can
	foot    float64   // m/s² by which a pedal brakes
	held    bool      // by that, until the accelerator is pressed

	recent [footSteps]hal.Speed // decided lately, oldest at slot
	slot   int
	sum    float64

	driven float64
	speed  hal.Speed
	accel  float64
}

// NewMotion is a car that stands at the start of a route. A cruise speed of 0
// takes the route's own speeds; another one replaces all but the stops.
func NewMotion(r *Route, cruise hal.Speed) *Motion { return &Motion{route: r, cruise: cruise, next: 1} }

// Driven is how many metres of the route the car has driven.
func (m *Motion) Driven() float64 { return m.driven }

// Speed is how fast the car is.
func (m *Motion) Speed() hal.Speed { return m.speed }

// Acceleration is in m/s², negative while it brakes.
func (m *Motion) Acceleration() float64 { return m.accel }

// Halt makes the driver brake and stop for good, wherever that is.
func (m *Motion) Halt() { m.halt = true }

// Done reports whether the car stands, at the end of the route or halted.
func (m *Motion) Done() bool {
	return m.speed == 0 && m.decided == 0 && m.accel == 0 && (m.halt || m.next == len(m.route.Points))
}

// Go moves on by one Step.
func (m *Motion) Go() {
	m.decide()
	oldest := m.recent[m.slot]
	m.recent[m.slot] = m.decided
	m.slot = (m.slot + 1) % footSteps
	m.sum += float64(m.decided - oldest)
	if m.sum < 1e-9 { // what rounding left; a car that stands stands
		m.sum = 0
	}
	speed := hal.Speed(m.sum / float64(footSteps))
	m.accel = float64(speed-m.speed) / step
	m.speed = speed
	m.driven += float64(speed) * step
}

// decide is one look ahead.
func (m *Motion) decide() {
	if m.wait > 0 {
		m.wait -= step
		return
	}
	if m.halt || m.next == len(m.route.Points) {
		m.decided = max(m.decided-hal.Speed(braked*step), 0)
		m.ahead += float64(m.decided) * step
		return
	}
	allowed := m.footed(min(m.limit(m.next-1), m.brake(m.decided)))
	m.decided = min(max(allowed, m.decided-hal.Speed(braked*step)), m.decided+hal.Speed(pull*step))
	left := m.route.Points[m.next].At - m.ahead
	if m.stops(m.next) && left <= float64(m.decided)*step+1e-6 {
		m.ahead, m.decided = m.route.Points[m.next].At, 0
		m.wait = m.route.Points[m.next].Stop.Seconds() + foot // the foot is late
		m.next++
		return
	}
	m.ahead += float64(m.decided) * step
	for m.next < len(m.route.Points)-1 && !m.stops(m.next) && m.route.Points[m.next].At <= m.ahead {
		m.next++
	}
}

// brake is the fastest that still obeys everything ahead, with braking in hand.
func (m *Motion) brake(now hal.Speed) hal.Speed {
	best := hal.Speed(math.Inf(1))
	reach := m.ahead + float64(now*now)/(2*braked) + 10
	for i := m.next; i < len(m.route.Points) && m.route.Points[i].At <= reach; i++ {
		then := hal.Speed(0)
		if !m.stops(i) {
			then = m.at(i)
		}
		// v with v·step + (v² - then²)/2b = way: what is driven before the next look
		// counts, or the last metres would be braked too late.
		const b = 0.95 * braked
		way := m.route.Points[i].At - m.ahead
		v := math.Sqrt(b*step*b*step+float64(then*then)+2*b*max(way, 0)) - b*step
		best = min(best, max(hal.Speed(v), creep))
		if then == 0 {
			break
		}
	}
	return best
}

// creep is how slowly a car comes to its line at last.
const creep = hal.Speed(0.02)

// stops reports whether the car stands at a point.
func (m *Motion) stops(i int) bool {
	return i == len(m.route.Points)-1 || i > 0 && m.route.Points[i].Speed == 0
}

// at is how fast one may be at a point.
func (m *Motion) at(i int) hal.Speed {
	if m.cruise > 0 {
		return m.cruise
	}
	return m.route.Points[i].Speed
}

// limit is how fast one may be between a point and the next.
func (m *Motion) limit(i int) hal.Speed {
	if m.cruise > 0 {
		return m.cruise
	}
	fast := max(m.route.Points[i].Speed, m.route.Points[min(i+1, len(m.route.Points)-1)].Speed)
	if fast == 0 {
		return usualSpeed // from one stop to the next
	}
	return fast
}
