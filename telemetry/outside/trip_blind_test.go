package outside_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"glovebox/telemetry/outside"
)

// The same gated fixes give the same trips to everybody, whether the place was closed in
// between, as by a level or a guest, or the receiver said that it has none, or said
// nothing at all: bytes and instants.
func TestTripsAreBlindToTheCause(t *testing.T) {
	split := 0
	for seed := range uint64(40) {
		var first [][]wire
		for cause := range 3 {
			r := rand.New(rand.NewPCG(seed, 3))
			c := linked(t)
			c.inUse(true)
			for range 3 {
				c.moving(true)
				for range 60 + r.IntN(200) {
					c.drive(1, 36)
					c.moving(true)
				}
				hole := []int{1, 60, 118, 119, 120, 121, 300}[r.IntN(7)]
				if cause == 0 {
					c.out.PurgePlace(c.now)
					c.take()
				}
				for range hole {
					c.run(c.now.Boot + time.Second)
					c.metres += 10
					if cause < 2 {
						c.out.Fix(nil, c.now)
						c.take()
					}
				}
				if hole > 120 {
					split++
				}
			}
			c.drive(60, 36)
			c.park()
			c.run(c.now.Boot + 10*time.Minute)
			var seen [][]wire
			for _, box := range []string{boxMain, boxShared, boxLimited} {
				var all []wire
				for _, w := range c.of(box, outside.KindTrips) {
					var content map[string]any
					if err := json.Unmarshal([]byte(w.payload), &content); err != nil {
						t.Fatal(err)
					}
					delete(content, "seq") // positions that were collected and dropped had none
					text, _ := json.Marshal(content)
					all = append(all, wire{w.at, w.mailbox, w.suffix, string(text)})
				}
				if len(all) == 0 {
					t.Fatalf("seed %d: %s has no trips", seed, box)
				}
				seen = append(seen, all)
			}
			if cause == 0 {
				first = seen
			}
			for i := range seen {
				if d := differ(first[i], seen[i]); d != "" {
					t.Fatalf("seed %d, cause %d: %s", seed, cause, d)
				}
			}
		}
	}
	if split == 0 {
		t.Error("no trip was split")
	}
}

// Two trips that differ in route, in distance within a band, and in when within a slot they
// end, are the same to who must not know: bytes and instants, with the line down over a
// slot too.
func TestLimitedIsBlindToTheTrip(t *testing.T) {
	differs := 0
	for seed := range uint64(20) {
		var seen [2]*car
		for filling := range seen {
			s, r := rand.New(rand.NewPCG(seed, 4)), rand.New(rand.NewPCG(seed, 5+uint64(filling)))
			c := linked(t)
			c.run(at("12:05:00").Boot + time.Second)
			for range 1 + s.IntN(3) {
				down, band, slot := s.IntN(2) == 0, s.IntN(2), c.now.Boot
				c.drive([]int{400 + r.IntN(100), 600 + r.IntN(200)}[band], []float64{40 + 20*r.Float64(), 60 + 20*r.Float64()}[band])
				for c.now.Boot < slot+20*time.Minute+time.Duration(r.IntN(200))*time.Second {
					c.inUse(true)
					c.drive(1, 0)
				}
				c.link(!down)
				c.light("abs", s.IntN(2) == 0)
				c.park()
				if r.IntN(2) == 0 {
					c.out.Fix(nil, c.now)
				}
				c.run(slot + 24*time.Minute + 30*time.Second)
				c.run(slot + 26*time.Minute)
				c.link(true)
				c.run(slot + 30*time.Minute)
			}
			seen[filling] = c
		}
		for _, box := range blind {
			if d := differ(tripsOf(seen[0], box), tripsOf(seen[1], box)); d != "" {
				t.Fatalf("seed %d: %s sees the difference: %s", seed, box, d)
			}
		}
		if len(seen[0].tripsTo(boxLimited)) == 0 {
			t.Fatalf("seed %d: limited has no trips", seed)
		}
		if *seen[0].tripsTo(boxMain)[0].DistanceM != *seen[1].tripsTo(boxMain)[0].DistanceM {
			differs++
		}
	}
	if differs < 15 {
		t.Errorf("the test proves little: main's trips differ in %d pairs", differs)
	}
}

// tripsOf is what a mailbox saw of trips and gaps, without ids, which are random.
func tripsOf(c *car, box string) (all []wire) {
	for _, w := range c.seenBy(box) {
		if strings.HasPrefix(w.suffix, "trips") || strings.HasPrefix(w.suffix, "gaps") {
			all = append(all, w)
		}
	}
	return all
}
