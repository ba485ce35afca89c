package town_test

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"glovebox/hal"
	"glovebox/sim/car"
	"glovebox/sim/town"
)

// drawn is a route of some town.
func drawn(t *rapid.T) (*town.Town, *town.Path) {
	made := towns()[rapid.IntRange(0, 4).Draw(t, "town")]
	names := append(made.Places(), made.Streets()...)
	from, to := rapid.SampledFrom(names).Draw(t, "from"), rapid.SampledFrom(names).Draw(t, "to")
	path, err := made.Route(from, to)
	if err != nil {
		if from == to {
			t.Skip()
		}
		path = made.Tour(rapid.Uint64().Draw(t, "tour")) // both mean one crossing
	}
	return made, path
}

// However it goes, a route stays on its roads, at a speed that is allowed, and each
// point leads on.
func TestRouteStaysOnRoads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		made, path := drawn(t)
		for i, p := range path.Points {
			if far := made.Away(p.Lat, p.Lon, ""); far > 4.5 { // a rounded corner
				t.Fatalf("%s: point %d is %.1f m from any road", path.Name, i, far)
			}
			if p.Speed < 0 || p.Speed > 28 {
				t.Fatalf("%s: point %d: %v m/s", path.Name, i, p.Speed)
			}
			if i > 0 {
				x, y := made.XY(p.Lat, p.Lon)
				lastX, lastY := made.XY(path.Points[i-1].Lat, path.Points[i-1].Lon)
				if step := math.Hypot(x-lastX, y-lastY); step > 450 {
					t.Fatalf("%s: %.0f m from point %d to the next", path.Name, step, i)
				}
			}
		}
	})
}

