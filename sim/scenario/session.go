package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// ErrLine is the error of a line that cannot be meant.
var ErrLine = errors.New("line")

// Session is a scenario that is made by hand: each line plays when it is said. The world begins
// with the first line that is none of the head, and is a Player's from then on. It may be asked
// from several goroutines.
type Session struct {
	mu      sync.Mutex
	name    string
	options Options
	open    func(string) ([]byte, error)
	head    []string // lines, while there is no world
	failed  bool
	ended   bool
	fell    string // how the agent ended by itself, as it was told

	player *Player // nil before the world begins
	close  context.CancelFunc
	over   chan error // with how the player ended
}

// NewSession is a session of that name; open reads the files that it includes.
func NewSession(name string, o Options, open func(name string) ([]byte, error)) *Session {
	return &Session{name: name, options: o, open: open, over: make(chan error, 1)}
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
	if s.player == nil {
		return ""
	}
	return s.player.World().DBus.Address
}

// Idle is for the time between two lines: the error is that of an agent that ended by itself, once.
func (s *Session) Idle() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.player == nil {
		return nil
	}
	before := s.fell
	if s.fell = s.player.Progress().Fell; s.fell == before || s.fell == "" {
		return nil
	}
	s.failed = true
	return errors.New(s.fell)
}

// Do plays one line; it may be more, if it includes a file. The error is ErrLine
// where nothing was played, and another if the world could not be set up.
func (s *Session) Do(ctx context.Context, text string) (all []StepResult, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch text = strings.TrimSpace(text); {
	case text == "" || strings.HasPrefix(text, "#"):
		return nil, nil
	case s.player != nil && text == "end":
		s.ended = true
		return []StepResult{{Text: text, OK: true}}, nil
	case s.player != nil:
		all, err = s.player.say(ctx, text)
	default:
		all, err = s.begins(ctx, text)
	}
	for _, r := range all {
		s.failed = s.failed || !r.OK
	}
	return all, err
}

// begins takes a line of the head, or the world begins with it.
func (s *Session) begins(ctx context.Context, text string) (all []StepResult, err error) {
	lines := append(slices.Clone(s.head), s.unsaid(text)...)
	before, err := s.read(lines)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLine, err)
	}
	whole, err := s.read(append(lines, text))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLine, err)
	}
	ofHead := func(step Step) bool { return step.rules&head != 0 }
	said := slices.DeleteFunc(slices.Clone(whole.Steps[len(before.Steps):]), ends) // lines follow where a file said that none do
	n := slices.IndexFunc(said, func(step Step) bool { return !ofHead(step) })
	if n < 0 && len(said) > 0 { // no world yet
		for _, step := range said {
			s.head = append(s.head, step.Text())
			all = append(all, StepResult{Line: step.Line, Text: step.Text(), OK: true})
		}
		return all, nil
	}
	s.ended = text == "end"
	whole.Steps = append(slices.Clone(before.Steps), said[:max(0, n)]...)
	if all, err = s.start(ctx, whole); err == nil && n >= 0 {
		all = all[len(s.head):]
		var more []StepResult
		more, err = s.player.sayAll(ctx, said[n:])
		all = append(all, more...)
	}
	return all, err
}

// start makes the world and plays the head.
func (s *Session) start(ctx context.Context, whole *Scenario) (all []StepResult, err error) {
	player := NewPlayer(whole, s.options)
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	go func() { s.over <- player.Run(running) }()
	for changed := player.Changed(); ; changed = player.Changed() {
		if now := player.Progress(); now.Over || now.Paused {
			s.player, s.close = player, cancel
			for _, step := range now.Steps {
				all = append(all, step.result())
			}
			return all, nil
		}
		select {
		case <-changed:
		case err := <-s.over:
			cancel()
			return nil, err
		case <-ctx.Done():
			cancel()
			return nil, errors.Join(ctx.Err(), <-s.over)
		}
	}
}

// unsaid is the head where nobody said one, and the boot behind it.
func (s *Session) unsaid(text string) []string {
	word, _, _ := strings.Cut(text, " ")
	i := slices.IndexFunc(commands, func(f *form) bool { return f.word == word })
	if len(s.head) > 0 || i < 0 || commands[i].rules&head != 0 {
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

// read parses lines as one file.
func (s *Session) read(lines []string) (*Scenario, error) {
	name := s.name + ".txtar"
	p := newParser(name, s.open)
	p.byHand = true
	whole, err := p.parse(name, []byte(strings.Join(lines, "\n")+"\n"))
	var problems Problems
	if errors.As(err, &problems) {
		return nil, errors.New(problems[0].Text)
	}
	return whole, err
}

// Close ends the world. The result has the armed nevers that found something, and how it ended.
func (s *Session) Close() (Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	result := Result{Name: s.name, Seed: 1, Steps: []StepResult{}, OK: !s.failed}
	if s.player == nil {
		return result, nil
	}
	result.Seed = s.player.scenario.Seed
	s.close()
	err := <-s.over
	for _, step := range s.player.Progress().Steps {
		if strings.HasPrefix(step.Text, "never ") && step.State == Failed {
			result.Steps, result.OK = append(result.Steps, step.result()), false
		}
	}
	result.note(s.player.last)
	return result, err
}

// Recording is the session so far as a scenario file.
func (s *Session) Recording() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.player == nil {
		return []byte(strings.Join(append(slices.Clone(s.head), "end"), "\n") + "\n")
	}
	return s.player.Recording()
}
