package hal

import (
	"math"
	"time"
)

// Speed is in metres per second. Convert at the wire and nowhere else.
type Speed float64

// Knots returns v knots as a Speed; NMEA 0183 RMC field 7 is in knots.
func Knots(v float64) Speed { return Speed(v * 1852 / 3600) }

// KilometresPerHour returns v km/h as a Speed; VSS speaks km/h.
func KilometresPerHour(v float64) Speed { return Speed(v / 3.6) }

// KilometresPerHour returns s in km/h.
func (s Speed) KilometresPerHour() float64 { return float64(s) * 3.6 }

// Position is where the receiver says the car is. A missing fix is a nil
// *Position, never 0°, 0°.
type Position struct {
	Latitude  float64   // degrees north, WGS 84
	Longitude float64   // degrees east, WGS 84
	Altitude  float64   // metres; NaN if the receiver did not say
	Course    float64   // degrees from true north; NaN if the receiver did not say
	Speed     Speed     // over ground; NaN if the receiver did not say
	Time      time.Time // the receiver's own UTC; zero if it did not say
}

// earthRadius is the mean radius of IUGG, in metres.
const earthRadius = 6371008.8

// DistanceTo is the great-circle distance from p to q in metres (haversine).
func (p Position) DistanceTo(q Position) float64 {
	rad := func(deg float64) float64 { return deg * math.Pi / 180 }
	sinLat := math.Sin(rad(q.Latitude-p.Latitude) / 2)
	sinLon := math.Sin(rad(q.Longitude-p.Longitude) / 2)
	h := sinLat*sinLat + math.Cos(rad(p.Latitude))*math.Cos(rad(q.Latitude))*sinLon*sinLon
	return 2 * earthRadius * math.Asin(math.Min(1, math.Sqrt(h)))
}
