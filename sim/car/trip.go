package car

import (
	"context"
	"errors"

	"glovebox/hal"
)

// errGone says that the car's life ended before the drive.
var errGone = errors.New("the car is gone")

// Drive follows a route from its start and returns when the car stands at its
// end. A speed of 0 takes the route's own. The ignition must be on and the gear
// D; the driver fastens the belt. When ctx ends, the driver brakes.
func (v *Vehicle) Drive(ctx context.Context, route *Route, speed hal.Speed) error {
	arrived, err := v.depart(route, speed)
	if err != nil {
		return err
	}
	select {
	case <-arrived:
		return nil
	case <-v.gone:
		return errGone
	case <-ctx.Done():
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.arrived == arrived && v.motion != nil {
			v.motion.Halt()
		}
		return ctx.Err()
	}
}

func (v *Vehicle) depart(route *Route, speed hal.Speed) (arrived chan struct{}, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.motion != nil:
		return nil, errors.New("the car drives already")
	case !v.ignitionOn():
		return nil, errors.New("the ignition is off: switch it on before driving")
	case v.cells.gear.get() != gearD:
		return nil, errors.New("the gear is not D: select it before driving")
	case speed < 0 || speed > fastest:
		return nil, errors.New("want a speed of at most 250 km/h")
	}
	v.sit(true)
	v.buckle(true)
	v.way, v.motion, v.arrived = route, NewMotion(route, speed), make(chan struct{})
	return v.arrived, nil
}

// move drives for one Step.
func (v *Vehicle) move() {
	if v.motion == nil {
		return
	}
	v.motion.Pedals(v.pedals.brake/100*fullBrake, v.pedals.accelerator > 0)
	v.motion.Go()
	v.place, v.course = v.motion.route.Place(v.motion.Driven())
	if v.motion.Done() {
		v.motion = nil
		close(v.arrived)
	}
}
