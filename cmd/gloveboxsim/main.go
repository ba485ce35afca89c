// Gloveboxsim is a world without a car: pseudo-terminals that speak like one, a
// broker, a back end and the real gloveboxd among them.
package main

import (
	"os"

	"github.com/alecthomas/kong"
)

var version = "0.1.0" // set by -ldflags -X

// Exit codes (docs/contract.md, Programs).
const (
	exitDone        = 0
	exitFailed      = 1 // a check failed
	exitUsage       = 2
	exitSetup       = 3 // could not set up
	exitInterrupted = 130
)

// commands is the command line.
type commands struct {
	Car     carCommand       `cmd:"" help:"Only the car: pseudo-terminals that play a recorded drive. Their names are printed."`
	Serve   serveCommand     `cmd:"" help:"The whole world, live: a page in the browser, a picture on the terminal or JSON lines."`
	Run     runScenarios     `cmd:"" help:"Play scenario files and check what they promise."`
	Check   checkScenarios   `cmd:"" help:"Read scenario files and say what is wrong with them."`
	Repl    replCommand      `cmd:"" help:"Play line by line, by hand. Tab completes, help lists the words."`
	Record  recordCommand    `cmd:"" help:"The same, and write what was done as a scenario file that run repeats."`
	Version kong.VersionFlag `help:"Print the version and exit."`
}

func main() { os.Exit(command(os.Args[1:], os.Stdout, os.Stderr)) }
