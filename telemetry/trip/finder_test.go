package trip_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/telemetry/trip"
)

const gap = 120 * time.Second

var begun = hal.Instant{UTC: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), Boot: time.Hour}

// car drives a finder east over the North Sea, a second at a time.
type car struct {
	*trip.Finder
	t     *testing.T
	now   hal.Instant
	east  float64 // metres driven
	speed hal.Speed
	trips []trip.Trip
}

func newCar(t *testing.T) *car {
	return &car{Finder: trip.NewFinder(gap, rand.NewChaCha8([32]byte{1})), t: t, now: begun, speed: hal.Speed(math.NaN())}
}

func (c *car) found(t trip.Trip, ended bool) {
	if !ended {
		return
	}
	if err := t.Check(); err != nil {
		c.t.Errorf("%v: %+v", err, t)
	}
	c.trips = append(c.trips, t)
}

func (c *car) use(inUse, moving bool) { c.found(c.Drive(inUse, moving, c.now)) }

// place is where the car is, some metres beside it.
func (c *car) place(north, east float64) hal.Position {
	const degree = 111195.08 // metres, on the sphere that DistanceTo measures on
	return hal.Position{
		Latitude: 54.19 + north/degree, Longitude: 6.62 + (c.east+east)/(degree*math.Cos(54.19*math.Pi/180)),
		Altitude: math.NaN(), Course: math.NaN(), Speed: c.speed,
	}
}

// pass lets time go by at a speed in km/h; with a receiver there is a fix a second.
func (c *car) pass(d time.Duration, kmh float64, receiver bool) {
	for range int(d / time.Second) {
		c.now.UTC, c.now.Boot = c.now.UTC.Add(time.Second), c.now.Boot+time.Second
		c.east += kmh / 3.6
		c.found(c.Pass(c.now))
		if receiver {
			c.found(c.Fix(c.place(0, 0), c.now))
		}
	}
}

func (c *car) drive(d time.Duration, kmh float64) {
	c.use(true, true)
	c.pass(d, kmh, true)
	c.use(true, false)
}

// park turns the ignition off for long enough.
func (c *car) park() {
	c.use(true, false)
	c.pass(time.Second, 0, true)
	c.use(false, false)
	c.pass(gap+time.Second, 0, true)
}

// one is the only trip there is.
func (c *car) one() trip.Trip {
	c.t.Helper()
	if len(c.trips) != 1 {
		c.t.Fatalf("%d trips, want one: %+v", len(c.trips), c.trips)
	}
	return c.trips[0]
}

// near reports whether a number is as it should be, by so many per cent.
func near(got, want, percent float64) bool { return math.Abs(got-want) <= want*percent/100 }

// A trip begins with the first fix that shows it, not one report later; standing before is
// no part of it. Case T3.
func TestBeginsWithMotion(t *testing.T) {
	c := newCar(t)
	c.pass(30*time.Second, 0, true) // before the ignition is on
	c.use(true, false)
	c.pass(60*time.Second, 0, true)
	off := c.now.UTC
	c.drive(10*time.Minute, 36)
	c.park()
	got := c.one()
	if by := got.Start.At.Sub(off); by.Abs() > time.Second {
		t.Errorf("it starts %s after it set off", by)
	}
	if !near(float64(got.Metres), 6000, 1) || got.Seconds < 598 || got.Seconds > 602 {
		t.Errorf("%d m in %d s", got.Metres, got.Seconds)
	}
}

// A receiver that finds its place half a minute after the car set off begins the trip
// there, never where the car was parked before. Case T2.
func TestColdReceiver(t *testing.T) {
	c := newCar(t)
	c.pass(10*time.Second, 0, true)
	c.use(true, true)
	c.pass(30*time.Second, 36, false)
	at, from := c.now.UTC.Add(time.Second), c.place(0, 10)
	c.drive(10*time.Minute, 36)
	c.park()
	got := c.one()
	if !got.Start.At.Equal(at) || math.Abs(got.Start.Longitude-from.Longitude) > 1e-6 {
		t.Errorf("it starts at %s %.6f, want %s %.6f", got.Start.At, got.Start.Longitude, at, from.Longitude)
	}
	if !near(float64(got.Metres), 5990, 1) {
		t.Errorf("%d m", got.Metres)
	}
}

