package scenario

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"glovebox/headunit"
	"glovebox/sim"
	"glovebox/sim/car"
)

// Options say how a scenario runs.
type Options struct {
	Dir       string // of its outputs; empty for none
	Gloveboxd string // the agent; see sim.Find
	Patience  int    // how many times as long as it says an expectation may wait, on a machine that is slow or busy; 0 is 1

	MostRecorded int64 // bytes that are kept of each record, the newest; all if 0

	Limit time.Duration // how long Run may take, without patience; 0 is Limit
}

// Result is how a scenario ended: result.json.
type Result struct {
	Name  string       `json:"name"`
	OK    bool         `json:"ok"`
	Seed  uint64       `json:"seed"`
	Steps []StepResult `json:"steps"`

	Took time.Duration `json:"-"`
	Err  error         `json:"-"` // the world could not be set up
}

// StepResult is how one line went.
type StepResult struct {
	File string `json:"file,omitempty"` // where it is another than the scenario's own
	Line int    `json:"line"`
	Text string `json:"text"`
	OK   bool   `json:"ok"`
	MS   int64  `json:"ms"`
	Got  string `json:"got"`

	Refused bool `json:"refused,omitempty"` // as the next line expects
}

// Limit is how long a scenario may take that does not say it may take longer, without patience.
const Limit = 150 * time.Second

func (o Options) patience() time.Duration { return time.Duration(max(1, o.Patience)) }

// Run plays a scenario in a world of its own.
func Run(ctx context.Context, s *Scenario, o Options) Result {
	begun := time.Now()
	most := cmp.Or(o.Limit, Limit) * o.patience()
	ctx, cancel := context.WithTimeoutCause(ctx, most, fmt.Errorf("it took over %v", most))
	defer cancel()
	r := Result{Name: s.Name, Seed: s.Seed, Steps: []StepResult{}}
	st, err := open(ctx, s, o)
	if err != nil {
		r.Err = err
		return r
	}
	r.OK = st.play(ctx, &r)
	if err := st.world.Close(); err != nil {
		r.note(StepResult{Text: "(close)", Got: err.Error()})
	}
	r.Took = time.Since(begun)
	return r
}

// note adds a step that is no line of the file.
func (r *Result) note(s StepResult) {
	if n := len(r.Steps); n > 0 {
		s.File, s.Line = r.Steps[n-1].File, r.Steps[n-1].Line
	}
	r.Steps = append(r.Steps, s)
	r.OK = r.OK && s.OK
}

// A world may go on for days. In memory there are of each reader so many of the newest messages, and of each
// path so many readings: ten minutes, a message a second, and over three, ten readings a second.
const (
	keepMessages = 600
	keepReadings = 2000
)

// open makes the world.
func open(ctx context.Context, s *Scenario, o Options) (*stage, error) {
	st := &stage{Scenario: s, patience: o.patience(), marks: map[string]moment{}, set: map[string]map[string]*kept{}, overlay: map[string]overlaid{}}
	options, err := st.prepare()
	if err != nil {
		return nil, err
	}
	options.Dir, options.Keep, options.Gloveboxd, options.Record = o.Dir, o.Dir != "", o.Gloveboxd, true
	options.SmallDisk, options.LoginManager = s.SmallDisk, s.Sleeps
	options.MostRecorded = o.MostRecorded
	options.Messages, st.seen.most = keepMessages, keepReadings
	if st.world, err = sim.Start(ctx, options); err != nil {
		return nil, err
	}
	st.evidence, st.begun = evidenceOf(st.world), time.Now()
	if st.pace = car.NewPace(s.Speed); st.world.Car != nil {
		st.pace = st.world.Car.Pace()
	}
	if st.start, err = st.now(ctx, false); err != nil {
		return nil, errors.Join(err, st.world.Close())
	}
	st.start.received = nil
	return st, nil
}

