package outside_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/telemetry/outside"
	"glovebox/telemetry/trip"
)

// tripWire is a trip as a phone reads it.
type tripWire struct {
	Trip, Day, Track string
	Assigned         *[]string
	DistanceM        *int64 `json:"distance_m"`
	DurationS        *int64 `json:"duration_s"`
	DistanceKM       string `json:"distance_km"`
	Start, End       *struct {
		TS                  time.Time
		Latitude, Longitude float64
	}
	members []string
}

// tripsTo are the trips that a mailbox was sent, in order.
func (c *car) tripsTo(mailbox string) (all []tripWire) {
	c.t.Helper()
	for _, w := range c.of(mailbox, outside.KindTrips) {
		var got tripWire
		var members map[string]any
		if err := json.Unmarshal([]byte(w.payload), &members); err != nil {
			c.t.Fatalf("%q: %v", w.payload, err)
		}
		if err := json.Unmarshal([]byte(w.payload), &got); err != nil {
			c.t.Fatalf("%q: %v", w.payload, err)
		}
		got.members = slices.Sorted(maps.Keys(members))
		all = append(all, got)
	}
	return all
}

// linked is a car with all its readers and a connection.
func linked(t testing.TB) *car {
	c := newCar(t, outside.Builtin(), outside.Options{VID: vid, Sign: carKey()})
	c.link(true)
	return c
}

const (
	full      = "assigned day distance_m duration_s end epoch resend seq start track trip"
	stubOf    = "day distance_km epoch resend seq trip"
	oneMember = "%s is sent the members %q, want %q"
)

// Each reader has exactly their members, and nobody one that says who drove.
func TestTripMembers(t *testing.T) {
	c := linked(t)
	c.drive(1500, 36)
	c.park()
	c.run(c.now.Boot + 10*time.Minute)
	for box, want := range map[string]string{boxMain: full, boxShared: full, boxLimited: stubOf, boxShop: "", boxBack: ""} {
		all := c.tripsTo(box)
		if want == "" {
			if len(all) != 0 {
				t.Errorf("%s is sent %+v", box, all)
			}
			continue
		}
		if len(all) != 1 || strings.Join(all[0].members, " ") != want {
			t.Fatalf("%s is sent %+v, want the members %q", box, all, want)
		}
	}
	main, limited := c.tripsTo(boxMain)[0], c.tripsTo(boxLimited)[0]
	if limited.Trip != main.Trip || limited.Day != main.Day || limited.DistanceKM != "10-25" {
		t.Errorf("limited %+v", limited)
	}
	if len(*main.Assigned) != 0 || *main.DurationS != 1500-1 && *main.DurationS != 1500 {
		t.Errorf("main %+v, %d s", main, *main.DurationS)
	}
	if w := c.of(boxLimited, outside.KindTrips)[0]; w.at%(5*time.Minute) != slotBoot || len(w.payload) != 1024 {
		t.Errorf("limited is told at %s, %d bytes", w.at, len(w.payload))
	}
	if w := c.of(boxMain, outside.KindTrips)[0]; w.at != c.of(boxShared, outside.KindTrips)[0].at || w.at%(5*time.Minute) == slotBoot {
		t.Errorf("main is told at %s", w.at)
	}
}

// slotBoot is where slots of five minutes lie on the boot clock.
var slotBoot = at("12:05:00").Boot % (5 * time.Minute)

// What of a trip was decided stands in the ledger, class by class.
func TestTripLedger(t *testing.T) {
	c := linked(t)
	c.drive(60, 36)
	c.park()
	c.run(c.now.Boot + 5*time.Minute)
	got := map[string][]string{}
	for _, d := range c.decided {
		if d.Kind == outside.KindTrips {
			got[d.Reader] = append(got[d.Reader], fmt.Sprintf("%s %s %s", d.Outcome, d.Class, d.Rule))
		}
	}
	for reader, want := range map[string][]string{
		"anna": {"published trip-assignees trip-assignees/main", "published trip-exists trip-exists/main", "published trip-points trip-points/main",
			"published trip-summary trip-summary/main", "published trip-track trip-track/main"},
		"lea": {"published trip-exists trip-exists/shared", "published trip-points trip-points/shared",
			"published trip-summary trip-summary/shared", "published trip-track trip-track/shared", "reduced trip-assignees trip-assignees/shared"},
		"jonas": {"reduced trip-exists trip-exists/limited", "reduced trip-summary trip-summary/limited", "withheld trip-assignees trip-assignees/limited",
			"withheld trip-points trip-points/limited", "withheld trip-track trip-track/limited"},
	} {
		slices.Sort(got[reader])
		if !slices.Equal(got[reader], want) {
			t.Errorf("%s: %q", reader, got[reader])
		}
	}
	if len(got["workshop"]) != 5 || !strings.HasPrefix(got["workshop"][0], "withheld") {
		t.Errorf("workshop: %q", got["workshop"])
	}
}

