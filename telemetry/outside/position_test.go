package outside_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"maps"
	"math"
	"strconv"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/telemetry/outside"
)

// track are the latitudes in all position messages to a mailbox.
func (c *car) track(mailbox string) (latitudes []string) {
	for _, w := range c.of(mailbox, outside.KindPosition) {
		for _, p := range w.event(c.t).Data {
			if p.Path == "Vehicle.CurrentLocation.Latitude" {
				for _, d := range p.DP {
					latitudes = append(latitudes, d.Value)
				}
			}
		}
	}
	return latitudes
}

// Ten fixes a second become one a second, each a fix as it came, ten a message.
func TestOneFixASecond(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.at("12:02:00")
	fixes := map[string]bool{}
	for i := range 200 {
		lat := 47 + float64(i)*1e-5 + 3e-8
		fixes[strconv.FormatFloat(lat, 'f', 7, 64)] = true
		car.fix(lat, 8)
		car.run(car.now.Boot + 100*time.Millisecond)
	}
	track := car.track(boxMain)
	if len(track) != 20 || len(car.of(boxMain, outside.KindPosition)) != 2 {
		t.Fatalf("%d fixes in %d messages: want 20 in 2", len(track), len(car.of(boxMain, outside.KindPosition)))
	}
	for i, lat := range track {
		if !fixes[lat] {
			t.Errorf("%s is no fix that came", lat)
		}
		if want := strconv.FormatFloat(47+float64(10*i+9)*1e-5+3e-8, 'f', 7, 64); lat != want {
			t.Errorf("second %d: %s: want the newest, %s", i, lat, want)
		}
	}
	for _, box := range []string{boxLimited, boxShop, boxBack} {
		if n := len(car.of(box, outside.KindPosition)); n != 0 {
			t.Errorf("%d messages with the place to %s", n, box)
		}
	}
	if n := len(car.of(boxShared, outside.KindPosition)); n != 2 {
		t.Errorf("%d messages to the shared reader: want 2", n)
	}
}

// What was collected when a drive ends leaves at the next slot.
func TestPartialMessage(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.at("12:02:00")
	for range 3 {
		car.fix(54, 6)
		car.run(car.now.Boot + time.Second)
	}
	car.at("12:02:30")
	if track, n := car.track(boxMain), len(car.of(boxMain, outside.KindPosition)); len(track) != 3 || n != 1 {
		t.Errorf("%d fixes in %d messages: want 3 in 1", len(track), n)
	}
	e := car.of(boxMain, outside.KindPosition)[0].event(t)
	if e.SubscriptionID != "position" || e.TS != "2026-11-21T12:02:10.000Z" || e.Data[0].DP[2].TS != "2026-11-21T12:02:02.000Z" {
		t.Errorf("event %+v", e)
	}
}

// What the receiver did not say is left out; a course without altitude stays.
func TestAbsentAltitude(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.out.Fix(&hal.Position{Latitude: -0.00000004, Longitude: 179.9999999, Altitude: math.NaN(), Course: 12.5}, car.now)
	car.at("12:01:10")
	got := car.of(boxMain, outside.KindPosition)[0].values(t)
	want := map[string]string{
		"CurrentLocation.Heading": "12.5", "CurrentLocation.Latitude": "-0.0000000", "CurrentLocation.Longitude": "179.9999999",
	}
	if len(got) != len(want) {
		t.Errorf("paths %v: want %v", got, want)
	}
	for path, v := range want {
		if got[path] != v {
			t.Errorf("%s: %s: want %s", path, got[path], v)
		}
	}
}

// When the place closes nothing collected before leaves, and what was made and
// not yet sent is refused; the indicator goes out.
func TestPurgePlace(t *testing.T) {
	for name, closes := range map[string]func(*car){
		"closed by the driver": func(c *car) { c.out.PurgePlace(c.now) },
		"no fix any more":      func(c *car) { c.out.Fix(nil, c.now) },
		"no such place":        func(c *car) { c.fix(math.NaN(), 8) },
	} {
		t.Run(name, func(t *testing.T) {
			car := newCar(t, outside.Builtin(), outside.Options{})
			car.link(true)
			car.at("12:02:00")
			car.fix(54, 6)
			car.step(at("12:02:10").Boot)
			made := car.out.Tick(car.now)
			if len(made) != 2 || !car.out.Recheck(made[0], car.now) {
				t.Fatalf("made %v", made)
			}
			car.fix(54.5, 6)
			car.run(car.now.Boot + time.Second)
			closes(car)
			for _, r := range made {
				if car.out.Recheck(r, car.now) {
					t.Error("a place made before may still be sent")
				}
			}
			car.fix(55, 6)
			car.at("12:02:30")
			if track := car.track(boxMain); len(track) != 1 || track[0] != "55.0000000" {
				t.Errorf("track %v: want what came after alone", track)
			}
			purged := 0
			for _, d := range car.decided {
				if d.Outcome == outside.Purged && d.Reader == "anna" {
					purged++
				}
			}
			if purged != 2 {
				t.Errorf("%d purges reported for main: want what was collected and what was made", purged)
			}
		})
	}
}

