package car

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"glovebox/hal"
)

// Route is a way to drive. It does not change once read and may be shared.
type Route struct {
	Name   string
	Points []Waypoint // at least two
}

// Waypoint is a point of a route, and how fast to be there.
type Waypoint struct {
	Latitude, Longitude float64 // degrees, WGS 84
	Speed               hal.Speed
	Stop                time.Duration // how long to stand there, if Speed is 0
	At                  float64       // metres from the start of the route
}

// Defaults where a file says nothing.
const (
	usualSpeed = hal.Speed(50 / 3.6)
	usualStop  = 5 * time.Second
	samePlace  = 1.0 // metres: two points so near are one
	fastest    = hal.Speed(250 / 3.6)
)

// gpx is the part of a GPX file that is read. Speeds stand in the point (GPX
// 1.0) or in its extensions (1.1), in metres a second.
type gpx struct {
	Tracks []struct {
		Name     string     `xml:"name"`
		Segments []gpxChain `xml:"trkseg"`
	} `xml:"trk"`
	Routes []struct {
		Name   string     `xml:"name"`
		Points []gpxPoint `xml:"rtept"`
	} `xml:"rte"`
}

type gpxChain struct {
	Points []gpxPoint `xml:"trkpt"`
}

type gpxPoint struct {
	Lat   *float64   `xml:"lat,attr"`
	Lon   *float64   `xml:"lon,attr"`
	Time  *time.Time `xml:"time"`
	Speed *float64   `xml:"speed"`
	More  *float64   `xml:"extensions>speed"`
	Deep  *float64   `xml:"extensions>TrackPointExtension>speed"`
}

// ReadRoute reads the first track of a GPX file, all its segments joined, or the
// first route where there is no track. A point's speed is its own, else that
// which its time and the next one's give, else 50 km/h. A point with speed 0 is a
// stop, until the time of the next point where that is the same place.
func ReadRoute(name string, r io.Reader) (*Route, error) {
	var file gpx
	if err := xml.NewDecoder(r).Decode(&file); err != nil {
		return nil, fmt.Errorf("route %s: %w", name, err)
	}
	route := &Route{Name: name}
	var points []gpxPoint
	switch {
	case len(file.Tracks) > 0:
		for _, s := range file.Tracks[0].Segments {
			points = append(points, s.Points...)
		}
	case len(file.Routes) > 0:
		points = file.Routes[0].Points
	}
	for i, p := range points {
		if err := route.add(p, points[i+1:]); err != nil {
			return nil, fmt.Errorf("route %s: point %d: %w", name, i+1, err)
		}
	}
	if len(route.Points) < 2 {
		return nil, fmt.Errorf("route %s: want a track of at least two places", name)
	}
	route.Points[len(route.Points)-1].Speed = 0
	return route, nil
}

// add takes the next point; rest are those behind it.
func (r *Route) add(p gpxPoint, rest []gpxPoint) error {
	if p.Lat == nil || p.Lon == nil || !(math.Abs(*p.Lat) <= 90) || !(math.Abs(*p.Lon) <= 180) {
		return errors.New("want lat and lon in degrees")
	}
	w := Waypoint{Latitude: *p.Lat, Longitude: *p.Lon, Speed: usualSpeed, Stop: usualStop}
	if len(r.Points) > 0 {
		last := &r.Points[len(r.Points)-1]
		step := last.place().DistanceTo(w.place())
		if step < samePlace {
			return nil // what it says of the time was read with the point before
		}
		w.At = last.At + step
	}
	said := false
	for _, speed := range []*float64{p.Speed, p.More, p.Deep} {
		if speed != nil {
			w.Speed, said = hal.Speed(*speed), true
		}
	}
	if p.Time != nil && len(rest) > 0 && rest[0].Time != nil && rest[0].Lat != nil && rest[0].Lon != nil {
		next := hal.Position{Latitude: *rest[0].Lat, Longitude: *rest[0].Lon}
		took, way := rest[0].Time.Sub(*p.Time), w.place().DistanceTo(next)
		switch {
		case took <= 0:
			return errors.New("its time is not before that of the next")
		case way < samePlace && (!said || w.Speed == 0):
			w.Speed, w.Stop, said = 0, took, true
		case !said:
			w.Speed = hal.Speed(way / took.Seconds())
		}
	}
	if !(w.Speed >= 0 && w.Speed <= fastest) {
		return fmt.Errorf("a speed of %v m/s: want 0 to %.1f", float64(w.Speed), float64(fastest))
	}
	r.Points = append(r.Points, w)
	return nil
}

func (w Waypoint) place() hal.Position {
	return hal.Position{Latitude: w.Latitude, Longitude: w.Longitude}
}

// Length is how far it is from the first point to the last, in metres.
func (r *Route) Length() float64 { return r.Points[len(r.Points)-1].At }

// Place is where one is after so many metres, and the course there, in degrees
// from true north.
func (r *Route) Place(metres float64) (p hal.Position, course float64) {
	i := 0
	for i < len(r.Points)-2 && r.Points[i+1].At <= metres {
		i++
	}
	a, b := r.Points[i], r.Points[i+1]
	part := min(max((metres-a.At)/(b.At-a.At), 0), 1)
	p.Latitude = a.Latitude + part*(b.Latitude-a.Latitude)
	p.Longitude = a.Longitude + part*(b.Longitude-a.Longitude)
	east := (b.Longitude - a.Longitude) * math.Cos(p.Latitude*math.Pi/180)
	course = math.Atan2(east, b.Latitude-a.Latitude) * 180 / math.Pi
	return p, math.Mod(course+360, 360)
}
