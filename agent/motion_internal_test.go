package agent

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"glovebox/hal"
)

// The edges of "moving", "parked" and "in use", one drive a row.
func TestMotion(t *testing.T) {
	at := func(s float64) hal.Instant { return hal.Instant{Boot: time.Duration(s * float64(time.Second))} }
	speed := func(kmh, s float64) func(*motion) {
		return func(m *motion) {
			m.frames(at(s))
			m.read(hal.Reading{Path: pathSpeed, Value: hal.Number(kmh), At: at(s)})
		}
	}
	ignition := func(w string, s float64) func(*motion) {
		return func(m *motion) {
			m.frames(at(s))
			m.read(hal.Reading{Path: pathIgnition, Value: hal.Word(w), At: at(s)})
		}
	}
	gear := func(g, s float64) func(*motion) {
		return func(m *motion) {
			m.frames(at(s))
			m.read(hal.Reading{Path: pathGear, Value: hal.Number(g), At: at(s)})
		}
	}
	fix := func(kmh, s float64) func(*motion) {
		return func(m *motion) { m.fix(hal.Position{Speed: hal.KilometresPerHour(kmh)}, at(s)) }
	}
	for _, row := range []struct {
		name                  string
		says                  []func(*motion)
		now                   float64
		moving, parked, inUse bool
	}{
		{"nothing since the start", nil, 100, false, true, false},
		{"just under 1 km/h", []func(*motion){ignition("ON", 9), speed(0.99, 10)}, 10, false, false, true},
		{"1 km/h", []func(*motion){ignition("ON", 9), speed(1, 10)}, 10, true, false, true},
		{"a speed of 2 s ago counts", []func(*motion){speed(50, 10)}, 12, true, false, true},
		{"a speed older than 2 s does not", []func(*motion){speed(50, 10)}, 12.001, false, true, false},
		{"GNSS where the bus is silent", []func(*motion){fix(5, 10)}, 10, true, false, true},
		{"GNSS just under 5 km/h", []func(*motion){fix(4.99, 10)}, 10, false, true, false},
		{"the bus outranks GNSS", []func(*motion){fix(30, 10), speed(0, 10)}, 10, false, true, false},
		{"ignition on, standing", []func(*motion){ignition("ON", 10), speed(0, 10)}, 10, false, false, true},
		{"start counts as on", []func(*motion){ignition("START", 10), speed(0, 10)}, 10, false, false, true},
		{"accessory does not", []func(*motion){ignition("ACC", 10), speed(0, 10)}, 10, false, true, false},
		{"gear P with ignition on", []func(*motion){ignition("ON", 10), speed(0, 10), gear(126, 10)}, 10, false, true, true},
		{"gear P on the move is not parked", []func(*motion){ignition("ON", 10), gear(126, 10), speed(20, 10)}, 10, true, false, true},
		{"bus silent for just under 5 s", []func(*motion){ignition("ON", 10)}, 14.999, false, false, true},
		{"bus silent for 5 s is off", []func(*motion){ignition("ON", 10)}, 15, false, true, false},
		{"speed not available", []func(*motion){speed(50, 9), func(m *motion) { m.read(hal.Reading{Path: pathSpeed, At: at(10)}) }}, 10, false, true, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := newMotion(1, at(0))
			for _, say := range row.says {
				say(&m)
			}
			now := at(row.now)
			m.look(now)
			if m.moving(now) != row.moving || m.parked(now) != row.parked || m.inUse(now) != row.inUse {
				t.Errorf("moving %v parked %v in use %v, want %v %v %v",
					m.moving(now), m.parked(now), m.inUse(now), row.moving, row.parked, row.inUse)
			}
		})
	}
}

