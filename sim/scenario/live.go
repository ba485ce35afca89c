package scenario

import (
	"context"

	"glovebox/sim"
)

// Live is a scenario that somebody watches. It is made by Open and ended by
// Close.
type Live struct{ stage *stage }

// Open makes the world of a scenario; nothing has played yet.
func Open(ctx context.Context, s *Scenario, o Options) (*Live, error) {
	st, err := open(ctx, s, o)
	if err != nil {
		return nil, err
	}
	return &Live{st}, nil
}

// World is where it plays. It may be looked at from other goroutines.
func (l *Live) World() *sim.World { return l.stage.world }

// Play plays all lines once. The agent is stopped when it returns.
func (l *Live) Play(ctx context.Context) Result {
	r := Result{Name: l.stage.Name, Seed: l.stage.Seed, Steps: []StepResult{}}
	r.OK = l.stage.play(ctx, &r)
	return r
}

// Close ends the world.
func (l *Live) Close() error { return l.stage.world.Close() }
