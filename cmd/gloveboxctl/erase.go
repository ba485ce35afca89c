package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

type eraseCmd struct {
	What     string `arg:"" help:"everything."`
	PinStdin bool   `help:"Read the main user's PIN from standard input."`
	Yes      bool   `help:"Do not ask again."`
}

// Run makes the car as new. On a terminal it asks once more; elsewhere --yes says that it
// is meant.
func (c *eraseCmd) Run(a *app) error {
	if c.What != "everything" {
		return usage("what is erased: want everything")
	}
	if err := c.meant(a); err != nil {
		return err
	}
	typed, err := a.secrets(c.PinStdin)
	if err != nil {
		return err
	}
	pin, err := typed.ask("PIN of the main user: ")
	if err != nil {
		return err
	}
	receipt, err := a.Erase(a.ctx, pin)
	if err != nil {
		return err
	}
	return a.did(map[string]any{"receipt": receipt}, "Everything is %s. The car has another vehicle id from now on.", receipt["result"])
}

// meant asks whether it is.
func (c *eraseCmd) meant(a *app) error {
	if c.Yes {
		return nil
	}
	file, ok := a.in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) || c.PinStdin {
		return usage("this erases everybody and everything: use --yes, or a terminal without --pin-stdin")
	}
	fmt.Fprint(a.err, "This erases everybody and everything in this car. There is no way back.\nType everything to go on: ")
	from := bufio.NewReader(io.LimitReader(a.in, longestPIN))
	typed, err := awaited(a.ctx, func() (string, error) { return lineOf(from) })
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if strings.TrimSpace(typed) != "everything" {
		return usage("nothing is erased")
	}
	return nil
}