// The indicator is on from the hand-over until one period later, or until the
// place closes.
func TestLocationInUse(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.at("12:02:00")
	car.fix(54, 6)
	car.at("12:02:09.999999999")
	if car.out.LocationInUse(car.now) {
		t.Error("on before anything was handed over")
	}
	car.at("12:02:10")
	if !car.out.LocationInUse(car.now) {
		t.Error("off though a place was handed over")
	}
	car.at("12:02:19.999999999")
	if !car.out.LocationInUse(car.now) {
		t.Error("off before the period is over")
	}
	car.at("12:02:20")
	if car.out.LocationInUse(car.now) {
		t.Error("on though the period is over")
	}
	car.fix(54, 6)
	car.at("12:02:31")
	car.out.PurgePlace(car.now)
	if car.out.LocationInUse(car.now) {
		t.Error("on though the place is closed")
	}
}

// Nothing live is made while the link is down, and nothing collected before
// or in between leaves afterwards.
func TestLinkDownDropsThePlace(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.at("12:02:01")
	car.fix(54, 6)
	car.link(false)
	car.fix(55, 6)
	car.at("12:02:05")
	car.fix(56, 6)
	car.link(true)
	car.fix(57, 6)
	car.at("12:02:11")
	if track := car.track(boxMain); len(track) != 1 || track[0] != "57.0000000" {
		t.Errorf("track %v: want what came with the link up", track)
	}
}

// What was made before a gap and not taken is not there after it.
func TestLinkDownDropsWhatWasMade(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.say(weight, 1)
	car.at("12:04:59")
	car.fix(54, 6)
	car.step(at("12:05:00").Boot)
	car.out.InUse(true, car.now) // makes what is due; nobody takes it
	car.out.Link(false, car.now)
	car.out.Link(true, car.now)
	live := map[string]int{}
	for _, r := range car.out.Tick(car.now) {
		if r.Live() {
			live[r.Mailbox()+" "+string(r.Kind())]++
		}
	}
	if want := map[string]int{boxMain + " status": 1, boxShared + " status": 1}; !maps.Equal(live, want) {
		t.Errorf("live messages %v: want the newest state alone, %v", live, want)
	}
}

// A machine that slept sends no fix that is over 20 s old.
func TestSleptOverFixes(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.at("12:02:01")
	car.fix(54, 6)
	car.step(at("12:02:09").Boot)
	car.fix(55, 6)
	car.step(at("12:02:22").Boot)
	car.take()
	if track := car.track(boxMain); len(track) != 1 || track[0] != "55.0000000" {
		t.Errorf("track %v: want the fix of 13 s ago alone", track)
	}
}

// A position that could not be sent for 20 s is not sent; a new reader gets no
// fix from before the grant.
func TestOldFixes(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.at("12:02:00")
	car.fix(54, 6)
	car.step(at("12:02:10").Boot)
	made := car.out.Tick(car.now)
	car.step(at("12:02:20").Boot)
	if !car.out.Recheck(made[0], car.now) {
		t.Error("refused at 20 s")
	}
	car.step(at("12:02:20.000000001").Boot)
	if car.out.Recheck(made[0], car.now) {
		t.Error("sent after 20 s")
	}
	car.fix(54, 6)
	car.run(at("12:02:25").Boot)
	car.out.SetReaders(2, append(family[:1:1], outside.Reader{ID: "new", Mailbox: boxBack, Column: outside.ColumnShared}), car.now)
	car.fix(55, 6)
	car.at("12:02:31")
	if a, b := len(car.track(boxMain)), len(car.track(boxBack)); a != 2 || b != 1 {
		t.Errorf("%d fixes to main, %d to the new reader: want 2 and 1", a, b)
	}
}

// Gzip is for main and shared readers alone, and holds the same payload.
func TestGzip(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{Gzip: true})
	car.link(true)
	car.say(weight, 1)
	car.fix(54, 6)
	car.at("12:05:01")
	for _, w := range car.sent {
		quick := w.mailbox == boxMain || w.mailbox == boxShared
		if zipped := w.suffix == "status/gz" || w.suffix == "position/gz"; zipped != quick {
			t.Errorf("%s to %s", w.suffix, w.mailbox)
		}
		if !quick {
			continue
		}
		r, err := gzip.NewReader(bytes.NewReader([]byte(w.payload)))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(r)
		if err != nil || !bytes.Contains(plain, []byte(`"action":"subscription"`)) {
			t.Errorf("%q, %v", plain, err)
		}
	}
}

// A reader who asks for the place gets a fix that is as old as may be, and none a
// nanosecond later.
func TestLocateAtTheEdge(t *testing.T) {
	c := newCar(t, outside.Builtin(), outside.Options{})
	c.link(true)
	c.inUse(true)
	c.fix(54.19, 6.62)
	c.step(c.now.Boot + outside.Builtin().Numbers().PositionMaxAge)
	if !c.out.Locate(boxMain, c.now) {
		t.Error("as old as may be: not sent")
	}
	c.step(c.now.Boot + 1)
	if c.out.Locate(boxMain, c.now) {
		t.Error("older: sent")
	}
}
