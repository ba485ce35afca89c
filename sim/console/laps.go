package console

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/mapping"
	"glovebox/headunit"
	"glovebox/sim"
	"glovebox/sim/car"
	"glovebox/sim/cloud"
)

// People are those of the car: a main user, one who is shared with, one who is
// limited.
func People() []cloud.User {
	return []cloud.User{
		{Name: "Anna", Role: cloud.Main}, {Name: "Lea", Role: cloud.Shared}, {Name: "Jonas", Role: cloud.Limited},
	}
}

// turns are who drives a lap, in order; the empty name is a guest.
func turns() []string { return []string{"Anna", "Lea", ""} }

// buses says which bus of the car is which in the recording.
func buses() map[string]string { return map[string]string{"can0": "powertrain", "can1": "radar"} }

// The warning of each lap, and the pauses around it.
const (
	warning     = "cruise-fault"
	warningFrom = 4 * time.Second
	warningTo   = 48 * time.Second
	beforeDrive = 1500 * time.Millisecond // logged in and parked
	afterDrive  = time.Second             // parked and still logged in
	atPicker    = 2 * time.Second         // nobody at the wheel
	parkWait    = 15 * time.Second        // for the car to count as parked
	parkPause   = 500 * time.Millisecond  // between two looks whether it does
)

// Laps plays the recorded drive in laps for ever: the main user, a shared user,
// a guest, and again. Each logs in parked, and silence follows each lap.
//
//	picker ──login──▶ parked ──▶ driving ──▶ silence, until parked ──logout──▶ picker
type Laps struct {
	world  *sim.World
	replay *car.Replay
	plan   *mapping.Plan
	path   string // of the warning
	on     hal.Value
	off    hal.Value

	mu    sync.Mutex
	lap   int           // guarded by mu
	phase string        // guarded by mu
	since time.Time     // guarded by mu; when the phase began
	of    time.Duration // guarded by mu; length of the phase, 0 if not known
	note  string        // guarded by mu
}

// NewLaps prepares laps in a world with the car of the recording; o is what the
// world was made of.
func NewLaps(w *sim.World, o sim.Options) (*Laps, error) {
	drive, err := sim.RAV4Drive()
	if err != nil {
		return nil, err
	}
	l := &Laps{world: w, replay: w.Replay(drive, buses()), phase: "picker", since: time.Now()}
	if l.plan, err = compile(o); err != nil {
		return nil, err
	}
	if l.path, l.on, err = l.plan.AlarmValue(warning, true); err != nil {
		return nil, err
	}
	_, l.off, err = l.plan.AlarmValue(warning, false)
	l.replay.Overlay = l.overlay
	return l, err
}

// compile binds the mapping file of a world to its buses.
func compile(o sim.Options) (*mapping.Plan, error) {
	file, err := mapping.Load("mapping.toml", o.Mapping)
	if err != nil {
		return nil, err
	}
	var buses []mapping.Bus
	for _, b := range o.Buses {
		buses = append(buses, mapping.Bus{Name: b.Name, File: b.Name + ".dbc", DBC: b.DBC})
	}
	plan, _, err := file.Bind(buses) // the agent tells what it skips
	return plan, err
}

// overlay puts the warning of each lap on and off in the recorded frames.
func (l *Laps) overlay(bus string, f *can.Frame) {
	value := l.off
	if p := l.Progress(); p.At >= warningFrom && p.At < warningTo {
		value = l.on
	}
	l.plan.Overwrite(buses()[bus], f, l.path, value)
}

// Play plays until ctx ends, or the world does.
func (l *Laps) Play(ctx context.Context) error {
	// A write to a port that nobody reads any more would wait for ever.
	for _, p := range l.world.Ports {
		defer context.AfterFunc(ctx, func() { p.Close() })()
	}
	defer context.AfterFunc(ctx, func() { l.world.GNSS.Close() })()
	order := turns()
	for n := 0; ; n++ {
		err := l.turn(ctx, n+1, order[n%len(order)])
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
	}
}

// turn is one lap with all around it.
func (l *Laps) turn(ctx context.Context, lap int, name string) error {
	l.enter(lap, "picker", 0)
	if err := l.logIn(ctx, name); err != nil {
		return err
	}
	l.enter(lap, "parked", beforeDrive)
	pause(ctx, beforeDrive)
	l.enter(lap, "driving", l.replay.Drive.Length())
	if err := l.replay.Lap(ctx); err != nil {
		return err
	}
	l.enter(lap, "silence", 0)
	if err := l.park(ctx); err != nil {
		return err
	}
	pause(ctx, afterDrive)
	if err := l.refused(l.world.HMI.Logout(ctx), "log out"); err != nil {
		return err
	}
	l.enter(lap, "picker", atPicker)
	pause(ctx, atPicker)
	return ctx.Err()
}

// logIn puts a person or a guest at the wheel, parked. A refusal is shown and the
// lap is driven as it is: somebody else may play with the same agent.
func (l *Laps) logIn(ctx context.Context, name string) error {
	if err := l.park(ctx); err != nil {
		return err
	}
	if name == "" {
		_, err := l.world.HMI.Guest(ctx, false)
		return l.refused(err, "start a guest")
	}
	who, ok := l.world.Cloud.Reader(name)
	if !ok {
		return fmt.Errorf("nobody is called %s", name)
	}
	_, err := l.world.HMI.Login(ctx, who.ID, who.PIN, false)
	return l.refused(err, "log in "+name)
}

// park waits until the car counts as parked.
func (l *Laps) park(ctx context.Context) error {
	for end := time.Now().Add(parkWait); time.Now().Before(end); {
		s, err := l.world.HMI.Session(ctx)
		if err := l.refused(err, "look at the wheel"); err != nil {
			return err
		}
		if s.Parked {
			break
		}
		pause(ctx, parkPause)
	}
	return ctx.Err()
}

// refused turns a refusal into a note; other errors stay.
func (l *Laps) refused(err error, doing string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var r *headunit.Refusal
	if errors.As(err, &r) {
		l.note = doing + ": " + r.Message
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// enter begins a phase.
func (l *Laps) enter(lap int, phase string, of time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lap, l.phase, l.of, l.since = lap, phase, of, time.Now()
	if phase == "driving" {
		l.note = ""
	}
}

// Progress is where the laps are.
func (l *Laps) Progress() Progress {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Progress{Lap: l.lap, Phase: l.phase, At: time.Since(l.since), Of: l.of}
}

// Note is the newest refusal, empty if the lap goes as it should.
func (l *Laps) Note() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.note
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
