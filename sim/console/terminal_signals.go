package console

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// silent is the age from which the car is said to be silent.
const silent = 2 * time.Second

// cell is the width of one signal on the screen.
const cell = 25

// signals are the newest values, with names and units, as many beside each other
// as there is room for.
func (p Picture) signals(width int) []*line {
	head := new(line).add(strong, "SIGNALS")
	value := plainText
	switch {
	case len(p.Signals.Values) == 0:
		head.to(margin).add(faint, "the car has said nothing yet")
	case p.Signals.Age >= silent:
		head.to(margin).add(faint, fmt.Sprintf("the car is silent for %d s", int(p.Signals.Age.Seconds())))
		value = faint
	}
	all := []*line{head}
	columns := max(1, min(4, width/cell))
	for i, s := range p.Signals.shown() {
		if i%columns == 0 {
			all = append(all, &line{})
		}
		l := all[len(all)-1]
		if i%columns > 0 {
			l.to(i % columns * cell)
		}
		l.add(faint, s.label+" ").add(value, s.text)
	}
	return all
}

// shown is a signal as people read it.
type shown struct{ label, text string }

// shown lists what is shown, in order. What is absent is a dash.
func (s Signals) shown() []shown {
	return []shown{
		{"Speed", s.number("Vehicle.Speed", 1, "km/h")},
		{"Engine", s.number("Vehicle.Powertrain.CombustionEngine.Speed", 0, "rpm")},
		{"Gear", s.gear()},
		{"Odometer", s.odometer()},
		{"Doors", s.doors()},
		{"Lock", s.word("Vehicle.Cabin.Door.Row1.DriverSide.IsLocked", "locked", "open")},
		{"Driver's belt", s.word("Vehicle.Cabin.Seat.Row1.DriverSide.IsBelted", "fastened", "open")},
		{"Ignition", s.word("Vehicle.LowVoltageSystemState", "", "")},
		{"Cruise control", s.cruise()},
		{"Accelerator", s.number("Vehicle.Chassis.Accelerator.PedalPosition", 0, "%")},
		{"Parking brake", s.word("Vehicle.Chassis.ParkingBrake.IsEngaged", "on", "off")},
		{"Indicators", s.indicators()},
	}
}

const absent = "–"

func (s Signals) number(path string, digits int, unit string) string {
	if v, ok := s.Values[path].(float64); ok {
		return strconv.FormatFloat(v, 'f', digits, 64) + " " + unit
	}
	return absent
}

// word is a truth in words of its own, or the word that the signal itself is.
func (s Signals) word(path, yes, no string) string {
	switch v := s.Values[path].(type) {
	case bool:
		if v {
			return yes
		}
		return no
	case string:
		return v
	}
	return absent
}

// gear is VSS SelectedGear: 126 P, 127 D, 0 N, below R.
func (s Signals) gear() string {
	v, ok := s.Values["Vehicle.Powertrain.Transmission.SelectedGear"].(float64)
	switch {
	case !ok:
		return absent
	case v == 126:
		return "P"
	case v == 127:
		return "D"
	case v == 0:
		return "N"
	case v < 0:
		return "R"
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}

// odometer is in km; VSS has metres.
func (s Signals) odometer() string {
	if v, ok := s.Values["Vehicle.TraveledDistance"].(float64); ok {
		return strconv.FormatFloat(v/1000, 'f', 1, 64) + " km"
	}
	return absent
}

func (s Signals) doors() string {
	known := false
	var open []string
	for _, d := range []struct{ path, name string }{
		{"Row1.DriverSide", "driver"}, {"Row1.PassengerSide", "front"}, {"Row2.DriverSide", "rear"}, {"Row2.PassengerSide", "rear"},
	} {
		v, ok := s.Values["Vehicle.Cabin.Door."+d.path+".IsOpen"].(bool)
		known = known || ok
		if v {
			open = append(open, d.name)
		}
	}
	switch {
	case !known:
		return absent
	case len(open) == 0:
		return "closed"
	}
	return "open: " + strings.Join(open, ", ")
}

func (s Signals) cruise() string {
	if s.Values["Vehicle.ADAS.CruiseControl.IsError"] == true {
		return "fault"
	}
	return s.word("Vehicle.ADAS.CruiseControl.IsActive", "active", "off")
}

func (s Signals) indicators() string {
	const lights = "Vehicle.Body.Lights."
	on := func(path string) bool { return s.Values[lights+path+".IsSignaling"] == true }
	_, known := s.Values[lights+"DirectionIndicator.Left.IsSignaling"].(bool)
	switch {
	case on("Hazard"):
		return "hazard"
	case on("DirectionIndicator.Left"):
		return "left"
	case on("DirectionIndicator.Right"):
		return "right"
	case known:
		return "off"
	}
	return absent
}
