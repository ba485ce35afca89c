package agent

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// Outcome is what became of an action. Cause is for the unit's own log: it names
// the check and no person, place or value.
type Outcome struct {
	Result outside.Result // empty: nobody is told, or it is not known yet
	Cause  string
	Who    profiles.ID // who ordered it
}

// Errand is an action that was accepted and waits to be carried out.
type Errand struct {
	action profiles.Action
	args   profiles.Arguments
}

// Ask answers a reader's challenge; mailbox and key belong to one person.
func (c *Cabin) Ask(a profiles.Ask) {
	c.mu.Lock()
	c.out.Ask(a.Mailbox, a.Key, a.Challenge, c.Now())
	c.mu.Unlock()
	c.send()
}

// Act decides about an action whose signature was verified for this car (security.md
// 4, from step 8): epoch, exp, counter, right, arguments, the car. A refusal is told
// at once; an errand is to be given to Carry. Its counter is used up by then, so it
// is carried out once or never.
func (c *Cabin) Act(a profiles.Action) (Outcome, *Errand) {
	c.mu.Lock()
	outcome, errand := c.consider(a, "")
	c.mu.Unlock()
	c.send()
	return outcome, errand
}

// Busy refuses an action that is too much; its counter is used up as by any other.
func (c *Cabin) Busy(a profiles.Action) Outcome {
	c.mu.Lock()
	outcome, _ := c.consider(a, outside.Busy)
	c.mu.Unlock()
	c.send()
	return outcome
}

// consider makes steps 8 to 13, or answers what was decided before. mu is held.
func (c *Cabin) consider(a profiles.Action, already outside.Result) (Outcome, *Errand) {
	now := c.Now()
	p, known := c.roster.Orderer(a.Key)
	if !known {
		return Outcome{Cause: "key"}, nil
	}
	expired, free := c.epoch.expired(a, now.Boot), c.epoch.use(a, now.Boot)
	var outcome Outcome
	var errand *Errand
	switch {
	case !expired && !free:
		return Outcome{Cause: "counter", Who: p.ID}, nil
	case c.out.Veiled(p.Mailbox, now):
		outcome = Outcome{Result: outside.NotNow, Cause: "limited in use"}
	case expired:
		outcome = Outcome{Result: outside.Expired, Cause: "epoch or exp"}
	case already != "":
		outcome = Outcome{Result: already, Cause: "rate"}
	default:
		outcome, errand = c.accept(p, a, now)
	}
	outcome.Who = p.ID
	if outcome.Result != "" {
		c.out.Answer(p.Mailbox, a.Key, a.Ctr, outcome.Result, now)
	}
	return outcome, errand
}

// accept makes steps 11 to 13: right, arguments, the car. mu is held.
func (c *Cabin) accept(p profiles.Person, a profiles.Action, now hal.Instant) (Outcome, *Errand) {
	rights := c.roster.Rights(p)
	function, there := a.Verb.Function()
	switch allowed, _ := rights.Permits(function); {
	case rights.Role == profiles.NoRole, there && !allowed:
		return Outcome{Result: outside.NotPermitted, Cause: "right to " + string(function)}, nil
	}
	args, err := a.Arguments()
	if err != nil {
		return Outcome{Result: outside.BadRequest, Cause: "arguments"}, nil
	}
	if a.Verb == profiles.Locate {
		if c.out.Locate(p.Mailbox, now) {
			return Outcome{Result: outside.Done}, nil
		}
		return Outcome{Result: outside.NotNow, Cause: "no place"}, nil
	}
	if cause := c.hinders(a.Verb, now); cause != "" {
		return Outcome{Result: outside.NotNow, Cause: cause}, nil
	}
	return Outcome{}, &Errand{a, args}
}

// VSS paths of what may be ordered from afar.
const (
	doors        = "Vehicle.Cabin.Door."
	doorLocked   = ".IsLocked"
	doorOpen     = ".IsOpen"
	pathClimate  = "Vehicle.Cabin.HVAC.IsAirConditioningActive"
	pathWarmth   = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature"
	pathHazard   = "Vehicle.Body.Lights.Hazard.IsSignaling"
	pathCharge   = "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed"
	pathCharging = "Vehicle.Powertrain.TractionBattery.Charging.IsCharging"
)

// leastCharge is how many per cent a battery has at least for climate from afar,
// unless it charges: who comes back to the car wants to drive it.
const leastCharge = 15

// hinders says what of the car stands against v now, and nothing if nothing does.
// It knows no session, no level and no guest. mu is held.
func (c *Cabin) hinders(v profiles.Verb, now hal.Instant) string {
	switch {
	case v == profiles.Assign || v == profiles.Tell || v == profiles.Book:
		return "not built"
	case c.car.inUse(now) || !c.car.parked(now):
		return "in use"
	case len(c.wants(v, profiles.Arguments{})) == 0:
		return "no device"
	}
	switch v {
	case profiles.Lock:
		for path, r := range c.signals {
			if strings.HasPrefix(path, doors) && strings.HasSuffix(path, doorOpen) && r.Value.IsTrue() {
				return "door open"
			}
		}
	case profiles.Flash:
		if c.signals[pathHazard].Value.IsTrue() {
			return "hazard lights on"
		}
	case profiles.ClimateStart:
		charge, ok := c.signals[pathCharge].Value.Float()
		if ok && charge < leastCharge && !c.signals[pathCharging].Value.IsTrue() {
			return "charge"
		}
	}
	return ""
}

// want is a value that an actuator is to bring about.
type want struct {
	path  string
	value hal.Value
}

// wants is what v means to the actuators that this car has, in their order.
func (c *Cabin) wants(v profiles.Verb, args profiles.Arguments) (all []want) {
	add := func(path string, value hal.Value) {
		if slices.Contains(c.Actuated, path) {
			all = append(all, want{path, value})
		}
	}
	switch v {
	case profiles.Lock, profiles.Unlock:
		for _, path := range c.Actuated {
			if strings.HasPrefix(path, doors) && strings.HasSuffix(path, doorLocked) {
				add(path, hal.Bool(v == profiles.Lock))
			}
		}
	case profiles.Flash:
		add(pathHazard, hal.Bool(true))
	case profiles.ClimateStart:
		add(pathWarmth, hal.Number(args.Celsius))
		add(pathClimate, hal.Bool(true))
	case profiles.ClimateStop:
		add(pathClimate, hal.Bool(false))
	}
	return all
}

// shows reports whether the car says that w holds: the newest value is it, and its
// bus was heard at or after a moment. mu is held.
func (c *Cabin) shows(w want, since time.Duration) bool {
	is, there := c.signals[w.path]
	if !there || c.heard[c.buses[w.path]] < since {
		return false
	}
	a, isNumber := is.Value.Float()
	b, wantsNumber := w.value.Float()
	if isNumber && wantsNumber {
		return a-b <= degree && b-a <= degree
	}
	return is.Value == w.value
}

// degree is how far a temperature may be from the wanted one: one step of the dial.
const degree = 0.5

// String is the verb, for the log.
func (e *Errand) String() string { return fmt.Sprintf("errand %s", e.action.Verb) }
