package console

import (
	"time"

	"glovebox/sim"
)

// Player is what plays in a world and what people say to it by hand.
type Player interface {
	World() *sim.World        // nil before it is built
	Built() <-chan struct{}   // closed when World is there
	Changed() <-chan struct{} // closed when Progress is another
	Progress() Progress
}

// Progress is how far a scenario has come.
type Progress struct {
	Title     string
	Scenario  string // file name
	Seed      uint64
	Model     string
	Year      int
	Speed     float64 // of the car, 1 is real time
	Paused    bool
	Thinned   bool
	Recording bool
	Over      bool
	Steps     []Step // all lines, those said by hand too
	Drive     Drive
	Faults    []Fault // that are on
	Note      string  // the newest line that failed while nobody keeps count
}

// Step is one line and how it went.
type Step struct {
	N     int       `json:"n"`
	Line  int       `json:"line"`
	Text  string    `json:"text"`
	State string    `json:"state"` // waiting, running, ok, refused or failed
	T     time.Time `json:"-"`
	MS    int64     `json:"ms"`
	Got   string    `json:"got"`
	Hand  bool      `json:"hand"`
	Waits string    `json:"waits"`
}

// Drive is the newest one, the zero Drive before the first.
type Drive struct {
	N      int           // counts them
	Name   string        // of the route
	Points [][2]float64  // latitude and longitude
	Since  time.Time     // zero where none plays
	Length time.Duration // 0 if nobody knows
}

// Fault is something that is broken now.
type Fault struct {
	Name     string
	From, To time.Time // To is zero where it has no end
}
