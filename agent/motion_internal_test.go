package agent

import (
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
		{"nothing since boot", nil, 100, false, true, false},
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
			var m motion
			for _, say := range row.says {
				say(&m)
			}
			now := at(row.now)
			if m.moving(now) != row.moving || m.parked(now) != row.parked || m.inUse(now) != row.inUse {
				t.Errorf("moving %v parked %v in use %v, want %v %v %v",
					m.moving(now), m.parked(now), m.inUse(now), row.moving, row.parked, row.inUse)
			}
		})
	}
}
