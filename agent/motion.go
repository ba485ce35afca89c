package agent

import (
	"time"

	"glovebox/hal"
	"glovebox/telemetry/outside"
)

// What the car's own signals mean (docs/contract.md, D-Bus).
const (
	movingAt     = 1.0             // km/h on the bus
	movingGNSSAt = 5.0             // km/h over ground, where the bus says nothing
	speedFresh   = 2 * time.Second // how long a speed counts
	busSilent    = 5 * time.Second // a bus without a frame for so long is off
	gearPark     = 126             // VSS SelectedGear

	saysSoWithin = 2 * time.Second   // a bus that has said nothing of it for so long will not
	stillFor     = 120 * time.Second // without a frame and without movement: seen parked
	stillMetres  = 150.0             // fixes further apart are movement, whatever speed they say
)

// VSS paths that the agent itself acts on.
const (
	pathSpeed    = "Vehicle.Speed"
	pathIgnition = "Vehicle.LowVoltageSystemState"
	pathGear     = "Vehicle.Powertrain.Transmission.SelectedGear"
)

// motion is what the agent knows of how the car moves. One that has not said anything
// since the start is not in use, and parked once it could have said otherwise.
type motion struct {
	begun   time.Duration // the start, boot clock
	decided time.Duration // parked is known from here on, or once the car says so
	known   bool          // that moment came
	stood   bool          // the car was seen parked since the start

	heard      bool          // any frame since boot
	lastFrame  time.Duration // boot clock
	speed      float64       // km/h
	speedAt    time.Duration
	speedKnown bool
	overGround float64 // km/h
	fixAt      time.Duration
	fixKnown   bool
	ignitionOn bool // ON or START
	ignition   bool // it was said at all
	inPark     bool // gear P

	driven   float64       // metres, since they were asked for last
	drivenAt time.Duration // until when
	anchor   hal.Position  // where a standstill began
	still    time.Duration // since when no fix says that the car moves
}

func newMotion(buses int, now hal.Instant) motion {
	m := motion{begun: now.Boot, decided: now.Boot, still: now.Boot}
	if buses > 0 {
		m.decided += saysSoWithin
	}
	m.look(now)
	return m
}

// stands is told whether the car was seen parked just before the start.
func (m *motion) stands(parked bool) { m.known, m.stood = m.known || parked, m.stood || parked }

// opened is told when a bus opened: it has a moment to say how the car stands.
func (m *motion) opened(now hal.Instant) {
	m.decided = max(m.decided, now.Boot+saysSoWithin)
}

// look notes what stays true once it was: that parked is known, and that the car was
// seen parked. It is called whenever something was said, and at next.
func (m *motion) look(now hal.Instant) {
	m.known = m.known || m.ignition || m.inPark || now.Boot >= m.decided
	off := m.ignition && !m.ignitionOn && !m.silent(now)
	m.stood = m.stood || !m.moving(now) && (off || m.inPark || now.Boot >= m.restsAt())
}

// restsAt is when the car counts as seen parked if it says nothing more.
func (m *motion) restsAt() time.Duration { return max(m.begun, m.lastFrame, m.still) + stillFor }

// frames notes that the bus is alive.
func (m *motion) frames(now hal.Instant) { m.heard, m.lastFrame = true, now.Boot }

// read takes in one reading.
func (m *motion) read(r hal.Reading) {
	switch r.Path {
	case pathSpeed:
		m.roll(r.At)
		m.speed, m.speedKnown = r.Value.Float()
		m.speedAt = r.At.Boot
	case pathIgnition:
		w, _ := r.Value.Text()
		m.ignitionOn = w == "ON" || w == "START"
		m.ignition = w != ""
	case pathGear:
		g, ok := r.Value.Float()
		m.inPark = ok && g == gearPark
	}
}

// fix takes in a position.
func (m *motion) fix(p hal.Position, now hal.Instant) {
	m.roll(now)
	m.overGround = p.Speed.KilometresPerHour()
	switch {
	case !m.fixKnown:
		m.anchor = p
	case m.overGround >= movingGNSSAt, m.anchor.DistanceTo(p) > stillMetres:
		m.anchor, m.still = p, now.Boot
	}
	m.fixAt, m.fixKnown = now.Boot, true
}

// roll adds what the car drove since the last call, by the speed that it had.
func (m *motion) roll(now hal.Instant) {
	d := (now.Boot - m.drivenAt).Seconds()
	m.drivenAt = now.Boot
	if !m.moving(now) {
		return
	}
	kmh := m.overGround
	if m.hasSpeed(now) {
		kmh = m.speed
	}
	m.driven += float64(hal.KilometresPerHour(kmh)) * d
}

// drove returns the metres driven since the last call.
func (m *motion) drove() float64 {
	metres := m.driven
	m.driven = 0
	return metres
}

// silent reports whether no frame came for five seconds or since boot.
func (m *motion) silent(now hal.Instant) bool {
	return !m.heard || now.Boot-m.lastFrame >= busSilent
}

// moving: CAN speed of 1 km/h or more within the last 2 s, else GNSS speed of
// 5 km/h or more.
func (m *motion) moving(now hal.Instant) bool {
	if m.hasSpeed(now) {
		return m.speed >= movingAt
	}
	return m.fixKnown && now.Boot-m.fixAt <= speedFresh && m.overGround >= movingGNSSAt
}

// hasSpeed reports whether the bus says a speed that counts.
func (m *motion) hasSpeed(now hal.Instant) bool {
	return m.speedKnown && now.Boot-m.speedAt <= speedFresh
}

// on: ignition ON or START, and the bus that says so is not silent.
func (m *motion) on(now hal.Instant) bool { return m.ignitionOn && !m.silent(now) }

// parked: not moving, and ignition neither ON nor START, or gear P, or silent; not
// before that is known.
func (m *motion) parked(now hal.Instant) bool {
	_, parked, _ := m.state(now)
	return parked
}

// inUse: ignition ON or START, or moving; never who is logged in (docs/privacy.md, Words).
func (m *motion) inUse(now hal.Instant) bool {
	_, _, inUse := m.state(now)
	return inUse
}

// state is moving, parked and inUse at once.
func (m *motion) state(now hal.Instant) (moving, parked, inUse bool) {
	on := m.on(now)
	moving = m.moving(now)
	return moving, m.known && !moving && (!on || m.inPark), on || moving
}

// next is when something of this changes if the car says nothing more, on the boot
// clock.
func (m *motion) next(now hal.Instant) time.Duration {
	next := outside.Never
	for _, until := range []struct {
		holds bool
		at    time.Duration
	}{
		{m.speedKnown, m.speedAt + speedFresh + 1}, {m.fixKnown, m.fixAt + speedFresh + 1}, {m.heard, m.lastFrame + busSilent},
		{!m.known, m.decided}, {!m.stood, m.restsAt()},
	} {
		if until.holds && until.at > now.Boot {
			next = min(next, until.at)
		}
	}
	return next
}
