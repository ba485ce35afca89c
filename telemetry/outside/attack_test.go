package outside_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/telemetry/outside"
)

// hints is what somebody heard of a drive whose begin they know.
type hints struct {
	speeds []float64 // m/s, second by second; nil: not heard
	metres float64   // that the odometer moved; NaN: not heard
	rest   string    // all else, as one word
	way    float64   // in truth
}

// raw is a drive as the bus tells it: the speed is some per mille off, and noisy.
func (d driven) raw(r *rand.Rand) hints {
	off := 1 + 0.02*(r.Float64()-0.5)
	h := hints{metres: d.metres, rest: fmt.Sprint(len(d.speeds) / 60), way: d.metres}
	for _, v := range d.speeds {
		if v > 0 {
			v = max(0.1, v*off+0.2*r.NormFloat64())
		}
		h.speeds = append(h.speeds, v)
	}
	return h
}

// limited is the same drive as a limited reader hears of it.
func (d driven) limited(t *testing.T, p *outside.Policy, r *rand.Rand) hints {
	c := &car{t: t, now: hal.Instant{UTC: time.Date(2026, 11, 22, 1, 55, 7, 250e6, time.UTC), Boot: start.Boot}, seq: map[string]uint64{}}
	c.out = outside.New(p, c.now, outside.Options{TripIDs: rand.NewChaCha8([32]byte{1})})
	c.out.SetReaders(1, family[2:3], c.now)
	c.link(true)
	metres, full := 409_900_000+100_000*r.Float64(), 50+50*r.Float64()
	say := func(driven, v float64) {
		percent := full - driven/4000
		c.say(odometer, metres+driven)
		c.say(charge, percent)
		c.say(fuel, percent)
		c.say(rangeAll, 4000*percent)
		c.say(speed, 3.6*v)
	}
	c.say(ignition, "OFF")
	say(0, 0)
	c.run(c.now.Boot + 11*time.Minute + time.Duration(r.Int64N(int64(5*time.Minute))))
	c.say(ignition, "ON")
	c.inUse(true)
	c.moving(true)
	at := 0.0
	for i, v := range d.speeds {
		if at += v; i%5 == 0 {
			c.run(c.now.Boot + 5*time.Second)
			c.fix(54.19+d.places[i][1]/111_195, 6.62+d.places[i][0]/(111_195*0.585))
			say(at, v)
		}
	}
	say(d.metres, 0)
	c.moving(false)
	c.say(ignition, "OFF")
	c.inUse(false)
	c.out.EndTrip(c.now)
	c.take()
	c.run(c.now.Boot + 11*time.Minute)
	c.step(c.now.Boot + 24*time.Hour) // the odometer is told once a day
	c.run(c.now.Boot + 11*time.Minute)
	return c.heard(t, d.metres)
}

// heard is what the stream of a limited reader tells of a drive.
func (c *car) heard(t *testing.T, way float64) hints {
	h := hints{metres: math.NaN(), way: way}
	used := 0
	var first, last map[string]string
	for _, w := range c.of(boxLimited, outside.KindStatus) {
		last = w.values(t)
		if first == nil {
			first = last
		}
		if last["LowVoltageSystemState"] != "OFF" {
			used++
		}
		if v, err := strconv.ParseFloat(last["Speed"], 64); err == nil {
			h.speeds = append(h.speeds, v/3.6)
		}
	}
	h.rest = fmt.Sprint(used)
	for _, path := range []string{odometer, charge, fuel, rangeAll} {
		path = strings.TrimPrefix(path, "Vehicle.")
		from, err := strconv.ParseFloat(first[path], 64)
		to, err2 := strconv.ParseFloat(last[path], 64)
		if err != nil || err2 != nil {
			continue
		}
		if h.rest += fmt.Sprint(" ", path, " ", to-from); "Vehicle."+path == odometer {
			h.metres = to - from
		}
	}
	for _, w := range c.of(boxLimited, outside.KindTrips) {
		var stub struct {
			Band string `json:"distance_km"`
		}
		if err := json.Unmarshal([]byte(w.payload), &stub); err != nil {
			t.Fatal(err)
		}
		h.rest += " band " + stub.Band
	}
	return h
}

// attacker knows the town and the home, and what other drives told whose way it knows.
type attacker struct {
	streets
	home   crossing
	all    []crossing
	others []hints
}

// likeliest is the middle of the 700 m square that is likeliest to hold the destination:
// all of it lies within 500 m.
func (a attacker) likeliest(likelihood func(way float64) float64) [2]float64 {
	const side = 700
	var sums [64][64]float64
	x, y := 0, 0
	for _, c := range a.all {
		p := a.where(c)
		i, j := int(p[0]/side), int(p[1]/side)
		if sums[i][j] += likelihood(a.way(a.home, c)); sums[i][j] > sums[x][y] {
			x, y = i, j
		}
	}
	return [2]float64{(float64(x) + 0.5) * side, (float64(y) + 0.5) * side}
}

// blind is the best guess of who heard nothing.
func (a attacker) blind(hints) [2]float64 { return a.likeliest(func(float64) float64 { return 1 }) }

// distanceRing takes the odometer for as exact as it was in the others.
func (a attacker) distanceRing(h hints) [2]float64 {
	if math.IsNaN(h.metres) {
		return a.blind(h)
	}
	least, most := math.Inf(1), math.Inf(-1)
	for _, o := range a.others {
		least, most = min(least, o.way-o.metres), max(most, o.way-o.metres)
	}
	return a.likeliest(func(way float64) float64 {
		if by := way - h.metres; by < least-1 || by > most+1 {
			return 0
		}
		return 1
	})
}