// Parked is known once the car says how it stands, or could have: two seconds after
// the start, or after each bus opened.
func TestParkedIsKnown(t *testing.T) {
	at := func(s float64) hal.Instant { return hal.Instant{Boot: time.Duration(s * float64(time.Second))} }
	type told func(*motion, hal.Instant)
	opens := func(m *motion, now hal.Instant) { m.opened(now) }
	frame := func(m *motion, now hal.Instant) { m.frames(now) }
	says := func(path string, v hal.Value) told {
		return func(m *motion, now hal.Instant) { m.frames(now); m.read(hal.Reading{Path: path, Value: v, At: now}) }
	}
	type moment struct {
		s    float64
		told told
	}
	for _, row := range []struct {
		name   string
		buses  int
		told   []moment
		known  float64 // since the start
		parked bool    // then
	}{
		{"no bus", 0, nil, 0, true},
		{"a bus that never opens", 1, nil, 2, true},
		{"a silent bus", 1, []moment{{1, opens}}, 3, true},
		{"two silent buses", 2, []moment{{0.5, opens}, {1.5, opens}}, 3.5, true},
		{"ignition off", 1, []moment{{0.5, opens}, {0.6, says(pathIgnition, hal.Word("OFF"))}}, 0.6, true},
		{"ignition on", 1, []moment{{0.5, opens}, {0.6, says(pathIgnition, hal.Word("ON"))}}, 0.6, false},
		{"ignition not available", 1, []moment{{0.5, opens}, {0.6, says(pathIgnition, hal.Value{})}}, 2.5, true},
		{"gear P", 1, []moment{{0.5, opens}, {0.7, says(pathGear, hal.Number(gearPark))}}, 0.7, true},
		{"another gear says nothing of it", 1, []moment{{0.5, opens}, {0.7, says(pathGear, hal.Number(1))}}, 2.5, true},
		{"a bus that speaks of other things", 1, []moment{{0.5, opens}, {0.6, frame}, {1.5, frame}, {2.4, frame}}, 2.5, true},
		{"moving", 1, []moment{{0.5, opens}, {2.4, says(pathSpeed, hal.Number(30))}}, 2.5, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := newMotion(row.buses, at(0))
			if m.known != (row.buses == 0) { // nobody will say it
				t.Errorf("known at the start: %v", m.known)
			}
			for _, moment := range row.told {
				if m.look(at(moment.s)); moment.s < row.known && (m.known || m.parked(at(moment.s))) {
					t.Errorf("known at %v s", moment.s)
				}
				moment.told(&m, at(moment.s))
			}
			if row.known > 0 && len(row.told) < 2 {
				if m.look(at(row.known - 0.001)); m.known || m.parked(at(row.known-0.001)) {
					t.Error("known too early")
				}
			}
			m.look(at(row.known))
			if !m.known || m.parked(at(row.known)) != row.parked {
				t.Errorf("known %v, parked %v", m.known, m.parked(at(row.known)))
			}
			m.opened(at(10))
			if m.look(at(10)); !m.known {
				t.Error("a bus that opens late takes it back")
			}
		})
	}
}

// A car is seen parked when it says that it is off or in P, or rests for two minutes.
func TestSeenParked(t *testing.T) {
	at := func(s float64) hal.Instant { return hal.Instant{Boot: time.Duration(s * float64(time.Second))} }
	says := func(m *motion, path string, v hal.Value, s float64) {
		m.frames(at(s))
		m.read(hal.Reading{Path: path, Value: v, At: at(s)})
	}
	fix := func(m *motion, metres, kmh, s float64) {
		m.fix(hal.Position{Latitude: 54.19 + metres/111_195, Longitude: 6.62, Speed: hal.KilometresPerHour(kmh)}, at(s))
	}
	for _, row := range []struct {
		name string
		says func(*motion)
		at   float64 // seen parked from here on
	}{
		{"nothing is said", func(*motion) {}, 120},
		{"a frame starts it anew", func(m *motion) { m.frames(at(100)) }, 220},
		{"ignition off", func(m *motion) { says(m, pathIgnition, hal.Word("OFF"), 10) }, 10},
		{"ignition on, then silence", func(m *motion) { says(m, pathIgnition, hal.Word("ON"), 10) }, 130},
		{"gear P", func(m *motion) { says(m, pathGear, hal.Number(gearPark), 10) }, 10},
		{"off and moving", func(m *motion) {
			says(m, pathIgnition, hal.Word("OFF"), 10)
			says(m, pathSpeed, hal.Number(20), 10)
		}, 12.001},
		{"a fix that stands", func(m *motion) { fix(m, 0, 0, 10); fix(m, 100, 4, 60) }, 120},
		{"a fix that moves", func(m *motion) { fix(m, 0, 0, 10); fix(m, 60, 5, 60) }, 180},
		{"a fix that moves and says no speed", func(m *motion) { fix(m, 0, 0, 10); fix(m, 200, 0, 60) }, 180},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := newMotion(1, at(0))
			row.says(&m)
			if m.look(at(row.at - 0.001)); m.stood && row.at != 10 {
				t.Error("seen parked too early")
			}
			if m.look(at(row.at)); !m.stood {
				t.Error("not seen parked")
			}
			if row.at > 100 && m.restsAt() != at(row.at).Boot {
				t.Errorf("rests at %s", m.restsAt())
			}
		})
	}
}

