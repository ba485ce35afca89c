package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/godbus/dbus/v5"
	"golang.org/x/term"
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
	if has, _ := p.props["HasPIN"].Value().(bool); has {
		if pin, err = c.pin(a, p.name()); err != nil {
			return err
		}
	}
	return a.start("Login", p.path, pin, waiting(c.Wait))
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
func (c *guestCmd) Run(a *app) error { return a.start("StartGuest", waiting(c.Wait)) }

func waiting(wait bool) map[string]dbus.Variant {
	if !wait {
		return noOptions()
	}
	return map[string]dbus.Variant{"wait": dbus.MakeVariant(true)}
}

func noOptions() map[string]dbus.Variant { return map[string]dbus.Variant{} }

// start begins a session and shows whose it is, with the settings in JSON.
func (a *app) start(method string, args ...any) error {
	var settings map[string]map[string]dbus.Variant
	if err := a.ask("Session1."+method, args, &settings); err != nil {
		return err
	}
	groups := map[string]any{}
	for group, values := range settings {
		groups[group] = plain(values)
	}
	return a.session(map[string]any{"settings": groups})
}

// session shows who is at the wheel now, and more where there is more.
func (a *app) session(more map[string]any) error {
	props, err := a.properties("Session1")
	if err != nil {
		return err
	}
	values := named(props)
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
	if err := a.ask("Session1.Logout", []any{noOptions()}); err != nil {
		return err
	}
	return a.session(map[string]any{})
}
