package car_test

import (
	"math"
	"strings"
	"testing"

	"glovebox/hal"
	"glovebox/sim/car"
)

// Whatever a file says, a route that is accepted goes on from point to point, at
// speeds that a car has, ends at a stop, and has a place on the globe everywhere.
func FuzzReadRoute(f *testing.F) {
	f.Add(`<gpx><trk><trkseg><trkpt lat="54.2" lon="6.6"/><trkpt lat="54.3" lon="6.6"><speed>0</speed></trkpt><trkpt lat="54.4" lon="6.7"/></trkseg></trk></gpx>`)
	f.Add(`<gpx><rte><rtept lat="54.2" lon="6.6"><time>2026-05-04T05:30:00Z</time></rtept><rtept lat="54.2" lon="6.6"><time>2026-05-04T05:31:00Z</time></rtept><rtept lat="-54" lon="-6"/></rte></gpx>`)
	f.Add(`<gpx><trk><trkseg><trkpt lat="90" lon="180"/><trkpt lat="NaN" lon="6"/></trkseg></trk></gpx>`)
	f.Add(`<gpx><trk><trkseg><trkpt lat="1" lon="-180"/><trkpt lat="1" lon="180"/></trkseg></trk></gpx>`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := car.ReadRoute("r", strings.NewReader(text))
		if err != nil {
			return
		}
		if len(r.Points) < 2 || r.Points[0].At != 0 || r.Points[len(r.Points)-1].Speed != 0 {
			t.Fatalf("%+v", r.Points)
		}
		for i, p := range r.Points {
			if !(p.Speed >= 0 && p.Speed.KilometresPerHour() <= 250.001) || p.Stop < 0 || i > 0 && !(p.At >= r.Points[i-1].At+1) {
				t.Fatalf("point %d: %+v", i+1, p)
			}
		}
		for _, metres := range []float64{-1, 0, r.Length() / 3, r.Length(), r.Length() + 1, math.MaxFloat64} {
			p, course := r.Place(metres)
			if !(math.Abs(p.Latitude) <= 90 && math.Abs(p.Longitude) <= 180 && course >= 0 && course < 360) {
				t.Fatalf("after %v m at %+v, course %v", metres, p, course)
			}
		}
		end, _ := r.Place(r.Length())
		last := r.Points[len(r.Points)-1]
		if way := end.DistanceTo(hal.Position{Latitude: last.Latitude, Longitude: last.Longitude}); !(way < 0.01) {
			t.Fatalf("the end is %v m from the last point", way)
		}
	})
}