// What was driven is by the bus's speed, without one by the receiver's, and only while
// that moves the car.
func TestDriven(t *testing.T) {
	at := func(s int) hal.Instant { return hal.Instant{Boot: time.Hour + time.Duration(s)*time.Second} }
	for _, row := range []struct {
		name     string
		can, sky float64 // km/h; less than nothing: not said
		want     float64
	}{
		{"by the bus", 36, 72, 990}, {"by the receiver", -1, 36, 990}, {"the bus says that it stands", 0, 72, 0},
		{"a receiver at walking pace", -1, 4.9, 0}, {"nobody says", -1, -1, 0}, {"no speed over ground", -1, math.NaN(), 0},
	} {
		m := newMotion(1, at(0))
		for s := range 100 {
			if row.can >= 0 {
				m.read(hal.Reading{Path: pathSpeed, Value: hal.Number(row.can), At: at(s)})
			}
			if row.sky >= 0 || math.IsNaN(row.sky) {
				m.fix(hal.Position{Speed: hal.KilometresPerHour(row.sky)}, at(s))
			}
		}
		if got := m.drove(); math.Abs(got-row.want) > 1e-6 || m.drove() != 0 {
			t.Errorf("%s: %v m, want %v, once", row.name, got, row.want)
		}
	}
}

// Whatever the car said, nothing of how it stands changes before next unless it says
// more; and where something changes by time alone, next is not after that.
func TestNothingChangesBeforeNext(t *testing.T) {
	draw := rand.New(rand.NewPCG(5, 6))
	type state struct{ moving, parked, inUse, known, stood bool }
	of := func(m motion, boot time.Duration) state {
		now := hal.Instant{Boot: boot}
		m.look(now)
		return state{m.moving(now), m.parked(now), m.inUse(now), m.known, m.stood}
	}
	early := 0
	for run := range 3000 {
		now := hal.Instant{Boot: time.Duration(draw.IntN(100)) * time.Second}
		m := newMotion(draw.IntN(2), now)
		for range draw.IntN(6) {
			now.Boot += time.Duration(draw.IntN(4000)) * time.Millisecond
			switch draw.IntN(6) {
			case 0:
				m.opened(now)
			case 1:
				m.frames(now)
			case 2:
				m.frames(now)
				m.read(hal.Reading{Path: pathSpeed, Value: hal.Number([]float64{0, 0.99, 1, 50}[draw.IntN(4)]), At: now})
			case 3:
				m.frames(now)
				m.read(hal.Reading{Path: pathIgnition, Value: hal.Word([]string{"ON", "OFF", "START"}[draw.IntN(3)]), At: now})
			case 4:
				m.frames(now)
				m.read(hal.Reading{Path: pathGear, Value: hal.Number([]float64{126, 1}[draw.IntN(2)]), At: now})
			case 5:
				m.fix(hal.Position{Latitude: 54.19, Longitude: 6.62, Speed: hal.KilometresPerHour([]float64{0, 4.99, 5}[draw.IntN(3)])}, now)
			}
			m.look(now)
		}
		is := of(m, now.Boot)
		next := m.next(now)
		if next <= now.Boot {
			t.Fatalf("run %d: next is past", run)
		}
		last := min(next, now.Boot+10*time.Minute)
		for range 20 {
			at := last - 1 - time.Duration(draw.Int64N(int64(last-now.Boot)))
			if got := of(m, max(at, now.Boot)); got != is {
				t.Fatalf("run %d: %+v becomes %+v at %v, before %v: %+v", run, is, got, at, next, m)
			}
		}
		if got := of(m, last-1); got != is {
			t.Fatalf("run %d: %+v becomes %+v just before %v: %+v", run, is, got, next, m)
		}
		if of(m, last) == is {
			early++
		}
	}
	if early > 1500 {
		t.Errorf("woken for nothing %d times of 3000", early)
	}
}
