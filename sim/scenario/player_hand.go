package scenario

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Do plays a line that is said by hand, while the script plays or waits. If it includes a file,
// all of its lines play, and the result is that of the last one. The error is ErrLine where
// nothing was played because the line cannot be meant.
func (p *Player) Do(ctx context.Context, text string) (StepResult, error) {
	select {
	case <-p.built:
	case <-p.over:
		return StepResult{}, errOver
	case <-ctx.Done():
		return StepResult{}, ctx.Err()
	}
	if !p.saying.TryRLock() { // it ends
		return StepResult{}, errOver
	}
	defer p.saying.RUnlock()
	st := p.stage
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(st.ctx, cancel)()
	st.turn.Lock()
	defer st.turn.Unlock()
	steps, err := p.meant(strings.TrimSpace(text))
	if err != nil {
		return StepResult{}, fmt.Errorf("%w: %w", ErrLine, err)
	}
	var result StepResult
	for _, step := range steps {
		if result = p.said(ctx, step); !result.OK && !isCheck(step.Command) {
			break
		}
	}
	return result, nil
}

// meant reads a line as it may stand now: behind the lines that were played.
func (p *Player) meant(text string) ([]Step, error) {
	if text == "" || strings.HasPrefix(text, "#") {
		return nil, fmt.Errorf("it says nothing")
	}
	parser := p.parser()
	before := len(parser.s.Steps)
	parser.one(text)
	if parser.ended {
		return nil, fmt.Errorf("end: this world lives on")
	}
	if len(parser.problems) == 0 {
		parser.whole()
	}
	if len(parser.problems) > 0 {
		return nil, fmt.Errorf("%s", parser.problems[0].Text)
	}
	if err := p.stage.Head.suits(parser.s); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.scenario.Files, p.scenario.beside = parser.s.Files, parser.s.beside
	return parser.s.Steps[before:], nil
}

// parser knows what the world is like now. The caller has the turn.
func (p *Player) parser() *parser {
	st := p.stage
	parser := newParser(st.Name+".txtar", st.open)
	parser.s = st.clone()
	parser.s.Steps = nil
	if p.before.form != nil {
		parser.s.Steps = append(parser.s.Steps, p.before)
	}
	parser.name, parser.inside = st.Name+".txtar", []string{st.Name + ".txtar"}
	parser.line = len(st.Steps)
	parser.byHand, parser.booted, parser.running, parser.playing = true, true, st.up, st.driving()
	for _, label := range st.labels() {
		parser.labels[label] = true
	}
	for _, r := range st.back.Readers() {
		if !slices.Contains(parser.readers(), r.Name) {
			parser.invited = append(parser.invited, r.Name)
		}
	}
	if st.Made {
		parser.seen["car"], parser.handled = true, parser.line
	}
	if st.Drive != nil {
		parser.replays = []replayed{{st.Drive, parser.name, parser.line}}
	}
	return parser
}

// labels are those that lines gave, and those that lines of the script will give.
func (s *stage) labels() []string {
	all := slices.Collect(maps.Keys(s.marks))
	for _, step := range s.Steps {
		if m, is := bare(step.Command).what.(*mark); is {
			all = append(all, m.label)
		}
	}
	return all
}

// driving reports whether a drive plays.
func (s *stage) driving() bool {
	if s.playback == nil {
		return false
	}
	select {
	case <-s.playback.done:
		return false
	default:
		return true
	}
}

// said plays one line.
func (p *Player) said(ctx context.Context, step Step) StepResult {
	st := p.stage
	n := p.beginByHand(step)
	entry := p.played.begin(step.Command)
	result, refused := st.step(ctx, n, step, p.refused, true)
	if refused != nil && !slices.Contains(refusals(), refusal(refused)) {
		result.OK, result.Refused, refused = false, false, nil // nobody knows such a refusal
	}
	if !judges(step) {
		p.refused, p.before = refused, step
	}
	switch {
	case !result.OK:
		p.played.drop(entry)
	case judges(step): // it is noted already
	default:
		p.played.keep(entry, refused)
		p.promise(ctx, step)
	}
	p.done(n, result)
	st.guard(ctx, endsSession(step.Command))
	p.seen()
	return result
}

// promise keeps what is seen behind a line.
func (p *Player) promise(ctx context.Context, step Step) {
	if p.refused != nil {
		return
	}
	for _, check := range p.stage.promises(step.Command) {
		c, err := p.parser().command(check)
		if err != nil {
			continue
		}
		entry := p.played.begin(c)
		if _, err := c.what.(*expect).do(ctx, p.stage); err == nil {
			p.played.keep(entry, nil)
		} else {
			p.played.drop(entry)
		}
	}
}

// clone is a scenario that may change without the other.
func (s *Scenario) clone() *Scenario {
	own := *s
	own.Files, own.beside = maps.Clone(s.Files), maps.Clone(s.beside)
	own.Users, own.Config = slices.Clone(s.Users), slices.Clone(s.Config)
	return &own
}
