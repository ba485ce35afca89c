package ni_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
)

// plan is one filling of a skeleton.
type plan struct {
	*skeleton
	seed   uint64          // of what is secret
	secret map[string]bool // streams that it draws

	level   string // what a driver chooses in a spell: share is as good as nothing
	guests  bool   // sessions marked so are a guest's, else a person's
	probing bool   // a limited reader probes
	cut     bool   // both ends of the connection notice a tunnel at once
	dips    bool   // the connection dips between the slots, where nobody may see it
	sky     *gate  // there is no fix where this one is closed, instead of what the driver does
	lost    bool   // nor coverage, in the spells of the driver
}

// draw is the stream of a name: the filling's own if it is secret.
func (p *plan) draw(name string) chance {
	if p.secret[strings.TrimRight(name, "0123456789")] {
		return draws(p.seed, name)
	}
	return draws(p.skeleton.seed, name)
}

type event struct {
	at time.Duration
	do func(*world)
}

// script is all that happens in a world, in order.
type script struct{ events []event }

func (s *script) add(at time.Duration, do func(*world)) { s.events = append(s.events, event{at, do}) }

// What the bus says.
const (
	ignition   = "Vehicle.LowVoltageSystemState"
	speed      = "Vehicle.Speed"
	odometer   = "Vehicle.TraveledDistance"
	charge     = "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed"
	fuel       = "Vehicle.Powertrain.FuelSystem.RelativeLevel"
	reach      = "Vehicle.Powertrain.Range"
	door       = "Vehicle.Cabin.Door.Row2.DriverSide.IsOpen"
	tyre       = "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure"
	battery    = "Vehicle.LowVoltageBattery.CurrentVoltage"
	service    = "Vehicle.Service.DistanceToService"
	health     = "Vehicle.Powertrain.TractionBattery.StateOfHealth"
	weight     = "Vehicle.CurbWeight"
	troubles   = "Vehicle.Diagnostics.DTCList"
	warmth     = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature"
	air        = "Vehicle.Cabin.HVAC.IsAirConditioningActive"
	hazard     = "Vehicle.Body.Lights.Hazard.IsSignaling"
	lockLeft   = "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"
	lockRight  = "Vehicle.Cabin.Door.Row1.PassengerSide.IsLocked"
	indicator  = "Vehicle.Body.Lights.DirectionIndicator.Left.IsSignaling"
	outsideAir = "Vehicle.Exterior.AirTemperature"
	pressure   = "Vehicle.Exterior.AtmosphericPressure"
	lights     = "Vehicle.Body.Lights.Beam.Low.IsOn"
	station    = "Vehicle.Cabin.Infotainment.Media.Played.URI"
	evse       = "Vehicle.Powertrain.TractionBattery.Charging.EvseId"
	latitude   = "Vehicle.CurrentLocation.Latitude"
)

var actuated = []string{lockLeft, lockRight, air, warmth, hazard}

// codes are the warnings of this car, by the path that says so.
var codes = []string{
	"Vehicle.Chassis.Brake.IsBrakesWorn", "Vehicle.ADAS.ABS.IsError", "Vehicle.ADAS.ESC.IsError",
	"Vehicle.Powertrain.CombustionEngine.EngineOil.IsLevelLow", "Vehicle.Body.Lights.Beam.Low.IsDefect", "Vehicle.ADAS.EBD.IsError",
}

func alarmRules() (all []agent.AlarmRule) {
	for i, path := range codes {
		all = append(all, agent.AlarmRule{Code: fmt.Sprintf("code-%d", i), Path: path, When: hal.Bool(true), Severity: "warning"})
	}
	return all
}

func is(path string, v any) hal.Reading {
	switch v := v.(type) {
	case float64:
		return hal.Reading{Path: path, Value: hal.Number(v)}
	case bool:
		return hal.Reading{Path: path, Value: hal.Bool(v)}
	}
	return hal.Reading{Path: path, Value: hal.Word(fmt.Sprint(v))}
}

