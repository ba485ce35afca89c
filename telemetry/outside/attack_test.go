package outside_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/telemetry/outside"
)

// indicators say that the car turns left or right.
var indicators = map[int]string{
	1: "Vehicle.Body.Lights.DirectionIndicator.Left.IsSignaling", -1: "Vehicle.Body.Lights.DirectionIndicator.Right.IsSignaling",
}

// hints is what somebody heard of a drive whose begin they know.
type hints struct {
	speeds []float64 // m/s, second by second; nil: not heard
	turns  []turn    // in order; nil: not heard
	metres float64   // that the odometer moved; NaN: not heard
	rest   string    // all else, as one word
	way    float64   // in truth
}

// turn is a turn to the left (1) or to the right (-1), and how far the odometer had moved.
type turn struct {
	metres float64
	side   int
}

// raw is a drive as the bus tells it: the speed is some per mille off, and noisy; the
// indicators say which way it turns, and the odometer then stands at a hundred metres.
func (d driven) raw(r *rand.Rand) hints {
	off := 1 + 0.02*(r.Float64()-0.5)
	h := hints{metres: d.metres, rest: fmt.Sprint(len(d.speeds) / 60), way: d.metres}
	for _, v := range d.speeds {
		if v > 0 {
			v = max(0.1, v*off+0.2*r.NormFloat64())
		}
		h.speeds = append(h.speeds, v)
	}
	for _, t := range d.turns {
		h.turns = append(h.turns, turn{100 * math.Floor(t.metres/100), t.side})
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
	at, turns := 0.0, d.turns
	for i, v := range d.speeds {
		at += v
		if len(turns) > 0 && at >= turns[0].metres-50 {
			c.say(indicators[turns[0].side], true)
			turns = turns[1:]
		}
		if i%5 == 0 {
			c.run(c.now.Boot + 5*time.Second)
			c.fix(54.19+d.places[i][1]/111_195, 6.62+d.places[i][0]/(111_195*0.585))
			say(at, v)
		}
		if i%20 == 19 {
			c.say(indicators[1], false)
			c.say(indicators[-1], false)
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
		for side, path := range indicators {
			if on := last[strings.TrimPrefix(path, "Vehicle.")]; on == "true" {
				h.turns = append(h.turns, turn{number(last[strings.TrimPrefix(odometer, "Vehicle.")]) - number(first[strings.TrimPrefix(odometer, "Vehicle.")]), side})
			}
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

// number is NaN where there is none.
func number(s string) float64 {
	if v, err := strconv.ParseFloat(s, 64); err == nil {
		return v
	}
	return math.NaN()
}

// Who knows the home finds destinations in what the bus says, and hardly more of them in
// what a limited reader hears than by guessing. Nor is told from that to which of two
// places it was, where both are as far.
func TestAttack(t *testing.T) {
	if testing.Short() {
		t.Skip("drives for hours")
	}
	const learned, tried, choices = 1000, 1000, 10
	r, p := rand.New(rand.NewPCG(1, 1)), outside.Builtin()
	s := newStreets(r)
	home, all := s.middle(), s.all()
	var drives []driven
	var raw, limited []hints
	for range learned + tried {
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
	alike, any := make([][]crossing, tried), make([][]crossing, tried)
	for i, d := range drives[learned:] {
		for _, j := range r.Perm(len(all)) {
			other := all[j]
			if s.way(d.to, other) < 1000 {
				continue
			}
			if len(any[i]) < choices {
				any[i] = append(any[i], other)
			}
			if len(alike[i]) < choices && math.Abs(s.way(home, other)-d.metres) < 50 {
				alike[i] = append(alike[i], other)
			}
		}
	}
	attacked := func(heard []hints, by attack) rates {
		return attacker{s, home, all, heard[:learned]}.rates(drives[learned:], heard[learned:], by, alike, any)
	}
	blind := attacked(raw, attacker.blind).finds
	finds, tells := 0.0, 0.0
	for _, by := range attacks {
		bus, stream := attacked(raw, by.attack), attacked(limited, by.attack)
		t.Logf("%s: %.1f %% of %d destinations of %d from the bus, %.1f %% from a limited reader's stream, %.1f %% by guessing", by.name, bus.finds, tried, len(all), stream.finds, blind)
		t.Logf("%s: one of two places as far, %.1f %% from the bus, %.1f %% from a limited reader's stream; of any two, %.1f %% and %.1f %%", by.name, bus.tells[0], stream.tells[0], bus.tells[1], stream.tells[1])
		if stream.finds > blind+2 {
			t.Errorf("%s finds %.1f %% in what a limited reader hears", by.name, stream.finds)
		}
		if stream.tells[0] > 50+2 {
			t.Errorf("%s tells one of two places in %.1f %% from what a limited reader hears", by.name, stream.tells[0])
		}
		finds, tells = max(finds, bus.finds), max(tells, bus.tells[0])
		if by.name == "turn matching" && bus.finds < 30 {
			t.Errorf("%s finds %.1f %% in what the bus says: it proves nothing", by.name, bus.finds)
		}
	}
	if finds < 30 || tells < 80 {
		t.Errorf("the best attacker finds %.1f %% in what the bus says, and tells one of two places in %.1f %%: it proves nothing", finds, tells)
	}
}
