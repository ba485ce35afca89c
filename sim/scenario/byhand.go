package scenario

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// rhythm is to what the pauses between lines are rounded.
const rhythm = 100 * time.Millisecond

// inTurn plays a step when nobody else plays one.
func (s *Session) inTurn(ctx context.Context, step Step, next []Step) StepResult {
	if s.stage != nil {
		s.stage.turn.Lock()
		defer s.stage.turn.Unlock()
	}
	return s.play(ctx, step, next)
}

// play runs one step of a session, and keeps it if it went well; with it, how long
// nothing was done before, and what is seen after it.
func (s *Session) play(ctx context.Context, step Step, next []Step) StepResult {
	if judges(step) {
		result, ok := s.judge(step)
		if ok {
			s.keep(step, result)
		}
		return result
	}
	s.refused, s.noted = nil, false
	if step.rules&head != 0 && s.stage == nil {
		result := StepResult{Line: step.Line, Text: step.Text(), OK: true}
		s.keep(step, result)
		return result
	}
	if d := min(s.paused.Round(rhythm), longest); d > 0 {
		s.note(step, "wait "+span(d), StepResult{OK: true, MS: d.Milliseconds()})
	}
	s.paused = 0
	n := len(s.steps)
	s.stage.Files, s.stage.Steps = s.files, append(slices.Clone(s.steps), step)
	result, refused := s.stage.step(ctx, n, step, nil, true)
	result.File = ""
	if !result.OK || refused != nil && !slices.Contains(refusals(), refusal(refused)) {
		s.failed = s.failed || !result.OK
		return result
	}
	s.keep(step, result)
	s.refused = refused
	switch {
	case refused == nil:
		for _, check := range s.stage.promises(step.Command) {
			s.promise(ctx, check)
		}
	case len(next) == 0 || !judges(next[0]):
		s.note(step, "expect error "+refusal(refused), StepResult{OK: true, Got: refused.Error()})
		s.noted = true
	}
	s.stage.guard(ctx, false)
	return result
}

// judges reports whether a step says how the one before is refused.
func judges(s Step) bool {
	_, ok := s.what.(*expectError)
	return ok
}

// judge compares how the line before was refused.
func (s *Session) judge(step Step) (StepResult, bool) {
	result := StepResult{Line: step.Line, Text: step.Text()}
	got, err := wasRefused(step.what.(*expectError).name, s.refused)
	if result.OK, result.Got = err == nil, got; err != nil {
		result.Got, s.failed = err.Error(), true
	}
	return result, result.OK
}

func (s *Session) keep(step Step, result StepResult) {
	s.lines, s.steps = append(s.lines, step.Text()), append(s.steps, step)
	s.result.Steps = append(s.result.Steps, result)
	s.ended = ends(step)
}

// note keeps a line that nobody said, in the place of another.
func (s *Session) note(at Step, text string, result StepResult) {
	c, err := newParser(at.File, nil).command(text)
	if err != nil {
		panic(err) // a line of our own
	}
	result.Line, result.Text = at.Line, text
	s.keep(Step{at.File, at.Line, c}, result)
}

func ends(step Step) bool { return step.word == "end" }

// promise keeps a check that holds.
func (s *Session) promise(ctx context.Context, check string) {
	whole, err := s.read(append(slices.Clone(s.lines), check))
	if err != nil {
		return
	}
	step := whole.Steps[len(whole.Steps)-1]
	got, err := step.what.(*expect).do(ctx, s.stage)
	if err == nil {
		s.keep(step, StepResult{Line: step.Line, Text: step.Text(), OK: true, Got: got})
	}
}

// promises are what is seen after a command each time, if it is seen at all.
func (s *stage) promises(c Command) []string {
	signal := func(path string, value any) []string {
		return []string{fmt.Sprintf("expect signal Vehicle.%s %v within 2s", path, value)}
	}
	switch c := c.what.(type) {
	case *boot, *restart:
		return []string{"expect ready"}
	case *logout:
		return []string{"expect state idle"}
	case *login:
		if !c.wait {
			return []string{"expect state active " + c.name}
		}
	case *guest:
		if !c.wait {
			return []string{"expect state guest"}
		}
	case *set:
		return []string{"expect setting " + c.group + " " + c.key + " " + c.value}
	case *level:
		return []string{"expect level " + c.level}
	case *document:
		return []string{fmt.Sprintf("expect document %d", s.world.Cloud.State().Policy)}
	case *alarm:
		return []string{"expect warning " + c.code + " " + onOff(c.on) + " within 3s"}
	case *lock, *unlock:
		_, locked := c.(*lock)
		return signal("Cabin.Door.Row1.DriverSide.IsLocked", locked)
	case *ignition:
		if c.on {
			return signal("LowVoltageSystemState", "ON")
		}
		return signal("LowVoltageSystemState", "OFF")
	case *door:
		if c.name == "driver" {
			return signal("Cabin.Door.Row1.DriverSide.IsOpen", c.how == "open")
		}
	}
	return nil
}
