package mapping

import (
	"slices"

	"glovebox/hal/dbc"
)

// Bus is one bus and the text of its DBC file.
type Bus struct {
	Name string // as [[signal]] has it
	File string // name of the DBC file, for what is said of it
	DBC  []byte
}

// Bind parses the DBC file of each bus and compiles f by them. What is wrong with a
// DBC file costs the signals concerned: that is no error, unless f names them.
func (f *File) Bind(buses []Bus) (*Plan, []dbc.Problem, error) {
	files := map[string]*dbc.File{}
	var problems []dbc.Problem
	for _, b := range buses {
		var found []dbc.Problem
		files[b.Name], found = dbc.Parse(b.File, b.DBC)
		problems = append(problems, found...)
	}
	plan, err := Compile(f, files)
	return plan, problems, err
}

// Without is f without the actuators of these paths. What their confirm showed is gone
// with them, where no signal has the path.
func (f *File) Without(paths ...string) *File {
	of := *f
	of.Actuators = slices.DeleteFunc(slices.Clone(f.Actuators), func(a Actuator) bool { return slices.Contains(paths, a.Path) })
	return &of
}

// Of is f as far as it is about the buses that keep takes. An alarm stays: one
// whose path is gone is never on.
func (f *File) Of(keep func(bus string) bool) *File {
	of := *f
	of.Signals = slices.DeleteFunc(slices.Clone(f.Signals), func(s Signal) bool { return !keep(s.Bus) })
	of.Actuators = slices.DeleteFunc(slices.Clone(f.Actuators), func(a Actuator) bool { return !keep(a.Bus) })
	of.Fobs = slices.DeleteFunc(slices.Clone(f.Fobs), func(b Fob) bool { return !keep(b.Bus) })
	return &of
}
