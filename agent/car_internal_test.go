package agent

import (
	"testing"
	"time"

	"glovebox/hal"
)

// The edges of "moving", "parked" and "in use", one drive a row.
func TestMotion(t *testing.T) {
	at := func(s float64) hal.Instant { return hal.Instant{Boot: time.Duration(s * float64(time.Second))} }
	speed := func(kmh, s float64) func(*car) {
		return func(c *car) {
			c.frames(at(s))
			c.read(hal.Reading{Path: pathSpeed, Value: hal.Number(kmh), At: at(s)})
		}
	}
	ignition := func(w string, s float64) func(*car) {
		return func(c *car) {
			c.frames(at(s))
			c.read(hal.Reading{Path: pathIgnition, Value: hal.Word(w), At: at(s)})
		}
	}
	gear := func(g, s float64) func(*car) {
		return func(c *car) {
			c.frames(at(s))
			c.read(hal.Reading{Path: pathGear, Value: hal.Number(g), At: at(s)})
		}
	}
	fix := func(kmh, s float64) func(*car) {
		return func(c *car) { c.fix(hal.Position{Speed: hal.KilometresPerHour(kmh)}, at(s)) }
	}
	for _, row := range []struct {
		name                  string
		says                  []func(*car)
		now                   float64
		moving, parked, inUse bool
	}{
		{"nothing since boot", nil, 100, false, true, false},
		{"just under 1 km/h", []func(*car){ignition("ON", 9), speed(0.99, 10)}, 10, false, false, true},
		{"1 km/h", []func(*car){ignition("ON", 9), speed(1, 10)}, 10, true, false, true},
		{"a speed of 2 s ago counts", []func(*car){speed(50, 10)}, 12, true, false, true},
		{"a speed older than 2 s does not", []func(*car){speed(50, 10)}, 12.001, false, true, false},
		{"GNSS where the bus is silent", []func(*car){fix(5, 10)}, 10, true, false, true},
		{"GNSS just under 5 km/h", []func(*car){fix(4.99, 10)}, 10, false, true, false},
		{"the bus outranks GNSS", []func(*car){fix(30, 10), speed(0, 10)}, 10, false, true, false},
		{"ignition on, standing", []func(*car){ignition("ON", 10), speed(0, 10)}, 10, false, false, true},
		{"start counts as on", []func(*car){ignition("START", 10), speed(0, 10)}, 10, false, false, true},
		{"accessory does not", []func(*car){ignition("ACC", 10), speed(0, 10)}, 10, false, true, false},
		{"gear P with ignition on", []func(*car){ignition("ON", 10), speed(0, 10), gear(126, 10)}, 10, false, true, true},
		{"gear P on the move is not parked", []func(*car){ignition("ON", 10), gear(126, 10), speed(20, 10)}, 10, true, false, true},
		{"bus silent for just under 5 s", []func(*car){ignition("ON", 10)}, 14.999, false, false, true},
		{"bus silent for 5 s is off", []func(*car){ignition("ON", 10)}, 15, false, true, false},
		{"speed not available", []func(*car){speed(50, 9), func(c *car) { c.read(hal.Reading{Path: pathSpeed, At: at(10)}) }}, 10, false, true, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			var c car
			for _, say := range row.says {
				say(&c)
			}
			now := at(row.now)
			if c.moving(now) != row.moving || c.parked(now) != row.parked || c.inUse(now) != row.inUse {
				t.Errorf("moving %v parked %v in use %v, want %v %v %v",
					c.moving(now), c.parked(now), c.inUse(now), row.moving, row.parked, row.inUse)
			}
		})
	}
}
