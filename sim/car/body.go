package car

import (
	"math"
	"time"

	"glovebox/hal"
)

// cells are the signals that the car itself writes.
type cells struct {
	speed, accel, still        cell
	wheels                     [4]cell
	accelerator, brake         cell
	motor                      cell
	gear, parkLock, handbrake  cell
	charge, volts, amps        cell
	toFull                     cell
	odometer, reach            cell
	tyres                      [4]cell
	ignition, locked           cell
	doors                      map[string]cell
	seat, belt                 cell
	hazard, brakeLight, beam   cell
	fobID, fobNear, fobOpened  cell
	battery                    cell
	climate, warm, cool, cabin cell
	fan, volume                cell
	length, height, recline    cell
	service, days              cell
}

func (f *frames) cells() cells {
	c := f.cell
	return cells{
		speed: c("MOTION", "SPEED"), accel: c("MOTION", "ACCELERATION"), still: c("MOTION", "STANDSTILL"),
		wheels:      [4]cell{c("WHEELS", "SPEED_FL"), c("WHEELS", "SPEED_FR"), c("WHEELS", "SPEED_RL"), c("WHEELS", "SPEED_RR")},
		accelerator: c("PEDALS", "ACCELERATOR"), brake: c("PEDALS", "BRAKE"),
		motor: c("DRIVE_UNIT", "MOTOR_SPEED"),
		gear:  c("GEAR", "SELECTED"), parkLock: c("GEAR", "PARK_LOCK"), handbrake: c("PARKING_BRAKE", "ENGAGED"),
		charge: c("HV_BATTERY", "CHARGE_DISPLAYED"), volts: c("HV_BATTERY", "VOLTAGE"), amps: c("HV_BATTERY", "CURRENT"),
		toFull:   c("CHARGER", "TIME_TO_FULL"),
		odometer: c("ODOMETER", "TOTAL"), reach: c("ODOMETER", "RANGE"),
		tyres:    [4]cell{c("TYRE_PRESSURE", "FL"), c("TYRE_PRESSURE", "FR"), c("TYRE_PRESSURE", "RL"), c("TYRE_PRESSURE", "RR")},
		ignition: c("IGNITION", "STATE"), locked: c("LOCK_STATE", "LOCKED"),
		doors: map[string]cell{
			"driver": c("DOORS", "DRIVER"), "passenger": c("DOORS", "PASSENGER"),
			"rear-left": c("DOORS", "REAR_LEFT"), "rear-right": c("DOORS", "REAR_RIGHT"),
			"trunk": c("DOORS", "TRUNK"), "hood": c("DOORS", "HOOD"),
		},
		seat: c("SEATS", "DRIVER_OCCUPIED"), belt: c("SEATS", "DRIVER_BELTED"),
		hazard: c("LIGHTS", "HAZARD"), brakeLight: c("LIGHTS", "BRAKE"), beam: c("LIGHTS", "LOW_BEAM"),
		fobID: c("FOB", "ID"), fobNear: c("FOB", "PRESENT"), fobOpened: c("FOB", "UNLOCKED"),
		battery: c("LOW_VOLTAGE", "BATTERY"),
		climate: c("CLIMATE", "ACTIVE"), warm: c("CLIMATE", "DRIVER"), cool: c("CLIMATE", "PASSENGER"),
		cabin: c("CLIMATE", "CABIN"), fan: c("CLIMATE", "FAN"), volume: c("RADIO", "VOLUME"),
		length: c("SEAT_POSITION", "LENGTH"), height: c("SEAT_POSITION", "HEIGHT"), recline: c("SEAT_POSITION", "RECLINE"),
		service: c("SERVICE", "DISTANCE"), days: c("SERVICE", "DAYS"),
	}
}

// body is what changes slowly.
type body struct {
	odometer   float64 // metres
	charge     float64 // %
	warmth     float64 // of the tyres, 0 to 1
	cabin      float64 // degrees Celsius
	sinceNew   float64 // metres, since the last service
	flashUntil time.Duration
}

func newBody(s Setup) body {
	b := body{odometer: s.Odometer, charge: s.Charge, cabin: 12, sinceNew: math.Mod(s.Odometer, serviceEvery)}
	if b.charge <= 0 {
		b.charge = 80
	}
	return b
}

