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
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"glovebox/sim"
	"glovebox/sim/console"
)

// keepMessages is how many messages of each reader stay in memory: serve may run
// for days.
const keepMessages = 200

// serveCommand is `gloveboxsim serve`.
type serveCommand struct {
	Listen   string        `help:"Where the page will be served, a port of this machine. There is no page yet: the address is only checked." default:"127.0.0.1:8480" placeholder:"ADDRESS"`
	For      time.Duration `help:"End after this time; 0 is never." placeholder:"D"`
	Scenario string        `arg:"" optional:"" help:"A scenario file in place of the recorded drive." placeholder:"SCENARIO"`
}

// Run starts a world and shows it until ctx ends or the time is up.
func (c *serveCommand) Run(ctx context.Context, out io.Writer) error {
	if err := c.check(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP) // the terminal is closed
	defer stop()
	piped := make(chan os.Signal, 1) // a reader who left is an error of Write, and no end of the process
	signal.Notify(piped, syscall.SIGPIPE)
	defer signal.Stop(piped)
	if c.Scenario != "" {
		return c.scenario(ctx, out)
	}
	options, err := sim.RAV4(sim.Options{Users: console.People(), Messages: keepMessages})
	if err != nil {
		return setup(err)
	}
	world, err := sim.Start(ctx, options)
	if err != nil {
		return ended(ctx, setup(err))
	}
	return errors.Join(c.show(ctx, world, options, out), unborn(world.Close()))
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

// show boots the agent and shows the world.
func (c *serveCommand) show(ctx context.Context, world *sim.World, options sim.Options, out io.Writer) error {
	laps, err := console.NewLaps(world, options)
	if err != nil {
		return setup(err)
	}
	if err := world.Boot(ctx); err != nil {
		return ended(ctx, setup(err))
	}
	if err := ready(out, world); err != nil {
		return unread(err)
	}
	ctx, cancel := c.limit(ctx)
	defer cancel()
	observer, err := console.NewObserver(ctx, world, laps, "a recorded drive, in laps")
	if err != nil {
		return setup(err)
	}
	defer observer.Close()
	view, err := newView(out)
	if err != nil {
		return err
	}
	jobs, running := errgroup.WithContext(ctx)
	jobs.Go(func() error { return laps.Play(running) })
	jobs.Go(func() error { return watch(running, observer, view) })
	jobs.Go(func() error { return outlive(running, world) })
	return unread(errors.Join(ended(ctx, jobs.Wait()), view.close()))
}

// ready says where the world is.
func ready(out io.Writer, world *sim.World) error {
	_, err := fmt.Fprintf(out, "ready bus=%s broker=%s url=\n", world.DBus.Address, world.Broker.URL())
	return err
}

// limit ends a context after --for.
func (c *serveCommand) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.For == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, c.For)
}

// watch looks at the world until ctx ends.
func watch(ctx context.Context, observer *console.Observer, view view) error {
	tick := time.NewTicker(console.LookEvery)
	defer tick.Stop()
	for {
		if err := view.show(observer.Look(ctx)); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// outlive returns an error if the agent ends before ctx.
func outlive(ctx context.Context, world *sim.World) error {
	select {
	case <-ctx.Done():
		return nil
	case <-world.Agent.Ended():
		return errors.Join(errors.New("the agent ended by itself"), world.Agent.Err())
	}
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
