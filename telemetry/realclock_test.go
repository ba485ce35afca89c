package telemetry_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/telemetry"
	"glovebox/telemetry/internal/testbroker"
	"glovebox/telemetry/outside"
)

// clockMinutes is for how long the two places are compared; without it both are driven to
// once.
const clockMinutes = "CLOCK_MINUTES"

// What the drives have in common: so fast goes the car's time, so long one is, and so late a
// limited reader hears of the one that must be found.
const (
	abreast = 4 // drives to each place at once
	faster  = 500
	atSlots = 4 // messages: a status at each of three slots, and the trip
	driven  = 15*time.Minute + 30*time.Second
	planted = 20 * time.Millisecond
)

// places are two, and the second once more, with the delay.
var places = []string{"straight", "winding", "planted"}

// heard is what a limited reader measures of a drive: how many messages, how long each is,
// when it comes and how long after the one before.
type heard []float64

// driveTo has a car drive to a place while the real clock goes on, over a real connection,
// and returns what its limited reader measures. All set off once all are ready.
func driveTo(t *testing.T, place string, ready *sync.WaitGroup, setOff <-chan time.Time) heard {
	jonas := outside.Reader{ID: lea.ID, Mailbox: strings.Repeat("c3", 16), Column: outside.ColumnLimited}
	now := start
	out := outside.New(outside.Builtin(), now, outside.Options{TripIDs: rand.NewChaCha8([32]byte{1})})
	out.SetReaders(1, []outside.Reader{anna, jonas}, now)
	broker := testbroker.Start(t, nil)
	var mu sync.Mutex // of out
	c := online(t, broker.Address(), func(c *car) {
		c.callbacks.Decide = func(r outside.Released) telemetry.Answer {
			if place == "planted" && r.Mailbox() == jonas.Mailbox {
				time.Sleep(planted)
			}
			return telemetry.Send
		}
		c.callbacks.Seal = func(r outside.Released) outside.Released {
			mu.Lock()
			defer mu.Unlock()
			return out.Seal(r)
		}
	})
	broker.Wait("the state", func() bool { return len(states(broker)) == 1 })
	out.Link(true, now)
	c.send(out.Tick(now)...)
	ready.Done()
	begun := <-setOff
	out.InUse(true, now)
	out.Moving(true, now)
	lat, lon := 54.19, 6.62
	for now.Boot < start.Boot+driven {
		now.UTC, now.Boot = now.UTC.Add(time.Second), now.Boot+time.Second
		at := now.Boot - start.Boot
		time.Sleep(time.Until(begun.Add(at / faster)))
		fix := &hal.Position{Speed: 20}
		switch {
		case place == "straight":
			lat += 20. / 111_195
		case at > 4*time.Minute && at < 5*time.Minute: // a tunnel
			fix = nil
		default:
			lat += 20 * math.Sin(at.Seconds()/15) / 111_195
			lon += 20 * math.Cos(at.Seconds()/15) / 65_000
		}
		if fix != nil {
			fix.Latitude, fix.Longitude = lat, lon
		}
		mu.Lock()
		out.Fix(fix, now)
		if at == driven-2*time.Minute {
			out.Moving(false, now)
			out.InUse(false, now)
			out.EndTrip(now)
		}
		var due []outside.Released
		for out.Next() <= now.Boot {
			due = append(due, out.Tick(now)...)
		}
		mu.Unlock()
		c.send(due...)
	}
	whole := func() bool { n, _ := counted(broker, jonas.Mailbox); return n >= atSlots }
	broker.Wait("a trip and the slots", whole)
	n, all := counted(broker, jonas.Mailbox)
	h, before := heard{1000 * float64(n)}, begun
	for _, p := range all[:atSlots] {
		h = append(h, float64(len(p.Payload)), milliseconds(p.At.Sub(begun)), milliseconds(p.At.Sub(before)))
		before = p.At
	}
	return h
}

// sizes are how long the messages are: those alone are the same on any machine.
func (h heard) sizes() (all []float64) {
	for i := 1; i < len(h); i += 3 {
		all = append(all, h[i])
	}
	return all
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

func counted(b *testbroker.Broker, mailbox string) (n int, all []testbroker.Published) {
	for _, p := range b.Published() {
		if strings.Contains(p.Topic, mailbox) {
			all = append(all, p)
		}
	}
	return len(all), all
}

// nearest is of how many percent of the drives to two places somebody tells the place who
// takes each for what the drive was that is likest to it.
func nearest(one, other []heard) float64 {
	right, all := 0, append(append([]heard{}, one...), other...)
	for i, h := range all {
		best, at := math.Inf(1), 0
		for j, o := range all {
			d := 0.0
			for k := range h {
				d += math.Abs(h[k] - o[k])
			}
			if i%len(one)/abreast != j%len(one)/abreast && d < best { // what a moment was like is no place
				best, at = d, j
			}
		}
		if (i < len(one)) == (at < len(one)) {
			right++
		}
	}
	return 100 * float64(right) / float64(len(all))
}

// Over a real broker and by the real clock, sizes, counts and times of what a limited reader
// gets do not tell to which of two places the car went; a delay of 20 ms would be found.
func TestRealClock(t *testing.T) {
	minutes, _ := strconv.ParseFloat(os.Getenv(clockMinutes), 64)
	seen := map[string][]heard{}
	for begun := time.Now(); len(seen["planted"]) == 0 || time.Since(begun).Minutes() < minutes; {
		t.Run(fmt.Sprint("drives", len(seen["planted"])), func(t *testing.T) {
			var ready, done sync.WaitGroup
			var mu sync.Mutex
			setOff := make(chan time.Time, abreast*len(places))
			ready.Add(cap(setOff))
			for _, i := range rand.Perm(cap(setOff)) {
				done.Go(func() {
					place := places[i%len(places)]
					h := driveTo(t, place, &ready, setOff)
					mu.Lock()
					defer mu.Unlock()
					seen[place] = append(seen[place], h)
				})
			}
			ready.Wait()
			begin := time.Now()
			for range cap(setOff) {
				setOff <- begin
			}
			done.Wait()
		})
		if t.Failed() {
			return
		}
	}
	for place, drives := range seen {
		for _, h := range drives {
			if got, want := h.sizes(), seen["straight"][0].sizes(); !slices.Equal(got, want) {
				t.Errorf("a drive that is %s: messages of %v bytes, of another %v", place, got, want)
			}
		}
	}
	n := len(seen["straight"])
	places, control := nearest(seen["straight"], seen["winding"]), nearest(seen["straight"], seen["planted"])
	most := 50 + 150/math.Sqrt(float64(2*n)) + 1 // three sigma, and a tolerance
	t.Logf("%d drives to each of two places: %.1f %% told, of at most %.1f %%; with %s planted %.1f %%", n, places, most, planted, control)
	for _, place := range []string{"straight", "winding", "planted"} {
		t.Logf("%s: %.1f", place, seen[place][0])
	}
	if minutes == 0 {
		return
	}
	if places > most {
		t.Errorf("a limited reader tells the place in %.1f %%", places)
	}
	if control <= most {
		t.Errorf("a delay of %s is found in %.1f %%: it proves nothing", planted, control)
	}
}
