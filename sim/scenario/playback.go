package scenario

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/sim/car"
	"glovebox/sim/scenarios"
)

// recordedDrive is the name of the drive that the simulator brings along.
const recordedDrive = "rav4"

// replay plays a recorded drive on the car's buses and its receiver. It goes on
// while the next lines run, until sync.
type replay struct {
	can, nmea, mapping string // files, or recordedDrive; empty for none
	dbc                []string
	length             time.Duration // only so much of the beginning; 0 is all
}

func (c *replay) slots() slots { return slots{&c.can, &c.nmea, &c.dbc, &c.mapping, &c.length} }

func (c *replay) check(p *parser) error {
	if c.can == "" && c.nmea == "" {
		return errors.New("want can, nmea or both")
	}
	if own := c.can != "" && c.can != recordedDrive; own != (len(c.dbc) > 0 && c.mapping != "") || own != c.brings() {
		return fmt.Errorf("dbc and mapping belong to a log of one's own; %s brings its own", recordedDrive)
	}
	if n := len(c.buses()); n < len(c.dbc) {
		return errors.New("dbc of a bus stands twice")
	}
	p.replays = append(p.replays, replayed{c, p.name, p.line})
	return p.plays()
}

// plays notes that a drive begins.
func (p *parser) plays() error {
	already := p.playing
	p.playing = true
	return refuse(already, "a drive plays already: sync first")
}

// busFile reads BUS:FILE.
func busFile(p *parser, w string) error {
	bus, file, _ := strings.Cut(w, ":")
	if bus == "" || file == "" {
		return errors.New("want BUS:FILE")
	}
	return p.names(file)
}

// buses are the DBC files by the log's name of the bus.
func (c *replay) buses() map[string]string {
	all := map[string]string{}
	for _, w := range c.dbc {
		bus, file, _ := strings.Cut(w, ":")
		all[bus] = file
	}
	return all
}

// brings reports whether the replay says what the car is made of.
func (c *replay) brings() bool { return len(c.dbc) > 0 || c.mapping != "" }

// sameCar reports whether one car can play both.
func (c *replay) sameCar(other *replay) bool {
	return maps.Equal(c.buses(), other.buses()) && c.mapping == other.mapping
}

// fits says what of the logs cannot be played: which bus the car does not have, or
// that nothing is in them.
func (c *replay) fits(s *Scenario) error {
	if !c.brings() && (c.nmea == "" || c.nmea == recordedDrive) {
		return nil // the one that comes along
	}
	d, err := c.load(s)
	if err != nil || !c.brings() {
		return err
	}
	buses := c.buses()
	for _, f := range d.Frames {
		if _, named := buses[f.Bus]; !named {
			known := slices.Sorted(maps.Keys(buses))
			return fmt.Errorf("%s has frames of bus %s, and dbc names %s", c.can, f.Bus, strings.Join(known, ", "))
		}
	}
	return nil
}

// load reads the recording. One of a receiver that holds no fix is none.
func (c *replay) load(s *Scenario) (*car.Drive, error) {
	canLog, nmeaLog := c.can, c.nmea
	if canLog == recordedDrive {
		canLog = scenarios.DriveCAN
	}
	if nmeaLog == recordedDrive {
		nmeaLog = scenarios.DriveNMEA
	}
	d, err := car.Load(folder{s}, canLog, nmeaLog)
	if err == nil && len(d.Sentences) > 0 && len(fixesOf(d)) == 0 {
		err = fmt.Errorf("no fix in %d sentences of %s", len(d.Sentences), nmeaLog)
	}
	return d, err
}

// playback is a drive that is being played.
type playback struct {
	name   string        // of the route or the log
	length time.Duration // 0 if nobody knows
	pace   *car.Pace
	begun  time.Duration // by pace
	boot   time.Duration // when it began, by the boot clock
	done   chan struct{} // closed when it is over
	err    error         // set before done is closed
}

// overlaid is a value that the script puts in place of what was recorded.
type overlaid struct {
	value hal.Value
	text  string
}

// time is how far the drive is.
func (l *playback) time() time.Duration { return l.pace.Time() - l.begun }

// bootAt is when it was so far, by the boot clock.
func (l *playback) bootAt(d time.Duration) time.Duration {
	return l.boot + l.pace.When(l.begun+d).Sub(l.pace.When(l.begun))
}

func (c *replay) do(ctx context.Context, s *stage) (string, error) {
	d, err := s.load(c)
	if err != nil {
		return "", err
	}
	s.last, s.fixes = d, fixesOf(d)
	playing := s.world.Replay(d, s.names)
	playing.Pace, playing.Overlay = s.pace, s.overwrite
	if c.nmea == "" {
		playing.GNSS = nil
	}
	ctx, cancel := context.WithCancel(s.ctx)
	l := &playback{name: cmp.Or(c.can, c.nmea), length: d.Length(), pace: s.pace, begun: s.pace.Time(), boot: s.bootClock(), done: make(chan struct{})}
	s.playback = l
	s.jobs.Go(func() {
		defer close(l.done)
		defer cancel()
		l.err = playing.Play(ctx)
	})
	got := fmt.Sprintf("%d frames, %d sentences, %v", len(d.Frames), len(d.Sentences), d.Length())
	return strings.Join(append([]string{got}, d.Notes...), "; "), nil
}

