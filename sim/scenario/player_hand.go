package scenario

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Do plays a line that is said by hand, while the script plays or waits. If it includes a file,
// all of its lines play, and the result is that of the last one. The error is ErrLine where
// nothing was played because the line cannot be meant.
func (p *Player) Do(ctx context.Context, text string) (StepResult, error) {
	all, err := p.say(ctx, text)
	if len(all) == 0 {
		return StepResult{}, err
	}
	return all[len(all)-1], err
}

// say is Do with all results.
func (p *Player) say(ctx context.Context, text string) (all []StepResult, err error) {
	return all, p.byHand(ctx, func(ctx context.Context) error {
		steps, err := p.meant(strings.TrimSpace(text))
		if err != nil {
			return fmt.Errorf("%w: %w", ErrLine, err)
		}
		all = p.sayEach(ctx, steps)
		return nil
	})
}

// sayAll plays lines that were read.
func (p *Player) sayAll(ctx context.Context, steps []Step) (all []StepResult, err error) {
	return all, p.byHand(ctx, func(ctx context.Context) error {
		all = p.sayEach(ctx, steps)
		return nil
	})
}

// sayEach plays lines until one fails that is no check. The caller has the turn.
func (p *Player) sayEach(ctx context.Context, steps []Step) (all []StepResult) {
	for _, step := range steps {
		result := p.said(ctx, step)
		if all = append(all, result); !result.OK && !isCheck(step.Command) {
			break
		}
	}
	return all
}

// byHand does something in turn, while there is a world.
func (p *Player) byHand(ctx context.Context, do func(context.Context) error) error {
	select {
	case <-p.built:
	case <-p.over:
		return errOver
	case <-ctx.Done():
		return ctx.Err()
	}
	if !p.saying.TryRLock() { // it ends
		return errOver
	}
	defer p.saying.RUnlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.stage.ctx, cancel)()
	p.stage.turn.Lock()
	defer p.stage.turn.Unlock()
	return do(ctx)
}

// Unmeant is why a line by hand cannot be meant.
type Unmeant struct {
	Text string
	Near string // the word that may have been meant, if there is one
}

func (u *Unmeant) Error() string { return u.Text }

// meant reads a line as it may stand now: behind the lines that were played.
func (p *Player) meant(text string) ([]Step, error) {
	if text == "" || strings.HasPrefix(text, "#") {
		return nil, errors.New("it says nothing")
	}
	parser := p.parser()
	before := len(parser.s.Steps)
	parser.one(text)
	if text == "end" {
		return nil, errors.New("end: this world lives on")
	}
	parser.s.Steps = slices.DeleteFunc(parser.s.Steps, ends) // of a file that is included
	if len(parser.problems) == 0 {
		parser.whole()
	}
	if len(parser.problems) > 0 {
		return nil, &Unmeant{parser.problems[0].Text, parser.problems[0].Near}
	}
	if err := p.stage.Head.suits(parser.s); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.scenario.Files, p.scenario.beside = parser.s.Files, parser.s.beside
	return parser.s.Steps[before:], nil
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
	st.guard(ctx, endsSession(step.Command))
	if !judges(step) {
		p.refused, p.before = refused, step
	}
	switch {
	case !result.OK:
		p.played.drop(entry)
	case judges(step): // it is noted already
	default:
		p.played.keep(entry, refused)
		if !entry.beside {
			p.promise(ctx, step)
		}
	}
	p.done(n, result)
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
