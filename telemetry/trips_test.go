package telemetry_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
	"glovebox/telemetry/trip"
)

// rover is a gate with the pipeline behind it, in a car that drives in any direction.
type rover struct {
	t           *testing.T
	gate        telemetry.Gate
	out         *outside.Outside
	now         hal.Instant
	north, east float64  // metres from a buoy
	firsts      []moment // the first released points of each drive, positions and trips
	trips       []trip.Trip
	sent        int // messages with a place
}

// moment is when and where.
type moment struct {
	at          time.Time
	north, east float64
}

func newRover(t *testing.T, now hal.Instant, fact string) *rover {
	r := &rover{t: t, now: now, gate: telemetry.NewGate(outside.Builtin().Numbers(), fact)}
	r.out = outside.New(outside.Builtin(), now, outside.Options{
		TripIDs: rand.NewChaCha8([32]byte{1}), TripEnded: func(t trip.Trip) { r.trips = append(r.trips, t) },
	})
	r.out.SetReaders(1, family, now)
	r.out.Link(true, now)
	return r
}

func (r *rover) regate(next telemetry.Gate) {
	if r.gate.Open() && !next.Open() {
		r.out.PurgePlace(r.now)
	}
	r.gate = next
}

// motion tells gate and pipeline how the car is.
func (r *rover) motion(moving, inUse bool) {
	r.out.InUse(inUse, r.now)
	r.out.Moving(moving, r.now)
	r.regate(r.gate.Motion(!moving && !inUse, inUse))
}

// run drives so far in a direction, a second and a fix at a time; standing with no speed.
func (r *rover) run(d time.Duration, kmh, bearing float64) {
	r.motion(kmh > 0, kmh > 0)
	for range int(d / time.Second) {
		r.now.UTC, r.now.Boot = r.now.UTC.Add(time.Second), r.now.Boot+time.Second
		step := kmh / 3.6
		r.north, r.east = r.north+step*math.Cos(bearing), r.east+step*math.Sin(bearing)
		fix := &hal.Position{
			Latitude: 54.19 + r.north/metresPerDegree, Longitude: 6.62 + r.east/(metresPerDegree*math.Cos(54.19*math.Pi/180)),
			Altitude: math.NaN(), Course: math.NaN(), Speed: hal.KilometresPerHour(kmh),
		}
		passed, next := r.gate.Drove(step).Fix(fix, r.now)
		r.regate(next)
		r.out.Fix(passed, r.now)
		r.take()
	}
}

// end is the end of somebody's session.
func (r *rover) end() {
	r.motion(false, false)
	r.regate(r.gate.End(false))
	r.out.EndTrip(r.now)
	r.take()
}

// take notes the places that are released to the shared reader.
func (r *rover) take() {
	r.t.Helper()
	for _, m := range r.out.Tick(r.now) {
		if m.Reader() != "lea" || m.Kind() != outside.KindPosition && m.Kind() != outside.KindTrips || !r.out.Recheck(m, r.now) {
			continue
		}
		_, payload, err := m.Encode(outside.Seq{Epoch: "e", N: 1})
		if err != nil {
			r.t.Fatal(err)
		}
		r.sent++
		var got struct {
			Start struct {
				TS                  time.Time
				Latitude, Longitude float64
			}
			Data []struct {
				Path string
				DP   []struct {
					Value float64 `json:",string"`
					TS    time.Time
				}
			}
		}
		if err := json.Unmarshal(payload, &got); err != nil {
			r.t.Fatal(err)
		}
		at, lat, lon := got.Start.TS, got.Start.Latitude, got.Start.Longitude
		for _, p := range got.Data {
			switch {
			case strings.HasSuffix(p.Path, "Latitude"):
				at, lat = p.DP[0].TS, p.DP[0].Value
			case strings.HasSuffix(p.Path, "Longitude"):
				lon = p.DP[0].Value
			}
		}
		r.firsts = append(r.firsts, moment{at, (lat - 54.19) * metresPerDegree, (lon - 6.62) * metresPerDegree * math.Cos(54.19*math.Pi/180)})
	}
}

// The agent is killed on the move at km 5, is up again ten seconds later with nobody at the
// wheel, and the car parks at km 8: one trip of 5 km is released, and 3 km belong to no trip
// and no message. Case T5.
func TestKilledOnTheMove(t *testing.T) {
	begun := hal.Instant{UTC: time.Date(2026, 11, 21, 12, 0, 3, 0, time.UTC), Boot: time.Minute}
	before := newRover(t, begun, telemetry.OpenEnd)
	before.motion(false, false)
	before.gate = before.gate.Begin(false)
	var kept trip.Trip
	for range 50 { // what is kept is at most ten seconds old
		before.run(10*time.Second, 36, 0)
		kept, _ = before.out.TripSoFar()
	}
	if len(before.trips) != 0 {
		t.Fatalf("%+v", before.trips)
	}
	before.now.UTC, before.now.Boot = before.now.UTC.Add(10*time.Second), before.now.Boot+10*time.Second
	after := newRover(t, before.now, before.gate.Fact())
	after.north = 5100
	after.out.ReleaseTrip(kept, false, after.now)
	after.take()
	if got := len(after.firsts); got != 1 || kept.Metres < 4900 || kept.Metres > 5100 {
		t.Fatalf("%d places released, %d m", got, kept.Metres)
	}
	after.run(290*time.Second, 36, 0)
	after.end()
	after.run(10*time.Minute, 0, 0)
	if len(after.trips) != 0 {
		t.Errorf("a trip of what nobody drove: %+v", after.trips)
	}
	for _, m := range after.firsts[1:] { // parked, with nobody at the wheel, the car may be found
		if m.north < 7999 {
			t.Errorf("a place %.0f m on was released", m.north)
		}
	}
}

// Twenty drives at no-position end at one place, and the next leave it in twenty
// directions: the first that is released of each, a position or a trip, lies 2 km and
// 300 s on, and nothing before. Case T20.
func TestTwentyHiddenEnds(t *testing.T) {
	begun := hal.Instant{UTC: time.Date(2026, 11, 21, 12, 0, 3, 0, time.UTC), Boot: time.Minute}
	r := newRover(t, begun, telemetry.OpenEnd)
	r.motion(false, false)
	for i := range 20 {
		r.gate = r.gate.Begin(false)
		r.north, r.east = -3000, 0
		r.motion(true, true)
		r.regate(r.gate.SetLevel(telemetry.LevelNoPosition, true))
		r.run(300*time.Second, 36, 0) // to the buoy
		r.end()
		r.run(10*time.Minute, 0, 0)
		if got := len(r.firsts); got != 0 {
			t.Fatalf("drive %d: %d places released", i, got)
		}
		r.north, r.east = 0, 0
		r.gate = r.gate.Begin(false)
		off, bearing := r.now.UTC, float64(i)*math.Pi/10
		speed := []float64{20, 36, 90}[i%3] // slow, at 300 s only 1.7 km; fast, at 2 km only 80 s
		trips := len(r.trips)
		r.run(15*time.Minute, speed, bearing)
		r.end()
		if len(r.firsts) < 10 || len(r.trips) != trips+1 {
			t.Fatalf("direction %d: %d places, %d trips", i, len(r.firsts), len(r.trips)-trips)
		}
		for _, m := range r.firsts {
			if far := math.Hypot(m.north, m.east); far < 1999.9 || m.at.Sub(off) < 300*time.Second {
				t.Fatalf("direction %d: released %.0f m and %s on", i, far, m.at.Sub(off))
			}
		}
		r.firsts = nil
		r.motion(true, true) // back, so that no end is told
		r.end()
	}
}
