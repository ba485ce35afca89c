package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"glovebox/sim/scenario"
)

// replCommand is `gloveboxsim repl`: a scenario made by hand, line by line.
type replCommand struct {
	Gloveboxd string `help:"The agent; empty is the one beside this program." placeholder:"FILE"`
	File      string `arg:"" optional:"" help:"A scenario file that plays first." placeholder:"FILE"`
}

// Run reads lines until their end and plays them.
func (c *replCommand) Run(ctx context.Context, out io.Writer) error {
	h := &hand{in: os.Stdin, out: out, gloveboxd: c.Gloveboxd, save: func([]byte) error { return nil }}
	return h.play(ctx, "session", c.File)
}

// recordCommand is `gloveboxsim record`: repl, and a file that run repeats.
type recordCommand struct {
	Gloveboxd string `help:"The agent; empty is the one beside this program." placeholder:"FILE"`
	Out       string `arg:"" help:"The scenario file that is written, after each line. It must not be there." placeholder:"OUT"`
}

// Run is repl with the file.
func (c *recordCommand) Run(ctx context.Context, out io.Writer) error {
	return c.record(ctx, os.Stdin, out)
}

func (c *recordCommand) record(ctx context.Context, in io.Reader, out io.Writer) error {
	f, err := os.OpenFile(c.Out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return setup(err)
	}
	if err := f.Close(); err != nil {
		return setup(err)
	}
	base := filepath.Base(c.Out)
	h := &hand{in: in, out: out, gloveboxd: c.Gloveboxd}
	h.save = func(recording []byte) error { return os.WriteFile(c.Out, recording, 0o644) }
	return h.play(ctx, strings.TrimSuffix(base, filepath.Ext(base)), "")
}

// hand is one session.
type hand struct {
	in        io.Reader
	out       io.Writer
	gloveboxd string
	save      func(recording []byte) error
	mistyped  bool   // a line that nobody can correct could not be meant
	bus       string // of the world, once it was said
}

// play plays a file, if there is one, and then line by line.
func (h *hand) play(ctx context.Context, name, file string) error {
	beside := func(other string) ([]byte, error) { return os.ReadFile(filepath.Join(filepath.Dir(file), other)) }
	s := scenario.NewSession(name, scenario.Options{Gloveboxd: h.gloveboxd}, beside)
	if file != "" {
		if _, err := loadScenarios([]string{file}); err != nil {
			return err
		}
	}
	err := h.lines(ctx, s, file)
	result, closing := s.Close()
	for _, step := range result.Steps {
		if !step.OK || step.Text == "(end)" {
			h.show(step)
		}
	}
	switch {
	case ctx.Err() != nil:
		return exit{code: exitInterrupted, err: errors.New("interrupted")}
	case err != nil || closing != nil:
		return errors.Join(err, closing)
	case h.mistyped:
		return exit{code: exitUsage}
	case !result.OK:
		return exit{code: exitFailed}
	}
	return nil
}

// lookEvery is how often the session is looked at while nothing is typed.
const lookEvery = 500 * time.Millisecond

// lines plays what is typed, until its end.
func (h *hand) lines(ctx context.Context, s *scenario.Session, file string) error {
	keys, err := h.keyboard(ctx, s)
	if err != nil {
		return setup(err)
	}
	defer keys.close()
	if file != "" {
		if err := h.line(ctx, s, "include "+filepath.Base(file)); err != nil {
			return err
		}
	}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for !s.Ended() {
		typed := keys.next()
		var text string
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				return nil
			case <-look.C:
				if err := s.Idle(); err != nil {
					fmt.Fprintf(h.out, "\r\n      %v\r\n", err)
				}
			case l := <-typed:
				if l.err != nil {
					return l.wrong()
				}
				text, waiting = l.text, false
			}
		}
		if err := h.line(ctx, s, text); err != nil {
			return err
		}
	}
	return nil
}

// line plays one.
func (h *hand) line(ctx context.Context, s *scenario.Session, text string) error {
	if word, about, _ := strings.Cut(strings.TrimSpace(text), " "); word == "help" {
		h.help(strings.TrimSpace(about))
		return nil
	}
	steps, err := s.Do(ctx, text)
	if bus := s.Bus(); bus != h.bus {
		h.bus = bus
		fmt.Fprintln(h.out, "bus ", bus)
	}
	for _, step := range steps {
		h.show(step)
	}
	switch {
	case errors.Is(err, scenario.ErrLine):
		fmt.Fprintf(h.out, "??    %s  → %s\n", strings.TrimSpace(text), strings.TrimPrefix(err.Error(), scenario.ErrLine.Error()+": "))
		h.mistyped = h.mistyped || !isTerminal(h.in)
	case err != nil:
		return setup(err)
	}
	return h.save(s.Recording())
}

// show prints how a line went: well, refused by whoever it asked, or not.
func (h *hand) show(s scenario.StepResult) {
	mark := "ok  "
	switch {
	case !s.OK:
		mark = "FAIL"
	case s.Refused:
		mark = "no  "
	}
	printStep(h.out, mark, s)
}

// help lists the words of the language, or those that begin with one.
func (h *hand) help(about string) {
	for _, part := range []struct {
		title string
		words []scenario.Word
	}{
		{"commands:", append(scenario.Commands(), scenario.Word{Word: "help", Usage: "help [WORD]"})},
		{"checks, behind expect and never:", scenario.Checks()},
		{"on a phone, behind app NAME:", scenario.Actions("app")},
		{"on the head unit, behind hmi:", scenario.Actions("hmi")},
		{"in the workshop, behind workshop:", scenario.Actions("workshop")},
	} {
		words := slices.DeleteFunc(slices.Clone(part.words), func(w scenario.Word) bool { return !strings.HasPrefix(w.Word, about) })
		if len(words) > 0 {
			fmt.Fprintln(h.out, "     ", part.title)
		}
		for _, w := range words {
			fmt.Fprintln(h.out, "       ", w.Usage)
		}
	}
}
