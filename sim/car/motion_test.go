package car_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/sim/car"
	"glovebox/sim/scenarios"

	"pgregory.net/rapid"
)

// What a driver would believe, in m/s² and m/s³.
const (
	mostPull  = 3.0
	mostBrake = 4.0
	mostJerk  = 3.5
)

// judge drives a route to its end and complains about what no driver would
// believe. It returns how long the drive took and how long the car stood.
func judge(t interface {
	Fatalf(format string, args ...any)
}, m *car.Motion, r *car.Route, patience time.Duration) (took, stood time.Duration) {
	step := car.Step.Seconds()
	var speed hal.Speed
	accel, driven := 0.0, 0.0
	for !m.Done() {
		if took += car.Step; took > patience {
			t.Fatalf("after %v the car is %.1f m of %.1f m far, at %.2f m/s", took, m.Driven(), r.Length(), float64(m.Speed()))
		}
		m.Go()
		a := float64(m.Speed()-speed) / step
		if a > mostPull || a < -mostBrake || math.Abs(a-m.Acceleration()) > 1e-6 {
			t.Fatalf("at %v: %.2f m/s², and it says %.2f", took, a, m.Acceleration())
		}
		if jerk := (a - accel) / step; math.Abs(jerk) > mostJerk {
			t.Fatalf("at %v: a jerk of %.2f m/s³", took, jerk)
		}
		if m.Speed() < 0 {
			t.Fatalf("at %v: it rolls back", took)
		}
		if m.Speed() == 0 {
			stood += car.Step
			if way := m.Driven() - driven; way != 0 {
				t.Fatalf("at %v: it stands and moves %v m", took, way)
			}
		}
		speed, accel, driven = m.Speed(), a, m.Driven()
	}
	return took, stood
}

// However a route goes, the car drives it as a driver would and stands at its
// end, and at each stop about as long as the route says.
func TestMotionIsBelieved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &car.Route{Points: []car.Waypoint{{Speed: 10}}}
		stops := time.Duration(0)
		at := 0.0
		for range rapid.IntRange(1, 12).Draw(t, "points") {
			at += rapid.Float64Range(1, 300).Draw(t, "way")
			w := car.Waypoint{At: at, Speed: hal.Speed(rapid.Float64Range(2, 40).Draw(t, "speed"))}
			if rapid.IntRange(0, 3).Draw(t, "stop") == 0 {
				w.Speed, w.Stop = 0, time.Duration(rapid.IntRange(1, 20).Draw(t, "seconds"))*time.Second
				stops += w.Stop
			}
			r.Points = append(r.Points, w)
		}
		if last := r.Points[len(r.Points)-1]; last.Speed == 0 {
			stops -= last.Stop
		}
		cruise := hal.Speed(rapid.SampledFrom([]float64{0, 0, 3, 14, 60}).Draw(t, "cruise"))
		m := car.NewMotion(r, cruise)
		_, stood := judge(t, m, r, time.Hour)
		if off := m.Driven() - r.Length(); math.Abs(off) > 0.5 {
			t.Fatalf("it stands %.2f m from the end of %.1f m", off, r.Length())
		}
		if stood < stops || stood > stops+20*2*time.Second {
			t.Fatalf("it stood %v, the route says %v", stood, stops)
		}
	})
}

// However late the driver wants to stop, the car stops as a driver would.
func TestHaltIsBelieved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &car.Route{Points: []car.Waypoint{{Speed: 30}, {At: 800, Speed: 12}, {At: 3000}}}
		m := car.NewMotion(r, 0)
		for range rapid.IntRange(0, 9000).Draw(t, "steps") {
			m.Go()
		}
		speed := float64(m.Speed())
		m.Halt()
		before := m.Driven()
		for took := 0.0; !m.Done(); took += car.Step.Seconds() {
			was := m.Speed()
			m.Go()
			if a := float64(m.Speed()-was) / car.Step.Seconds(); a > mostPull || a < -mostBrake {
				t.Fatalf("%.2f m/s²", a)
			}
			if took > 30 {
				t.Fatalf("it does not stop from %.1f m/s", speed)
			}
		}
		if way := m.Driven() - before; way > speed*speed/2+2.5*speed+2 {
			t.Fatalf("it takes %.0f m to stop from %.1f m/s", way, speed)
		}
	})
}

