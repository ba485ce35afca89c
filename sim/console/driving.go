package console

import (
	"context"
	"math"
	"time"

	"glovebox/sim/car"
)

// truthData is the event truth.
type truthData struct {
	Lat     float64 `json:"lat"`
	Lon     float64 `json:"lon"`
	Heading float64 `json:"heading"`
	KMH     float64 `json:"kmh"`
	Sky     bool    `json:"sky"`
}

// driveData is the event drive.
type driveData struct {
	Gear     string  `json:"gear"`
	Ignition bool    `json:"ignition"`
	Door     bool    `json:"door"`
	Locked   bool    `json:"locked"`
	Belt     bool    `json:"belt"`
	Seat     bool    `json:"seat"`
	Throttle float64 `json:"throttle"`
	Brake    float64 `json:"brake"`
	Made     bool    `json:"made"`
}

// navData is the event nav; what is absent is unknown.
type navData struct {
	Lat     *float64  `json:"lat,omitempty"`
	Lon     *float64  `json:"lon,omitempty"`
	Heading *float64  `json:"heading,omitempty"`
	KMH     *float64  `json:"kmh,omitempty"`
	Street  string    `json:"street,omitempty"`
	Next    *nextData `json:"next,omitempty"`
	Arrival string    `json:"arrival,omitempty"`
	Minutes *float64  `json:"minutes,omitempty"`
	KM      *float64  `json:"km,omitempty"`
	Age     *int64    `json:"age,omitempty"`
}

type nextData struct {
	Turn   string  `json:"turn"`
	Metres float64 `json:"metres"`
	Street string  `json:"street"`
}

// drive looks where the car is and how it stands, and tells what is another.
func (f *Feed) drive(ctx context.Context) error {
	var truth *truthData
	var drive *driveData
	var nav *navData
	return every(ctx, placeEvery, func() {
		now := time.Now()
		if t, known := f.whereTruly(now); known && (truth == nil || *truth != t) {
			truth = &t
			f.truth.at(t.Lat, t.Lon)
			f.log.Append("truth", "", nil, t)
		}
		if d := f.stands(); drive == nil || *drive != d {
			drive = &d
			f.log.Append("drive", "", nil, d)
		}
		if n := f.navigation(now); nav == nil || !equal(*nav, n) {
			nav = &n
			f.log.Append("nav", "", []string{"hmi"}, n)
		}
	})
}

// whereTruly is where the car is: a made one knows, of another the receiver said it.
func (f *Feed) whereTruly(now time.Time) (truthData, bool) {
	if f.world.Car != nil {
		d := f.world.Car.Dash()
		return truthData{round(d.Place.Latitude, 6), round(d.Place.Longitude, 6), round(d.Course, 0), round(d.Speed.KilometresPerHour(), 1), d.Sky}, true
	}
	p, _, fixed, known := f.receiver.place(now)
	t := truthData{Lat: round(p.Latitude, 6), Lon: round(p.Longitude, 6), Sky: fixed}
	if !math.IsNaN(p.Course) {
		t.Heading = round(p.Course, 0)
	}
	if v, said := f.truth.value("Vehicle.Speed").(float64); said {
		t.KMH = round(v, 1)
	}
	return t, known
}

// stands is what somebody in the car sees of it.
func (f *Feed) stands() driveData {
	if f.world.Car != nil {
		return dashOf(f.world.Car.Dash())
	}
	is := func(path string) bool { return f.truth.value(path) == true }
	of := func(path string) float64 { v, _ := f.truth.value(path).(float64); return round(v/100, 2) }
	const door, seat = "Vehicle.Cabin.Door.Row1.DriverSide.", "Vehicle.Cabin.Seat.Row1.DriverSide."
	state, _ := f.truth.value("Vehicle.LowVoltageSystemState").(string)
	return driveData{
		Gear: gearOf(f.truth.value("Vehicle.Powertrain.Transmission.SelectedGear")), Ignition: state == "ON" || state == "START",
		Door: is(door + "IsOpen"), Locked: is(door + "IsLocked"), Belt: is(seat + "IsBelted"), Seat: is(seat + "IsOccupied"),
		Throttle: of("Vehicle.Chassis.Accelerator.PedalPosition"), Brake: of("Vehicle.Chassis.Brake.PedalPosition"),
	}
}

func dashOf(d car.Dash) driveData {
	return driveData{d.Gear, d.Ignition, d.Door, d.Locked, d.Belt, d.Seat, round(d.Throttle, 2), round(d.Brake, 2), true}
}

// gearOf is VSS SelectedGear: 126 P, 127 D, 0 N, below R.
func gearOf(v any) string {
	n, known := v.(float64)
	switch {
	case !known:
		return ""
	case n == 126:
		return "P"
	case n == 127 || n > 0:
		return "D"
	case n == 0:
		return "N"
	}
	return "R"
}

// usual is how fast one gets on in a town: by it an arrival is estimated.
const usual = 38.0 // km/h

// navigation is what the head unit knows of the way: the place from its antenna, the
// speed from D-Bus, the streets from its map.
func (f *Feed) navigation(now time.Time) (n navData) {
	if v, known := f.readings.number("Vehicle.Speed"); known {
		kmh := round(v, 0)
		n.KMH = &kmh
	}
	p, age, fixed, known := f.receiver.place(now)
	if !known {
		return n
	}
	lat, lon, ms := round(p.Latitude, 6), round(p.Longitude, 6), int64(0)
	n.Lat, n.Lon, n.Age = &lat, &lon, &ms
	if !fixed { // told in whole seconds: it only grows
		ms = age.Truncate(time.Second).Milliseconds()
	}
	if !math.IsNaN(p.Course) {
		course := round(p.Course, 0)
		n.Heading = &course
	}
	if f.streets == nil {
		return n
	}
	n.Street = f.streets.Nearest(lat, lon)
	turn, metres, street, km := f.streets.Guide(lat, lon)
	if turn == "" {
		return n
	}
	minutes, left := math.Ceil(km/usual*60), round(km, 1)
	n.Next = &nextData{turn, math.Round(metres/10) * 10, street}
	n.KM, n.Minutes = &left, &minutes
	n.Arrival = stamp(now.Add(time.Duration(minutes) * time.Minute).Truncate(time.Minute))
	return n
}

func round(v float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(v*scale) / scale
}
