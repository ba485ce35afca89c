package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"glovebox/sim"
	"glovebox/sim/console"
	"glovebox/sim/scenario"
)

// serveCommand is `gloveboxsim serve`.
type serveCommand struct {
	Listen   string        `help:"Where the page will be served, a port of this machine. There is no page yet: the address is only checked." default:"127.0.0.1:8480" placeholder:"ADDRESS"`
	For      time.Duration `help:"End after this time; 0 is never." placeholder:"D"`
	Scenario string        `arg:"" optional:"" help:"A scenario file in place of the recorded drive." placeholder:"SCENARIO"`
}

// repeated is what plays, again and again, where no scenario is named.
//
//go:embed serve.txtar
var repeated []byte

// Run makes the world of a scenario and shows it until ctx ends, the time is up or
// the scenario is over.
func (c *serveCommand) Run(ctx context.Context, out io.Writer) error {
	if err := c.check(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP) // the terminal is closed
	defer stop()
	piped := make(chan os.Signal, 1) // a reader who left is an error of Write, and no end of the process
	signal.Notify(piped, syscall.SIGPIPE)
	defer signal.Stop(piped)
	s, err := c.load()
	if err != nil {
		return err
	}
	live, err := scenario.Open(ctx, s, scenario.Options{Forget: c.Scenario == ""})
	if err != nil {
		return ended(ctx, setup(err))
	}
	ctx, cancel := c.limit(ctx)
	defer cancel()
	if c.Scenario == "" {
		err = watching(ctx, livePlayer{live, s}, out, live.Repeat)
		if live.Progress().Playback == 0 { // it came to nothing
			err = setup(err)
		}
		return errors.Join(unread(ended(ctx, err)), unborn(live.Close()))
	}
	return c.once(ctx, live, s, out)
}

// once plays a scenario. How each line went is said when it is over; it ends by
// itself then, as `gloveboxsim run` does.
func (c *serveCommand) once(ctx context.Context, live *scenario.Live, s *scenario.Scenario, out io.Writer) error {
	var result scenario.Result
	err := watching(ctx, livePlayer{live, s}, out, func(ctx context.Context) error {
		result = live.Play(ctx)
		return nil
	})
	early := ctx.Err() != nil
	if err = errors.Join(err, unborn(live.Close())); err != nil || early {
		return unread(err)
	}
	show := (&runScenarios{}).printJSON
	if console.IsScreen(out) {
		show = (&runScenarios{}).printText
	}
	if show(out, result); !result.OK {
		return exit{code: exitFailed}
	}
	return nil
}

// check refuses what cannot be served.
func (c *serveCommand) check() error {
	usage := func(format string, args ...any) error { return exit{exitUsage, fmt.Errorf(format, args...)} }
	switch host, _, err := net.SplitHostPort(c.Listen); {
	case err != nil:
		return usage("--listen %s: want an address such as 127.0.0.1:8480", c.Listen)
	case host != "localhost" && !net.ParseIP(host).IsLoopback():
		return usage("--listen %s: want an address of this machine alone, such as 127.0.0.1:8480", c.Listen)
	case c.For < 0:
		return usage("--for %v: want a time of 0 or more", c.For)
	}
	probe, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return setup(fmt.Errorf("--listen: %w", err))
	}
	return setup(probe.Close())
}

// load reads the scenario.
func (c *serveCommand) load() (*scenario.Scenario, error) {
	if c.Scenario == "" {
		return scenario.Parse("serve.txtar", repeated, nil)
	}
	all, err := loadScenarios([]string{c.Scenario})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// limit ends a context after --for.
func (c *serveCommand) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.For == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, c.For)
}

// watching plays a scenario and shows its world from its first boot on.
func watching(ctx context.Context, p livePlayer, out io.Writer, play func(context.Context) error) error {
	ctx, over := context.WithCancel(ctx)
	defer over()
	jobs, ctx := errgroup.WithContext(ctx)
	log := console.NewLog()
	feed, err := console.NewFeed(ctx, p, log)
	if err != nil {
		return ended(ctx, err)
	}
	jobs.Go(func() error {
		defer over()
		return play(ctx)
	})
	jobs.Go(func() error { return feed.Run(ctx) })
	jobs.Go(func() error { return watchFromBoot(ctx, p.World(), log, out) })
	return jobs.Wait()
}

func watchFromBoot(ctx context.Context, world *sim.World, log *console.Log, out io.Writer) (err error) {
	booted := func() bool {
		state := world.Cloud.State()
		return state.Online && state.Policy >= world.Cloud.Version()
	}
	if world.Cloud.Wait(ctx, booted) != nil {
		return nil // it was over before
	}
	if err := ready(out, world); err != nil {
		return err
	}
	view, err := newView(out)
	if err != nil {
		return err
	}
	return errors.Join(watch(ctx, log, view), view.close())
}

// ready says where the world is.
func ready(out io.Writer, world *sim.World) error {
	_, err := fmt.Fprintf(out, "ready bus=%s broker=%s url=\n", world.DBus.Address, world.Broker.URL())
	return err
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