// timeRing takes the times, and all else that was heard, for what they meant in the others:
// how far those went, by kilometres.
func (a attacker) timeRing(h hints) [2]float64 {
	var alike, all [2 * town / 1000]float64
	known := false
	for _, o := range a.others {
		if all[int(o.way/1000)]++; o.rest == h.rest {
			alike[int(o.way/1000)]++
			known = true
		}
	}
	if !known {
		return a.blind(h)
	}
	return a.likeliest(func(way float64) float64 { return alike[int(way/1000)] / max(1, all[int(way/1000)]) })
}

// track is where an elastic path may be.
type track struct {
	at         crossing
	axis, sign int
	cost       float64
}

// elastic follows the speed along the streets (Gao and others, "Elastic pathing", 2014):
// the car slows down where it turns, and each turn is at a crossing.
func (a attacker) elastic(h hints) [2]float64 {
	if len(h.speeds) < 60 {
		return a.blind(h)
	}
	lengths, length := []float64{}, 0.0
	for i, v := range h.speeds {
		length += v
		if i > 0 && i < len(h.speeds)-1 && v > 0 && v < 5.8 && v < h.speeds[i-1] && v < h.speeds[i+1] {
			lengths, length = append(lengths, length), 0
		}
	}
	lengths = append(lengths, length)
	best := track{cost: math.Inf(1)}
	for off := -0.01; off < 0.011; off += 0.0025 {
		tracks := []track{{a.home, 0, 1, 0}, {a.home, 0, -1, 0}, {a.home, 1, 1, 0}, {a.home, 1, -1, 0}}
		for _, length := range lengths {
			tracks = a.stretch(tracks, length/(1+off))
		}
		for _, t := range tracks {
			if t.cost < best.cost {
				best = t
			}
		}
	}
	if math.IsInf(best.cost, 1) {
		return a.blind(h)
	}
	return a.where(best.at)
}

// stretch has each track go on for a length to crossings that lie about there, and from
// there straight on or around a corner.
func (a attacker) stretch(tracks []track, length float64) (next []track) {
	const most = 200
	exact := 4 + 0.002*length
	for _, t := range tracks {
		lines := a.lines[t.axis]
		goal := lines[t.at[t.axis]] + float64(t.sign)*length
		i, _ := slices.BinarySearch(lines, goal-4*exact)
		for ; i < len(lines) && lines[i] < goal+4*exact; i++ {
			to, by := t, (lines[i]-goal)/exact
			to.at[t.axis], to.cost = i, t.cost+by*by
			around := to
			around.axis = 1 - t.axis
			back := around
			around.sign, back.sign = 1, -1
			to.cost += 4
			next = append(next, around, back, to)
		}
	}
	slices.SortFunc(next, func(a, b track) int { return cmp.Compare(a.cost, b.cost) })
	return next[:min(most, len(next))]
}

// rate is how many percent of the destinations a way of guessing finds within 500 m.
func (a attacker) rate(drives []driven, heard []hints, guess func(hints) [2]float64) float64 {
	found := 0
	for i, d := range drives {
		g, p := guess(heard[i]), a.where(d.to)
		if math.Hypot(g[0]-p[0], g[1]-p[1]) <= 500 {
			found++
		}
	}
	return 100 * float64(found) / float64(len(drives))
}

// Who knows the home finds destinations in what the bus says, and hardly more of them in
// what a limited reader hears than by guessing.
func TestAttack(t *testing.T) {
	if testing.Short() {
		t.Skip("drives for hours")
	}
	const learned, attacked = 1000, 1000
	r, p := rand.New(rand.NewPCG(1, 1)), outside.Builtin()
	s := newStreets(r)
	home, all := s.middle(), s.all()
	var drives []driven
	var raw, limited []hints
	for range learned + attacked {
		to := all[r.IntN(len(all))]
		for to == home {
			to = all[r.IntN(len(all))]
		}
		d := s.drive(home, to, r)
		drives, raw, limited = append(drives, d), append(raw, d.raw(r)), append(limited, d.limited(t, p, r))
	}
	full := 0
	for _, h := range limited {
		if !math.IsNaN(h.metres) && !strings.HasPrefix(h.rest, "0 ") && strings.Contains(h.rest, "band ") {
			full++
		}
	}
	if full < len(limited)/2 {
		t.Errorf("of %d drives a limited reader heard no use, odometer or band: it proves nothing", len(limited)-full)
	}
	best := 0.0
	blind := attacker{s, home, all, nil}.rate(drives[learned:], raw[learned:], attacker{s, home, all, nil}.blind)
	for _, how := range []struct {
		name  string
		guess func(attacker, hints) [2]float64
	}{{"elastic pathing", attacker.elastic}, {"distance ring", attacker.distanceRing}, {"time ring", attacker.timeRing}} {
		rate := func(heard []hints) float64 {
			a := attacker{s, home, all, heard[:learned]}
			return a.rate(drives[learned:], heard[learned:], func(h hints) [2]float64 { return how.guess(a, h) })
		}
		of, from := rate(raw), rate(limited)
		t.Logf("%s: %.1f %% of %d destinations of %d from the bus, %.1f %% from a limited reader's stream, %.1f %% by guessing", how.name, of, attacked, len(all), from, blind)
		best = max(best, of)
		if from > blind+2 {
			t.Errorf("%s finds %.1f %% in what a limited reader hears", how.name, from)
		}
	}
	if best < 30 {
		t.Errorf("the best attacker finds %.1f %% in what the bus says: it proves nothing", best)
	}
}