// The wall clock goes back two hours in the middle: the boot clock says how long it took.
// Case T7.
func TestWallClockSteps(t *testing.T) {
	c := newCar(t)
	c.drive(10*time.Minute, 36)
	c.use(true, true)
	c.now.UTC = c.now.UTC.Add(-2 * time.Hour)
	c.drive(10*time.Minute, 36)
	end := c.now.UTC
	c.park()
	got := c.one()
	if got.Seconds < 1198 || got.Seconds > 1202 || !near(float64(got.Metres), 12000, 1) {
		t.Errorf("%d m in %d s", got.Metres, got.Seconds)
	}
	if took := got.End.At.Sub(got.Start.At); got.End.At.Sub(end).Abs() > time.Second || took.Round(time.Second) != time.Duration(got.Seconds)*time.Second {
		t.Errorf("from %s to %s", got.Start.At, got.End.At)
	}
}

// 119 s at a light are part of the trip. Case T8. A stand of more than ten minutes ends it
// where it began.
func TestStandingTime(t *testing.T) {
	for _, test := range []struct {
		stand time.Duration
		trips int
	}{{119 * time.Second, 1}, {9 * time.Minute, 1}, {11 * time.Minute, 2}} {
		c := newCar(t)
		c.drive(5*time.Minute, 36)
		stopped := c.now.UTC
		c.pass(test.stand, 0, true)
		c.drive(5*time.Minute, 36)
		c.park()
		if len(c.trips) != test.trips {
			t.Errorf("%s: %d trips, want %d", test.stand, len(c.trips), test.trips)
			continue
		}
		if by := c.trips[0].End.At.Sub(stopped); test.trips == 2 && (by.Abs() > time.Second || !near(float64(c.trips[1].Metres), 3000, 1)) {
			t.Errorf("%s: the first ends %s after it stopped, the second is %d m", test.stand, by, c.trips[1].Metres)
		}
	}
}

// Gaps of 119, 120 and 121 s: one trip, one, two; the longest appears in no distance and
// no duration. Case T9.
func TestGaps(t *testing.T) {
	for _, test := range []struct {
		gap           time.Duration
		trips, metres int
		seconds       int64
	}{{119 * time.Second, 1, 7190, 719}, {120 * time.Second, 1, 7200, 720}, {121 * time.Second, 2, 6000, 599}} {
		c := newCar(t)
		c.use(true, true)
		c.pass(300*time.Second, 36, true)
		c.pass(test.gap-time.Second, 36, false)
		c.drive(301*time.Second, 36)
		c.park()
		var metres, seconds int64
		for _, got := range c.trips {
			metres, seconds = metres+got.Metres, seconds+got.Seconds
		}
		if len(c.trips) != test.trips || !near(float64(metres), float64(test.metres), 1) || seconds < test.seconds-2 || seconds > test.seconds+2 {
			t.Errorf("%s: %d trips, %d m, %d s: want %+v", test.gap, len(c.trips), metres, seconds, test)
		}
	}
}

// The ignition flaps ten times in four seconds at km 3 of 6. Case T10.
func TestIgnitionFlaps(t *testing.T) {
	c := newCar(t)
	c.drive(5*time.Minute, 36)
	for range 10 {
		c.now.UTC, c.now.Boot = c.now.UTC.Add(200*time.Millisecond), c.now.Boot+200*time.Millisecond
		c.use(false, false)
		c.now.UTC, c.now.Boot = c.now.UTC.Add(200*time.Millisecond), c.now.Boot+200*time.Millisecond
		c.use(true, true)
		c.east += 4
		c.found(c.Fix(c.place(0, 0), c.now))
	}
	c.drive(296*time.Second, 36)
	c.park()
	if got := c.one(); !near(float64(got.Metres), 6000, 2) {
		t.Errorf("%d m", got.Metres)
	}
}

