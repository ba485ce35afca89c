package main

import (
	"fmt"

	"glovebox/headunit"
)

type loginCmd struct {
	Who      string `arg:"" name:"name|id" help:"Name or id of the profile."`
	PinStdin bool   `help:"Read the PIN from standard input."`
	Wait     bool   `help:"On the move: log in as soon as the car is parked."`
}

// Run logs in. A PIN is asked for only where one is set and it can be used now; it is
// never an argument.
func (c *loginCmd) Run(a *app) error {
	p, err := a.find(c.Who)
	if err != nil {
		return err
	}
	pin := ""
	if p.HasPIN {
		if err := c.usable(a, p); err != nil {
			return err
		}
		typed, err := a.secrets(c.PinStdin)
		if err != nil {
			return err
		}
		if pin, err = typed.ask(fmt.Sprintf("PIN of %s: ", p.Name)); err != nil {
			return err
		}
	}
	settings, err := a.Login(a.ctx, p.ID, pin, c.Wait)
	if err != nil {
		return err
	}
	return a.started(settings)
}

// pinOff is RetryAfter of a person whose PIN is not looked at any more.
const pinOff = 1<<32 - 1

// usable refuses before anybody types a PIN, with the names that the agent would use.
func (c *loginCmd) usable(a *app, p headunit.Profile) error {
	switch wait, _ := p.Properties["RetryAfter"].(uint32); {
	case wait == pinOff:
		return failure{exitRefused, "LockedOut", "too many wrong PINs: the PIN is off until it is set anew"}
	case wait > 0:
		return failure{exitRefused, "LockedOut", fmt.Sprintf("too many wrong PINs; wait %d s and try again", wait)}
	}
	s, err := a.Session(a.ctx)
	if err != nil {
		return err
	}
	if !s.Parked && !c.Wait && s.Profile != p.ID {
		return failure{exitRefused, "NotParked", "the car is moving; park first, or use --wait"}
	}
	return nil
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
		for _, name := range []string{"state", "profile", "role", "reason", "suggested", "pending"} {
			more[name] = values[name]
		}
		return a.line(more)
	}
	names, err := a.readerNames()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.out, wheel(values, names))
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
