package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"glovebox/headunit"
)

type pinCmd struct {
	Who      string `arg:"" name:"name|id" help:"Name or id of the profile."`
	PinStdin bool   `help:"Read from standard input, a line each: the PIN until now (empty if there is none) or with --code the car's security code, then the new PIN."`
	Code     bool   `help:"The main user, who forgot the PIN: the car's security code instead of it, also with nobody at the wheel."`
	Reset    bool   `help:"By the main user at the wheel: take the PIN of a secondary user away, who forgot it."`
}

// Run changes a PIN. None is ever an argument.
func (c *pinCmd) Run(a *app) error {
	if c.Reset && (c.Code || c.PinStdin) {
		return usage("--reset reads no PIN")
	}
	p, err := a.find(c.Who)
	if err != nil {
		return err
	}
	switch {
	case c.Reset:
		err = a.ResetPIN(a.ctx, p.ID)
	case c.Code:
		err = c.change(a, "Security code of the car: ", func(code, next string) error { return a.Recover(a.ctx, p.ID, code, next) })
	default:
		first := ""
		if p.HasPIN {
			first = fmt.Sprintf("PIN of %s until now: ", p.Name)
		}
		err = c.change(a, first, func(old, next string) error { return a.SetPIN(a.ctx, p.ID, old, next) })
	}
	if err != nil {
		return err
	}
	return a.person(p.ID)
}

// change asks for what proves it, if there is a question, and for the new PIN.
func (c *pinCmd) change(a *app, first string, do func(proof, next string) error) error {
	s, err := a.secrets(c.PinStdin)
	if err != nil {
		return err
	}
	proof := ""
	if first != "" || c.PinStdin {
		if proof, err = s.ask(first); err != nil {
			return err
		}
	}
	next, err := s.ask("New PIN: ")
	if err != nil {
		return err
	}
	if s.lines == nil {
		again, err := s.ask("New PIN again: ")
		if err != nil {
			return err
		}
		if again != next {
			return failure{exitRefused, "InvalidArgument", "the two new PINs differ"}
		}
	}
	return do(proof, next)
}

// secrets is where PINs are typed: a terminal without echo, or lines of standard input.
type secrets struct {
	ctx      context.Context // nobody types any more when it ends
	lines    *bufio.Reader   // nil at a terminal
	terminal int
	say      io.Writer
}

// longestPIN is what the agent takes, and a little more, so that it can refuse.
const longestPIN = 128

func (a *app) secrets(stdin bool) (secrets, error) {
	if stdin {
		return secrets{ctx: a.ctx, lines: bufio.NewReader(io.LimitReader(a.in, 2*longestPIN))}, nil
	}
	file, ok := a.in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return secrets{}, usage("a PIN has to be typed: use --pin-stdin, or a terminal")
	}
	return secrets{ctx: a.ctx, terminal: int(file.Fd()), say: a.err}, nil
}

// ask waits for a line.
func (s secrets) ask(question string) (string, error) {
	if s.lines == nil {
		fmt.Fprint(s.say, question)
		defer fmt.Fprintln(s.say)
		if echo, err := term.GetState(s.terminal); err == nil {
			defer term.Restore(s.terminal, echo) // also where nobody typed
		}
	}
	text, err := awaited(s.ctx, s.read)
	if err != nil {
		return "", fmt.Errorf("read the PIN: %w", err)
	}
	return text, nil
}

// awaited is what somebody types, until the program is interrupted: what reads then ends
// with it.
func awaited(ctx context.Context, read func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	typed := make(chan answer, 1)
	go func() {
		text, err := read()
		typed <- answer{text, err}
	}()
	select {
	case got := <-typed:
		return got.text, got.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// lineOf reads a line; the last one need not end.
func lineOf(from *bufio.Reader) (string, error) {
	line, err := from.ReadString('\n')
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return strings.TrimRight(line, "\r\n"), err
}

func (s secrets) read() (string, error) {
	if s.lines == nil {
		typed, err := term.ReadPassword(s.terminal)
		return string(typed), err
	}
	return lineOf(s.lines)
}

type fobCmd struct {
	Change string `arg:"" optional:"" enum:"link,unlink," default:"" help:"link: the one fob that is in the car. unlink: all. None: how many there are."`
}

// Run links the fob in the car to the person at the wheel, or takes theirs away.
func (c *fobCmd) Run(a *app) error {
	s, err := a.Session(a.ctx)
	if err != nil {
		return err
	}
	if s.Profile == "" {
		return failure{exitRefused, "NotPermitted", "fobs are linked by the person at the wheel; log in first"}
	}
	switch c.Change {
	case "link":
		err = a.LinkFob(a.ctx, s.Profile)
	case "unlink":
		err = a.UnlinkFobs(a.ctx, s.Profile)
	}
	if err != nil {
		return err
	}
	return a.person(s.Profile)
}

// person shows how one person is known to the car.
func (a *app) person(id string) error {
	properties, err := a.Profile(a.ctx, id)
	if err != nil {
		return err
	}
	values := named(properties)
	if a.json {
		return a.line(map[string]any{"id": id, "has_pin": values["has_pin"], "fobs": values["fobs"]})
	}
	_, err = fmt.Fprintln(a.out, known(headunit.Profile{Name: fmt.Sprint(values["name"]), Properties: values}))
	return err
}
