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

	"glovebox/sim/scenario"
)

// prompt stands before each line on a terminal.
const prompt = "gloveboxsim> "

// keyboard reads lines: on a terminal with history and completion, else as they
// come.
type keyboard struct {
	read  func() (string, error)
	close func()
}

// typed is a line, or that there is none.
type typed struct {
	text string
	err  error
}

// wrong is what is wrong where no line comes; the end is not.
func (t typed) wrong() error {
	if errors.Is(t.err, io.EOF) {
		return nil
	}
	return t.err
}

// next reads a line, which comes when it is there.
func (k *keyboard) next() <-chan typed {
	out := make(chan typed, 1)
	go func() {
		text, err := k.read()
		out <- typed{text, err}
	}()
	return out
}

func isTerminal(in io.Reader) bool {
	f, ok := in.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// keyboard is what h reads from.
func (h *hand) keyboard(ctx context.Context, s *scenario.Session) (*keyboard, error) {
	if isTerminal(h.in) {
		return h.terminal(ctx, s)
	}
	scanner := bufio.NewScanner(h.in)
	scanner.Buffer(nil, 1<<20)
	read := func() (string, error) {
		if !scanner.Scan() {
			if err := scanner.Err(); err != nil {
				return "", err
			}
			return "", io.EOF
		}
		return scanner.Text(), nil
	}
	return &keyboard{read, func() {}}, nil
}

// terminal is raw only while a line is typed: Ctrl-C ends what plays.
func (h *hand) terminal(ctx context.Context, s *scenario.Session) (*keyboard, error) {
	file := h.in.(*os.File)
	fd := int(file.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, fmt.Errorf("terminal: %w", err)
	}
	t := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{file, h.out}, prompt)
	t.AutoCompleteCallback = func(text string, pos int, key rune) (string, int, bool) {
		if key != '\t' {
			return "", 0, false
		}
		done, choices := scenario.Completed(text[:pos], s.Complete(ctx, text[:pos]))
		if len(choices) > 1 && done == text[:pos] {
			fmt.Fprintln(t, strings.Join(choices, "  "))
		}
		return done + text[pos:], len(done), true
	}
	restore := func() { _ = term.Restore(fd, before) } // there is nothing else to do about it
	read := func() (string, error) {
		if _, err := term.MakeRaw(fd); err != nil {
			return "", fmt.Errorf("terminal: %w", err)
		}
		defer restore()
		if width, height, err := term.GetSize(fd); err == nil && width > 0 {
			_ = t.SetSize(width, height) // it stays as it was
		}
		text, err := t.ReadLine()
		if err != nil {
			fmt.Fprint(h.out, "\r\n") // what follows begins a line
		}
		return text, err
	}
	return &keyboard{read, restore}, nil
}
