package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"glovebox/headunit"
)

// ErrLine is the error of a line that cannot be meant.
var ErrLine = errors.New("line")

// Session is a scenario that is made by hand: each line plays when it is said.
// The world begins with the first line that is none of the head. It may be asked
// from several goroutines.
type Session struct {
	mu      sync.Mutex
	name    string
	options Options
	open    func(string) ([]byte, error)
	files   map[string][]byte // attachments of included files
	lines   []string          // a step each, without those that failed
	steps   []Step            // the lines
	result  Result            // a step for each line
	failed  bool
	ended   bool
	paused  time.Duration // before the next line
	refused error         // how the newest line was refused
	noted   bool          // the newest line says so

	stage  *stage // nil before the world begins
	built  Head   // for what it was built
	cancel context.CancelFunc
}

// NewSession is a session of that name; open reads the files that it includes.
func NewSession(name string, o Options, open func(name string) ([]byte, error)) *Session {
	return &Session{name: name, options: o, open: open, result: Result{Name: name, Seed: 1, Steps: []StepResult{}}}
}

// Ended reports whether a line said that nothing follows.
func (s *Session) Ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// Bus is the address of the D-Bus of the world, empty before it begins.
func (s *Session) Bus() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stage == nil {
		return ""
	}
	return s.stage.world.DBus.Address
}

// Paused says how long nothing was done before the next line.
func (s *Session) Paused(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paused = d
}

// Idle is for the time between two lines: the armed nevers look, and the error is
// that of an agent that ended by itself.
func (s *Session) Idle(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stage == nil {
		return nil
	}
	s.stage.turn.Lock()
	defer s.stage.turn.Unlock()
	s.stage.guard(ctx, false)
	err := s.stage.alive()
	s.failed = s.failed || err != nil
	return err
}

// Do plays one line; it may be more, if it includes a file. The error is ErrLine
// where nothing was played, and another if the world could not be set up.
func (s *Session) Do(ctx context.Context, text string) ([]StepResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if text = strings.TrimSpace(text); text == "" || strings.HasPrefix(text, "#") {
		return nil, nil
	}
	var all []StepResult
	for _, line := range append(s.unsaid(text), text) {
		played, err := s.do(ctx, line)
		all = append(all, played...)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// unsaid is the head where nobody said one, and the boot behind it.
func (s *Session) unsaid(text string) []string {
	word, _, _ := strings.Cut(text, " ")
	i := slices.IndexFunc(commands, func(f *form) bool { return f.word == word })
	if len(s.lines) > 0 || i < 0 || commands[i].rules&head != 0 {
		return nil
	}
	lines := []string{"car Taycan 2024", "users anna:main lea:shared jonas:limited", "boot"}
	if word == "boot" || word == "replay" || word == "end" {
		lines = lines[:2]
	}
	if word == "replay" {
		lines = []string{lines[1], "boot"}
	}
	if _, err := s.read(append(slices.Clone(lines), text)); err != nil {
		return nil // the line itself is wrong
	}
	return lines
}

// do plays one line.
func (s *Session) do(ctx context.Context, text string) ([]StepResult, error) {
	repeated := s.noted && strings.HasPrefix(text, "expect error ")
	lines := slices.Clone(s.lines)
	if repeated { // what is noted already is checked now
		lines = lines[:len(lines)-1]
		s.paused = 0
	}
	whole, err := s.read(append(lines, text))
	if err == nil {
		err = s.suited(whole)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLine, err)
	}
	steps := whole.Steps[len(lines):]
	if repeated {
		result, _ := s.judge(steps[0])
		return []StepResult{result}, nil
	}
	s.files = whole.Files
	if strings.HasPrefix(text, "include ") {
		steps = slices.DeleteFunc(steps, ends) // lines follow where the file said that none do
	}
	var all []StepResult
	for i, step := range steps {
		if err := s.world(ctx, whole, step); err != nil {
			return all, err
		}
		result := s.inTurn(ctx, step, steps[i+1:])
		all = append(all, result)
		if !result.OK && !isCheck(step.Command) {
			break
		}
	}
	return all, nil
}

// read parses lines as one file.
func (s *Session) read(lines []string) (*Scenario, error) {
	name := s.name + ".txtar"
	p := newParser(name, s.open)
	p.byHand = true
	whole, err := p.parse(name, join([]byte(strings.Join(lines, "\n")+"\n"), s.files))
	var problems Problems
	if errors.As(err, &problems) {
		return nil, errors.New(problems[0].Text)
	}
	return whole, err
}

// suited says what the world that is there cannot do, if there is one.
func (s *Session) suited(whole *Scenario) error {
	if s.stage == nil {
		return nil
	}
	return s.built.suits(whole)
}

// suits says what a world that was built for h cannot do.
func (h *Head) suits(whole *Scenario) error {
	switch {
	case whole.Made && !h.Made:
		return errors.New("the car of this session is a recorded one: say car before boot")
	case !whole.Made && h.Made:
		return errors.New("the car of this session is a made one: leave out car before boot")
	case whole.Drive != nil && whole.Drive.brings() && (h.Drive == nil || !whole.Drive.sameCar(h.Drive)):
		return errors.New("the car is built before boot: say replay with dbc and mapping there")
	case whole.SmallDisk && !h.SmallDisk:
		return errors.New("the small disk is made before boot: say it in a file that run plays")
	case whole.Sleeps && !h.Sleeps:
		return errors.New("the login manager begins before boot: say it in a file that run plays")
	}
	return nil
}

// world begins with the first step that is none of the head.
func (s *Session) world(ctx context.Context, whole *Scenario, step Step) error {
	if step.rules&head != 0 || s.stage != nil {
		return nil
	}
	st, err := open(ctx, whole, s.options)
	if err != nil {
		return err
	}
	st.byHand = true
	s.stage, s.built, s.result.Seed = st, whole.Head, whole.Seed
	st.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return nil
}

// Close ends what still goes on and the agent, lets the armed nevers look at all
// there is, and ends the world. The result has all lines that went well.
func (s *Session) Close(ctx context.Context) (Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stage == nil {
		s.result.OK = !s.failed
		return s.result, nil
	}
	s.cancel()
	s.stage.turn.Lock()
	defer s.stage.turn.Unlock()
	s.result.OK = s.stage.finish(ctx, &s.result) && !s.failed
	return s.result, s.stage.world.Close()
}

// Recording is the session so far as a scenario file.
func (s *Session) Recording() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := slices.Clone(s.lines)
	if !s.ended {
		lines = append(lines, "end")
	}
	return join([]byte(strings.Join(lines, "\n")+"\n"), s.files)
}

// refusal is the name of the error with which somebody refused.
func refusal(err error) string { return strings.TrimPrefix(headunit.RefusedAs(err), dbusError) }
