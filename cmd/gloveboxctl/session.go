package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"glovebox/headunit"
)

type loginCmd struct {
	Who      string `arg:"" name:"name|id" help:"Name or id of the profile."`
	PinStdin bool   `help:"Read the PIN from standard input."`
	Wait     bool   `help:"On the move: log in as soon as the car is parked."`
}

// Run logs in. A PIN is asked for only where one is set; it is never an argument.
func (c *loginCmd) Run(a *app) error {
	p, err := a.find(c.Who)
	if err != nil {
		return err
	}
	pin := ""
	if p.HasPIN {
		if pin, err = c.pin(a, p.Name); err != nil {
			return err
		}
	}
	settings, err := a.Login(a.ctx, p.ID, pin, c.Wait)
	if err != nil {
		return err
	}
	return a.started(settings)
}

// longestPIN is what the agent takes, and a little more, so that it can refuse.
const longestPIN = 128

func (c *loginCmd) pin(a *app, name string) (string, error) {
	if c.PinStdin {
		line, err := bufio.NewReader(io.LimitReader(a.in, longestPIN)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read the PIN: %w", err)
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	file, ok := a.in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return "", usage("this profile has a PIN: use --pin-stdin, or a terminal")
	}
	fmt.Fprintf(a.err, "PIN of %s: ", name)
	typed, err := term.ReadPassword(int(file.Fd()))
	fmt.Fprintln(a.err)
	if err != nil {
		return "", fmt.Errorf("read the PIN: %w", err)
	}
	return string(typed), nil
}

type guestCmd struct {
	Wait bool `help:"On the move: start as soon as the car is parked."`
}

// Run starts a guest's session.
func (c *guestCmd) Run(a *app) error {
	settings, err := a.Guest(a.ctx, c.Wait)
	if err != nil {
		return err
	}
	return a.started(settings)
}

// started shows whose session began, with the settings in JSON.
func (a *app) started(settings headunit.Settings) error {
	return a.session(map[string]any{"settings": settings})
}

// session shows who is at the wheel now, and more where there is more.
func (a *app) session(more map[string]any) error {
	properties, err := a.Properties(a.ctx, "Session1")
	if err != nil {
		return err
	}
	values := named(properties)
	if a.json {
		for _, name := range []string{"state", "profile", "role", "pending"} {
			more[name] = values[name]
		}
		return a.line(more)
	}
	if waits := values["pending"]; waits != "" {
		_, err = fmt.Fprintf(a.out, "%s; %s waits until parked\n", values["state"], waits)
		return err
	}
	_, err = fmt.Fprintln(a.out, strings.TrimSpace(fmt.Sprintf("%s %s", values["state"], values["profile"])))
	return err
}

type logoutCmd struct{}

// Run ends the session.
func (logoutCmd) Run(a *app) error {
	if err := a.Logout(a.ctx); err != nil {
		return err
	}
	return a.session(map[string]any{})
}
