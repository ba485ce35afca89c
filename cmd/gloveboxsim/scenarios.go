package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"strings"
	"time"

	"glovebox/sim/scenario"
)

// runScenarios is `gloveboxsim run`.
type runScenarios struct {
	Files     []string      `arg:"" help:"Scenario files." placeholder:"FILE"`
	Out       string        `help:"Where the outputs go, each scenario's into a directory of its name." placeholder:"DIR"`
	Jobs      int           `help:"How many run at a time." default:"1"`
	Patience  int           `help:"How many times as long as it says an expectation may wait, on a machine that is slow or busy." default:"1"`
	JSON      bool          `help:"One result a line, then how many passed and failed."`
	Limit     time.Duration `help:"How long each may take: a recording of ten minutes takes as long again." default:"150s" placeholder:"D"`
	Gloveboxd string        `help:"The agent; empty is the one beside this program." placeholder:"FILE"`
}

// Validate is called by kong.
func (c *runScenarios) Validate() error {
	if c.Jobs < 1 {
		return errors.New("want one job or more")
	}
	if c.Limit <= 0 {
		return errors.New("want a limit over 0")
	}
	if c.Patience < 1 || c.Patience > 10 {
		return errors.New("want a patience from 1 to 10")
	}
	return nil
}

// Run plays the files and says how each line went.
func (c *runScenarios) Run(ctx context.Context, out io.Writer) error {
	all, err := loadScenarios(c.Files)
	if err != nil {
		if c.JSON {
			printTally(out, 0, 0, err)
		}
		return err
	}
	passed, failed := 0, 0
	var again strings.Builder // what failed, for whoever reads only the end
	var broken error          // worlds that could not be set up
	show := c.printText
	if c.JSON {
		show = c.printJSON
	}
	names := scenario.Options{Gloveboxd: c.Gloveboxd, Patience: c.Patience, Limit: c.Limit}
	err = scenario.RunAll(ctx, all, c.Out, min(c.Jobs, 4*runtime.NumCPU()), names, func(r scenario.Result) {
		if r.OK {
			passed++
		} else {
			failed++
			printFailed(&again, r)
		}
		if r.Err != nil {
			broken = errors.Join(broken, fmt.Errorf("%s: %w", r.Name, r.Err))
		}
		show(out, r)
	})
	if ctx.Err() != nil {
		err = errors.Join(errors.New("interrupted"), err)
	}
	if c.JSON {
		printTally(out, passed, failed, err)
	} else {
		fmt.Fprintf(out, "%s%d passed, %d failed\n", again.String(), passed, failed)
	}
	switch {
	case ctx.Err() != nil:
		return exit{code: exitInterrupted, err: errors.New("interrupted")}
	case err != nil, broken != nil:
		return setup(errors.Join(broken, err))
	case failed > 0:
		return exit{code: exitFailed}
	}
	return nil
}

func (c *runScenarios) printJSON(out io.Writer, r scenario.Result) {
	printLine(out, struct {
		scenario.Result
		Error string `json:"error,omitempty"` // why there is no world
	}{r, said(r.Err)})
}

// printTally ends what a run prints as JSON, whatever became of it.
func printTally(out io.Writer, passed, failed int, err error) {
	printLine(out, struct {
		Passed int    `json:"passed"`
		Failed int    `json:"failed"`
		Error  string `json:"error,omitempty"`
	}{passed, failed, said(err)})
}

func said(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func printLine(out io.Writer, v any) {
	line, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts and numbers always marshal
	}
	fmt.Fprintf(out, "%s\n", line)
}

func (c *runScenarios) printText(out io.Writer, r scenario.Result) {
	fmt.Fprintf(out, "%s  seed %d\n", r.Name, r.Seed)
	for _, s := range r.Steps {
		mark := "ok  "
		if !s.OK {
			mark = "FAIL"
		}
		printStep(out, fmt.Sprintf("%5d  %s", s.Line, mark), s)
	}
	switch {
	case r.Err != nil:
		fmt.Fprintf(out, "FAIL  %s could not be set up: %v\n\n", r.Name, r.Err)
	case r.OK:
		fmt.Fprintf(out, "ok    %s  %.1f s\n\n", r.Name, r.Took.Seconds())
	default:
		fmt.Fprintf(out, "FAIL  %s  %.1f s\n\n", r.Name, r.Took.Seconds())
	}
}

// printStep prints a line of a scenario and how it went.
func printStep(out io.Writer, mark string, s scenario.StepResult) {
	fmt.Fprintf(out, "%s %7.3f s  %s", mark, float64(s.MS)/1000, s.Text)
	if s.Got != "" {
		fmt.Fprintf(out, "  → %s", s.Got)
	}
	fmt.Fprintln(out)
}

// printFailed is a scenario's name and the steps that went wrong.
func printFailed(out io.Writer, r scenario.Result) {
	fmt.Fprintf(out, "FAIL  %s\n", r.Name)
	for _, s := range r.Steps {
		if !s.OK {
			printStep(out, fmt.Sprintf("%5d", s.Line), s)
		}
	}
}

// checkScenarios is `gloveboxsim check`.
type checkScenarios struct {
	Files []string `arg:"" help:"Scenario files." placeholder:"FILE"`
}

// Run says all that is wrong with the files.
func (c *checkScenarios) Run() error {
	_, err := loadScenarios(c.Files)
	return err
}

// loadScenarios reads all files; the error is all that is wrong with them.
func loadScenarios(names []string) ([]*scenario.Scenario, error) {
	var all []*scenario.Scenario
	var wrong error
	taken := map[string]bool{}
	for _, name := range names {
		s, err := scenario.Load(name)
		var missing *fs.PathError
		switch {
		case errors.As(err, &missing):
			err = fmt.Errorf("scenario: %w", err)
		case err == nil && taken[s.Name]:
			err = fmt.Errorf("%s: two scenarios are called %s", name, s.Name)
		case err == nil:
			taken[s.Name] = true
			all = append(all, s)
		}
		wrong = errors.Join(wrong, err)
	}
	if wrong != nil {
		return nil, exit{exitUsage, wrong}
	}
	return all, nil
}
