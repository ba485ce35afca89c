package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"glovebox/sim"
	"glovebox/sim/console"
	"glovebox/sim/console/server"
	"glovebox/sim/console/web"
	"glovebox/sim/scenario"
	"glovebox/sim/town"
)

// serveCommand is `gloveboxsim serve`.
type serveCommand struct {
	Listen         string        `help:"Where the page is served: a port of this machine, 0 for any that is free." default:"127.0.0.1:8480" placeholder:"ADDRESS"`
	ListenAnywhere bool          `help:"Let other machines reach the page, if the address is one that they can reach."`
	Live           string        `help:"Serve the files of the page from there, to edit and reload." placeholder:"DIR"`
	Patience       int           `help:"How many times as long as it says an expectation may wait, on a machine that is slow or busy." default:"1"`
	Out            string        `help:"Where the outputs go, each world's into a directory of its own." placeholder:"DIR"`
	For            time.Duration `help:"End after this time; 0 is never." placeholder:"D"`
	Gloveboxd      string        `help:"The agent; empty is the one beside this program." placeholder:"FILE"`
	Scenario       string        `arg:"" optional:"" help:"A scenario file in place of the demonstration." placeholder:"SCENARIO"`
}

// mostMemory is what the heap is held to. What a world keeps is bounded, if not below that: before
// it takes more the heap is collected more often.
const mostMemory = 64 << 20

// Run makes the world of a scenario, which lives on when its lines are over, and shows it
// until ctx ends or the time is up.
func (c *serveCommand) Run(ctx context.Context, out io.Writer) (err error) {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP) // the terminal is closed
	defer stop()
	piped := make(chan os.Signal, 1) // a reader who left is an error of Write, and no end of the process
	signal.Notify(piped, syscall.SIGPIPE)
	defer signal.Stop(piped)
	if c.For < 0 {
		return exit{exitUsage, fmt.Errorf("--for %v: want a time of 0 or more", c.For)}
	}
	if c.Patience < 1 || c.Patience > 10 {
		return exit{exitUsage, fmt.Errorf("--patience %d: want 1 to 10", c.Patience)}
	}
	debug.SetGCPercent(50) // what a world keeps is bounded: it need not take twice of that
	debug.SetMemoryLimit(mostMemory)
	all, first, err := c.worlds()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, all.shelf.close()) }()
	page, err := c.page(all)
	if err != nil {
		return err
	}
	if c.ListenAnywhere {
		fmt.Fprintln(os.Stderr, "gloveboxsim: warning: whoever is sent the address of the page, or sees it pass, can drive this world")
	}
	if console.IsScreen(out) {
		fmt.Fprintf(out, "Open %s in a browser.\n", page.URL())
	}
	ctx, cancel := c.limit(ctx)
	defer cancel()
	jobs, ctx := errgroup.WithContext(ctx)
	jobs.Go(func() error { return page.Serve(ctx) })
	jobs.Go(func() error {
		defer cancel()
		return all.play(ctx, first, page.Show, func(ctx context.Context, world *sim.World, log *console.Log) error {
			return show(ctx, world, log, page.URL(), out)
		})
	})
	if err := unread(jobs.Wait()); err != nil {
		return err
	}
	return c.say(out, all.result())
}

// worlds are those that can be shown, and the scenario of the first.
func (c *serveCommand) worlds() (*runs, *scenario.Scenario, error) {
	shelf, err := openShelf(c.Scenario)
	if err != nil {
		return nil, nil, exit{exitUsage, fmt.Errorf("scenario: %w", err)}
	}
	first, err := shelf.load(shelf.first)
	if err != nil {
		return nil, nil, exit{exitUsage, errors.Join(err, shelf.close())}
	}
	return &runs{shelf: shelf, dir: c.Out, gloveboxd: c.Gloveboxd, patience: c.Patience, changed: make(chan struct{})}, first, nil
}

// page takes the port.
func (c *serveCommand) page(all *runs) (*server.Server, error) {
	o := server.Options{Listen: c.Listen, Anywhere: c.ListenAnywhere, Files: web.Files, Town: func() []byte { return []byte(town.Musterhafen().SVG()) }}
	if c.Live != "" {
		root, err := os.OpenRoot(c.Live) // held until the program ends
		if err != nil {
			return nil, setup(fmt.Errorf("--live: %w", err))
		}
		o.Files, o.Live = root.FS(), true
	}
	page, err := server.New(all, o)
	_, taken := errors.AsType[*net.OpError](err)
	switch {
	case taken:
		return nil, setup(fmt.Errorf("--listen: %w", err))
	case err != nil:
		return nil, exit{exitUsage, fmt.Errorf("--listen %w", err)}
	}
	return page, nil
}

// limit ends a context after --for.
func (c *serveCommand) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.For == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, c.For)
}

// say says how the lines of a file went, as `gloveboxsim run` does.
func (c *serveCommand) say(out io.Writer, result scenario.Result) error {
	if c.Scenario == "" || len(result.Steps) == 0 {
		return nil
	}
	print := (&runScenarios{}).printJSON
	if console.IsScreen(out) {
		print = (&runScenarios{}).printText
	}
	if print(out, result); !result.OK {
		return exit{code: exitFailed}
	}
	return nil
}

// show says where a world is, once its agent is there, and then what happens in it.
func show(ctx context.Context, world *sim.World, log *console.Log, url string, out io.Writer) error {
	booted := func() bool {
		state := world.Cloud.State()
		return state.Online && state.Policy >= world.Cloud.Version()
	}
	if world.Cloud.Wait(ctx, booted) != nil {
		return nil // it was over before
	}
	if _, err := fmt.Fprintf(out, "ready bus=%s broker=%s url=%s\n", world.DBus.Address, world.Broker.URL(), url); err != nil {
		return err
	}
	view, err := newView(out, url)
	if err != nil {
		return err
	}
	return errors.Join(watch(ctx, log, view), view.close())
}

// ended takes an error that came because ctx ended as a good end.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// unborn takes it as a good end that the agent was stopped so early that it did
// not yet listen to signals.
func unborn(err error) error {
	if e, ok := errors.AsType[*exec.ExitError](err); ok && e.Sys().(syscall.WaitStatus).Signal() == syscall.SIGTERM {
		return nil
	}
	return err
}

// unread takes it as a good end that nobody reads the output any more.
func unread(err error) error {
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}