// No coverage for ten minutes in the middle of a drive of twenty: one trip, from the first
// fix on. Case T1.
func TestTripThroughATunnelOfTheLine(t *testing.T) {
	c := linked(t)
	begun := c.now.UTC.Add(time.Second)
	c.drive(300, 36)
	c.link(false)
	c.drive(600, 36)
	c.link(true)
	c.drive(300, 36)
	c.park()
	for _, box := range []string{boxMain, boxShared} {
		all := c.tripsTo(box)
		if len(all) != 1 || *all[0].DurationS < 1198 || *all[0].DurationS > 1202 || all[0].Start.TS.Sub(begun).Abs() > time.Second {
			t.Errorf("%s has %+v", box, all)
		}
	}
}

// The odometer says zero for ten seconds in the drive: the trip is as it would be. Case T13.
func TestTripIsNotTheOdometers(t *testing.T) {
	play := func(zero bool) tripWire {
		c := linked(t)
		c.say(odometer, 100_000_000)
		c.drive(300, 36)
		if zero {
			c.say(odometer, 0)
		}
		c.drive(10, 36)
		c.say(odometer, 100_003_100)
		c.drive(290, 36)
		c.park()
		all := c.tripsTo(boxMain)
		if len(all) != 1 {
			t.Fatalf("%+v", all)
		}
		return all[0]
	}
	with, without := play(true), play(false)
	if *with.DistanceM != *without.DistanceM || *with.DistanceM < 5900 || with.Track != without.Track {
		t.Errorf("%d m, and %d m without the zero", *with.DistanceM, *without.DistanceM)
	}
}

// A trip that is over is judged by the state it was driven in: without a fix since, in use,
// it is sent all the same.
func TestTripIsJudgedByItsDrive(t *testing.T) {
	c := linked(t)
	c.drive(60, 36)
	over := c.now.Boot + 120*time.Second + 1
	c.inUse(true)
	c.moving(true)
	for range 240 { // no fix: the trip is over, and the state is that of no position
		c.run(c.now.Boot + time.Second)
		c.out.Fix(nil, c.now)
	}
	all := c.tripsTo(boxShared)
	if len(all) != 1 || strings.Join(all[0].members, " ") != full {
		t.Fatalf("shared has %+v", all)
	}
	if got := c.of(boxShared, outside.KindTrips)[0].at; got != over {
		t.Errorf("told at %s, want %s: as soon as the gap is over", got, over)
	}
	for _, r := range c.released {
		if r.Kind() == outside.KindTrips && !c.out.Recheck(r, c.now) {
			t.Errorf("%s may not have it any more", r.Mailbox())
		}
	}
}

// Sealed, a trip says its size in steps and nothing else; what waited on disk is closed to
// the key of the document in force, and not sent before that was asked.
func TestTripIsSealed(t *testing.T) {
	phone := phoneKey(t)
	readers := []outside.Reader{
		{ID: "anna", Mailbox: boxMain, Column: outside.ColumnMain, Seal: phone.PublicKey().Bytes()},
		{ID: "jonas", Mailbox: boxLimited, Column: outside.ColumnLimited, Seal: phone.PublicKey().Bytes()},
	}
	c := newCar(t, outside.Builtin(), outside.Options{VID: vid, Sign: carKey()})
	c.out.SetReaders(12, readers, c.now)
	c.drive(60, 36)
	c.park()
	c.run(c.now.Boot + 5*time.Minute)
	for _, r := range c.released {
		if r.Kind() != outside.KindTrips {
			continue
		}
		data, err := r.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		waited, err := outside.UnmarshalReleased(data)
		if err != nil {
			t.Fatal(err)
		}
		if suffix, _, err := waited.Encode(outside.Seq{Epoch: epoch, N: 1}); err == nil {
			t.Errorf("sent as %s before anybody asked for a key", suffix)
		}
		c.out.SetReaders(13, readers, c.now)
		if !c.out.Recheck(waited, c.now) {
			t.Error("a new document takes it back")
		}
		suffix, wire, err := c.out.Seal(waited).Encode(outside.Seq{Epoch: epoch, N: 1})
		if err != nil || suffix != "trips/hpke" || len(wire) != 1+32+2048+16 {
			t.Fatalf("%s, %d bytes, %v", suffix, len(wire), err)
		}
		if _, err := open(phone, r.Mailbox(), 13, outside.Topic(vid, r.Mailbox(), suffix), wire); err != nil {
			t.Error(err)
		}
		c.out.SetReaders(14, []outside.Reader{{ID: r.Reader(), Mailbox: r.Mailbox(), Column: r.Column()}}, c.now)
		if suffix, _, err := c.out.Seal(waited).Encode(outside.Seq{Epoch: epoch, N: 1}); err != nil || suffix != "trips" {
			t.Errorf("without a key: %s, %v", suffix, err)
		}
		c.out.SetReaders(15, []outside.Reader{{ID: r.Reader(), Mailbox: r.Mailbox(), Column: r.Column(), Seal: []byte("short")}}, c.now)
		if _, _, err := c.out.Seal(waited).Encode(outside.Seq{Epoch: epoch, N: 1}); err == nil || c.out.Recheck(waited, c.now) {
			t.Error("sent open to a reader whose key is broken")
		}
		c.out.SetReaders(12, readers, c.now)
	}
	if got := len(c.of(boxMain, outside.KindTrips)) + len(c.of(boxLimited, outside.KindTrips)); got != 2 {
		t.Errorf("%d trips", got)
	}
}

