package scenario

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"glovebox/hal"
	"glovebox/hal/can"
)

// lap is a drive that is being played.
type lap struct {
	begun time.Time
	boot  time.Duration
	speed float64
	done  chan struct{} // closed when it is over
	err   error         // set before done is closed
}

// overlaid is a value that the script puts in place of what was recorded.
type overlaid struct {
	value hal.Value
	text  string
}

// time is how far the drive is.
func (l *lap) time() time.Duration {
	return time.Duration(float64(time.Since(l.begun)) * l.speed)
}

func (c *Replay) do(ctx context.Context, s *stage) (string, error) {
	d, err := s.load(c)
	if err != nil {
		return "", err
	}
	s.last = d
	if s.fixes, err = fixesOf(d); err != nil {
		return "", err
	}
	playing := s.world.Replay(d, s.names)
	playing.Speed, playing.Overlay = s.Speed, s.overwrite
	if c.NMEA == "" {
		playing.GNSS = nil
	}
	ctx, cancel := context.WithCancel(s.ctx)
	l := &lap{begun: time.Now(), boot: s.bootClock(), speed: s.Speed, done: make(chan struct{})}
	s.lap = l
	s.jobs.Go(func() {
		defer close(l.done)
		defer cancel()
		l.err = playing.Lap(ctx)
	})
	return fmt.Sprintf("%d frames, %d sentences, %v", len(d.Frames), len(d.Sentences), d.Length()), nil
}

// overwrite puts what the script says into a frame.
func (s *stage) overwrite(bus string, f *can.Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for path, v := range s.overlay {
		s.plan.Overwrite(s.names[bus], f, path, v.value)
	}
}

func (c *signal) do(_ context.Context, s *stage) (string, error) {
	v, err := s.plan.Parse(c.path, c.value)
	if err != nil {
		return "", err
	}
	if s.world.Car != nil {
		return "", s.world.Car.Set(c.path, v)
	}
	s.overlayWith(c.path, v)
	return "", nil
}

func (c *alarm) do(_ context.Context, s *stage) (string, error) {
	path, v, err := s.plan.AlarmValue(c.code, c.on)
	if err != nil {
		return "", err
	}
	if s.world.Car != nil {
		return path + " " + v.String(), s.world.Car.Alarm(c.code, c.on)
	}
	s.overlayWith(path, v)
	return path + " " + v.String(), nil
}

func (s *stage) overlayWith(path string, v hal.Value) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.overlay[path] = overlaid{v, v.String()}
	s.seen.allow(path, v.String())
}

func (c *at) do(ctx context.Context, s *stage, step int) (string, error) {
	if s.lap == nil {
		return "", errors.New("no drive plays")
	}
	for {
		left := time.Duration(float64(c.time-s.lap.time()) / s.lap.speed)
		if left <= 0 {
			return s.do(ctx, step, c.command)
		}
		if err := s.pause(ctx, left); err != nil {
			return "", err
		}
	}
}

// sync waits until the drive and all faults with an end are over, and the agent
// has taken in what was said.
func (s *stage) sync(ctx context.Context) (string, error) {
	waiting := make(chan struct{})
	go func() { s.jobs.Wait(); close(waiting) }()
	for over := false; !over; {
		select {
		case <-waiting:
			over = true
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(guardEvery):
			s.guard(ctx, false)
			if err := s.alive(); err != nil {
				return "", err
			}
		}
	}
	if s.lap != nil && s.lap.err != nil {
		return "", s.lap.err
	}
	return s.still(ctx)
}

// still waits until the agent's counters of the wires stand.
func (s *stage) still(ctx context.Context) (string, error) {
	before := ""
	for range 20 {
		wires := s.counters(ctx)
		maps.DeleteFunc(wires, func(name string, _ uint64) bool {
			return !strings.HasPrefix(name, "bus.") && !strings.HasPrefix(name, "gnss.")
		})
		now := fmt.Sprint(wires)
		if !s.up || now == before {
			break
		}
		before = now
		if err := s.pause(ctx, paceBus); err != nil {
			return "", err
		}
	}
	return "", nil
}
