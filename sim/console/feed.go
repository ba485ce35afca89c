package console

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"glovebox/headunit"
	"glovebox/sim"
)

// Streets knows the roads of a made town.
type Streets interface {
	// Nearest is the name of the road at a place, empty if there is none.
	Nearest(lat, lon float64) (street string)
	// Guide says what to do next on the way that is driven: turn is left, right,
	// straight or arrive, in so many metres, into a street; km are left in all. turn is
	// empty where nobody is guided.
	Guide(lat, lon float64) (turn string, metres float64, street string, km float64)
}

// Option changes what a feed knows.
type Option func(*Feed)

// InTown gives the streets.
func InTown(s Streets) Option { return func(f *Feed) { f.streets = s } }

// Run numbers the run: each restart is another.
func Run(n int) Option { return func(f *Feed) { f.run = n } }

// Feed fills a log with what happens in a world. It listens: to the agent's signals, the
// mailboxes, the wires and the player. It asks the agent what no signal tells, once a
// second.
type Feed struct {
	player  Player
	log     *Log
	world   *sim.World
	hmi     *headunit.Client
	streets Streets // nil if there are none
	run     int

	truth    *truth
	readings *readings
	receiver *receiver
	wire     *wireCount
	wanted   chan string          // parts that the head unit is to ask for
	agent    *headunit.Following  // what it says
	heard    chan headunit.Signal // the same, one after the other
	people   *people

	mu    sync.Mutex
	names map[string]string // guarded by mu; of readers, by id
	came  time.Time         // guarded by mu; when the agent was there, zero while it is not
	lines [3]string         // guarded by mu; see setLines
}

// How often what changes all the time is told, at most: 20 times a second would be too
// much for whoever reads it, and for the ring.
const (
	placeEvery  = 100 * time.Millisecond
	signalEvery = 200 * time.Millisecond
	frameEvery  = 500 * time.Millisecond
)

// NewFeed waits for the world of a player and connects to its bus.
func NewFeed(ctx context.Context, p Player, log *Log, options ...Option) (*Feed, error) {
	select {
	case <-p.Built():
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	w := p.World()
	hmi, err := headunit.Dial(ctx, w.DBus.Address)
	if err != nil {
		return nil, err
	}
	agent, err := hmi.Follow(ctx)
	if err != nil {
		return nil, errors.Join(err, hmi.Close())
	}
	f := &Feed{
		agent: agent, heard: make(chan headunit.Signal, 64),
		player: p, log: log, world: w, hmi: hmi, names: map[string]string{},
		readings: newReadings(), receiver: &receiver{}, wire: &wireCount{}, wanted: make(chan string, 16),
	}
	for _, o := range options {
		o(f)
	}
	f.truth = newTruth(w)
	f.people = &people{feed: f, boxes: map[string]*mailbox{}}
	return f, nil
}

// Run fills the log until ctx or the world ends, which is no error, and leaves the bus.
func (f *Feed) Run(ctx context.Context) error {
	jobs, ctx := errgroup.WithContext(ctx)
	for _, job := range []func(context.Context) error{
		f.follow, f.listen, f.headUnit, f.watch, f.signals, f.mailboxes, f.places, f.wires, f.bus, f.agentLog, f.drive, f.tick,
	} {
		jobs.Go(func() error { return over(ctx, job(ctx)) })
	}
	return errors.Join(jobs.Wait(), f.hmi.Close())
}

// over takes an end of the world for what it is.
func over(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, headunit.ErrNotReached) {
		return nil
	}
	return err
}

// name is that of a reader by id, or of a person by id; else what it was asked.
func (f *Feed) name(id string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if name, known := f.names[id]; known {
		return name
	}
	for _, r := range f.world.Cloud.Readers() {
		f.names[r.ID] = r.Name
	}
	if name, known := f.names[id]; known {
		return name
	}
	return id
}

// boot notes that the agent came, or left.
func (f *Feed) boot(there bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case !there:
		f.came = time.Time{}
	case f.came.IsZero():
		f.came = time.Now()
	}
}

// since is how long the agent has been there, 0 if it is not.
func (f *Feed) since() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.came.IsZero() {
		return 0
	}
	return time.Since(f.came)
}

// every calls do at a pace until ctx ends.
func every(ctx context.Context, pace time.Duration, do func()) error {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		do()
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// stampEvent is how moments stand in events: UTC to the millisecond.
const stampEvent = "2006-01-02T15:04:05.000Z"

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(stampEvent)
}