// script is what this filling makes happen.
func (p *plan) script() *script {
	s := &script{}
	s.add(0, func(w *world) {
		w.say(is(ignition, "OFF"), is(odometer, 409_990_000.0), is(charge, 97.0), is(fuel, 80.0), is(reach, 380_000.0), is(door, false), is(tyre, 230.0),
			is(battery, 12.4), is(service, 12_345.0), is(health, 97.5), is(weight, 2100.0), is(lockLeft, true), is(lockRight, true), is(warmth, 21.0), is(troubles, "P0420"))
		w.apply(1)
	})
	p.sayCourse(s)
	p.sayValues(s)
	p.sayHidden(s)
	p.sayLights(s)
	p.sit(s)
	p.connect(s)
	p.assign(s)
	for i, d := range p.documents[1:] {
		s.add(d.at, func(w *world) { w.apply(i + 2) })
	}
	for _, q := range p.probes {
		s.add(q.at, func(w *world) { w.probe(q) })
	}
	if p.killed > 0 {
		s.add(p.killed, (*world).kill)
		if p.lost { // whoever starts anew knows of no silence
			s.add(p.killed+time.Second, func(w *world) { w.broker.cover(true, false) })
		}
		s.add(p.killed+5*time.Second, func(w *world) { w.start(w.epochs.next(), nil, w.noneLeft()) })
	}
	slices.SortStableFunc(s.events, func(a, b event) int { return int(a.at - b.at) })
	return s
}

// sayCourse is ignition, speed and place, second by second.
func (p *plan) sayCourse(s *script) {
	for _, sec := range p.course() {
		fix := sec.fix && !(p.sky != nil && p.sky.closed(sec.at))
		var place *hal.Position
		if fix {
			place = &sec.place
		}
		word := "ON"
		if !sec.inUse {
			word = "OFF"
		}
		driving := slices.ContainsFunc(p.drives, func(d drive) bool { return d.holds(sec.at) })
		s.add(sec.at, func(w *world) {
			if driving {
				w.say(is(ignition, word), is(speed, sec.kmh))
			}
			if sec.said {
				w.fix(place)
			}
		})
	}
	for _, d := range p.drives {
		s.add(d.to, func(w *world) { w.say(is(ignition, "OFF"), is(speed, 0.0)) })
	}
	if p.sky != nil {
		for _, at := range p.sky.closings {
			s.add(at, func(w *world) { w.fix(nil) })
		}
	}
}

// sayValues is what the car says of itself: anything while in use, and what the skeleton
// knows once that is over.
func (p *plan) sayValues(s *script) {
	fine, weather := p.draw("values"), p.draw("weather")
	say := func(at time.Duration, all ...hal.Reading) { s.add(at, func(w *world) { w.say(all...) }) }
	odo := 409_990_000.0
	latches := p.latches()
	for _, d := range p.drives {
		last := (d.to - 3*time.Second).Truncate(time.Second)
		for at := d.from + time.Second; at < last; at = p.saidNext(at, at+fine.seconds(3, 12)) {
			odo = min(odo+150*fine.Float64(), d.odometer)
			kept := []hal.Reading{is(odometer, odo), is(service, 12_000+300*fine.Float64()), is(health, 97+fine.Float64())}
			if slices.ContainsFunc(latches, func(latch time.Duration) bool { return latch > at && latch < at+30*time.Second }) { // what the daily latch takes is known
				kept = nil
			}
			say(at+100*time.Millisecond, append(kept,
				is(charge, fine.number(5, 95)), is(fuel, fine.number(0, 100)), is(reach, fine.number(1e4, 4e5)), is(door, fine.oneIn(2)), is(troubles, fmt.Sprintf("P0420 [speed %d]", fine.IntN(130))),
				is(tyre, fine.number(181, 260)), is(battery, fine.number(11.9, 14.4)), is(indicator, fine.oneIn(2)),
			)...)
		}
		for _, latch := range latches {
			if latch > d.from && latch < d.to {
				say(latch-time.Millisecond, is(odometer, (409_990_000+d.odometer)/2), is(service, 12_100.0), is(health, 97.2))
			}
		}
		odo = d.odometer
		say(last+100*time.Millisecond, is(odometer, d.odometer), is(charge, d.charge), is(fuel, d.fuel), is(reach, 4000*d.charge), is(door, d.door),
			is(tyre, 230.0), is(battery, 12.6), is(service, 12_345-d.odometer/1e6), is(health, 97.0))
	}
	for at := weather.seconds(1, 20); at < p.length; at += weather.seconds(20, 60) {
		say(at+150*time.Millisecond, is(outsideAir, weather.number(-10, 35)), is(pressure, weather.number(950, 1050)), is(lights, weather.oneIn(2)),
			is(station, fmt.Sprintf("radio-%d", weather.IntN(1e6))), is(evse, fmt.Sprintf("DE-NI-%d", weather.IntN(1e6))), is(latitude, weather.number(54, 56)))
	}
}

// latches are the moments of daily latches, on the clock of the start and on the right one.
func (s *skeleton) latches() (all []time.Duration) {
	const day = 24 * time.Hour
	for _, by := range []time.Duration{0, s.wrong} {
		start := s.start.Add(by)
		for at := start.Truncate(day).Add(2 * time.Hour).Sub(start); at < s.length; at += day {
			if at > 0 && !slices.Contains(all, at) {
				all = append(all, at)
			}
		}
	}
	return all
}

