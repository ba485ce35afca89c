package car

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"glovebox/hal"
)

// Raw values of car.dbc.
const (
	ignitionLock = 0
	ignitionOff  = 1
	ignitionOn   = 3
	gearP        = 0
	gearR        = 1
	gearN        = 2
	gearD        = 3
)

// Paths that people act on: what is done by hand takes back what Set said.
const (
	pathLocked   = "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"
	pathIgnition = "Vehicle.LowVoltageSystemState"
	pathGear     = "Vehicle.Powertrain.Transmission.SelectedGear"
	pathSeat     = "Vehicle.Cabin.Seat.Row1.DriverSide.OccupancyStatus"
	pathSeatOld  = "Vehicle.Cabin.Seat.Row1.DriverSide.IsOccupied"
	pathBelt     = "Vehicle.Cabin.Seat.Row1.DriverSide.IsBelted"
)

// doorPaths are the doors by name.
func doorPaths() map[string]string {
	return map[string]string{
		"driver":     "Vehicle.Cabin.Door.Row1.DriverSide.IsOpen",
		"passenger":  "Vehicle.Cabin.Door.Row1.PassengerSide.IsOpen",
		"rear-left":  "Vehicle.Cabin.Door.Row2.DriverSide.IsOpen",
		"rear-right": "Vehicle.Cabin.Door.Row2.PassengerSide.IsOpen",
		"trunk":      "Vehicle.Body.Trunk.Rear.IsOpen",
		"hood":       "Vehicle.Body.Hood.IsOpen",
	}
}

// Doors are the names that Door knows, sorted.
func Doors() []string { return slices.Sorted(maps.Keys(doorPaths())) }

// Door opens or closes a door. When the driver's door opens with the ignition
// off, the driver gets out.
func (v *Vehicle) Door(name string, open bool) error {
	path, ok := doorPaths()[name]
	if !ok {
		return fmt.Errorf("there is no door %q: want one of %v", name, Doors())
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.frames.unpin(path)
	v.cells.doors[name].set(open)
	if name == "driver" && open && !v.ignitionOn() {
		v.sit(false)
	}
	return nil
}

// Said reports whether the car has said each switch that was moved.
func (v *Vehicle) Said() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, m := range v.frames.messages {
		if m.hurry {
			return false
		}
	}
	return true
}

// Lock locks or unlocks all doors, by hand: no fob did it.
func (v *Vehicle) Lock(locked bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lock(locked)
	v.fobs.unlocked = ""
}

// lock expects mu.
func (v *Vehicle) lock(locked bool) {
	v.frames.unpin(pathLocked)
	v.cells.locked.set(locked)
}

// Ignition is switched on by a driver who sits there, and off by one who then
// opens the belt. Off on the move brakes the car to a standstill.
func (v *Vehicle) Ignition(on bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.frames.unpin(pathIgnition)
	if on {
		v.cells.ignition.change(ignitionOn)
		v.sit(true)
		return
	}
	v.cells.ignition.change(ignitionOff)
	v.buckle(false)
	if v.motion != nil {
		v.motion.Halt()
	}
}

// Gear selects P, R, N or D. Only a car that stands can change it.
func (v *Vehicle) Gear(name string) error {
	gear, ok := map[string]float64{"P": gearP, "R": gearR, "N": gearN, "D": gearD}[name]
	if !ok {
		return fmt.Errorf("there is no gear %q: want P, R, N or D", name)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.speed() != 0 {
		return errors.New("the car moves: a gear is selected at a standstill")
	}
	if v.motion != nil && gear != gearD {
		v.motion.Halt() // it stands, and will not drive on
	}
	v.frames.unpin(pathGear)
	v.cells.gear.change(gear)
	v.cells.parkLock.set(gear == gearP)
	v.cells.handbrake.set(gear == gearP)
	return nil
}

func (v *Vehicle) sit(there bool) {
	v.frames.unpin(pathSeat)
	v.frames.unpin(pathSeatOld)
	v.cells.seat.set(there)
	if !there {
		v.buckle(false)
	}
}

func (v *Vehicle) buckle(fastened bool) {
	v.frames.unpin(pathBelt)
	v.cells.belt.set(fastened)
}

// Set makes a path say a value from now on, whatever the car does, until
// somebody does by hand what it is about. An absent value is said as
// "not available". A pedal is pressed so far.
func (v *Vehicle) Set(path string, value hal.Value) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.frames.pin(path, value); err != nil {
		return err
	}
	v.press(path, value)
	return nil
}

// Alarm puts a warning lamp on or off, by its code in the mapping file.
func (v *Vehicle) Alarm(code string, on bool) error {
	path, value, err := v.frames.plan.AlarmValue(code, on)
	if err != nil {
		return err
	}
	return v.Set(path, value)
}
