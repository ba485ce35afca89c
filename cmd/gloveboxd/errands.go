package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/hal/mapping"
)

// waitingErrands is how many accepted actions wait for the one that is under way.
const waitingErrands = 8

// carry carries out one errand after the other until ctx ends, and ends the climate
// that was ordered for a time.
func carry(ctx context.Context, cabin *agent.Cabin, errands <-chan *agent.Errand, told func(agent.Outcome), log *slog.Logger) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-errands:
			told(cabin.Carry(ctx, e))
		case <-time.After(time.Second):
		}
		if err := cabin.EndClimate(ctx); err != nil {
			log.Warn("climate not ended", "error", err)
		}
	}
}

// actuators sends commands to the buses that the mapping file names. The wires are
// added before the first command.
type actuators struct {
	plan  *mapping.Plan
	wires map[string]*wire // by bus
}

// paths is what can be set, in the order of the file.
func (a *actuators) paths() (all []string) {
	for _, actuator := range a.plan.Actuators() {
		all = append(all, actuator.Path)
	}
	return all
}

// Actuate writes the frame that sets path to v on its bus.
func (a *actuators) Actuate(_ context.Context, path string, v hal.Value) error {
	bus, f, err := a.plan.Actuate(path, v)
	if err != nil {
		return fmt.Errorf("%w: %w", agent.ErrNotSent, err)
	}
	w := a.wires[bus]
	if w == nil {
		return fmt.Errorf("%w: there is no bus %q", agent.ErrNotSent, bus)
	}
	if err := w.send(f); errors.Is(err, errNotThere) {
		return fmt.Errorf("%w: bus %q: %w", agent.ErrNotSent, bus, err)
	} else if err != nil {
		return fmt.Errorf("bus %q: %w", bus, err)
	}
	return nil
}

// sparing lets ten lines a minute through of what others can provoke, and then
// says how many it kept back. It is safe to share.
type sparing struct {
	mu    sync.Mutex
	since time.Duration // guarded by mu; boot clock
	lines int           // guarded by mu; in this minute
}

const linesPerMinute = 10

func (s *sparing) warn(log *slog.Logger, message string, args ...any) {
	at := now().Boot
	s.mu.Lock()
	defer s.mu.Unlock()
	if at-s.since >= time.Minute {
		if kept := s.lines - linesPerMinute; kept > 0 {
			log.Warn("more of the same", "lines", kept)
		}
		s.since, s.lines = at, 0
	}
	if s.lines++; s.lines <= linesPerMinute {
		log.Warn(message, args...)
	}
}