// route is a path as the made car reads it.
func route(t interface{ Fatal(...any) }, path *town.Path) *car.Route {
	r, err := car.ReadRoute(path.Name, bytes.NewReader(path.GPX()))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What the driver is told is what the road does: the way to the turn gets shorter, the
// course changes to that side, and behind it lies the street that was named.
func TestGuideIsRight(t *testing.T) {
	made := town.Musterhafen()
	for _, name := range made.Routes() {
		path, err := made.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		r := route(t, path)
		lastTurn, lastStreet, lastAt, lastLeft := "", "", 0.0, math.Inf(1)
		for at := 1.0; at < r.Length(); at += 8 {
			here, _ := r.Place(at)
			turn, metres, street, km := path.Guide(here.Latitude, here.Longitude)
			if turn == "" {
				t.Fatalf("%s: no advice after %.0f m", path.Name, at)
			}
			if km*1000 > lastLeft+1 {
				t.Fatalf("%s: after %.0f m %.3f km are left, and %.3f before", path.Name, at, km, lastLeft/1000)
			}
			lastLeft = km * 1000
			if turn == lastTurn && street == lastStreet || lastTurn == "" || lastTurn == "arrive" {
				lastTurn, lastStreet = turn, street
				continue
			}
			_, before := r.Place(at - 35)
			does := false
			for past := -25.0; past <= 35; past += 5 { // somewhere here: two turns close to each other are one
				_, now := r.Place(at + past)
				change := math.Mod(now-before+540, 360) - 180
				does = does || map[string]bool{"right": change > 12, "left": change < -12, "straight": math.Abs(change) < 75}[lastTurn]
			}
			if alone := at-lastAt > 50 && metres > 50; alone && !does {
				t.Fatalf("%s: after %.0f m %s into %s, and the course does not change so", path.Name, at, lastTurn, lastStreet)
			}
			if next, _ := r.Place(at + 35); metres > 50 && made.Away(next.Latitude, next.Longitude, lastStreet) > 4.5 {
				t.Fatalf("%s: after %.0f m not in %s", path.Name, at, lastStreet)
			}
			lastTurn, lastStreet, lastAt = turn, street, at
		}
		end := path.Points[len(path.Points)-1]
		if turn, metres, _, km := path.Guide(end.Lat, end.Lon); turn != "arrive" || metres > 1 || km > 0.001 {
			t.Fatalf("%s: at the end: %s in %.0f m, %.3f km left", path.Name, turn, metres, km)
		}
	}
}

// All routes between places can be driven, in a time that fits a town.
func TestRoutesCanBeDriven(t *testing.T) {
	made := town.Musterhafen()
	names := made.Routes()
	if len(names) < 80 || !slices.Contains(names, "hafen-westend") {
		t.Fatalf("%d routes", len(names))
	}
	for _, name := range append(names, "hafen", "hafen.gpx", "westend.gpx", "tour-7", "hafenallee-amstadtpark") {
		path, err := made.Named(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		r := route(t, path)
		if math.Abs(r.Length()-path.Length()) > 0.02*path.Length()+20 {
			t.Errorf("%s: %.0f m, and %.0f m as it is driven", name, path.Length(), r.Length())
		}
		if name == "hafen-westend" {
			m := car.NewMotion(r, 0)
			steps, fastest := 0, hal.Speed(0)
			for ; !m.Done() && steps < 200000; steps++ {
				m.Go()
				fastest = max(fastest, m.Speed())
			}
			if minutes := float64(steps) / 6000; minutes < 6 || minutes > 12 || fastest.KilometresPerHour() > 60.5 {
				t.Errorf("%s takes %.1f minutes, at most %.0f km/h", name, minutes, fastest.KilometresPerHour())
			}
		}
	}
}

// Off the path there is no advice; no place is made up.
func TestNoAdviceOffThePath(t *testing.T) {
	made := town.Musterhafen()
	path, err := made.Route("Hafen", "Westend")
	if err != nil {
		t.Fatal(err)
	}
	if turn, _, street, _ := path.Guide(made.LatLon(1500, 900)); turn != "" || street != "" {
		t.Errorf("off the path: %s into %s", turn, street)
	}
	for _, name := range []string{"", "-", "hafen-", "hafen-hafen", "hafen-atlantis", "atlantis.gpx", "tour-x", "tour-1x"} {
		if path, err := made.Named(name); err == nil {
			t.Errorf("%q is a route of %.0f m", name, path.Length())
		}
	}
}

// Across the antimeridian a route goes on, in degrees that are some.
func TestRouteAcrossTheAntimeridian(t *testing.T) {
	made := somewhere(-31.2, 179.999)
	path, err := made.Route("westend", "messe")
	if err != nil {
		t.Fatal(err)
	}
	east, westerly := 0, 0
	for _, p := range path.Points {
		switch {
		case p.Lon > 179:
			east++
		case p.Lon < -179:
			westerly++
		default:
			t.Fatalf("a point at %v", p.Lon)
		}
		if far := made.Away(p.Lat, p.Lon, ""); far > 4.5 {
			t.Fatalf("%.1f m from any road", far)
		}
	}
	if east == 0 || westerly == 0 {
		t.Errorf("%d points east, %d west of it", east, westerly)
	}
}

// A navigator guides along the way that is driven now, and is silent on any other.
func TestNavigatorFollowsTheDrive(t *testing.T) {
	made, way := town.Musterhafen(), ""
	n := town.NewNavigator(made, func() string { return way })
	path, err := made.Named("hafen-westend")
	if err != nil {
		t.Fatal(err)
	}
	at := path.Points[len(path.Points)/2]
	for _, row := range []struct {
		way    string
		guided bool
	}{{"", false}, {"hafen-westend", true}, {"block.gpx", false}, {"hafen-westend.gpx", true}, {"messe-bahnhof", false}} {
		way = row.way
		if turn, _, _, _ := n.Guide(at.Lat, at.Lon); (turn != "") != row.guided {
			t.Errorf("on %q: %q", way, turn)
		}
	}
	if got := n.Nearest(at.Lat, at.Lon); got == "" || got != made.Nearest(at.Lat, at.Lon) {
		t.Errorf("in %q", got)
	}
}