// An ignition that is off for half a minute ends no trip; for longer it does, where the car
// stopped, and that is known at once.
func TestIgnitionOff(t *testing.T) {
	for off, trips := range map[time.Duration]int{29 * time.Second: 1, 30 * time.Second: 1, 31 * time.Second: 2} {
		c := newCar(t)
		c.drive(5*time.Minute, 36)
		stopped := c.now
		c.use(false, false)
		if next := c.Next(); next != c.now.Boot+30*time.Second+1 {
			t.Errorf("next is %s on", next-c.now.Boot)
		}
		c.pass(off, 0, true)
		c.drive(5*time.Minute, 36)
		c.park()
		if len(c.trips) != trips || trips == 2 && c.trips[0].End.At.Sub(stopped.UTC).Abs() > time.Second {
			t.Errorf("off for %s: %+v", off, c.trips)
		}
	}
}

// Ten minutes with the ignition on and a receiver that strays by five metres are no trip.
// Case T11.
func TestNoiseIsNoTrip(t *testing.T) {
	c, r := newCar(t), rand.New(rand.NewPCG(1, 1))
	c.use(true, false)
	for range 600 {
		c.now.UTC, c.now.Boot = c.now.UTC.Add(time.Second), c.now.Boot+time.Second
		c.found(c.Fix(c.place(10*r.Float64()-5, 10*r.Float64()-5), c.now))
	}
	if got, ok := c.SoFar(); ok {
		t.Errorf("a trip is going on: %+v", got)
	}
	c.park()
	if len(c.trips) != 0 {
		t.Errorf("%+v", c.trips)
	}
}

// From ten before midnight to ten after, by UTC whatever the zone: the day is that of the
// start. Case T14.
func TestDayOfTheStart(t *testing.T) {
	zone := time.FixedZone("a night with a change", 2*3600)
	c := newCar(t)
	c.now.UTC = time.Date(2026, 10, 25, 1, 50, 0, 0, zone) // 23:50 UTC of the day before
	c.drive(20*time.Minute, 36)
	c.park()
	if got := c.one(); got.Day() != "2026-10-24" || got.Seconds < 1198 || got.Seconds > 1202 {
		t.Errorf("%s, %d s", got.Day(), got.Seconds)
	}
}

// Fixes that the car cannot have reached are in no distance, no track and at no end: far
// ones at any speed, near ones where the receiver says how fast it is.
func TestOutliersAreOut(t *testing.T) {
	for _, test := range []struct{ metres, speed float64 }{{120, 10}, {3000, math.NaN()}, {2_000_000, math.NaN()}} {
		c := newCar(t)
		c.speed = hal.Speed(test.speed)
		c.use(true, true)
		for range 12 {
			c.pass(49*time.Second, 36, true)
			c.pass(time.Second, 36, false)
			c.found(c.Fix(c.place(test.metres, 0), c.now))
		}
		c.park()
		got := c.one()
		points, err := trip.Points(got.Track)
		if err != nil || len(points) > 3 || !near(float64(got.Metres), 6000, 1) || math.Abs(got.End.Latitude-54.19) > 1e-6 {
			t.Errorf("outliers of %.0f m: %d m, %d points on a straight line, %v", test.metres, got.Metres, len(points), err)
		}
	}
}

// A receiver that was wrong and stays elsewhere: what lies between was not driven.
func TestAJumpSplits(t *testing.T) {
	c := newCar(t)
	c.drive(5*time.Minute, 36)
	c.use(true, true)
	c.east += 50_000
	c.drive(5*time.Minute, 36)
	c.park()
	if len(c.trips) != 2 || !near(float64(c.trips[0].Metres), 3000, 1) || !near(float64(c.trips[1].Metres), 2960, 1) {
		t.Errorf("%+v", c.trips)
	}
}

