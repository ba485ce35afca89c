package scenario

import (
	"context"
	"errors"
	"os"
	"path"
	"time"

	"glovebox/hal"
	"glovebox/sim/car"
	"glovebox/sim/scenarios"
	"glovebox/sim/town"
)

// Vehicle is how the made car begins, as the head says it.
type Vehicle struct {
	Odometer float64       // metres
	Charge   float64       // %; 0: not said
	Cold     time.Duration // of the car's time until the receiver has a fix
}

// speed is how fast the car's time runs. In the head it is how it begins.
type speed struct{ factor float64 }

func (c *speed) slots() slots { return slots{&c.factor} }

func (c *speed) check(p *parser) error {
	if p.booted {
		p.handle() // a recording plays as it was recorded
		return nil
	}
	already := p.paced
	p.paced, p.s.Speed = true, c.factor
	return refuse(already || c.factor == 0, "want it once before boot, from 0.1x to 1000x")
}

func (c *speed) do(_ context.Context, s *stage) (string, error) {
	s.pace.Set(c.factor)
	return "", nil
}

// door is opened or closed; with a fob the car is unlocked by it first.
type door struct{ name, how, fob string }

func (c *door) slots() slots { return slots{&c.name, &c.how, &c.fob} }

// said waits until the car has said what a hand did: each switch before the next one. A
// car that cannot is not waited for.
func (s *stage) said(ctx context.Context) error {
	for end := time.Now().Add(time.Second); ; {
		if err := s.pause(ctx, 10*time.Millisecond); err != nil || s.world.Car.Said() || time.Now().After(end) {
			return err
		}
	}
}

func (c *door) do(ctx context.Context, s *stage) (string, error) {
	if c.fob != "" {
		if err := s.world.Car.Unlock(c.fob); err != nil {
			return "", err
		}
	}
	if err := s.world.Car.Door(c.name, c.how == "open"); err != nil {
		return "", err
	}
	return "", s.said(ctx)
}

// lock locks all doors by hand.
type lock struct{ none }

func (c *lock) do(ctx context.Context, s *stage) (string, error) {
	s.world.Car.Lock(true)
	return "", s.said(ctx)
}

// unlock unlocks all doors by hand, or with a fob.
type unlock struct{ fob string }

func (c *unlock) slots() slots { return slots{&c.fob} }

func (c *unlock) do(ctx context.Context, s *stage) (string, error) {
	if c.fob == "" {
		s.world.Car.Lock(false)
	} else if err := s.world.Car.Unlock(c.fob); err != nil {
		return "", err
	}
	return "", s.said(ctx)
}

type ignition struct{ on bool }

func (c *ignition) slots() slots { return slots{&c.on} }

func (c *ignition) do(_ context.Context, s *stage) (string, error) {
	s.world.Car.Ignition(c.on)
	return "", nil
}

type gear struct{ name string }

func (c *gear) slots() slots { return slots{&c.name} }

func (c *gear) do(_ context.Context, s *stage) (string, error) { return "", s.world.Car.Gear(c.name) }

// drive follows a route. It goes on while the next lines run, until sync.
type drive struct {
	file string
	kmh  float64 // 0: as the route says
}

func (c *drive) slots() slots { return slots{&c.file, &c.kmh} }

func (c *drive) check(p *parser) error {
	if c.kmh != 0 && (c.kmh < 1 || c.kmh > 250) {
		return errors.New("want such as 50km/h, from 1 to 250")
	}
	if err := p.plays(); err != nil {
		return err
	}
	p.named = append(p.named, namedFile{p.name, p.line, c.file, true})
	return nil
}

// setOff is how long a car may take to say that it cannot be driven.
const setOff = 20 * time.Millisecond

func (c *drive) do(ctx context.Context, s *stage) (string, error) {
	route, err := s.route(c.file)
	if err != nil {
		return "", err
	}
	l := &playback{name: c.file, pace: s.pace, begun: s.pace.Time(), boot: s.bootClock(), done: make(chan struct{})}
	s.jobs.Go(func() {
		defer close(l.done)
		l.err = s.world.Car.Drive(s.ctx, route, hal.KilometresPerHour(c.kmh))
	})
	select {
	case <-l.done:
		return "", l.err
	case <-ctx.Done():
		return "", ctx.Err()
	case <-time.After(setOff):
		s.playback = l
		return decimal(float64(int(route.Length()))) + " m", nil
	}
}

// driven brings the places that the made car's receiver has said so far; those of
// a recorded drive are known. Messages are asked for before it: none then tells of a
// place that is not among them.
func (s *stage) driven() error {
	if !s.Made {
		return nil
	}
	if err := s.records.Flush(); err != nil {
		return err
	}
	d, err := car.Load(os.DirFS(s.dir), "", "gnss.log")
	if err != nil {
		return err
	}
	s.last, s.fixes = d, fixesOf(d) // none while the receiver looks for its first
	return nil
}

// routeNames are the routes that the simulator brings along, and those through the town.
func routeNames() []string {
	entries, err := scenarios.Files.ReadDir("routes")
	if err != nil {
		panic(err) // embedded
	}
	var all []string
	for _, e := range entries {
		if path.Ext(e.Name()) == ".gpx" {
			all = append(all, e.Name())
		}
	}
	return append(all, town.Musterhafen().Routes()...)
}
