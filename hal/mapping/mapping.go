// Package mapping knows which signal of which bus is which VSS path: it reads
// the mapping file, binds it to the DBC files of the buses and decodes frames
// into readings. Decoder.Decode is the agent's hot path: it runs for every
// frame of every bus and allocates nothing. A frame that the file does not name
// is nobody's: it is looked up once and forgotten.
package mapping

import (
	"fmt"
	"strings"
	"time"

	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/dbc"
)

// File is what a mapping file says, before any DBC file is known.
type File struct {
	Name      string
	Signals   []Signal
	Alarms    []Alarm
	Actuators []Actuator
	Fobs      []Fob
}

// Ref names a signal of a DBC file.
type Ref struct{ Message, Signal string }

func (r Ref) String() string { return r.Message + "." + r.Signal }

// Match says which frames are a message of the DBC file.
type Match uint8

const (
	Exact Match = iota // those with its whole identifier
	PGN                // those of its parameter group, whoever sends them to whom (SAE J1939-21)
)

// is reports whether f is the message m.
func (match Match) is(m *dbc.Message, f *can.Frame) bool {
	if match == PGN {
		return f.Extended && can.PGN(f.ID) == can.PGN(m.ID)
	}
	return f.ID == m.ID && f.Extended == m.Extended
}

// Signal is one [[signal]]: where the value of a path comes from. Numbers that
// stand for the signal's own value are physical values, as the DBC file says.
type Signal struct {
	Path    string
	Bus     string
	CAN     Ref
	Invalid []float64   // "not available"
	Values  []Meaning   // if there are any, only these have a value at all
	Scale   float64     // path's value = physical × Scale + Offset
	Offset  float64     // in the path's unit
	When    []Condition // all must hold
	Every   time.Duration
	Match   Match // of every message that is named here
	Line    int

	Plausible Plausible
}

// Meaning says what one physical value is on the path.
type Meaning struct {
	From float64
	To   hal.Value
}

// Condition holds while another signal of the same bus has that physical value.
type Condition struct {
	CAN   Ref
	Value float64
}

// Alarm is one [[alarm]]: active while Path has the value When.
type Alarm struct {
	Code     string
	Path     string
	When     hal.Value
	Severity string // warning or critical
	Line     int
}

// Actuator is one [[actuator]]: what sets a path, and what shows that it is set.
// Values, Scale and Offset are as in Signal, and say what CAN means.
type Actuator struct {
	Path    string
	Bus     string
	CAN     Ref
	Confirm Ref
	Values  []Meaning
	Scale   float64
	Offset  float64
	Match   Match // of Confirm, where no Signal has the path
	Line    int
}

// Fob is one [[fob]]: what a key reader says.
type Fob struct {
	Bus      string
	ID       Ref
	Present  Ref
	Unlocked Ref
	Match    Match
	Line     int
}

// Problem is one thing that is wrong with a mapping file.
type Problem struct {
	File string
	Line int
	Text string
}

func (p Problem) String() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text) }

// Problems is the error of Load and Compile: all that is wrong, by line.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// Codes are the alarm codes that a mapping file may use.
func Codes() []string {
	return []string{
		"tyre-pressure-fl", "tyre-pressure-fr", "tyre-pressure-rl", "tyre-pressure-rr",
		"oil-pressure", "coolant-hot", "battery-12v", "brake", "abs", "airbag", "engine", "fuel-low", "cruise-fault",
		"service-due", "intrusion",
	}
}
