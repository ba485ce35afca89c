// Package scenario is the command language of the simulator: it reads .txtar
// files, says what is wrong with them, and runs them against a world with the
// real agent in it. docs/scenarios.md has every command and check.
package scenario

import (
	"fmt"
	"strings"

	"glovebox/sim"
	"glovebox/sim/cloud"
)

// Scenario is one file, included ones too, after it was read.
type Scenario struct {
	Name  string // of the file, without its folder and ending
	Steps []Step
	Files map[string][]byte // attachments by name
	Head

	beside map[string][]byte            // other files that lines name
	open   func(string) ([]byte, error) // reads those; nil if there are none
}

// Head is what a file says of the world before the agent boots.
type Head struct {
	Title  string
	Seed   uint64
	Speed  float64 // of the car, 1 is real time
	Config []sim.Setting
	Policy string // name of an override
	Model  string
	Year   int
	Users  []cloud.User
	Drive  *replay // how the first replay plays; the buses of the car are those of it

	SmallDisk bool    // a line fills the disk
	Sleeps    bool    // a line puts the unit to sleep
	Made      bool    // the car is the made one, not the recorded one
	Vehicle   Vehicle // how the made one begins
}

// Step is one line that says something.
type Step struct {
	File string
	Line int
	Note string // the comment right above it
	Command
}

// Command is what one line asks for.
type Command struct {
	*form
	what action
}

// String is a line that reads as the same command.
func (c Command) String() string { return c.print(c.what.slots()) }

// Text is the line, in its shortest form.
func (s Step) Text() string { return s.String() }

// Problem is one thing that is wrong with a file.
type Problem struct {
	File string
	Line int
	Text string
	Near string // the word that may have been meant, if there is one
}

func (p Problem) String() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text) }

// Problems is the error of Parse: all that is wrong, in the order of the lines.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}