// overwrite puts what the script says into a frame.
func (s *stage) overwrite(bus string, f *can.Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for path, v := range s.overlay {
		s.plan.Overwrite(s.names[bus], f, path, v.value)
	}
}

// signal overwrites the bits of a path in what the drive plays from now on.
type signal struct{ path, value string }

func (c *signal) slots() slots { return slots{&c.path, &c.value} }

func (c *signal) check(*parser) error {
	return refuse(strings.ContainsAny(c.value, " \t"), fmt.Sprintf("%q is more than one word", clip(c.value)))
}

func (c *signal) do(_ context.Context, s *stage) (string, error) {
	v, err := s.plan.Parse(c.path, c.value)
	if err != nil {
		return "", err
	}
	if s.world.Car != nil {
		return "", s.world.Car.Set(c.path, v)
	}
	s.overlayWith(c.path, v)
	return "", nil
}

// alarm overwrites the bits of the path that stands for a warning.
type alarm struct {
	code string
	on   bool
}

func (c *alarm) slots() slots { return slots{&c.code, &c.on} }

func (c *alarm) do(_ context.Context, s *stage) (string, error) {
	path, v, err := s.plan.AlarmValue(c.code, c.on)
	if err != nil {
		return "", err
	}
	if s.world.Car != nil {
		return path + " " + v.String(), s.world.Car.Alarm(c.code, c.on)
	}
	s.overlayWith(path, v)
	return path + " " + v.String(), nil
}

func (s *stage) overlayWith(path string, v hal.Value) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.overlay[path] = overlaid{v, v.String()}
	s.seen.allow(path, v.String())
}

// at waits for a time of the drive, and then runs a command.
type at struct {
	time    time.Duration
	command Command
}

func (c *at) slots() slots { return slots{&c.time, &c.command} }

func (c *at) check(p *parser) error {
	if !p.playing {
		return errors.New("no drive plays here")
	}
	switch c.command.what.(type) {
	case *at, *replay, *never, *wait, *waitUntil, *meanwhile:
	default:
		if c.command.rules&head == 0 {
			return nil
		}
	}
	return fmt.Errorf("%s cannot stand behind at", c.command)
}

// bare is a command without when it runs.
func bare(c Command) Command {
	switch c := c.what.(type) {
	case *at:
		return c.command
	case *meanwhile:
		return c.command
	}
	return c
}

func (c *at) do(ctx context.Context, s *stage, step int) (string, error) {
	drive := s.playback
	if drive == nil {
		return "", errors.New("no drive plays")
	}
	for {
		if drive.time() >= c.time {
			return s.do(ctx, step, c.command)
		}
		if err := s.pause(ctx, max(drive.pace.Wait(drive.begun+c.time, guardEvery), time.Millisecond)); err != nil {
			return "", err
		}
	}
}

// syncUp waits until the drive and all faults with an end are over, and the agent
// has taken in what was said.
type syncUp struct{ drive bool } // it waits for the drive alone

func (c *syncUp) slots() slots { return slots{&c.drive} }

func (c *syncUp) check(p *parser) error { p.playing = false; return nil }

// over is closed when nothing is waited for any more, and nil if nothing is.
func (c *syncUp) over(s *stage) <-chan struct{} {
	switch {
	case !c.drive:
		return s.jobs.over()
	case s.driving():
		return s.playback.done
	}
	return nil
}

func (c *syncUp) do(ctx context.Context, s *stage) (string, error) {
	for over := c.over(s); over != nil; over = c.over(s) {
		s.free(func() {
			select {
			case <-over:
			case <-ctx.Done():
			case <-time.After(guardEvery):
			}
		})
		if err := ctx.Err(); err != nil {
			return "", err
		}
		s.guard(ctx, false)
		if err := s.alive(); err != nil {
			return "", err
		}
	}
	if s.playback != nil && s.playback.err != nil {
		return "", s.playback.err
	}
	if c.drive {
		return "", nil
	}
	return s.still(ctx)
}

// still waits until the agent's counters of the wires stand.
func (s *stage) still(ctx context.Context) (string, error) {
	before := ""
	for range 20 {
		wires := s.counters(ctx)
		maps.DeleteFunc(wires, func(name string, _ uint64) bool {
			return !strings.HasPrefix(name, "bus.") && !strings.HasPrefix(name, "gnss.")
		})
		now := fmt.Sprint(wires)
		if !s.up || now == before {
			break
		}
		before = now
		if err := s.pause(ctx, paceBus); err != nil {
			return "", err
		}
	}
	return "", nil
}
