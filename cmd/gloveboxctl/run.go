package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"glovebox/headunit"
)

// Exit codes (docs/contract.md, Programs).
const (
	exitDone       = 0
	exitRefused    = 1 // refused or failed
	exitUsage      = 2
	exitNotReached = 3 // the agent is not reachable
)

// commands is the command line.
type commands struct {
	Bus     string           `help:"D-Bus to ask: system, session or an address." default:"system" env:"GLOVEBOX_BUS" placeholder:"ADDRESS"`
	JSON    bool             `name:"json" help:"Print JSON and nothing else, errors too."`
	Version kong.VersionFlag `help:"Print the version and exit."`

	Status   statusCmd   `cmd:"" help:"Who is at the wheel, what leaves the car, and how the car is."`
	Profiles profilesCmd `cmd:"" help:"The people of this car."`
	Invite   inviteCmd   `cmd:"" help:"Invite somebody to become a secondary user."`
	Cancel   cancelCmd   `cmd:"" help:"Take back an invitation that was not accepted yet."`
	Activate activateCmd `cmd:"" help:"Let somebody in who has accepted an invitation."`
	Remove   removeCmd   `cmd:"" help:"Take a secondary user out of the car and erase what it kept of them."`
	Share    shareCmd    `cmd:"" help:"Say what a secondary user is told while others drive."`
	Restrict restrictCmd `cmd:"" help:"Say which functions are closed to a secondary user."`
	Erase    eraseCmd    `cmd:"" help:"Make the car as new, for a sale: everybody and everything in it is erased. There is no way back."`
	Login    loginCmd    `cmd:"" help:"Log a person in."`
	Guest    guestCmd    `cmd:"" help:"Start a guest's session."`
	Logout   logoutCmd   `cmd:"" help:"End the session of whoever is at the wheel."`
	PIN      pinCmd      `cmd:"" name:"pin" help:"Set a PIN anew, or as the main user take a forgotten one away."`
	Fob      fobCmd      `cmd:"" help:"Link the key fob in the car to the person at the wheel, or take theirs away."`
	Settings settingsCmd `cmd:"" help:"Show settings of the person at the wheel, or change one."`
	Export   exportCmd   `cmd:"" help:"Write what the person at the wheel has set, as JSON."`
	Import   importCmd   `cmd:"" help:"Set what export wrote, for the person at the wheel, all or nothing."`
	Privacy  privacyCmd  `cmd:"" help:"Show what may leave the car, or set the level."`
	Ledger   ledgerCmd   `cmd:"" help:"What was published, reduced and withheld, for whom, by which rule."`
	Why      whyCmd      `cmd:"" help:"One entry of the ledger, and in a sentence each every rule that decided so."`
	Messages messagesCmd `cmd:"" help:"The messages of the person at the wheel: chat with the workshop, bookings, warnings, notices."`
	Send     sendCmd     `cmd:"" help:"Write a line to the workshop."`
	Trips    tripsCmd    `cmd:"" help:"The trips that the person at the wheel may see."`
	Assign   assignCmd   `cmd:"" help:"Hand a trip to people, for good: of the main user any, of others their own to themselves."`
	Health   healthCmd   `cmd:"" help:"Warning lights and maintenance now."`
	Watch    watchCmd    `cmd:"" help:"Signals of the car as they come, until interrupted."`

	Completion completionCmd `cmd:"" help:"Print the script that completes this program's words in a shell."`
}

// app is what a command works with.
type app struct {
	ctx   context.Context
	model *kong.Application
	in    io.Reader
	out   io.Writer
	err   io.Writer
	json  bool
	*headunit.Client
}

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	var cli commands
	ended := -1 // by --help or --version
	parser, err := kong.New(&cli, kong.Name("gloveboxctl"), kong.Description("Ask the Glovebox agent over D-Bus."),
		kong.Vars{"version": version}, kong.Writers(out, errOut),
		kong.Exit(func(code int) { ended = max(ended, code) }))
	if err != nil {
		panic(err) // the table of commands is wrong
	}
	command, err := parser.Parse(args)
	if ended >= 0 {
		return ended
	}
	a := &app{ctx: ctx, model: parser.Model, in: in, out: out, err: errOut, json: cli.JSON || slices.Contains(args, "--json")}
	if err != nil {
		return a.fail(usage("%s", err))
	}
	if a.Client, err = headunit.Dial(ctx, cli.Bus); err == nil {
		defer a.Close() // nothing is lost with it
	} else if !strings.HasPrefix(command.Command(), completing) {
		return a.fail(notReached(err))
	}
	err = command.Run(a)
	if _, ours := errors.AsType[failure](err); err != nil && ctx.Err() != nil && !ours {
		err = errInterrupted
	}
	if err != nil {
		return a.fail(err)
	}
	return exitDone
}

// failure is an error with the name and the exit code that it has outside.
type failure struct {
	code int
	name string
	text string
}

func (f failure) Error() string { return f.text }

// usage is a command line that cannot be meant.
func usage(format string, args ...any) error {
	return failure{exitUsage, "Usage", fmt.Sprintf(format, args...)}
}

func notReached(err error) error { return failure{exitNotReached, "NotReachable", err.Error()} }

func refused(err error) error { return failure{exitRefused, "InvalidArgument", err.Error()} }

// errInterrupted is of a command that was to be done, and may not be.
var errInterrupted = failure{exitRefused, "Interrupted", "interrupted: what was asked for may be done or not"}

// failed gives an error its name and exit code.
func failed(err error) failure {
	if f, ours := errors.AsType[failure](err); ours {
		return f
	}
	r, answered := errors.AsType[*headunit.Refusal](err)
	switch away := errors.Is(err, headunit.ErrNotReached); {
	case away && answered:
		return failure{exitNotReached, "NotReachable", "the agent is not running on this bus"}
	case away:
		return failure{exitNotReached, "NotReachable", err.Error()}
	case answered:
		return failure{exitRefused, strings.TrimPrefix(r.Name, "org.freedesktop.DBus.Error."), r.Message}
	}
	return failure{exitRefused, "Failed", err.Error()}
}

// fail says what went wrong and returns the exit code.
func (a *app) fail(err error) int {
	f := failed(err)
	if a.json {
		_ = a.line(map[string]any{"error": f.name, "message": f.text})
		return f.code
	}
	fmt.Fprintf(a.err, "gloveboxctl: %s\n", f.text)
	if f.code == exitUsage {
		fmt.Fprintln(a.err, "Run gloveboxctl --help for the commands.")
	}
	return f.code
}

// line prints one JSON value on a line of its own.
func (a *app) line(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