// A speed of the driver's own replaces that of the route.
func TestCruise(t *testing.T) {
	r := &car.Route{Points: []car.Waypoint{{Speed: 30}, {At: 500, Speed: 5}, {At: 1000}}}
	m := car.NewMotion(r, hal.KilometresPerHour(50))
	fastest := hal.Speed(0)
	for !m.Done() {
		m.Go()
		fastest = max(fastest, m.Speed())
	}
	if got := fastest.KilometresPerHour(); math.Abs(got-50) > 0.01 {
		t.Errorf("%.2f km/h", got)
	}
}

// Every route that the simulator brings along can be driven, and is at sea.
func TestRoutes(t *testing.T) {
	tests := []struct {
		name     string
		min, max time.Duration
		stops    time.Duration
	}{
		{"block", time.Minute, 2 * time.Minute, 5 * time.Second},
		{"commute", 18 * time.Minute, 22 * time.Minute, 180 * time.Second},
		{"garage", time.Minute, 5 * time.Minute, 20 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file, err := scenarios.Files.Open("routes/" + test.name + ".gpx")
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			r, err := car.ReadRoute(test.name, file)
			if err != nil {
				t.Fatal(err)
			}
			m := car.NewMotion(r, 0)
			took, stood := judge(t, m, r, time.Hour)
			if took < test.min || took > test.max || stood < test.stops || math.Abs(m.Driven()-r.Length()) > 0.5 {
				t.Errorf("%v, of which %v standing; %.1f of %.1f m", took, stood, m.Driven(), r.Length())
			}
			t.Logf("%.0f m in %v, of which %v standing", r.Length(), took, stood)
			for _, p := range r.Points {
				if p.Latitude < 54 || p.Latitude > 54.4 || p.Longitude < 6.3 || p.Longitude > 7 {
					t.Errorf("%v, %v is not at sea", p.Latitude, p.Longitude)
				}
			}
		})
	}
}

func TestReadRoute(t *testing.T) {
	point := func(lat, lon, more string) string {
		return `<trkpt lat="` + lat + `" lon="` + lon + `">` + more + `</trkpt>`
	}
	at := func(s string) string { return "<time>2026-05-04T05:30:" + s + "Z</time>" }
	track := func(points ...string) string {
		return "<gpx><trk><trkseg>" + strings.Join(points, "") + "</trkseg></trk></gpx>"
	}
	a, b := point("54.2", "6.6", ""), point("54.201", "6.6", "")
	tests := []struct {
		name, text string
		speed      float64       // at the first point
		stop       time.Duration // at the second
		wrong      string
	}{
		{"nothing said: 50 km/h", track(a, b), 50 / 3.6, 0, ""},
		{"a speed of GPX 1.0", track(point("54.2", "6.6", "<speed>7.5</speed>"), b), 7.5, 0, ""},
		{"a speed among extensions", track(point("54.2", "6.6", "<extensions><speed>8</speed></extensions>"), b), 8, 0, ""},
		{"a speed of TrackPointExtension 2", track(point("54.2", "6.6",
			`<extensions><x:TrackPointExtension xmlns:x="u"><x:speed>9</x:speed></x:TrackPointExtension></extensions>`), b), 9, 0, ""},
		{"times only: 111.2 m in 10 s", track(point("54.2", "6.6", at("00")), point("54.201", "6.6", at("10"))), 11.12, 0, ""},
		{"the same place twice is a stop", track(a, point("54.201", "6.6", at("00")), point("54.201", "6.6", at("17")), point("54.203", "6.6", "")),
			50 / 3.6, 17 * time.Second, ""},
		{"a route instead of a track", `<gpx><rte><rtept lat="54.2" lon="6.6"/><rtept lat="54.3" lon="6.6"/></rte></gpx>`, 50 / 3.6, 0, ""},
		{"one place", track(a, a), 0, 0, "at least two"},
		{"no place", track(a, `<trkpt lon="6.6"/>`), 0, 0, "point 2"},
		{"not on the globe", track(a, point("91", "6.6", "")), 0, 0, "point 2"},
		{"too fast", track(point("54.2", "6.6", "<speed>300</speed>"), b), 0, 0, "point 1"},
		{"back in time", track(point("54.2", "6.6", at("10")), point("54.201", "6.6", at("00"))), 0, 0, "point 1"},
		{"no GPX", "drive", 0, 0, "EOF"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := car.ReadRoute("r.gpx", strings.NewReader(test.text))
			if test.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), test.wrong) {
					t.Fatalf("%v, want %q", err, test.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := float64(r.Points[0].Speed); math.Abs(got-test.speed) > 0.01 {
				t.Errorf("%.3f m/s", got)
			}
			if test.stop > 0 && (r.Points[1].Speed != 0 || r.Points[1].Stop != test.stop) {
				t.Errorf("%+v", r.Points[1])
			}
		})
	}
}
