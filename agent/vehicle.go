package agent

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"glovebox/hal"
	"glovebox/telemetry/outside"
)

// vehicle is what the car says now. It is a plain value without a lock: the cabin
// owns it.
type vehicle struct {
	model     Model
	names     []string // of the buses
	gnss      bool     // there is a receiver
	recovered []string // stores that were repaired at boot
	rules     map[string][]AlarmRule

	ill func(boot time.Duration) bool // a bus that speaks may be missing something; nil: nobody knows

	motion   motion
	leaving  leaving
	fobs     fobs
	buses    []*bus             // that were open, in the order they were
	signals  map[string]*signal // by path
	alarms   map[string]alarm   // by code
	alarmDue time.Duration      // when readers are told of one next, boot clock
	taps     map[*hal.Tap]struct{}
}

// bus is one that is open.
type bus struct {
	name  string
	spoke bool
	heard time.Duration // when it was last, boot clock
}

// signal is what the car says of one path.
type signal struct {
	hal.Reading        // the newest
	bus         string // that it came from
	rules       []AlarmRule
}

func newVehicle(needs Needs, now hal.Instant) vehicle {
	v := vehicle{
		motion:  newMotion(len(needs.Buses), now),
		leaving: newLeaving(needs.LeaveAfter, needs.IdleAfter, now.Boot),
		fobs:    newFobs(),
		model:   needs.Model, names: needs.Buses, ill: needs.BusIll, gnss: needs.GNSS, recovered: needs.Recovered,
		rules:   map[string][]AlarmRule{},
		signals: map[string]*signal{},
		alarms:  map[string]alarm{}, alarmDue: outside.Never,
		taps: map[*hal.Tap]struct{}{},
	}
	for _, rule := range needs.Alarms {
		v.rules[rule.Path] = append(v.rules[rule.Path], rule)
	}
	return v
}

// frames notes that a bus is open, and with frames that it is alive.
func (v *vehicle) frames(name string, n int, now hal.Instant) {
	b := v.bus(name)
	if b == nil {
		b = &bus{name: name}
		v.buses = append(v.buses, b)
		v.motion.opened(now)
	}
	if n == 0 {
		return
	}
	if !b.spoke {
		b.spoke = true
		v.fobs.begin(name, now)
	}
	b.heard = now.Boot
	v.motion.frames(now)
	v.leaving.frames(name, now.Boot)
}

// bus is the one of that name, nil if it never was open. A car has few.
func (v *vehicle) bus(name string) *bus {
	for _, b := range v.buses {
		if b.name == name {
			return b
		}
	}
	return nil
}

// alive reports whether a bus said something at or after a moment.
func (v *vehicle) alive(name string, since time.Duration) bool {
	b := v.bus(name)
	return b != nil && b.spoke && b.heard >= since
}

// left lets time act on the driver, and reports whether they have left.
func (v *vehicle) left(now hal.Instant) bool {
	return v.leaving.look(v.motion.moving(now), v.motion.parked(now), now.Boot)
}

// read takes in one reading and returns the warnings that readers are told of.
func (v *vehicle) read(bus string, r hal.Reading) (news []outside.Alarm) {
	v.motion.read(r)
	v.leaving.read(bus, r)
	v.fobs.read(r, v.motion.ignitionOn)
	s := v.signals[r.Path]
	if s == nil {
		s = &signal{rules: v.rules[r.Path]}
		v.signals[r.Path] = s
	}
	s.Reading, s.bus = r, bus
	for tap := range v.taps {
		tap.Offer(r)
	}
	if r.Value.Absent() {
		return nil // changes no warning
	}
	for _, rule := range s.rules {
		if a, told := v.alarm(rule, r.Value == rule.When, r.At); told {
			news = append(news, a)
		}
	}
	return news
}

// value is the newest of a path; absent where the car said nothing of it.
func (v *vehicle) value(path string) hal.Value {
	if s := v.signals[path]; s != nil {
		return s.Value
	}
	return hal.Value{}
}

// shows reports whether the car says that w holds: the newest value is it, and its
// bus was heard at or after a moment.
func (v *vehicle) shows(w want, since time.Duration) bool {
	is, there := v.signals[w.path]
	if !there || !v.alive(is.bus, since) {
		return false
	}
	a, isNumber := is.Value.Float()
	b, wantsNumber := w.value.Float()
	if isNumber && wantsNumber {
		within := cmp.Or(w.within, degree)
		return a-b <= within && b-a <= within
	}
	return is.Value == w.value
}

// degree is how far a temperature may be from the wanted one: one step of the dial.
const degree = 0.5

// isDoor reports whether a path says that a door is open: not a window or a shade of it.
func isDoor(path string) bool {
	return strings.HasPrefix(path, doors) && strings.HasSuffix(path, doorIsOpen) && strings.Count(path[len(doors):], ".") == 2
}

// doorOpen reports whether any door is open.
func (v *vehicle) doorOpen() bool {
	for path, r := range v.signals {
		if isDoor(path) && r.Value.IsTrue() {
			return true
		}
	}
	return false
}

const receiverSilent = 5 * time.Second // a receiver without a fix for so long is down

// view is the car, for the head unit; cloud is what the line to the broker is.
func (v *vehicle) view(cloud string, now hal.Instant) hal.VehicleView {
	view := hal.VehicleView{
		Model: v.model.Name, ModelYear: uint16(v.model.Year), Country: v.model.Country,
		Moving: v.motion.moving(now), Parked: v.motion.parked(now), GuestAvailable: v.model.guestAvailable(),
		CAN: "off", GNSS: "off", Cloud: cloud, Recovered: v.recovered, Health: v.health(),
	}
	if len(v.names) > 0 {
		alive := 0
		for _, bus := range v.names {
			if v.alive(bus, now.Boot-busSilent+1) {
				alive++
			}
		}
		view.CAN = [...]string{"down", "degraded", "up"}[min(alive, 1)+alive/len(v.names)]
		if view.CAN == "up" && v.ill != nil && v.ill(now.Boot) {
			view.CAN = "degraded"
		}
	}
	switch {
	case !v.gnss:
	case v.motion.fixKnown && now.Boot-v.motion.fixAt < receiverSilent:
		view.GNSS = "up"
	default:
		view.GNSS = "down"
	}
	return view
}

// newest is the newest value of each path, by path.
func (v *vehicle) newest(now hal.Instant) []hal.SignalView {
	all := make([]hal.SignalView, 0, len(v.signals))
	for _, path := range slices.Sorted(maps.Keys(v.signals)) {
		r := v.signals[path]
		all = append(all, hal.SignalView{Path: path, Value: r.Value, Age: now.Since(r.At)})
	}
	return all
}

// health is the warnings that are on now, in the order of their codes.
func (v *vehicle) health() []hal.HealthView {
	var all []hal.HealthView
	for code, a := range v.alarms {
		if a.active {
			all = append(all, hal.HealthView{Code: code, Severity: a.rule.Severity, Active: true, Since: a.since})
		}
	}
	slices.SortFunc(all, func(a, b hal.HealthView) int { return strings.Compare(a.Code, b.Code) })
	return all
}
