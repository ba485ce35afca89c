package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// usage is what --help prints.
const usage = `Usage: gloveboxd [flags]

The agent that looks after the people in a car.

Flags:
  -h, --help                Print the options and exit.
      --config=F            Configuration file.
      --identity            Create the vehicle id and keys if there are none,
                            print them and exit.
      --check               Say all that is wrong with the configuration and
                            exit.
      --check-store=PATH    Open and read one store file, or all in a directory,
                            say what is wrong and exit. Not beside an agent.
      --version             Print the version and exit.
`

// options is the command line.
type options struct {
	Config     string
	Identity   bool
	Check      bool
	CheckStore string
	Version    bool
}

// errHelp asks for the usage instead of a run.
var errHelp = errors.New("help")

// parseOptions reads `--name`, `--name VALUE` and `--name=VALUE`. Five flags need
// no library: a parser that works by reflection weighs 1.8 MB in the program.
func parseOptions(args []string) (options, error) {
	o := options{Config: "/etc/glovebox/gloveboxd.toml"}
	texts := map[string]*string{"--config": &o.Config, "--check-store": &o.CheckStore}
	flags := map[string]*bool{"--identity": &o.Identity, "--check": &o.Check, "--version": &o.Version}
	for len(args) > 0 {
		name, value, given := strings.Cut(args[0], "=")
		args = args[1:]
		if name == "-h" || name == "--help" {
			return o, errHelp
		}
		text, flag := texts[name], flags[name]
		switch {
		case flag != nil && given:
			return o, fmt.Errorf("%s takes no value", name)
		case flag != nil:
			*flag = true
			continue
		case text == nil && strings.HasPrefix(name, "-"):
			return o, fmt.Errorf("unknown flag %s", name)
		case text == nil:
			return o, fmt.Errorf("unexpected argument %s", name)
		case !given && len(args) > 0:
			value, args = args[0], args[1:]
		}
		if value == "" {
			return o, fmt.Errorf("%s needs a value", name)
		}
		*text = value
	}
	return o, nil
}

// refuse says what is wrong with a command line, or helps.
func refuse(err error, stdout, stderr io.Writer) int {
	if errors.Is(err, errHelp) {
		fmt.Fprint(stdout, usage)
		return exitStopped
	}
	return report(stderr, err, exitUsage)
}
