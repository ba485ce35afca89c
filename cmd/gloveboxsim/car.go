package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"glovebox/sim"
	"glovebox/sim/car"
)

// carCommand is `gloveboxsim car`.
type carCommand struct {
	Dir   string        `help:"Where the ports appear, made if it is not there; a temporary directory if empty." placeholder:"D"`
	Pause time.Duration `help:"Silence between two laps; a car is parked after 5s of it." default:"10s"`
	Speed float64       `help:"How many times as fast as it was driven." default:"1"`
	For   time.Duration `help:"End after this time; 0 is never." placeholder:"D"`
}

// Validate is called by kong.
func (c *carCommand) Validate() error {
	if c.Speed <= 0 || c.Pause < 0 || c.For < 0 {
		return errors.New("want a speed above 0 and times of 0 or more")
	}
	return nil
}

// Run plays the recorded drive again and again until ctx ends or the time is up.
func (c *carCommand) Run(ctx context.Context, out io.Writer) (err error) {
	if c.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.For)
		defer cancel()
	}
	drive, err := sim.RAV4Drive()
	if err != nil {
		return setup(err)
	}
	if c.Dir == "" {
		if c.Dir, err = os.MkdirTemp("", "gloveboxsim"); err != nil {
			return setup(err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(c.Dir)) }()
	} else if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return setup(err)
	}
	replay := &car.Replay{Drive: drive, Buses: map[string]io.Writer{}, Speed: c.Speed}
	for _, port := range []struct{ name, recorded string }{{"powertrain", "can0"}, {"radar", "can1"}, {"gnss", ""}} {
		pty, err := car.NewPty(c.Dir, port.name)
		if err != nil {
			return setup(err)
		}
		defer pty.Close()
		if port.recorded == "" {
			replay.GNSS = pty
		} else {
			replay.Buses[port.recorded] = pty
		}
		defer context.AfterFunc(ctx, func() { pty.Close() })() // ends a write that waits
		fmt.Fprintln(out, port.name, pty.Name())
	}
	return c.repeat(ctx, replay)
}

// repeat plays the drive again and again. The end of ctx is a good end.
func (c *carCommand) repeat(ctx context.Context, replay *car.Replay) error {
	for {
		if err := replay.Play(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(c.Pause):
		}
	}
}
