package car

import (
	"math"

	"glovebox/hal"
)

// Attached reports whether anybody has the port open, and hands on what they
// wrote.
func (p *Pty) Attached() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.read()
}

// Moves reports whether the car is on the move now.
func (v *Vehicle) Moves() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.speed() != 0
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
