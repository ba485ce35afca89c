package scenario

import (
	"context"
	"errors"
	"sync"
	"time"

	"glovebox/sim"
)

// Player plays a scenario in a world of its own, which lives on when the lines are over.
// Meanwhile others may be said by hand. Its methods are safe for concurrent use.
//
// One line plays at a time, but for where it waits: others may then be played.
type Player struct {
	options  Options
	scenario *Scenario
	built    chan struct{} // closed when stage is there
	over     chan struct{} // closed when Run returns
	saying   sync.RWMutex  // held for reading while a line is said by hand

	stage *stage // set before built is closed

	played  recording
	refused error      // with the turn of the stage: how the newest line by hand was refused
	before  Step       // with the turn of the stage: that line
	last    StepResult // set before over is closed: how the world ended

	mu       sync.Mutex
	progress progress      // guarded by mu
	changed  chan struct{} // guarded by mu; closed when progress is another
	wake     chan struct{} // guarded by mu; closed when the script may go on
}

// NewPlayer is one of a scenario; nothing plays yet.
func NewPlayer(s *Scenario, o Options) *Player {
	own := *s
	p := &Player{
		options: o, scenario: own.clone(), built: make(chan struct{}), over: make(chan struct{}),
		changed: make(chan struct{}), wake: make(chan struct{}),
	}
	p.progress.begin(p.scenario)
	return p
}

// Built is closed when World is there.
func (p *Player) Built() <-chan struct{} { return p.built }

// World is where it plays, nil before it is built; it is closed when Run returns.
func (p *Player) World() *sim.World {
	if st := p.world(); st != nil {
		return st.world
	}
	return nil
}

// world is the stage, nil before it is built.
func (p *Player) world() *stage {
	select {
	case <-p.built:
		return p.stage
	default:
		return nil
	}
}

// Run builds the world, plays the lines, and lets the world live on until ctx ends, which is no
// error. It runs once.
func (p *Player) Run(ctx context.Context) error {
	defer close(p.over)
	st, err := open(ctx, p.scenario, p.options)
	if err != nil {
		return err
	}
	st.byHand, st.changed = true, func() { p.update(func(*progress) {}) }
	running, cancel := context.WithCancel(ctx)
	st.ctx, p.stage = running, st
	close(p.built)
	p.update(func(*progress) {}) // it may be paused already
	var jobs sync.WaitGroup
	jobs.Go(func() { p.script(running) })
	jobs.Go(func() { p.look(running) })
	<-ctx.Done()
	cancel()
	jobs.Wait()
	return p.end(context.WithoutCancel(ctx))
}

// lastWords is how long what goes on beside the lines may take to end by itself.
const lastWords = 2 * time.Second

// end lets the lines that are being said end, then the world.
func (p *Player) end(ctx context.Context) error {
	p.saying.Lock() // for good: nothing can be said any more
	st := p.stage
	st.turn.Lock()
	defer st.turn.Unlock()
	ended := make(chan struct{})
	go func() { st.jobs.Wait(); st.lasting.Wait(); close(ended) }()
	late := false
	st.free(func() {
		select {
		case <-ended:
		case <-time.After(lastWords):
			late = true
		}
	})
	if late { // a job waits for an agent that reads no more
		st.up = false
		_ = st.world.Stop() // finish says it again
	}
	r := Result{Name: st.Name, Seed: st.Seed}
	st.finish(ctx, &r)
	p.ended(r.Steps[len(r.Steps)-1])
	return st.world.Close()
}

// look is for the time between two lines: the armed nevers look, and whether the agent ended by itself.
func (p *Player) look(ctx context.Context) {
	tick := time.NewTicker(guardEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		p.stage.turn.Lock()
		p.stage.guard(ctx, false)
		_ = p.stage.alive() // it is seen
		p.seen()
		p.stage.turn.Unlock()
	}
}

// script plays the lines of the scenario.
func (p *Player) script(ctx context.Context) {
	steps := p.scenario.Steps
	var refused error
	for i := range steps {
		if !p.mayGoOn(ctx) {
			return
		}
		if refused = p.line(ctx, i, refused); ctx.Err() != nil {
			return
		}
	}
	p.update(func(now *progress) { now.over = true })
}

// line plays line i of the script, and says how it was refused.
func (p *Player) line(ctx context.Context, i int, before error) (refused error) {
	st, step := p.stage, p.scenario.Steps[i]
	st.turn.Lock()
	defer st.turn.Unlock()
	p.begin(i, step)
	entry := p.played.begin(step.Command)
	result, refused := st.step(ctx, i, step, before, st.expectsRefusal(i+1))
	st.guard(ctx, endsSession(step.Command)) // later commits would reuse its pages
	switch {
	case !result.OK:
		p.played.drop(entry)
	case judges(step): // it stands behind the line that it judges
	default:
		p.played.keep(entry, refused)
	}
	p.done(i, result)
	if !result.OK && !isCheck(bare(step.Command)) && ctx.Err() == nil {
		p.Pause()
		p.seen()
		return nil
	}
	p.seen()
	return refused
}

// mayGoOn waits while the script is paused, and reports whether it goes on. What is to happen so long
// after the boot happens later by that time.
func (p *Player) mayGoOn(ctx context.Context) bool {
	var paused time.Time
	for ctx.Err() == nil {
		p.mu.Lock()
		wake, goes := p.wake, p.progress.goes()
		p.mu.Unlock()
		if goes && !paused.IsZero() {
			p.stage.turn.Lock()
			p.stage.begun = p.stage.begun.Add(time.Since(paused))
			p.stage.turn.Unlock()
		}
		if goes {
			return true
		}
		if paused.IsZero() {
			paused = time.Now()
		}
		select {
		case <-ctx.Done():
		case <-wake:
		}
	}
	return false
}

// Pause lets no other line of the script begin, and the car's time stand still. The agent goes on,
// and so does a line that plays, as far as it does not wait for the car.
func (p *Player) Pause() { p.update(func(now *progress) { now.paused = true }) }

// Go lets the script and the car go on.
func (p *Player) Go() { p.update(func(now *progress) { now.paused, now.once = false, false }) }

// Next lets the script play one line more, or the one that plays to its end, and pauses.
func (p *Player) Next() { p.update(func(now *progress) { now.paused, now.once = true, true }) }

// Recording is what was played and said so far, as a scenario that repeats it; nil if it was too
// much to be kept.
func (p *Player) Recording() []byte {
	select {
	case <-p.built:
	default:
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.played.file(p.scenario)
}

// errOver is the error of a line that is said too late.
var errOver = errors.New("the world has ended")