// saidNext is when the car says its values after at. Whoever starts anew hears them at
// once: what is known at the next slot is no secret.
func (s *skeleton) saidNext(at, next time.Duration) time.Duration {
	if again := (s.killed + 6*time.Second).Truncate(time.Second); s.killed > 0 && at < again {
		return min(next, again)
	}
	return next
}

// sayLights is the warnings, somewhere in their minute.
func (p *plan) sayLights(s *script) {
	r := p.draw("instants")
	for _, l := range p.lights {
		at := (l.minute + r.seconds(5, 40)).Truncate(time.Second) + r.within(880*time.Millisecond, 990*time.Millisecond)
		say := func(at time.Duration, on bool) { s.add(at, func(w *world) { w.say(is(codes[l.code], on)) }) }
		if l.blinks {
			say(at, !l.on)
			at += time.Second
		}
		say(at, l.on)
		if p.secret["instants"] { // readers are told of an edge by the others
			continue
		}
		for i, more := 0, draws(p.skeleton.seed, fmt.Sprint("often", l.minute)); i < l.often; i++ {
			at += more.seconds(3, 100)
			say(at, l.on == (i%2 == 1))
		}
	}
}

// sit is who is at the wheel, and what they choose.
func (p *plan) sit(s *script) {
	settings, who := p.draw("settings"), p.draw("who")
	for _, one := range p.sessions {
		driver := p.people[one.who]
		if p.secret["who"] {
			driver = p.people[who.IntN(2)]
		}
		s.add(one.from, func(w *world) { w.enter(p.guests && one.guest, driver.id) })
		celsius := settings.number(16, 29)
		s.add(one.from.Truncate(time.Second)+2*time.Second+atHand, func(w *world) {
			w.call(fmt.Sprint("Set ", celsius), func(c *process) error {
				return c.Set(context.Background(), profiles.ID{}, profiles.Values{"climate": {"driver_celsius": celsius}}, nil)
			})
		})
		for _, sp := range one.spells {
			p.spell(s, one, sp)
		}
		if one.to < p.length && one.to != p.killed {
			s.add(one.to, func(w *world) { w.call("Logout", func(c *process) error { return c.Logout(context.Background()) }) })
		}
	}
}

// spell is a time in which the driver hides.
func (p *plan) spell(s *script, one session, sp span) {
	set := func(level string) func(*world) {
		return func(w *world) {
			w.call("SetLevel "+level, func(c *process) error { return c.SetLevel(context.Background(), level) })
		}
	}
	over := min(sp.to, one.to)
	switch {
	case p.lost:
		s.add(sp.from, func(w *world) { w.broker.cover(false, false) })
		if over < p.length {
			s.add(over, func(w *world) { w.broker.coverOnceGivenUp() })
		}
	case p.level != "" && p.sky == nil:
		s.add(sp.from, set(p.level))
		if sp.to < one.to {
			s.add(sp.to, set("share"))
		}
	}
}

// connect is coverage.
func (p *plan) connect(s *script) {
	gone := func(sp span, cut bool) {
		s.add(sp.from, func(w *world) { w.broker.cover(false, cut) })
		s.add(sp.to, func(w *world) { w.broker.cover(true, cut) })
	}
	for _, t := range p.tunnels {
		gone(t.span, p.cut)
	}
	if !p.dips {
		return
	}
	r := p.draw("dips")
	for minute := p.slotAfter(time.Minute, time.Minute); minute < p.length-time.Minute; minute += time.Minute {
		from := (minute + r.seconds(3, 10)).Truncate(time.Second) + atHand
		dip := span{from, from + r.seconds(1, 20)}
		if r.oneIn(8) && p.undisturbed(span{minute, minute + time.Minute}) {
			gone(dip, true)
		}
	}
}

// undisturbed reports whether nothing of the skeleton needs the connection in a time.
func (p *plan) undisturbed(sp span) bool {
	for _, t := range p.tunnels {
		if t.from < sp.to && sp.from < t.to+3*time.Minute { // after a long one the line is tried once a minute, and again if it lasts no longer
			return false
		}
	}
	for _, one := range p.sessions {
		for _, edge := range []time.Duration{one.from, one.to} {
			if sp.holds(edge) {
				return false
			}
		}
	}
	return !slices.ContainsFunc(p.documents, func(d document) bool { return sp.holds(d.at) }) &&
		!slices.ContainsFunc(p.probes, func(q probe) bool { return sp.holds(q.at) || sp.holds(q.at+30*time.Second) }) &&
		!(p.killed > 0 && sp.from < p.killed+time.Minute && sp.to > p.killed)
}
