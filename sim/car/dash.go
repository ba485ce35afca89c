package car

import (
	"time"

	"glovebox/hal"
)

// Dash is what somebody in the car sees of it, and where it truly is.
type Dash struct {
	Time     time.Time // the car's
	Place    hal.Position
	Course   float64
	Speed    hal.Speed
	Sky      bool   // the receiver has one, and a fix
	Gear     string // P, R, N or D
	Ignition bool
	Door     bool // the driver's is open
	Locked   bool
	Belt     bool
	Seat     bool    // somebody sits at the wheel
	Throttle float64 // 0 to 1
	Brake    float64 // 0 to 1
}

// Dash is how the car stands now.
func (v *Vehicle) Dash() Dash {
	v.mu.Lock()
	defer v.mu.Unlock()
	c, r := &v.cells, &v.receiver
	gears := map[float64]string{gearP: "P", gearR: "R", gearN: "N", gearD: "D"}
	return Dash{
		Time: v.begun.Add(v.now), Place: v.place, Course: v.course, Speed: v.speed(), Sky: !r.lost && v.now >= r.fixAt,
		Gear: gears[c.gear.get()], Ignition: v.ignitionOn(), Door: c.doors["driver"].on(), Locked: c.locked.on(),
		Belt: c.belt.on(), Seat: c.seat.on(), Throttle: c.accelerator.get() / 100, Brake: c.brake.get() / 100,
	}
}
