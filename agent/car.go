package agent

import (
	"time"

	"glovebox/hal"
)

// What the car's own signals mean (contract section 1, Vehicle1; erasure.md 1).
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

// car is what the agent knows of the car's motion. The zero car is one that has
// not said anything since boot: parked and not in use.
type car struct {
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
func (c *car) frames(now hal.Instant) { c.heard, c.lastFrame = true, now.Boot }

// read takes in one reading.
func (c *car) read(r hal.Reading) {
	switch r.Path {
	case pathSpeed:
		c.speed, c.speedKnown = r.Value.Float()
		c.speedAt = r.At.Boot
	case pathIgnition:
		w, _ := r.Value.Text()
		c.ignitionOn = w == "ON" || w == "START"
	case pathGear:
		g, ok := r.Value.Float()
		c.inPark = ok && g == gearPark
	}
}

// fix takes in a position.
func (c *car) fix(p hal.Position, now hal.Instant) {
	c.overGround, c.fixAt, c.fixKnown = p.Speed.KilometresPerHour(), now.Boot, true
}

// silent reports whether no frame came for five seconds or since boot.
func (c *car) silent(now hal.Instant) bool {
	return !c.heard || now.Boot-c.lastFrame >= busSilent
}

// moving: CAN speed of 1 km/h or more within the last 2 s, else GNSS speed of
// 5 km/h or more.
func (c *car) moving(now hal.Instant) bool {
	if c.speedKnown && now.Boot-c.speedAt <= speedFresh {
		return c.speed >= movingAt
	}
	return c.fixKnown && now.Boot-c.fixAt <= speedFresh && c.overGround >= movingGNSSAt
}

// ignition: ON or START, and the bus that says so is not silent.
func (c *car) ignition(now hal.Instant) bool { return c.ignitionOn && !c.silent(now) }

// parked: not moving, and ignition neither ON nor START, or gear P, or silent.
func (c *car) parked(now hal.Instant) bool {
	return !c.moving(now) && (!c.ignition(now) || c.inPark)
}

// inUse: ignition ON or START, or moving; never who is logged in (privacy.md 1).
func (c *car) inUse(now hal.Instant) bool { return c.ignition(now) || c.moving(now) }
