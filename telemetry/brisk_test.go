package telemetry_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"glovebox/telemetry"
)

// Case W4: for a minute after a session's end, which a sleep is, a try begins every two
// seconds at least, whether the dial fails at once or nothing answers it. After that it
// has all the time it wants.
func TestBriskTries(t *testing.T) {
	for _, row := range []struct {
		name         string
		hang, refuse bool
		luck         float64
	}{
		{"nothing answers", true, false, 1},
		{"nothing answers, lucky", true, false, 0},
		{"no network", false, true, 1},
		{"no network, lucky", false, true, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			within(t, func(t *testing.T, dir string) {
				var mu sync.Mutex
				var dialed []time.Duration // guarded by mu
				so := func() []time.Duration {
					mu.Lock()
					defer mu.Unlock()
					return slices.Clone(dialed)
				}
				c := drive(t, dir, func(c *car) {
					c.options.Rand = func() float64 { return row.luck }
					c.options.Dial = func(ctx context.Context, o telemetry.Opening) (telemetry.Connection, error) {
						mu.Lock()
						dialed = append(dialed, time.Since(c.port.begun))
						mu.Unlock()
						return c.port.dial(ctx, o)
					}
				})
				time.Sleep(10 * time.Second)
				c.port.set(func() { c.port.hang, c.port.refuse = row.hang, row.refuse })
				c.Renew(epoch(2))
				const end = 70 * time.Second
				time.Sleep(end - 10*time.Second)
				tries := so()
				if tries[1] != 10500*time.Millisecond {
					t.Errorf("the first try after the end came at %v", tries[1])
				}
				for i, at := range append(tries[2:], end) {
					if pause := at - tries[i+1]; pause > 2*time.Second {
						t.Errorf("no try for %v after the one at %v", pause, tries[i+1])
					}
				}
				if n := len(tries); n > 130 {
					t.Errorf("%d tries in a minute", n)
				}
				time.Sleep(10 * time.Minute)
				if n := len(so()) - len(tries); n > 30 || row.hang && n > 1 {
					t.Errorf("%d tries in the ten minutes behind", n)
				}
			})
		})
	}
}

// A broker that takes the line and ends it, at once or soon, is not called more often for that.
func TestBriskLinesThatEnd(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, func(c *car) { c.options.Rand = func() float64 { return 1 } })
		time.Sleep(10 * time.Second)
		c.port.set(func() { c.port.rude = func(telemetry.Message) bool { return true } })
		c.Renew(epoch(2))
		time.Sleep(time.Minute)
		if n := c.port.opened(); n < 30 || n > 34 {
			t.Errorf("%d lines opened in a minute: %s", n, c.port.seen())
		}
		c.port.set(func() { c.port.rude = nil })
		c.Renew(epoch(3))
		time.Sleep(5 * time.Second)
		before := c.port.opened()
		c.port.line().lose()
		if time.Sleep(400 * time.Millisecond); c.port.opened() != before {
			t.Error("called again at once after a line of some seconds")
		}
		if time.Sleep(200 * time.Millisecond); c.port.opened() != before+1 {
			t.Error("not called again")
		}
	})
}
