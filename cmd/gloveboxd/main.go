// Gloveboxd is the agent on a car's head unit: it logs people in, keeps their
// settings, leaves nothing of a guest behind and decides who may know where the
// car is.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"glovebox/profiles/keyring"
)

var version = "0.1.0" // set by -ldflags -X

// Exit codes (contract section 4).
const (
	exitStopped = 0 // on request
	exitFailed  = 1
	exitConfig  = 2 // bad configuration
)

// options is the command line.
type options struct {
	Config     string           `help:"Configuration file." default:"/etc/glovebox/gloveboxd.toml" placeholder:"F"`
	Identity   bool             `help:"Create the vehicle id and keys if there are none, print them and exit."`
	Check      bool             `help:"Say all that is wrong with the configuration and exit."`
	CheckStore string           `help:"Open and read one store file, or all in a directory, say what is wrong and exit." placeholder:"PATH"`
	Version    kong.VersionFlag `help:"Print the version and exit."`
}

func main() { os.Exit(command(os.Args[1:], os.Stdout, os.Stderr)) }

// command runs one command line and returns its exit code.
func command(args []string, stdout, stderr io.Writer) int {
	if len(args) == 2 && args[0] == "--check-store" { // the child of each start: no need to read options
		return report(stderr, checkStore(args[1]), exitFailed)
	}
	var o options
	parser, err := kong.New(&o, kong.Name("gloveboxd"), kong.Description("The agent that looks after the people in a car."),
		kong.Vars{"version": version}, kong.Writers(stdout, stderr), kong.Exit(os.Exit))
	if err != nil {
		panic(err) // the options are ours
	}
	if _, err := parser.Parse(args); err != nil {
		fmt.Fprintln(stderr, "gloveboxd:", err)
		return exitConfig
	}
	if o.CheckStore != "" {
		return report(stderr, checkStore(o.CheckStore), exitFailed)
	}
	cfg, err := readConfig(o.Config)
	if err != nil && o.Check {
		_, more := cfg.plan(newLog(stderr))
		err = errors.Join(err, more)
	}
	if err != nil {
		return report(stderr, err, exitConfig)
	}
	if o.Identity {
		return report(stderr, printIdentity(cfg, stdout), exitFailed)
	}
	log := newLog(stderr)
	if o.Check {
		p, err := cfg.plan(log)
		for _, problem := range p.problems {
			fmt.Fprintln(stdout, problem) // costs the signals concerned and nothing else
		}
		if err == nil {
			fmt.Fprintln(stdout, "ok")
		}
		return report(stderr, err, exitConfig)
	}
	if err := harden(); err != nil {
		log.Warn("core dumps stay possible", "error", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	switch err := run(ctx, cfg, log); {
	case errors.Is(err, errConfig):
		return report(stderr, err, exitConfig)
	case err != nil && !errors.Is(err, context.Canceled):
		log.Error("ended", "error", err)
		return exitFailed
	}
	return exitStopped
}

// report prints each line of an error with the program's name.
func report(w io.Writer, err error, code int) int {
	if err == nil {
		return exitStopped
	}
	fmt.Fprintln(w, "gloveboxd:", err)
	return code
}

// printIdentity shows the car's public half, from which certificate and first
// document are made.
func printIdentity(cfg Config, w io.Writer) error {
	if err := os.MkdirAll(cfg.Store.Dir, 0o700); err != nil {
		return err
	}
	identity, err := keyring.Identity(cfg.Store.Dir)
	if err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(identity.Public())
}

// harden keeps people's data out of core dumps (erasure.md 2).
func harden() error {
	return errors.Join(
		syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}),
		undumpable(),
	)
}
