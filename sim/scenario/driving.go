package scenario

import (
	"context"
	"os"
	"path"
	"time"

	"glovebox/sim"
	"glovebox/sim/car"
	"glovebox/sim/scenarios"
)

func (c *door) do(_ context.Context, s *stage) (string, error) {
	if c.fob != "" {
		if err := s.world.Car.Unlock(c.fob); err != nil {
			return "", err
		}
	}
	return "", s.world.Car.Door(c.name, c.open)
}

func (c *lock) do(_ context.Context, s *stage) (string, error) {
	if c.fob != "" {
		return "", s.world.Car.Unlock(c.fob)
	}
	s.world.Car.Lock(c.locked)
	return "", nil
}

func (c *ignition) do(_ context.Context, s *stage) (string, error) {
	s.world.Car.Ignition(c.on)
	return "", nil
}

func (c *gear) do(_ context.Context, s *stage) (string, error) { return "", s.world.Car.Gear(c.name) }

func (c *fob) do(_ context.Context, s *stage) (string, error) {
	return "", s.world.Car.Fob(c.name, c.in)
}

// setOff is how long a car may take to say that it cannot be driven.
const setOff = 20 * time.Millisecond

func (c *drive) do(ctx context.Context, s *stage) (string, error) {
	route, err := sim.Route(c.route, s.Files)
	if err != nil {
		return "", err
	}
	l := &lap{begun: time.Now(), boot: s.bootClock(), speed: s.Speed, done: make(chan struct{})}
	s.jobs.Go(func() {
		defer close(l.done)
		l.err = s.world.Car.Drive(s.ctx, route, c.speed)
	})
	select {
	case <-l.done:
		return "", l.err
	case <-ctx.Done():
		return "", ctx.Err()
	case <-time.After(setOff):
		s.lap = l
		return decimal(float64(int(route.Length()))) + " m", nil
	}
}

// driven brings the places that the made car's receiver has said so far; those of
// a recorded drive are known.
func (s *stage) driven() error {
	if s.world.Car == nil {
		return nil
	}
	if err := s.world.Flush(); err != nil {
		return err
	}
	d, err := car.Load(os.DirFS(s.world.Dir), "", "gnss.log")
	if err != nil {
		return err
	}
	s.last = d
	s.fixes, err = fixesOf(d)
	return err
}

// routeNames are the routes that the simulator brings along.
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
	return all
}