// play runs the lines, one after the other, and reports whether all was well. A
// check that fails does not stop it, a command does.
func (s *stage) play(ctx context.Context, r *Result) bool {
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	s.ctx = running
	s.turn.Lock()
	defer s.turn.Unlock()
	ok := true
	var refused error
	for i, step := range s.Steps {
		var result StepResult
		result, refused = s.step(ctx, i, step, refused, s.expectsRefusal(i+1))
		r.Steps = append(r.Steps, result)
		ok = ok && result.OK
		if !result.OK && !isCheck(bare(step.Command)) {
			break
		}
		s.guard(ctx, endsSession(step.Command)) // later commits would reuse its pages
	}
	cancel()
	return s.finish(context.WithoutCancel(ctx), r) && ok
}

// endsSession reports whether somebody leaves the wheel.
func endsSession(c Command) bool {
	switch bare(c).what.(type) {
	case *login, *guest, *logout:
		return true
	}
	return false
}

// isCheck reports whether a command is one that may fail and the next still runs.
func isCheck(c Command) bool {
	switch c.what.(type) {
	case *expect, *expectError:
		return true
	}
	return false
}

// step runs one line, the nth of what is played; the caller has the turn. before is how the
// line before was refused; where this one may be refused too, that is no failure of it.
func (s *stage) step(ctx context.Context, n int, step Step, before error, mayBeRefused bool) (result StepResult, refused error) {
	begun := time.Now()
	var got string
	var err error
	if e, is := step.what.(*expectError); is {
		got, err = wasRefused(e.name, before)
	} else {
		s.guard(ctx, endsSession(step.Command)) // while it lasts
		got, err = s.do(ctx, n, step.Command)
	}
	if headunit.RefusedAs(err) != "" && mayBeRefused && refusable(step.Command) {
		refused, got, err = err, err.Error(), nil
	}
	if err == nil {
		err = s.alive()
	}
	result = StepResult{Line: step.Line, Text: step.Text(), OK: err == nil, MS: time.Since(begun).Milliseconds(), Got: got, Refused: refused != nil}
	if len(s.Steps) > 0 && step.File != s.Steps[0].File {
		result.File = step.File
	}
	if err != nil {
		result.Got = describe(ctx, err)
	}
	return result, refused
}

// dbusError begins the names of the bus's own errors.
const dbusError = "org.freedesktop.DBus.Error."

// describe prefers the cause of a context that ended.
func describe(ctx context.Context, err error) string {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return context.Cause(ctx).Error()
	}
	return err.Error()
}

// expectsRefusal reports whether line i says how the line before is refused.
func (s *stage) expectsRefusal(i int) bool {
	if i >= len(s.Steps) {
		return false
	}
	_, ok := s.Steps[i].what.(*expectError)
	return ok
}

func wasRefused(want string, err error) (string, error) {
	if got := strings.TrimPrefix(headunit.RefusedAs(err), dbusError); got != want {
		if err == nil {
			return "", fmt.Errorf("it was not refused, want %s", want)
		}
		return "", fmt.Errorf("refused as %s, want %s", got, want)
	}
	return err.Error(), nil
}

// finish ends the drive and the faults, stops the agent, and lets the armed
// nevers look at all there is.
func (s *stage) finish(ctx context.Context, r *Result) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	begun := time.Now()
	s.free(func() { s.jobs.Wait(); s.lasting.Wait() })
	if s.up {
		s.guard(ctx, false)
	}
	s.up = false
	problem := errors.Join(s.world.Stop(), s.world.Flush(), s.writeOpened(), s.breaches())
	s.watchers.Wait()
	s.guard(ctx, true)
	last := StepResult{Text: "(end)", OK: problem == nil, MS: time.Since(begun).Milliseconds(), Got: "the line kept to the contract"}
	if problem != nil {
		last.Got = problem.Error()
	}
	ok := last.OK
	for _, w := range s.nevers {
		if w.found != "" && w.step < len(r.Steps) {
			r.Steps[w.step].OK, r.Steps[w.step].Got = false, w.found
			ok = false
		}
	}
	r.note(last)
	return ok
}

// breaches is what the car did that the contract does not allow.
func (s *stage) breaches() error {
	var all []error
	for _, fault := range s.world.Cloud.Breaches() {
		all = append(all, errors.New(fault))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(append(all, s.unmended...)...)
}
