package agent

import (
	"slices"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
)

// adjustments are what settings want of the car: seat, climate, radio. They are sent by
// whoever executes orders, one after the other, and nobody waits for their effect: what
// the car does not show in time is said in the log. It is a plain value without a lock:
// the cabin owns it.
type adjustments struct {
	reach    map[string]Reach
	actuated []string
	waiting  []want // the newest of each path
	sent     []awaited
}

// Reach is how far an actuator goes, in the unit of its path, and its smallest step.
type Reach struct{ Least, Most, Step float64 }

// awaited is what was sent and is not shown yet.
type awaited struct {
	want
	since, until time.Duration // boot clock
}

// The car has so long to show what was sent; a seat has a long way to go.
const (
	adjustedIn = confirmIn
	seatIn     = 30 * time.Second
)

// VSS paths that settings set, besides pathWarmth.
const (
	pathDriverSeat  = "Vehicle.Cabin.Seat.Row1.DriverSide."
	pathLength      = pathDriverSeat + "Position"
	pathHeight      = pathDriverSeat + "Height"
	pathRecline     = pathDriverSeat + "Backrest.Recline"
	pathHeating     = pathDriverSeat + "HeatingCooling"
	pathMirrors     = "Vehicle.Body.Mirrors.DriverSide.Tilt"
	pathOtherMirror = "Vehicle.Body.Mirrors.PassengerSide.Tilt"
	pathPassenger   = "Vehicle.Cabin.HVAC.Station.Row1.Passenger.Temperature"
	pathFan         = "Vehicle.Cabin.HVAC.Station.Row1.Driver.FanSpeed"
	pathVolume      = "Vehicle.Cabin.Infotainment.Media.Volume"
	pathSource      = "Vehicle.Cabin.Infotainment.Media.Played.Source"
)

// adjusted are the paths that settings set.
var adjusted = []string{
	pathLength, pathHeight, pathRecline, pathMirrors, pathOtherMirror, pathHeating, pathWarmth, pathPassenger, pathFan, pathVolume, pathSource,
}

// apply wants what the settings of these stages say, of who comes to the wheel of a
// parked car; what is chosen for one driving cycle is not theirs yet. Before the PIN
// that is the seat.
func (a *adjustments) apply(values profiles.Values, stages ...profiles.Stage) {
	for _, g := range profiles.Groups() {
		for _, s := range g.Settings {
			if s.Scope != profiles.OfCycle && slices.Contains(stages, s.Stage) {
				a.set(g.Name, s.Name, values[g.Name][s.Name], true)
			}
		}
	}
}

// edit wants what an edit changed.
func (a *adjustments) edit(e profiles.Edit, values profiles.Values, parked bool) {
	for group, changed := range e.Values {
		for key := range changed {
			a.set(group, key, values[group][key], parked)
		}
	}
}

// set wants what one setting says. A seat moves while the car is parked only.
func (a *adjustments) set(group, key string, value any, parked bool) {
	switch group + " " + key {
	case "seat position":
		place, _ := value.(map[string]any)
		for name, paths := range map[string][]string{
			"length": {pathLength}, "height": {pathHeight}, "recline": {pathRecline}, "mirrors": {pathMirrors, pathOtherMirror},
		} {
			perMille, there := place[name].(uint32)
			for _, path := range paths {
				if r, known := a.reach[path]; there && known && parked {
					a.number(path, r.Least+(r.Most-r.Least)*float64(perMille)/1000)
				}
			}
		}
	case "climate driver_celsius":
		a.number(pathWarmth, value)
	case "climate passenger_celsius":
		a.number(pathPassenger, value)
	case "climate seat_heating":
		if level, ok := value.(byte); ok {
			a.number(pathHeating, float64(level)*100/3)
		}
	case "climate fan":
		a.number(pathFan, value)
	case "radio volume":
		a.number(pathVolume, value)
	case "radio last":
		station, _ := value.(map[string]any)
		if band, ok := station["band"].(string); ok {
			if band == "SXM" {
				band = "SIRIUS_XM"
			}
			a.want(want{path: pathSource, value: hal.Word(band)})
		}
	}
}

func (a *adjustments) number(path string, v any) {
	n, ok := v.(float64)
	if b, octet := v.(byte); octet {
		n, ok = float64(b), true
	}
	if ok {
		a.want(want{path, hal.Number(n), a.reach[path].Step / 2})
	}
}

func (a *adjustments) want(w want) {
	if slices.Contains(a.actuated, w.path) {
		a.waiting = append(slices.DeleteFunc(a.waiting, func(old want) bool { return old.path == w.path }), w)
	}
}

// take hands over what is to be sent. What waited until the car drives does not move a seat.
func (a *adjustments) take(drives bool) []want {
	wants := a.waiting
	a.waiting = nil
	if !drives {
		return wants
	}
	return slices.DeleteFunc(wants, func(w want) bool {
		return slices.Contains([]string{pathLength, pathHeight, pathRecline, pathMirrors, pathOtherMirror}, w.path)
	})
}

// await looks for what was sent, in place of what was sent before on the same path.
func (a *adjustments) await(sent []want, now hal.Instant) {
	for _, w := range sent {
		a.sent = slices.DeleteFunc(a.sent, func(old awaited) bool { return old.path == w.path })
		patience := adjustedIn
		if slices.Contains([]string{pathLength, pathHeight, pathRecline}, w.path) {
			patience = seatIn
		}
		a.sent = append(a.sent, awaited{w, now.Boot, now.Boot + patience})
	}
}

// look forgets what the car shows, and returns the paths that it did not show in time.
func (a *adjustments) look(v *vehicle, now hal.Instant) (missed []string) {
	a.sent = slices.DeleteFunc(a.sent, func(s awaited) bool {
		shown := v.shows(s.want, s.since)
		if !shown && now.Boot >= s.until {
			missed = append(missed, s.path)
		}
		return shown || now.Boot >= s.until
	})
	return missed
}

// drop ends what a session wanted.
func (a *adjustments) drop() { a.waiting, a.sent = nil, nil }
