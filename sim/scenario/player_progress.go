package scenario

import (
	"slices"
	"time"
)

// How a line of a Player is.
const (
	Waiting = "waiting"
	Running = "running"
	Well    = "ok"
	Refused = "refused"
	Failed  = "failed"
)

// PlayerStep is a line of the script, or one that was said by hand.
type PlayerStep struct {
	N     int    // of the script from 1, then those by hand
	After int    // of a line by hand: the number of the line before it, 0 if it is the first
	Hand  bool   // it was said by hand
	File  string // where it is another than the scenario's own
	Line  int    // of the file, 0 by hand
	Text  string
	Note  string        // the comment right above it
	State string        // a line that was not over when the world ended is Waiting
	At    time.Time     // when it began
	Took  time.Duration // when it is over
	Got   string
	Waits string // for what, while it runs
}

// PlayerFault is something that is broken.
type PlayerFault struct {
	Name     string
	From, To time.Time // To is zero if nobody said when
	On       bool
}

// PlayerProgress is how far a Player has come.
type PlayerProgress struct {
	Steps  []PlayerStep // in the order in which they play
	Drives int          // that have begun
	Drive  string       // the line of the newest
	Plays  bool         // that drive is not over
	At, Of time.Duration
	Faults []PlayerFault // the newest of each name
	Speed  float64       // of the car
	Paused bool
	Over   bool   // all lines of the script were played
	Fell   string // how the agent ended by itself, empty while it runs or was asked to end
	End    string // what was wrong when the world ended, empty if nothing
}

// progress is what a Player keeps of it.
type progress struct {
	steps  []PlayerStep
	script int // how many are of the script
	hand   int // how many were said by hand
	newest int // the number of the line that began last
	paused bool
	once   bool // one line plays all the same
	held   bool // the car stands still
	over   bool
	fell   error
	end    string
	drives int
	drive  *playback
}

// begin is before the first line.
func (g *progress) begin(s *Scenario) {
	for i, step := range s.Steps {
		w := PlayerStep{N: i + 1, Line: step.Line, Text: step.Text(), Note: step.Note, State: Waiting}
		if step.File != s.Steps[0].File {
			w.File = step.File
		}
		g.steps = append(g.steps, w)
	}
	g.script = len(g.steps)
}

// at is the step of a number.
func (g *progress) at(n int) *PlayerStep {
	i := slices.IndexFunc(g.steps, func(s PlayerStep) bool { return s.N == n })
	if i < 0 {
		return &PlayerStep{} // it was forgotten
	}
	return &g.steps[i]
}

// Progress may be asked for at any time.
func (p *Player) Progress() PlayerProgress {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := &p.progress
	all := PlayerProgress{
		Steps: slices.Clone(now.steps), Drives: now.drives, Speed: p.scenario.Speed,
		Paused: now.paused, Over: now.over, End: now.end,
	}
	if now.fell != nil {
		all.Fell = now.fell.Error()
	}
	if st := p.world(); st != nil {
		all.Speed, all.Faults = st.pace.Factor(), st.broke()
	}
	if d := now.drive; d != nil {
		all.Drive, all.Of = d.name, d.length
		select {
		case <-d.done:
		default:
			all.Plays, all.At = true, d.time()
		}
	}
	return all
}

// Changed is closed when Progress is another; how far a drive is does not count.
func (p *Player) Changed() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.changed
}

// goes reports whether the script goes on, and the car.
func (g *progress) goes() bool { return !g.paused || g.once }

// update changes the progress.
func (p *Player) update(change func(now *progress)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.progress)
	if st := p.world(); st != nil && p.progress.held == p.progress.goes() {
		p.progress.held = !p.progress.held
		st.pace.Hold(p.progress.held)
		p.played.hold(p.progress.held, st)
	}
	close(p.changed)
	close(p.wake)
	p.changed, p.wake = make(chan struct{}), make(chan struct{})
}

// begin notes that line i of the script plays.
func (p *Player) begin(i int, step Step) {
	p.update(func(now *progress) {
		s := now.at(i + 1)
		s.State, s.At, s.Waits, s.Took, s.Got = Running, time.Now(), waitsFor(step.Command), 0, ""
		now.newest = s.N
	})
}

// keptByHand is how many lines by hand are told of.
const keptByHand = 500

// beginByHand notes that a line plays that is said by hand, and returns its index: the number
// of those before it.
func (p *Player) beginByHand(step Step) int {
	n := 0
	p.update(func(now *progress) {
		now.hand++
		n = now.script + now.hand
		s := PlayerStep{N: n, After: now.newest, Hand: true, Text: step.Text(), State: Running, At: time.Now(), Waits: waitsFor(step.Command)}
		i := 1 + slices.IndexFunc(now.steps, func(s PlayerStep) bool { return s.N == now.newest })
		now.steps = slices.Insert(now.steps, i, s)
		if len(now.steps) > now.script+keptByHand {
			oldest := slices.IndexFunc(now.steps, func(s PlayerStep) bool { return s.Hand && s.State != Running })
			now.steps = slices.Delete(now.steps, oldest, oldest+1)
		}
		now.newest = n
	})
	return n - 1
}

// done notes how a line went.
func (p *Player) done(i int, result StepResult) {
	p.update(func(now *progress) {
		if i < now.script {
			now.once = false
		}
		s := now.at(i + 1)
		s.Took, s.Got, s.Waits = time.Since(s.At), result.Got, ""
		switch {
		case !result.OK && p.stage.ctx.Err() != nil: // the world ends
			s.State, s.Got = Waiting, ""
		case !result.OK:
			s.State = Failed
		case result.Refused:
			s.State = Refused
		default:
			s.State = Well
		}
		if d := p.stage.playback; d != now.drive {
			now.drive = d
			now.drives++
		}
	})
}

// seen notes what armed nevers found, and an agent that ended by itself, which pauses the script.
// The caller has the turn.
func (p *Player) seen() {
	p.mu.Lock()
	before := p.progress.fell
	p.mu.Unlock()
	if fell := p.stage.fell; fell != before {
		p.update(func(now *progress) { now.fell, now.paused = fell, now.paused || fell != nil })
	}
	for _, w := range p.stage.nevers {
		if w.found == "" || w.told {
			continue
		}
		w.told = true
		p.update(func(now *progress) {
			s := now.at(w.step + 1)
			s.State, s.Got = Failed, w.found
		})
	}
}

// result is how the line went.
func (s PlayerStep) result() StepResult {
	return StepResult{File: s.File, Line: s.Line, Text: s.Text, OK: s.State == Well || s.State == Refused, MS: s.Took.Milliseconds(), Got: s.Got, Refused: s.State == Refused}
}

// ended notes how the world ended.
func (p *Player) ended(last StepResult) {
	p.seen()
	p.last = last
	if !last.OK {
		p.update(func(now *progress) { now.end = last.Got })
	}
}

// waitsFor says what a command waits for, empty if it does not.
func waitsFor(c Command) string {
	switch c := c.what.(type) {
	case *wait:
		return span(c.span)
	case *waitUntil:
		return span(c.since) + " behind boot"
	case *at:
		return span(c.time) + " of the drive"
	case *syncUp:
		return "the end of the drive and of the faults"
	case *expect:
		if c.within > 0 {
			return c.what.String()
		}
	case *phone:
		return "the car's answer"
	case *boot, *restart:
		return "the agent"
	}
	return ""
}
