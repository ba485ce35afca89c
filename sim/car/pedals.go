package car

import "glovebox/hal"

const (
	pathAccelerator = "Vehicle.Chassis.Accelerator.PedalPosition"
	pathBrake       = "Vehicle.Chassis.Brake.PedalPosition"
)

// pedals are what a foot does that is not the driver's on the route: percent, 0 is no foot.
type pedals struct{ accelerator, brake float64 }

// press takes a pedal's value that Set was given, if the path is one. mu is held.
//
// The brake slows the car down as long as it is pressed. Once it stands so, it drives on
// when the accelerator is pressed.
func (v *Vehicle) press(path string, value hal.Value) {
	percent, _ := value.Float()
	switch path {
	case pathAccelerator:
		v.pedals.accelerator = percent
	case pathBrake:
		v.pedals.brake = percent
	default:
		return
	}
	if !value.Absent() {
		v.frames.unpin(path) // run says it
	}
}

// show is what the pedals say: the foot's, or else the driver's.
func (p pedals) show(accelerator, brake float64) (float64, float64) {
	if p.accelerator > 0 || p.brake > 0 {
		return p.accelerator, p.brake
	}
	return accelerator, brake
}

// Pedals says how a foot brakes, in m/s², and whether it is on the accelerator.
func (m *Motion) Pedals(brake float64, accelerator bool) {
	m.foot = brake
	switch {
	case brake > 0 && m.decided == 0:
		m.held = true
	case accelerator:
		m.held = false
	}
}

// footed is the fastest that the pedals allow.
func (m *Motion) footed(allowed hal.Speed) hal.Speed {
	switch {
	case m.held:
		return 0
	case m.foot > 0:
		return min(allowed, max(m.decided-hal.Speed(m.foot*step), 0))
	}
	return allowed
}
