package scenario

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"glovebox/sim"
)

// Live is a scenario that somebody watches. It is made by Open and ended by
// Close.
type Live struct {
	stage *stage

	mu     sync.Mutex
	drive  *playback     // guarded by mu; the newest
	drives int           // guarded by mu; that have begun
	length time.Duration // guarded by mu; of the newest, 0 if nobody knows
	line   string        // guarded by mu; that runs
	note   string        // guarded by mu; see Progress
}

// Open makes the world of a scenario; nothing has played yet.
func Open(ctx context.Context, s *Scenario, o Options) (*Live, error) {
	st, err := open(ctx, s, o)
	if err != nil {
		return nil, err
	}
	l := &Live{stage: st}
	st.began = l.began
	return l, nil
}

// World is where it plays. It may be looked at from other goroutines.
func (l *Live) World() *sim.World { return l.stage.world }

// Play plays all lines once. The agent is stopped when it returns.
func (l *Live) Play(ctx context.Context) Result {
	r := Result{Name: l.stage.Name, Seed: l.stage.Seed, Steps: []StepResult{}}
	r.OK = l.stage.play(ctx, &r)
	return r
}

// pauseAfterFailure keeps lines that fail one after the other from spinning.
const pauseAfterFailure = time.Second

// Repeat plays the lines up to boot once, and those behind it again and again
// until ctx or the agent ends, which is an error. A line that fails is no end: somebody
// else may play with the same agent. It is noted, and nothing is kept of the others.
func (l *Live) Repeat(ctx context.Context) error {
	s := l.stage
	running, cancel := context.WithCancel(ctx)
	s.ctx = running
	s.turn.Lock()
	defer s.turn.Unlock()
	for _, p := range s.world.Ports { // a write to a port that nobody reads any more would wait for ever
		defer context.AfterFunc(running, func() { p.Close() })()
	}
	defer context.AfterFunc(running, func() { s.world.GNSS.Close() })()
	defer func() { cancel(); s.jobs.Wait(); s.lasting.Wait(); s.watchers.Wait() }()
	first := 1 + slices.IndexFunc(s.Steps, func(step Step) bool { return step.Text() == "boot" })
	var refused error
	for i := 0; ctx.Err() == nil; i++ {
		if i == len(s.Steps) {
			i = first
		}
		var result StepResult
		result, refused = s.step(ctx, i, s.Steps[i], refused, s.expectsRefusal(i+1))
		switch {
		case result.OK || ctx.Err() != nil:
		case !s.up:
			return fmt.Errorf("%s: %s", result.Text, result.Got)
		default:
			l.failed(result)
			if err := s.pause(ctx, pauseAfterFailure); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
	return nil
}

// Progress is how far a scenario has come.
type Progress struct {
	Playback int           // drives that have begun
	Phase    string        // driving while one plays, else the line that runs
	At       time.Duration // of the drive that plays
	Of       time.Duration // its length; 0 if nobody knows, or none plays
	Note     string        // the newest line that failed, until the next drive
}

// Progress may be asked for from other goroutines.
func (l *Live) Progress() Progress {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := Progress{Playback: l.drives, Phase: l.line, Note: l.note}
	if l.drive == nil {
		return p
	}
	select {
	case <-l.drive.done:
	default:
		p.Phase, p.At, p.Of = "driving", l.drive.time(), l.length
	}
	return p
}

// began is told of each line before it plays.
func (l *Live) began(step Step) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line = step.Text()
	drive := l.stage.playback
	if drive == nil || drive == l.drive {
		return
	}
	l.drive, l.note, l.length = drive, "", 0
	l.drives++
	if l.stage.world.Car == nil {
		l.length = l.stage.last.Length()
	}
}

func (l *Live) failed(result StepResult) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.note = result.Text + ": " + result.Got
}

// Close ends the world.
func (l *Live) Close() error { return l.stage.world.Close() }
