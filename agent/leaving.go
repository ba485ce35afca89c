package agent

import (
	"cmp"
	"strings"
	"time"

	"glovebox/hal"
	"glovebox/telemetry/outside"
)

// Has the driver left? (docs/guests.md, Leaving)
const (
	defaultLeaveAfter = time.Minute
	defaultIdleAfter  = 10 * time.Minute
	seatFor           = 5 * time.Second // how long a seat must say the same to be believed
)

// VSS paths of the people in the car, besides those of motion.go. A charging port has
// a name of its own between the two parts of its path.
const (
	pathDoor   = "Vehicle.Cabin.Door.Row1.DriverSide.IsOpen"
	pathLocked = "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"
	pathSeat   = "Vehicle.Cabin.Seat.Row1.DriverSide.OccupancyStatus"
	wasSeat    = "Vehicle.Cabin.Seat.Row1.DriverSide.IsOccupied" // its name in the trees before VSS 6.0
	pathBelt   = "Vehicle.Cabin.Seat.Row1.DriverSide.IsBelted"
	pathFlap   = "Vehicle.Powertrain.FuelSystem.IsFuelPortFlapOpen"
	cablePort  = "Vehicle.Powertrain.TractionBattery.Charging.ChargingPort."
	cableIsIn  = ".IsChargingCableConnected"
)

// presence is how likely it is that the driver is in the car.
type presence string

const (
	driving  presence = "Driving"
	standing presence = "Standing"
	doorOpen presence = "DoorOpen"
	away     presence = "Away"
	gone     presence = "Left"
)

// cue is what takes one presence to another.
type cue string

const (
	signsIn      cue = "somebody logs in"
	ignitionOn   cue = "ignition on"
	ignitionOff  cue = "ignition off"
	driverOut    cue = "driver gets out, engine running"
	doorOpens    cue = "driver's door opens"
	doorCloses   cue = "driver's door closes"
	belted       cue = "driver's belt fastened"
	seated       cue = "seat occupied for 5 s"
	locked       cue = "locked from outside"
	lockedSeated cue = "locked from outside, seat occupied"
	leaveAfter   cue = "leave_after"
	idleAfter    cue = "idle_after"
)

// moves are all transitions; a cue that is not in it for a presence changes nothing.
//
//	Driving ──ignition off──▶ Standing ──driver's door opens──▶ DoorOpen ──it closes──▶ Away ──leave_after, or locked──▶ Left
//	   ▲                         ▲                                 ▲                      │
//	   └───── ignition on ───────┴────── belt, or seat for 5 s ────┴── it opens: timer runs on
//	Standing, DoorOpen, Away ──nothing happens for idle_after──▶ Left
var moves = []struct {
	from presence
	cue  cue
	to   presence
}{
	{driving, ignitionOff, standing}, {driving, driverOut, away},
	{standing, ignitionOn, driving}, {standing, doorOpens, doorOpen}, {standing, locked, gone}, {standing, lockedSeated, away}, {standing, idleAfter, gone},
	{doorOpen, ignitionOn, driving}, {doorOpen, belted, standing}, {doorOpen, doorCloses, away}, {doorOpen, leaveAfter, gone}, {doorOpen, idleAfter, gone},
	{away, ignitionOn, driving}, {away, belted, standing}, {away, seated, standing}, {away, doorOpens, doorOpen}, {away, locked, gone}, {away, lockedSeated, away},
	{away, leaveAfter, gone}, {away, idleAfter, gone},
	{gone, signsIn, standing},
}

// leaving finds out whether the driver has left. It is a plain value beside the car:
// what the car says and the boot clock in, Left out. What time does comes before what
// the car says, so that a suspend counts.
type leaving struct {
	leaveAfter, idleAfter time.Duration

	is   presence
	sign time.Duration // the last sign of a person, or the ignition went off

	ignition contact       // what the car says of it
	bus      string        // that says so
	heard    time.Duration // when that was heard last
	moved    time.Duration // when the car was seen to move last
	asOff    bool          // the driver got out with the engine running: until the car moves or starts anew
	lone     time.Duration // the driver's door opened with the engine running and the car parked, or never

	door, lock, seat, belt contact
	doorAt, seatAt         time.Duration   // when they changed last
	open                   map[string]bool // doors, as far as they are known
	plugged                map[string]bool // flaps and cables
	opened                 bool            // the driver's door, since the ignition went off
	closed                 time.Duration   // when it closed first, or never
	leave                  time.Duration   // when leave_after is over, or never
	fromOutside            bool            // the lock went to locked after the door was opened
	emptied                bool            // the seat was empty since the ignition went off
	refuels, refuelled     bool            // a flap or a cable was seen; it made a wait longer already
}

// contact is what a switch says, where it says anything.
type contact uint8

const (
	unknown contact = iota
	off
	on
)

