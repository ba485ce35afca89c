// Package console shows a simulated world while it lives: on a terminal as one
// calm picture, elsewhere as one JSON object a line. It knows more than the
// phones do: what it says about the wheel and the ledger is the developer's view
// of a simulated car. The rows of the readers are different: they hold only what
// lies in that reader's mailbox at the broker, and no word of a guest, a level or
// a cause.
package console

import (
	"time"
)

// Picture is the world at one moment, as the terminal shows it.
type Picture struct {
	Title    string // what plays
	Bus      string // the address of the D-Bus on which the agent is
	URL      string // of the page, empty if there is none
	Now      time.Time
	Progress Progress
	Agent    Agent
	Buses    []Wire
	GNSS     Wire
	Broker   Broker
	Wheel    Wheel
	Signals  Signals
	Alarms   []Alarm // that are on now
	Readers  []Reader
	Ledger   []Entry // of whoever is at the wheel, newest last
	Note     string  // the newest thing that the simulator did or could not do
	Breaches int     // breaches of the contract that the back end saw

	since time.Time // of the drive that plays
}

// Progress is how far what plays has come.
type Progress struct {
	Playback int           // drives that have begun
	Phase    string        // driving while one plays, else the line that runs
	At       time.Duration // of the drive that plays
	Of       time.Duration // its length; 0 if nobody knows, or none plays
	Note     string        // the newest line that failed, until the next drive
}

// Agent is what gloveboxd says of itself.
type Agent struct {
	Online   bool
	Version  string
	Policy   string // built-in or test
	Document uint64 // version of the access document in force
}

// Wire is one of the car as the agent hears it.
type Wire struct {
	Name      string
	State     string // up, down, degraded, off
	PerSecond float64
}

// Broker is the line to the cloud.
type Broker struct {
	State    string // up, down, off
	Messages int    // that readers found since the start
}

// Wheel is who is at the wheel and what leaves the car meanwhile.
type Wheel struct {
	State         string // idle, guest, active, leaving
	Name          string // empty if nobody or a guest
	Role          string // main, secondary, guest
	Pending       string // name of who waits until the car is parked
	Parked        bool
	Level         string // share, no-position, offline; what the driver chose
	Effective     string // what holds
	LimitedBy     []string
	LocationInUse bool
	Receivers     []string // who gets the position while it leaves
}

// Signals are the newest values by VSS path.
type Signals struct {
	Values map[string]any // float64, bool or string
	Age    time.Duration  // of the newest of them
}

// Alarm is a warning of the car.
type Alarm struct {
	Code     string
	Severity string
	Since    time.Time
}

// Reader is a mailbox as it lies at the broker, and whose it is.
type Reader struct {
	Name    string
	Column  string // main, shared, limited, workshop, backend
	Counts  map[string]int
	Newest  string // kind of the newest message, empty if there is none
	Bytes   int    // of the newest message, as it came
	At      time.Time
	PlaceAt time.Time // arrival of the newest position
}

// Entry is one run of decisions from the ledger.
type Entry struct {
	ID      uint64
	Minute  time.Time // of the first decision
	Class   string
	Reader  string // by name
	Kind    string
	Outcome string // published, reduced, withheld, purged
	Rule    string // class/column, or default-deny
	Count   uint64
}
