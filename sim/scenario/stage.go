package scenario

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"glovebox/hal/mapping"
	"glovebox/sim"
	"glovebox/sim/car"
	"glovebox/sim/cloud"
	"glovebox/telemetry/outside"
)

// stage is a running scenario: the world and what the script did to it.
type stage struct {
	*Scenario
	evidence
	world    *sim.World
	patience time.Duration // times what an expectation waits
	changed  func()        // is told that faults are others, if anybody watches
	policy   *outside.Policy
	names    map[string]string // the car's name of a bus by the log's
	buses    []sim.CANBus
	mapped   []byte // the mapping file
	plan     *mapping.Plan
	drives   map[string]*car.Drive // by what they are made of
	fixes    []fix                 // of the newest drive
	last     *car.Drive            // the newest drive

	turn sync.Mutex // is held by who plays a line, but for where it waits

	jobs    crew            // the drive, and faults that end by themselves
	lasting crew            // what goes on to the end
	ctx     context.Context // of jobs and watchers

	watchers sync.WaitGroup // follow the readings, each until its agent ends

	start    moment
	marks    map[string]moment
	nevers   []*watchman
	who      string                      // at the wheel, as far as the script knows
	set      map[string]map[string]*kept // by person, then by group and key
	exported map[string][]byte           // what people took along, by name
	begun    time.Time                   // the first boot was over, or the world built; later by pauses of a Player
	booted   bool                        // there was one
	byHand   bool                        // the lines to come are not known
	up       bool                        // the agent should run
	fell     error                       // it ended by itself, and was not booted since
	playback *playback                   // nil before the first
	pace     *car.Pace                   // the car's time
	spells   []spell                     // that are over
	hidden   *spell                      // that lasts, or nil
	seen     watchLog

	mu       sync.Mutex
	overlay  map[string]overlaid // guarded by mu; by path
	outages  []*outage           // guarded by mu
	faults   map[string]*broken  // guarded by mu; the newest of each name
	unmended []error             // guarded by mu; what went wrong in jobs
}

// outage is a time in which the line to the broker was cut.
type outage struct{ from, to time.Time } // to is zero while it lasts

// spell is a time at a level below share.
type spell struct {
	outage
	offline bool
}

// kept is what the agent may hold for one setting.
type kept struct {
	acked string   // the newest acknowledged value; empty: never set
	maybe []string // sent later and never answered
}

// watchman is a never that is armed.
type watchman struct {
	step  int
	never Command
	since moment
	found string // what it found first
	told  bool   // that it did
	next  time.Time
}

// moment is what a check compares with.
type moment struct {
	at       time.Time
	boot     time.Duration
	received map[string]int // by reader
	counters map[string]uint64
	sent     int64             // bytes
	lines    int64             // bytes of their record as messages
	people   map[string]string // unsealed values, where a check asks for them
}

// now takes the moment that it is.
func (s *stage) now(ctx context.Context, withDisk bool) (moment, error) {
	m := moment{at: time.Now(), boot: s.bootClock(), received: map[string]int{}, counters: s.counters(ctx)}
	for _, r := range s.back.Readers() {
		m.received[r.Name] = s.back.Count(r.Name)
	}
	var err error
	if m.sent, err = s.size("wire.bin"); err == nil {
		m.lines, err = s.size("wire.jsonl")
	}
	if err == nil && withDisk {
		m.people, err = s.people(ctx)
	}
	return m, err
}

// counters are the agent's, nil if it does not answer.
func (s *stage) counters(ctx context.Context) map[string]uint64 {
	if !s.up {
		return nil
	}
	answer, err := s.hmi.Statistics(ctx)
	if err != nil {
		return nil
	}
	all := map[string]uint64{}
	for name, v := range answer {
		if n, ok := v.(uint64); ok {
			all[name] = n
		}
	}
	return all
}

// size is that of a file of what passed on the line to the broker, with what was dropped of it.
func (s *stage) size(name string) (n int64, err error) {
	if err := s.records.Flush(); err != nil {
		return 0, err
	}
	err = s.steady(name, func(path string, dropped int64) error {
		info, err := os.Stat(path)
		if err == nil {
			n = dropped + info.Size()
		}
		return err
	})
	return n, err
}

// behind is what stands in such a file behind so many bytes, as far as it is kept.
func (s *stage) behind(name string, n int64) (text []byte, err error) {
	err = s.steady(name, func(path string, dropped int64) (err error) {
		text, err = os.ReadFile(path)
		text = text[min(max(0, n-dropped), int64(len(text))):]
		return err
	})
	return text, err
}

// steady calls look on a record until nothing was dropped of it meanwhile.
func (s *stage) steady(name string, look func(path string, dropped int64) error) error {
	for {
		dropped := s.records.Dropped(name)
		if err := look(filepath.Join(s.dir, name), dropped); err != nil {
			return err
		}
		if s.records.Dropped(name) == dropped {
			return nil
		}
	}
}

// bootClock is CLOCK_BOOTTIME as the agent has it, whose own times count by it.
func (s *stage) bootClock() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano()) + s.agent.ClockShift()
}

// reader returns a reader by name; the parser knows that there is one.
func (s *stage) reader(name string) cloud.Reader {
	r, _ := s.back.Reader(name)
	return r
}

// free lets others play lines while wait lasts. The caller has the turn, and has it again
// afterwards; what it knows of the stage may be another then.
func (s *stage) free(wait func()) {
	s.turn.Unlock()
	defer s.turn.Lock()
	wait()
}

// pause lets time go by, and the armed nevers look.
func (s *stage) pause(ctx context.Context, d time.Duration) error {
	for end := time.Now().Add(d); ; {
		s.guard(ctx, false)
		left := time.Until(end)
		if left <= 0 {
			return nil
		}
		s.free(func() {
			select {
			case <-ctx.Done():
			case <-time.After(min(left, guardEvery)):
			}
		})
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.alive(); err != nil {
			return err
		}
	}
}

// guardEvery is how often armed nevers look while time goes by.
const guardEvery = 500 * time.Millisecond

// guard lets the armed nevers look; those that read files only if files is set.
func (s *stage) guard(ctx context.Context, files bool) {
	for _, w := range s.nevers {
		if w.found != "" || w.never.pace >= paceFiles && !files || time.Now().Before(w.next) && !files {
			continue
		}
		w.next = time.Now().Add(2 * w.never.pace)
		met, got, err := w.never.what.(condition).holds(ctx, s, w.since)
		switch {
		case err != nil && w.never.pace >= paceFiles:
			w.found = "cannot look: " + err.Error()
		case err == nil && met:
			w.found = "found: " + got
		}
	}
}

// alive says if the agent ended though nobody asked it to.
func (s *stage) alive() error {
	if s.up && s.world.Agent.PID() == 0 {
		s.up = false
		s.fell = fmt.Errorf("the agent ended by itself: %w", cmpErr(s.world.Agent.Err(), errors.New("without an error")))
		return s.fell
	}
	return nil
}

func cmpErr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// outage is the newest one, nil if there was none.
func (s *stage) outage() *outage {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.outages); n > 0 {
		o := *s.outages[n-1]
		return &o
	}
	return nil
}

// during lists the outages that are over.
func (s *stage) during() []outage {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []outage
	for _, o := range s.outages {
		if !o.to.IsZero() {
			all = append(all, *o)
		}
	}
	return slices.Clip(all)
}
