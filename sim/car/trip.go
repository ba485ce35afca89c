package car

import (
	"context"
	"errors"
	"math"
	"time"

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
	v.motion, v.arrived = NewMotion(route, speed), make(chan struct{})
	return v.arrived, nil
}

// move drives for one Step.
func (v *Vehicle) move() {
	if v.motion == nil {
		return
	}
	v.motion.Go()
	v.place, v.course = v.motion.route.Place(v.motion.Driven())
	if v.motion.Done() {
		v.motion = nil
		close(v.arrived)
	}
}

// Moves reports whether the car is on the move now.
func (v *Vehicle) Moves() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.speed() != 0
}

// Standstill returns when the car stands.
func (v *Vehicle) Standstill(ctx context.Context) error {
	for v.Moves() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-v.gone:
			return errGone
		case <-time.After(pulse):
		}
	}
	return nil
}

// Place is where the car really is, whatever its receiver says.
func (v *Vehicle) Place() hal.Position {
	v.mu.Lock()
	defer v.mu.Unlock()
	p := v.place
	p.Course, p.Speed, p.Altitude = v.course, v.speed(), math.NaN()
	return p
}

// Odometer is how far the car has driven in its life, in metres.
func (v *Vehicle) Odometer() float64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.body.odometer
}