func newLeaving(leaveFor, idleFor time.Duration, now time.Duration) leaving {
	return leaving{
		leaveAfter: cmp.Or(leaveFor, defaultLeaveAfter), idleAfter: cmp.Or(idleFor, defaultIdleAfter),
		is: gone, open: map[string]bool{}, plugged: map[string]bool{}, sign: now,
		lone: outside.Never, closed: outside.Never, leave: outside.Never,
	}
}

// begin is told that somebody logged in, who is a person in the car.
func (l *leaving) begin(now time.Duration) {
	l.is, l.asOff = gone, false
	l.step(signsIn, now)
}

// call is told that a person used the head unit. Who has left already does not come
// back by it.
func (l *leaving) call(now time.Duration) {
	if at, _ := l.next(); at > now {
		l.sign = now
	}
}

// frames notes that a bus is alive.
func (l *leaving) frames(bus string, now time.Duration) {
	if l.ignition == unknown || bus == l.bus {
		l.heard = now
	}
}

// read takes in one reading. A value that is not available leaves what was said before.
func (l *leaving) read(bus string, r hal.Reading) {
	now := r.At.Boot
	switch r.Path {
	case pathIgnition:
		l.ignite(bus, r)
	case pathDoor:
		is, edge := changed(&l.door, r)
		l.open[r.Path] = is == on
		if edge {
			l.doorAt = now
			l.turn(is, now)
		}
	case pathLocked:
		if is, edge := changed(&l.lock, r); edge {
			l.fromOutside = is == on && l.opened
			l.secure(now)
		}
	case pathSeat, wasSeat:
		if is, edge := changed(&l.seat, r); edge {
			l.seatAt, l.sign = now, now
			l.emptied = l.emptied || is == off
		}
	case pathBelt:
		if is, edge := changed(&l.belt, r); edge {
			l.sign = now
			if is == on {
				l.step(belted, now)
			}
		}
	case pathFlap:
		l.refuel(r)
	default:
		switch {
		case isDoor(r.Path):
			is, ok := truth(r)
			if was, known := l.open[r.Path]; ok && known && was != is {
				l.sign = now
			}
			if ok {
				l.open[r.Path] = is
				l.secure(now)
			}
		case strings.HasPrefix(r.Path, cablePort) && strings.HasSuffix(r.Path, cableIsIn):
			l.refuel(r)
		}
	}
}

// truth is what a switch says, if it says anything.
func truth(r hal.Reading) (is, ok bool) {
	switch word, _ := r.Value.Text(); {
	case r.Value.Absent() || word == "UNKNOWN":
		return false, false
	case word == "OCCUPIED":
		return true, true
	}
	return r.Value.IsTrue(), true
}

// changed keeps what a switch says and reports whether it said something else before.
func changed(c *contact, r hal.Reading) (is contact, edge bool) {
	yes, ok := truth(r)
	if !ok {
		return *c, false
	}
	if is = off; yes {
		is = on
	}
	edge, *c = *c != unknown && *c != is, is
	return is, edge
}

func (l *leaving) ignite(bus string, r hal.Reading) {
	was := l.ignition
	switch w, _ := r.Value.Text(); w {
	case "":
		l.ignition = unknown
	case "ON", "START":
		l.ignition = on
		l.asOff = l.asOff && was != off
	default:
		l.ignition = off
	}
	l.bus, l.heard = bus, r.At.Boot
}

// turn is the driver's door opening or closing.
func (l *leaving) turn(is contact, now time.Duration) {
	l.sign = now
	switch {
	case is == on && l.is == driving:
		if l.lone == outside.Never || l.seat == on { // else who got out looks in once more
			l.lone, l.closed = now, outside.Never
		}
	case is == on:
		l.opened = true
		l.step(doorOpens, now)
	case l.is == driving:
		l.closed = min(l.closed, now)
	default:
		l.step(doorCloses, now)
	}
	l.secure(now)
}

// secure looks whether the car was locked from outside: all doors closed, after the
// driver's was opened.
func (l *leaving) secure(now time.Duration) {
	if !l.fromOutside || l.lock != on {
		return
	}
	for _, open := range l.open {
		if open {
			return
		}
	}
	l.fromOutside = false
	if l.seat == on {
		l.step(lockedSeated, now)
		return
	}
	l.step(locked, now)
}

// refuel is a fuel flap that opens, or a charging cable that is plugged in.
func (l *leaving) refuel(r hal.Reading) {
	is, ok := truth(r)
	if !ok {
		return
	}
	was := l.plugged[r.Path]
	if l.plugged[r.Path] = is; is && !was {
		l.refuels = true
		l.longer()
	}
}

// longer has the wait that runs take idle_after, once a stop.
func (l *leaving) longer() {
	if l.refuels && !l.refuelled && l.closed != outside.Never {
		l.leave = l.closed + l.idleAfter
	}
}
