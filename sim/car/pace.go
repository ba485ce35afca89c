package car

import (
	"slices"
	"sync"
	"time"
)

// Pace is the car's time: it runs so many times as fast as ours, which may change
// meanwhile, and stands still while it is held. It is safe for concurrent use.
type Pace struct {
	mu     sync.Mutex
	factor float64  // guarded by mu
	held   bool     // guarded by mu
	turns  []turned // guarded by mu; in their order
}

// turned is a moment from which on the car's time runs as fast as that.
type turned struct {
	at     time.Time
	time   time.Duration // of the car
	factor float64       // 0 while it is held
}

// NewPace is a time that begins now.
func NewPace(factor float64) *Pace {
	return &Pace{factor: factor, turns: []turned{{at: time.Now(), factor: factor}}}
}

// Time is how much of the car's time went by.
func (p *Pace) Time() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.turns[len(p.turns)-1].until(time.Now())
}

func (t turned) until(now time.Time) time.Duration {
	return t.time + time.Duration(float64(now.Sub(t.at))*t.factor)
}

// Factor is how fast it runs when it is not held.
func (p *Pace) Factor() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.factor
}

// Set makes it run so many times as fast as ours from now on; 0 stands still.
func (p *Pace) Set(factor float64) { p.turn(func() { p.factor = factor }) }

// Hold makes it stand still, or run again as fast as it should.
func (p *Pace) Hold(on bool) { p.turn(func() { p.held = on }) }

// mostTurns is how far back When knows.
const mostTurns = 1000

func (p *Pace) turn(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.turns[len(p.turns)-1]
	change()
	next := turned{at: time.Now(), factor: p.factor}
	if p.held {
		next.factor = 0
	}
	if next.factor == before.factor {
		return
	}
	next.time = before.until(next.at)
	if p.turns = append(p.turns, next); len(p.turns) > mostTurns {
		p.turns = slices.Delete(p.turns, 0, 1)
	}
}

// Wait is how long it takes until a time of the car, as fast as it runs now; most if that is less.
func (p *Pace) Wait(until, most time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.turns[len(p.turns)-1]
	left := float64(until - t.until(time.Now()))
	switch {
	case left <= 0:
		return 0
	case left > float64(most)*t.factor:
		return most
	}
	return time.Duration(left / t.factor)
}

// When is the moment of a time of the car, as far as it is known.
func (p *Pace) When(at time.Duration) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := len(p.turns) - 1
	for i > 0 && p.turns[i].time >= at {
		i--
	}
	t := p.turns[i]
	if t.factor == 0 {
		return t.at
	}
	return t.at.Add(time.Duration(float64(at-t.time) / t.factor))
}

// Steady reports whether it ran as fast all the time since a moment.
func (p *Pace) Steady(since time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.turns[len(p.turns)-1].time <= since
}
