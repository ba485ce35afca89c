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
)

// VSS paths that the agent itself acts on.
const (
	pathSpeed    = "Vehicle.Speed"
	pathIgnition = "Vehicle.LowVoltageSystemState"
	pathGear     = "Vehicle.Powertrain.Transmission.SelectedGear"
)

// motion is what the agent knows of how the car moves. The zero motion is one that has
// not said anything since boot: parked and not in use.
type motion struct {
	heard      bool          // any frame since boot
	lastFrame  time.Duration // boot clock
	speed      float64       // km/h
	speedAt    time.Duration
	speedKnown bool
	overGround float64 // km/h
	fixAt      time.Duration
	fixKnown   bool
	ignitionOn bool // ON or START
	inPark     bool // gear P
}

// frames notes that the bus is alive.
func (m *motion) frames(now hal.Instant) { m.heard, m.lastFrame = true, now.Boot }

// read takes in one reading.
func (m *motion) read(r hal.Reading) {
	switch r.Path {
	case pathSpeed:
		m.speed, m.speedKnown = r.Value.Float()
		m.speedAt = r.At.Boot
	case pathIgnition:
		w, _ := r.Value.Text()
		m.ignitionOn = w == "ON" || w == "START"
	case pathGear:
		g, ok := r.Value.Float()
		m.inPark = ok && g == gearPark
	}
}

// fix takes in a position.
func (m *motion) fix(p hal.Position, now hal.Instant) {
	m.overGround, m.fixAt, m.fixKnown = p.Speed.KilometresPerHour(), now.Boot, true
}

// silent reports whether no frame came for five seconds or since boot.
func (m *motion) silent(now hal.Instant) bool {
	return !m.heard || now.Boot-m.lastFrame >= busSilent
}

// moving: CAN speed of 1 km/h or more within the last 2 s, else GNSS speed of
// 5 km/h or more.
func (m *motion) moving(now hal.Instant) bool {
	if m.speedKnown && now.Boot-m.speedAt <= speedFresh {
		return m.speed >= movingAt
	}
	return m.fixKnown && now.Boot-m.fixAt <= speedFresh && m.overGround >= movingGNSSAt
}

// ignition: ON or START, and the bus that says so is not silent.
func (m *motion) ignition(now hal.Instant) bool { return m.ignitionOn && !m.silent(now) }

// parked: not moving, and ignition neither ON nor START, or gear P, or silent.
func (m *motion) parked(now hal.Instant) bool {
	return !m.moving(now) && (!m.ignition(now) || m.inPark)
}

// inUse: ignition ON or START, or moving; never who is logged in (docs/privacy.md, Words).
func (m *motion) inUse(now hal.Instant) bool { return m.ignition(now) || m.moving(now) }

// next is when something of this changes if the car says nothing more, on the boot
// clock.
func (m *motion) next(now hal.Instant) time.Duration {
	next := outside.Never
	for _, until := range []struct {
		holds bool
		at    time.Duration
	}{
		{m.speedKnown, m.speedAt + speedFresh + 1}, {m.fixKnown, m.fixAt + speedFresh + 1}, {m.heard, m.lastFrame + busSilent},
	} {
		if until.holds && until.at > now.Boot {
			next = min(next, until.at)
		}
	}
	return next
}
