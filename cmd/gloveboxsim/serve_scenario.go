package main

import (
	"context"
	"errors"
	"io"

	"golang.org/x/sync/errgroup"

	"glovebox/sim/console"
	"glovebox/sim/scenario"
)

// scenario plays a scenario file and shows its world. How each line went is said
// when it is over; it ends by itself then, as `gloveboxsim run` does.
func (c *serveCommand) scenario(ctx context.Context, out io.Writer) error {
	all, err := loadScenarios([]string{c.Scenario})
	if err != nil {
		return err
	}
	live, err := scenario.Open(ctx, all[0], scenario.Options{})
	if err != nil {
		return ended(ctx, setup(err))
	}
	ctx, cancel := c.limit(ctx)
	defer cancel()
	result, err := watchScenario(ctx, live, all[0], out)
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

// watchScenario plays a scenario and shows its world from its first boot on.
func watchScenario(ctx context.Context, live *scenario.Live, s *scenario.Scenario, out io.Writer) (scenario.Result, error) {
	var result scenario.Result
	running, over := context.WithCancel(ctx)
	defer over()
	jobs, watching := errgroup.WithContext(running)
	jobs.Go(func() error {
		defer over()
		result = live.Play(watching)
		return nil
	})
	jobs.Go(func() error { return watchFromBoot(watching, live, s, out) })
	err := jobs.Wait()
	return result, err
}

func watchFromBoot(ctx context.Context, live *scenario.Live, s *scenario.Scenario, out io.Writer) (err error) {
	world := live.World()
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
	observer, err := console.NewObserver(ctx, world, script{}, "scenario "+s.Name)
	if err != nil {
		return err
	}
	defer observer.Close()
	view, err := newView(out)
	if err != nil {
		return err
	}
	return errors.Join(watch(ctx, observer, view), view.close())
}

// script is a scenario for the observer: it has no laps.
type script struct{}

func (script) Progress() console.Progress { return console.Progress{} }
func (script) Note() string               { return "" }
