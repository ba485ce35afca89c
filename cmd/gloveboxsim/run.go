package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// exit is an error that ends the program with a code of its own.
type exit struct {
	code int
	err  error
}

func (e exit) Error() string { return e.err.Error() }
func (e exit) Unwrap() error { return e.err }

// setup marks an error as one before anything ran.
func setup(err error) error {
	if err == nil {
		return nil
	}
	return exit{exitSetup, err}
}

// command runs one command line and returns its exit code.
func command(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return commandContext(ctx, args, stdout, stderr)
}

// commandContext is command with a context in place of the signals.
func commandContext(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c commands
	done := -1 // set where kong itself ends the program: help, version
	parser, err := kong.New(&c, kong.Name("gloveboxsim"), kong.Description("A world without a car."),
		kong.Vars{"version": version}, kong.Writers(stdout, stderr), kong.Exit(func(code int) { done = code }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.BindTo(stdout, (*io.Writer)(nil)))
	if err != nil {
		panic(err) // the options are ours
	}
	chosen, err := parser.Parse(args)
	if done >= 0 {
		return done
	}
	if err != nil {
		fmt.Fprintln(stderr, "gloveboxsim:", err)
		if asksForJSON(args) {
			printTally(stdout, 0, 0, err)
		}
		return exitUsage
	}
	return code(stderr, chosen.Run())
}

// asksForJSON reports whether a command line that was not understood is a run whose
// output a program reads.
func asksForJSON(args []string) bool {
	return slices.Contains(args, "run") && slices.ContainsFunc(args, func(a string) bool {
		return a == "--json" || strings.HasPrefix(a, "--json=")
	})
}

// code prints how a command ended and returns its exit code.
func code(stderr io.Writer, err error) int {
	var own exit
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &own):
		if own.err != nil {
			fmt.Fprintln(stderr, "gloveboxsim:", own.err)
		}
		return own.code
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	fmt.Fprintln(stderr, "gloveboxsim:", err)
	return exitFailed
}