// Figures of the car: a large electric one.
const (
	mass         = 2300.0         // kg
	drag         = 0.5 * 1.2 * .5 // N per (m/s)²
	rolling      = 230.0          // N
	household    = 600.0          // W for all that does not drive
	store        = 83.7           // kWh
	voltage      = 720.0
	perPercent   = 4.2      // km of range
	revs         = 64.0     // of the motor, a minute, for each km/h
	fullBrake    = 8.0      // m/s², with the pedal all the way down
	serviceEvery = 30_000e3 // m
	outside      = 12.0     // °C
)

// Values that say "not available", as in car.dbc.
const (
	noSpeed = 655.35
	noRevs  = 65535
	noTime  = 4095
	noHeat  = 87.5
)

// begin says how the car stands at first: parked, locked, everything closed.
func (v *Vehicle) begin() {
	c := &v.cells
	c.gear.put(gearP)
	c.parkLock.put(1)
	c.handbrake.put(1)
	c.ignition.put(ignitionLock)
	c.locked.put(1)
	c.warm.put(21)
	c.cool.put(21)
	c.fan.put(30)
	c.volume.put(25)
	c.length.put(140)
	c.height.put(40)
	c.recline.put(12)
	c.days.put(300)
	c.toFull.put(noTime) // nobody charges it
	v.run()
}

// run lets the rest of the car follow its motion for one Step.
func (v *Vehicle) run() {
	c, b := &v.cells, &v.body
	speed, accel := v.speed(), 0.0
	if v.motion != nil {
		accel = v.motion.Acceleration()
	}
	on := v.ignitionOn()
	kmh := speed.KilometresPerHour()
	c.speed.put(kmh)
	c.accel.put(accel)
	c.still.set(speed == 0)
	v.turn(on, kmh)
	pedal := 100 * min(max(-accel, 0)/fullBrake, 1)
	if on && speed == 0 && v.motion != nil {
		pedal = 20 // a foot holds it at the lights
	}
	throttle, pedal := v.pedals.show(100*min(max(accel, 0)/pull, 1)*0.6, pedal)
	c.accelerator.put(throttle)
	c.brake.put(pedal)
	c.brakeLight.set(pedal > 3)
	c.beam.set(on)

	power := float64(speed) * (mass*accel + rolling + drag*float64(speed*speed))
	if on || c.climate.on() {
		power += household
	}
	b.charge = min(max(b.charge-power*step/3.6e6/store*100, 0), 100)
	c.charge.put(b.charge)
	c.reach.put(b.charge * perPercent)
	c.volts.put(voltage)
	c.amps.put(power / voltage)

	b.odometer += float64(speed) * step
	b.sinceNew += float64(speed) * step
	c.odometer.put(math.Floor(b.odometer/100) / 10)
	c.service.put((serviceEvery - b.sinceNew) / 1000)
	b.warmth += (min(kmh/80, 1) - b.warmth) * step / 600
	for i, tyre := range c.tyres {
		tyre.put(250 + 5*float64(i/2) + 25*b.warmth)
	}
	if on {
		c.battery.put(14.3)
	} else {
		c.battery.put(12.6)
	}
	v.heat(on)
}

// turn is what the wheels and the motor say, while somebody measures it.
func (v *Vehicle) turn(on bool, kmh float64) {
	wheel, motor := kmh, math.Round(kmh*revs)
	if !on && kmh == 0 {
		wheel, motor = noSpeed, noRevs
	}
	for _, c := range v.cells.wheels {
		c.put(wheel)
	}
	v.cells.motor.put(motor)
}

// heat is the cabin: towards what the driver set, or what it is outside.
func (v *Vehicle) heat(on bool) {
	c, b := &v.cells, &v.body
	to := outside
	if c.climate.on() {
		to = c.warm.get()
	}
	b.cabin += (to - b.cabin) * step / 120
	if on || c.climate.on() {
		c.cabin.put(b.cabin)
	} else {
		c.cabin.put(noHeat)
	}
}

// speed is 0 while nobody drives.
func (v *Vehicle) speed() hal.Speed {
	if v.motion == nil {
		return 0
	}
	return v.motion.Speed()
}

func (v *Vehicle) ignitionOn() bool { return v.cells.ignition.get() >= ignitionOn }
