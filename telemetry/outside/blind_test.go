package outside_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/telemetry/outside"
)

// skeleton is what a limited reader, the workshop and the back end may know of
// some hours: when the car was in use, what it showed when it was not, the
// warning lights by minute, and where the link was down over a slot.
type skeleton struct {
	length time.Duration
	drives []leg
	lights []minuteLight
	gaps   []span // of the link; they begin and end well inside a minute
}

type span struct{ from, to time.Duration } // since start

type leg struct {
	span
	charge   int // shown when it has ended
	fuel     int
	door     bool
	odometer float64 // at the end; the drives stay within one step of 100 km
}

type minuteLight struct {
	minute time.Duration
	code   string
	on     bool
}

func newSkeleton(seed uint64) skeleton {
	r := rand.New(rand.NewPCG(seed, 1))
	s := skeleton{length: time.Hour + time.Duration(r.IntN(90))*time.Minute}
	at, charge, odometer := time.Duration(r.IntN(600))*time.Second, 95, 410_000_000.0
	for range 1 + r.IntN(3) {
		d := leg{span: span{at, at + time.Duration(300+r.IntN(1500))*time.Second}}
		if r.IntN(4) == 0 { // ends at a slot, or a moment beside it
			d.to = slotAfter(d.to) + []time.Duration{-1, 0, 1}[r.IntN(3)]
		}
		charge -= r.IntN(20)
		odometer += float64(r.IntN(20_000_000))
		d.charge, d.fuel, d.door, d.odometer = charge, r.IntN(100), r.IntN(2) == 0, odometer
		s.drives = append(s.drives, d)
		at = d.to + time.Duration(60+r.IntN(1200))*time.Second
	}
	for range r.IntN(6) {
		minute := time.Duration(2+10*len(s.lights)+r.IntN(9)) * time.Minute
		s.lights = append(s.lights, minuteLight{minute, []string{"abs", "brake"}[r.IntN(2)], r.IntN(2) == 0})
	}
	for range r.IntN(3) {
		from := time.Duration(r.IntN(3600)) * time.Second
		s.gaps = append(s.gaps, span{from, from + time.Duration(r.IntN(900))*time.Second})
	}
	return s
}

// slotAfter is the time since start of the next slot of five minutes.
func slotAfter(since time.Duration) time.Duration {
	t := start.UTC.Add(since)
	return t.Truncate(5 * time.Minute).Add(5 * time.Minute).Sub(start.UTC)
}

// event is something the car or the link says at one moment.
type event struct {
	at time.Duration
	do func(*car)
}

// fill draws what a limited reader must not know: route, speed, every value
// while driving, weather, lights, the moment within a minute and within a slot,
// and whether there was a fix.
func (s skeleton) fill(seed uint64) []event {
	r := rand.New(rand.NewPCG(seed, 2))
	var events []event
	add := func(at time.Duration, do func(*car)) { events = append(events, event{at, do}) }
	say := func(at time.Duration, path string, v any) { add(at, func(c *car) { c.say(path, v) }) }
	within := func(a, b time.Duration) time.Duration { return a + time.Duration(r.Int64N(int64(b-a))) }

	say(0, odometer, 409_999_999.0)
	say(0, charge, 97)
	say(0, fuel, 80)
	say(0, door, false)
	say(0, tyre, 200+20*r.Float64())
	say(0, battery, 12+r.Float64())
	say(0, ignition, "OFF")
	say(0, weight, 1700)
	lat, lon, odo := 46+4*r.Float64(), 6+8*r.Float64(), 409_999_999.0
	for _, d := range s.drives {
		add(d.from, func(c *car) { c.inUse(true) })
		quiet := d.to - 2*time.Second
		fixes := r.IntN(4) > 0
		for at := d.from + time.Second; at < quiet; at += time.Duration(1500+r.IntN(5000)) * time.Millisecond {
			if r.IntN(60) == 0 {
				fixes = !fixes
			}
			lat, lon = lat+1e-4*r.NormFloat64(), lon+1e-4*r.NormFloat64()
			if a, b := lat, lon; fixes {
				add(at, func(c *car) { c.fix(a, b) })
			} else if r.IntN(2) == 0 {
				add(at, func(c *car) { c.out.Fix(nil, c.now) })
			}
			odo = min(odo+30*r.Float64(), d.odometer)
			say(at+1, odometer, odo)
			say(at+2, speed, 130*r.Float64())
			say(at+3, charge, 100*r.Float64())
			say(at+4, fuel, 100*r.Float64())
			say(at+5, door, r.IntN(2) == 0)
			say(at+6, tyre, 181+60*r.Float64())
			say(at+7, battery, 11.9+2*r.Float64())
			say(at+8, "Vehicle.Exterior.AirTemperature", 30*r.Float64())
			say(at+9, "Vehicle.Body.Lights.DirectionIndicator.Left.IsSignaling", r.IntN(2) == 0)
			say(at+10, ignition, []string{"ON", "START"}[r.IntN(2)])
			say(at+11, rangeAll, 400_000*r.Float64())
		}
		odo = d.odometer
		say(quiet+within(0, time.Second), odometer, odo)
		say(quiet, charge, d.charge)
		say(quiet, fuel, d.fuel)
		say(quiet, door, d.door)
		say(quiet, rangeAll, float64(d.charge)*4000)
		add(d.to, func(c *car) { c.inUse(false) })
	}
	for _, l := range s.lights {
		minute := start.UTC.Add(l.minute).Truncate(time.Minute).Sub(start.UTC)
		rises := within(minute, minute+50*time.Second)
		if l.on && r.IntN(2) == 0 { // it may flicker before it is as it will be
			add(rises, func(c *car) { c.light(l.code, true) })
			add(rises+time.Second, func(c *car) { c.light(l.code, false) })
		}
		add(rises+2*time.Second, func(c *car) { c.light(l.code, l.on) })
	}
	add(0, func(c *car) { c.link(true) })
	for _, g := range s.gaps {
		// the link may go and come anywhere between the same two minutes
		add(minuteOf(g.from)+within(time.Second, 58*time.Second), func(c *car) { c.link(false) })
		add(minuteOf(g.to)+58*time.Second+within(0, time.Second), func(c *car) { c.link(true) })
	}
	slices.SortStableFunc(events, func(a, b event) int { return int(a.at - b.at) })
	return events
}

