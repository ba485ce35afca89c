package car

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/slcan"
)

// Setup is how a vehicle begins. The zero value is a car at sea that has just
// been made, parked, locked and with nobody in it.
type Setup struct {
	Seed     uint64        // of all noise
	Pace     float64       // how fast the car's time runs at first; 0 is 1
	Place    hal.Position  // where it stands
	Odometer float64       // metres
	Charge   float64       // %; 0 is 80
	Fobs     []string      // names of the fobs that belong to it, none of them near
	Cold     time.Duration // of the car's time until the receiver has its first fix
	ClockOff time.Duration // how wrong the receiver's clock is until then
}

// Vehicle is a made car: it speaks on its buses at their cycle times, drives,
// and obeys the frames that are sent to it. Its methods are what people do to
// it; they are safe for concurrent use and act with the next frames.
type Vehicle struct {
	buses map[string]io.Writer
	gnss  io.Writer
	pace  *Pace
	gone  chan struct{} // closed when Run ended

	mu       sync.Mutex // guards the rest
	begun    time.Time  // when Run began
	now      time.Duration
	frames   *frames
	cells    cells
	ears     map[string]*slcan.Decoder
	orders   []order
	out      map[string][]byte // lines that are due, by bus
	fixes    []byte            // sentences that are due
	body     body
	fobs     fobs
	place    hal.Position
	course   float64
	pedals   pedals
	motion   *Motion       // nil while nobody drives
	arrived  chan struct{} // closed when motion is done
	way      *Route        // of the newest drive, nil before the first
	receiver receiver
}

// NewVehicle makes a car that speaks by a DBC file, on buses by name and with a
// receiver. The mapping file says which message is on which bus, what the
// actuators are, and how signals are called.
func NewVehicle(s Setup, dbcFile, mapped []byte, buses map[string]io.Writer, gnss io.Writer) (*Vehicle, error) {
	names := make([]string, 0, len(buses))
	for name := range buses {
		names = append(names, name)
	}
	slices.Sort(names)
	f, err := newFrames(dbcFile, mapped, names)
	if err != nil {
		return nil, fmt.Errorf("make a car: %w", err)
	}
	v := &Vehicle{
		buses: buses, gnss: gnss, frames: f, cells: f.cells(), place: s.Place,
		gone: make(chan struct{}), ears: map[string]*slcan.Decoder{}, out: map[string][]byte{},
	}
	for _, name := range names {
		v.ears[name] = &slcan.Decoder{}
	}
	if len(f.missing) > 0 {
		return nil, fmt.Errorf("make a car: car.dbc has no %s", strings.Join(f.missing, ", "))
	}
	if s.Pace <= 0 {
		s.Pace = 1
	}
	v.pace = NewPace(s.Pace)
	if v.place == (hal.Position{}) {
		v.place = harbour()
	}
	v.body = newBody(s)
	v.fobs = newFobs(s.Fobs)
	v.cells.fobID.message.before = v.nextFob
	v.receiver = receiver{rng: rand.New(rand.NewPCG(s.Seed, 1)), fixAt: s.Cold, off: s.ClockOff}
	v.begin()
	return v, nil
}

// harbour is where a car stands that nobody put anywhere: in the North Sea.
func harbour() hal.Position { return hal.Position{Latitude: 54.19, Longitude: 6.62} }

// What Run does at once.
const (
	pulse  = 5 * time.Millisecond // between two writes of a Vehicle
	behind = time.Second          // of the car's time: what is older is not said any more
)

// Run is the car's life: it speaks until ctx ends, which is no error, or a port
// is closed. A port that makes it wait makes it late, and it leaves out what it
// could not say in time.
func (v *Vehicle) Run(ctx context.Context) error {
	defer close(v.gone)
	begun, start := time.Now(), v.pace.Time()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		v.live(v.pace.Time()-start, begun)
		if err := v.speak(); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("car: %w", err)
		}
		timer.Reset(pulse)
	}
}

// Pace is the car's time.
func (v *Vehicle) Pace() *Pace { return v.pace }

// live lets the car's time pass up to a moment and gathers what it says.
func (v *Vehicle) live(until time.Duration, begun time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.begun = begun
	for v.now+Step <= until {
		v.now += Step
		v.move()
		v.obey()
		v.run()
		if until-v.now > behind {
			continue
		}
		v.frames.due(v.now, func(bus string, f can.Frame) { v.out[bus] = slcan.Append(v.out[bus], f) })
		if v.now%fixEvery == 0 {
			v.fixes = v.receiver.say(v.fixes, v.now, begun.Add(v.now), v.place, v.speed(), v.course)
		}
	}
}

// speak writes what was gathered, one write a port.
func (v *Vehicle) speak() error {
	v.mu.Lock()
	out, fixes := v.out, v.fixes
	v.out, v.fixes = map[string][]byte{}, nil
	v.mu.Unlock()
	for bus, lines := range out {
		if _, err := v.buses[bus].Write(lines); err != nil {
			return fmt.Errorf("bus %s: %w", bus, err)
		}
	}
	if len(fixes) > 0 && v.gnss != nil {
		if _, err := v.gnss.Write(fixes); err != nil {
			return fmt.Errorf("receiver: %w", err)
		}
	}
	return nil
}