// A key that cannot be used keeps the whole trip in the car.
func TestTripWithABrokenKey(t *testing.T) {
	c := newCar(t, outside.Builtin(), outside.Options{VID: vid, Sign: carKey()})
	c.out.SetReaders(2, []outside.Reader{
		{ID: "anna", Mailbox: boxMain, Column: outside.ColumnMain, Seal: []byte("short")},
		{ID: "jonas", Mailbox: boxLimited, Column: outside.ColumnLimited, Seal: []byte("short")},
	}, c.now)
	c.link(true)
	c.drive(60, 36)
	c.park()
	c.run(c.now.Boot + time.Hour)
	if len(c.trips) != 1 || len(c.of(boxMain, outside.KindTrips))+len(c.of(boxLimited, outside.KindTrips)) != 0 {
		t.Errorf("%d trips, sent %+v", len(c.trips), c.sent)
	}
}

// Bands begin at their first kilometre, to the metre.
func TestBands(t *testing.T) {
	for metres, want := range map[int64]string{
		0: "0-10", 9_999: "0-10", 10_000: "10-25", 24_999: "10-25", 25_000: "25-50", 49_999: "25-50",
		50_000: "50-100", 99_999: "50-100", 100_000: "100+", 5_000_000: "100+",
	} {
		c := newCar(t, outside.Builtin(), outside.Options{})
		c.out.ReleaseTrip(trip.Trip{ID: epoch, Metres: metres, Start: trip.Point{At: start.UTC}, End: trip.Point{At: start.UTC}}, false, c.now)
		c.run(c.now.Boot + 5*time.Minute)
		if got := c.tripsTo(boxLimited); len(got) != 1 || got[0].DistanceKM != want {
			t.Errorf("%d m: %+v", metres, got)
		}
	}
	for _, words := range []string{"map=0-10,10-25,5-50", "map=1-10,10+", "map=0-10,x", "map=0-10,0-20"} {
		text := strings.Replace(outside.PolicyCSV(), "map=0-10,10-25,25-50,50-100,100+", words, 1)
		if _, err := outside.Parse(text); err == nil {
			t.Errorf("%s was read", words)
		}
	}
}

// Without ids there are no trips: none with an id that can be guessed.
func TestNoTripWithoutAnID(t *testing.T) {
	out := outside.New(outside.Builtin(), start, outside.Options{TripEnded: func(trip.Trip) { t.Error("a trip ended") }})
	out.SetReaders(1, family, start)
	out.InUse(true, start)
	out.Moving(true, start)
	now := start
	for i := range 100 {
		now.UTC, now.Boot = now.UTC.Add(time.Second), now.Boot+time.Second
		out.Fix(&hal.Position{Latitude: 54.19, Longitude: 6.62 + 1e-3*float64(i)}, now)
	}
	out.EndTrip(now)
}

// A trip ends in time also where nobody is to be told: it is kept in the car.
func TestTripWithoutReaders(t *testing.T) {
	c := newCar(t, outside.Builtin(), outside.Options{})
	c.out.SetReaders(2, nil, c.now)
	c.inUse(true)
	c.moving(true)
	for i := range 60 {
		c.run(c.now.Boot + time.Second)
		c.fix(54.19, 6.62+1e-4*float64(i))
	}
	c.run(c.now.Boot + 121*time.Second)
	if len(c.trips) != 1 || len(c.all) != 1 || c.out.Next() != outside.Never {
		t.Errorf("%d trips, all were told of %q, next %s", len(c.trips), c.all, c.out.Next())
	}
}