func minuteOf(since time.Duration) time.Duration {
	return start.UTC.Add(since).Truncate(time.Minute).Sub(start.UTC)
}

// play runs one filling and returns what each mailbox saw.
func (s skeleton) play(t testing.TB, seed uint64) *car {
	c := newCar(t, outside.Builtin(), outside.Options{Gzip: s.length%(10*time.Minute) == 0}) // in a pair of ten

	ticks := seed%2 == 0 // one filling ticks before each event, the other only when something is due
	for _, e := range s.fill(seed) {
		if ticks {
			c.run(max(start.Boot+e.at, c.now.Boot))
		} else {
			if c.out.Next() <= start.Boot+e.at {
				c.run(start.Boot + e.at)
			}
			c.step(max(start.Boot+e.at, c.now.Boot))
		}
		e.do(c)
	}
	c.run(start.Boot + s.length)
	return c
}

func (c *car) seenBy(mailbox string) []wire {
	var out []wire
	for _, w := range c.sent {
		if w.mailbox == mailbox {
			out = append(out, w)
		}
	}
	return out
}

// differ names the first difference between two streams, or is empty.
func differ(a, b []wire) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("message %d:\n%s %s %s\n%s %s %s", i,
				a[i].at, a[i].suffix, strings.TrimRight(a[i].payload, " "), b[i].at, b[i].suffix, strings.TrimRight(b[i].payload, " "))
		}
	}
	if len(a) != len(b) {
		return fmt.Sprintf("%d messages and %d", len(a), len(b))
	}
	return ""
}

// blind are the readers who must not know where or how the car is driven.
var blind = []string{boxLimited, boxShop, boxBack}

// Two drives that differ only in place and motion give a limited reader the
// same bytes at the same times; the workshop and the back end too. What it must
// find stands in testdata/leaks.txt.
func TestLimitedStreamIsBlindToPlace(t *testing.T) {
	var messages, mainDiffers, held, alarms, gaps int
	const pairs = 60
	for seed := range uint64(pairs) {
		s := newSkeleton(seed)
		a, b := s.play(t, 2*seed), s.play(t, 2*seed+1)
		for _, box := range blind {
			if d := differ(a.seenBy(box), b.seenBy(box)); d != "" {
				t.Fatalf("seed %d: %s sees the difference: %s", seed, box, d)
			}
			messages += len(a.seenBy(box))
		}
		if differ(a.seenBy(boxMain), b.seenBy(boxMain)) != "" && len(a.of(boxMain, outside.KindPosition)) > 0 {
			mainDiffers++
		}
		if strings.Contains(fmt.Sprint(a.seenBy(boxLimited)), `"60"`) {
			held++
		}
		alarms += len(a.of(boxLimited, outside.KindAlarms))
		gaps += len(a.of(boxLimited, outside.KindGaps))
	}
	if mainDiffers < pairs*9/10 || messages < pairs*20 || alarms == 0 || gaps == 0 {
		t.Errorf("the test proves little: main differs in %d of %d pairs, %d messages, %d alarms, %d gaps", mainDiffers, pairs, messages, alarms, gaps)
	}
}

// No coordinate of a drive stands in any byte that a limited reader sees.
func TestNoCoordinateForLimited(t *testing.T) {
	c := newSkeleton(3).play(t, 3)
	seen, track := fmt.Sprint(c.seenBy(boxLimited)), c.track(boxMain)
	for _, lat := range track {
		if strings.Contains(seen, lat[:7]) { // four digits behind the point
			t.Errorf("%s stands in what a limited reader sees", lat)
		}
	}
	if len(track) < 50 {
		t.Errorf("%d points: the drive shows nothing", len(track))
	}
}
