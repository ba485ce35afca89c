package trip_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"glovebox/telemetry/trip"
)

// However a car drives, each fix lies on its track, as near as eight metres to the side,
// and as many beyond an end where the car turned back, and the rounding; and the track has
// no more points than there were fixes.
func TestTrackFollowsTheRoad(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := newCar(t)
		c.use(true, true)
		var way [][2]float64 // metres
		north, heading := 0.0, 0.0
		for range rapid.IntRange(20, 300).Draw(rt, "fixes") {
			if rapid.IntRange(0, 5).Draw(rt, "bend") == 0 {
				heading += rapid.Float64Range(-math.Pi, math.Pi).Draw(rt, "turn")
			}
			step := rapid.Float64Range(0, 40).Draw(rt, "step")
			north, c.east = north+step*math.Sin(heading), c.east+step*math.Cos(heading)
			c.now.UTC, c.now.Boot = c.now.UTC.Add(time.Second), c.now.Boot+time.Second
			c.found(c.Fix(c.place(north, 0), c.now))
			way = append(way, [2]float64{north, c.east})
		}
		got, ok := c.SoFar()
		if !ok {
			rt.Skip("it went nowhere")
		}
		points, err := trip.Points(got.Track)
		if err != nil || len(points) > len(way) {
			rt.Fatalf("%d points of %d fixes, %v", len(points), len(way), err)
		}
		const degree = 111195.08
		var line [][2]float64
		for _, p := range points {
			line = append(line, [2]float64{(p[0] - 54.19) * degree, (p[1] - 6.62) * degree * math.Cos(54.19*math.Pi/180)})
		}
		for _, w := range way {
			if d := beside(line, w); d > 8*math.Sqrt2+3 {
				rt.Fatalf("a fix lies %.1f m beside the track", d)
			}
		}
	})
}

// beside is how far a place lies from a line.
func beside(line [][2]float64, w [2]float64) float64 {
	nearest := math.Inf(1)
	for i := range line {
		a, b := line[max(0, i-1)], line[i]
		dx, dy := b[0]-a[0], b[1]-a[1]
		along := 0.0
		if length := dx*dx + dy*dy; length > 0 {
			along = min(1, max(0, ((w[0]-a[0])*dx+(w[1]-a[1])*dy)/length))
		}
		nearest = min(nearest, math.Hypot(w[0]-a[0]-along*dx, w[1]-a[1]-along*dy))
	}
	return nearest
}

// The example in the description of the format (Google, Encoded Polyline Algorithm Format).
func TestPolylineOfTheFormat(t *testing.T) {
	got, err := trip.Points("_p~iF~ps|U_ulLnnqC_mqNvxq`@")
	want := [][2]float64{{38.5, -120.2}, {40.7, -120.95}, {43.252, -126.453}}
	if err != nil || len(got) != len(want) {
		t.Fatalf("%v, %v", got, err)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%v, want %v", got[i], want[i])
		}
	}
}