// A receiver that strays by five metres on the move makes a trip no longer, and what stands
// at its end is no part of it.
func TestNoiseOnTheMove(t *testing.T) {
	c, r := newCar(t), rand.New(rand.NewPCG(1, 1))
	c.use(true, true)
	step := func(metres float64) {
		c.now.UTC, c.now.Boot, c.east = c.now.UTC.Add(time.Second), c.now.Boot+time.Second, c.east+metres
		c.found(c.Fix(c.place(10*r.Float64()-5, 10*r.Float64()-5), c.now))
	}
	for range 503 {
		step(10)
	}
	c.use(true, false)
	for range 300 {
		step(0)
	}
	c.park()
	if got := c.one(); !near(float64(got.Metres), 5030, 0.7) || got.Seconds < 502 || got.Seconds > 504 {
		t.Errorf("%d m in %d s", got.Metres, got.Seconds)
	}
}

// The last bit of the way counts, though it is shorter than a leg.
func TestLastBitCounts(t *testing.T) {
	c := newCar(t)
	c.drive(13*time.Second, 36)
	c.park()
	if got := c.one(); got.Metres < 119 || got.Metres > 121 {
		t.Errorf("%d m, want 120", got.Metres)
	}
}

// Nothing is a trip while the car is not in use, however it is carried about.
func TestNothingWhileParked(t *testing.T) {
	c := newCar(t)
	c.use(false, false)
	c.pass(30*time.Minute, 36, true)
	if len(c.trips) != 0 || c.Next() != trip.Never {
		t.Errorf("%+v, next %s", c.trips, c.Next())
	}
}

// What is kept every ten seconds is the trip up to its newest fix, and reads back; the
// power may go at any moment.
func TestStateOnTheMove(t *testing.T) {
	c := newCar(t)
	c.use(true, true)
	for range 60 {
		c.pass(10*time.Second, 36, true)
		state, ok := c.SoFar()
		if !ok {
			t.Fatal("there is no state")
		}
		data, err := state.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var back trip.Trip
		if err := back.UnmarshalBinary(data); err != nil || back != state {
			t.Fatalf("%v: %s", err, data)
		}
		if !back.End.At.Equal(c.now.UTC) || back.ID == "" {
			t.Fatalf("it ends at %s, now is %s", back.End.At, c.now.UTC)
		}
	}
	state, _ := c.SoFar()
	c.use(false, false)
	if c.found(c.End()); c.one().ID != state.ID {
		t.Error("it has another id when it is over")
	}
}

// A trip of more than a day, or with a track of more than 64 KiB, is split; the next begins
// at the same fix, so nothing of the way is lost.
func TestLongTripsAreSplit(t *testing.T) {
	for name, drive := range map[string]func(c *car, i int){
		"25 hours": func(c *car, i int) {
			c.now.UTC, c.now.Boot, c.east = c.now.UTC.Add(time.Minute), c.now.Boot+time.Minute, c.east+1000
			c.found(c.Fix(c.place(0, 0), c.now))
		},
		"every fix a corner": func(c *car, i int) {
			for range 12 {
				c.now.UTC, c.now.Boot, c.east = c.now.UTC.Add(time.Second), c.now.Boot+time.Second, c.east+100
				c.found(c.Fix(c.place(100*float64(c.now.Boot/time.Second%2), 0), c.now))
			}
		},
	} {
		c := newCar(t)
		c.use(true, true)
		for i := range 25 * 60 {
			drive(c, i)
		}
		c.use(false, false)
		c.found(c.End())
		if len(c.trips) != 2 {
			t.Fatalf("%s: %d trips", name, len(c.trips))
		}
		a, b := c.trips[0], c.trips[1]
		if a.ID == b.ID || !a.End.At.Equal(b.Start.At) || a.End.Longitude != b.Start.Longitude || a.Seconds > 24*3600 || len(a.Track) > 64<<10+20 {
			t.Errorf("%s: %d s, %d bytes, to %s; then from %s", name, a.Seconds, len(a.Track), a.End.At, b.Start.At)
		}
	}
}
