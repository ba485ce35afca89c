package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"glovebox/headunit"
	"glovebox/sim/car"
	"glovebox/sim/cloud"
)

// CANBus is a bus of the car and the DBC file that says what is on it.
type CANBus struct {
	Name string
	DBC  []byte
}

// Options say what a world is made of. The zero value is a car without buses
// and people.
type Options struct {
	Dir          string       // work directory; a temporary one if empty
	Keep         bool         // leave the temporary directory behind
	Gloveboxd    string       // the program; see Find
	Model        string       // of the vehicle
	ModelYear    int          //
	Country      string       // ISO 3166-1 alpha-2
	Buses        []CANBus     // each gets a pseudo-terminal
	Mapping      []byte       // which signal is which VSS path; none without buses
	Vehicle      *car.Setup   // a made car that lives in this world; see Made; none if nil
	Users        []cloud.User // enrolled before the first boot
	Policy       []byte       // an override of the policy, which may be wider; none if nil
	Config       []Setting    // overrides of the agent's configuration, in order
	Env          []string     // added to the agent's environment
	SmallDisk    bool         // the state lies on a small file system of its own: World.Disk
	LoginManager bool         // there is one on the bus: World.Sleep
	Record       bool         // write wire, bus, frames and sentences into Dir
	MostRecorded int64        // bytes that are kept of each of these files and of the agent's log, the newest; all if 0
	Messages     int          // how many messages are kept of each reader; all if 0
	Log          *slog.Logger // of the simulator's own parts; none if nil
}

// World is everything around one agent, and the agent. It is made by Start and
// ended by Close.
type World struct {
	Dir          string // work directory
	Config       string // the agent's configuration file
	DBus         *DBus
	Broker       *Broker
	Tap          *Tap // the agent's connection to the broker
	Cloud        *cloud.BackEnd
	HMI          *headunit.Client
	Agent        *Agent
	Ports        map[string]*Port // by bus
	GNSS         *Port
	Car          *car.Vehicle  // nil unless the car is a made one
	Disk         *Disk         // nil unless asked for
	LoginManager *LoginManager // nil unless asked for

	record    bool
	most      int64 // bytes of a record
	hasBroker bool  // the agent has a broker at all
	document  cloud.Document
	files     []*file
	closers   []func() error // undone in reverse
	cancel    context.CancelFunc
	jobs      *errgroup.Group
}

// Start builds a world up to the point where the agent can boot: the car is
// known to the back end, its people are enrolled, their document is published.
func Start(ctx context.Context, o Options) (*World, error) {
	w := &World{Ports: map[string]*Port{}, record: o.Record, most: o.MostRecorded}
	running, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	w.jobs, running = errgroup.WithContext(running)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := w.build(ctx, running, o); err != nil {
		return nil, errors.Join(fmt.Errorf("set up the world: %w", err), w.Close())
	}
	return w, nil
}

func (w *World) build(ctx, running context.Context, o Options) (err error) {
	if err := w.makeDir(o); err != nil {
		return err
	}
	if w.DBus, err = StartDBus(w.Dir); err != nil {
		return err
	}
	w.closers = append(w.closers, w.DBus.Close)
	if o.LoginManager {
		if w.LoginManager, err = StartLoginManager(w.DBus.Address); err != nil {
			return err
		}
		w.closers = append(w.closers, w.LoginManager.Close)
	}
	if w.Broker, err = StartBroker(o.Log.With("part", "broker")); err != nil {
		return err
	}
	w.closers = append(w.closers, w.Broker.Stop)
	if w.Cloud, err = cloud.New(cloud.Keep(o.Messages), cloud.Model(o.Model, o.ModelYear, o.Country)); err != nil {
		return err
	}
	w.closers = append(w.closers, func() error { w.Cloud.Close(); return nil })
	if err := w.listen(running); err != nil {
		return err
	}
	if w.HMI, err = headunit.Dial(ctx, w.DBus.Address); err != nil {
		return err
	}
	w.closers = append(w.closers, w.HMI.Close)
	if err := w.openPorts(filepath.Join(w.Dir, "ports"), o.Buses); err != nil {
		return err
	}
	if err := w.configure(ctx, o); err != nil {
		return err
	}
	if err := w.live(running, o); err != nil {
		return err
	}
	return w.enrol(ctx, o)
}

// makeDir makes the work directory and the ones inside it.
func (w *World) makeDir(o Options) error {
	w.Dir = o.Dir
	if w.Dir == "" {
		fresh, err := os.MkdirTemp("", "glovebox")
		if err != nil {
			return err
		}
		w.Dir = fresh
		if !o.Keep {
			w.closers = append(w.closers, func() error { return os.RemoveAll(fresh) })
		}
	}
	dir, err := filepath.Abs(w.Dir)
	if err != nil {
		return err
	}
	w.Dir = dir
	if _, err := os.Stat(filepath.Join(dir, "state")); err == nil {
		return fmt.Errorf("%s holds the state of another world", dir)
	}
	if err := errors.Join(os.MkdirAll(filepath.Join(dir, "ports"), 0o755), os.MkdirAll(w.stateDir(), 0o700)); err != nil || !o.SmallDisk {
		return err
	}
	if w.Disk, err = startDisk(w.stateDir()); err != nil {
		return err
	}
	w.closers = append(w.closers, w.Disk.close)
	return nil
}

// State is the agent's state directory, as we read it.
func (w *World) State() string {
	if w.Disk != nil {
		return w.Disk.Dir()
	}
	return w.stateDir()
}

// stateDir is what the agent calls it.
func (w *World) stateDir() string { return filepath.Join(w.Dir, "state") }

// listen puts the tap, and the recorder of the bus, to work.
func (w *World) listen(running context.Context) error {
	var sent func([]byte)
	var message func(Publish)
	if w.record {
		raw, err := w.createFile("wire.bin")
		if err != nil {
			return err
		}
		lines, err := w.createFile("wire.jsonl")
		if err != nil {
			return err
		}
		calls, err := w.createFile("dbus.jsonl")
		if err != nil {
			return err
		}
		sent = func(p []byte) { _, _ = raw.Write(p) } // file keeps its error
		message = func(p Publish) { lines.wire(p, w.Cloud.Owner) }
		monitor, err := NewMonitor(w.DBus.Address)
		if err != nil {
			return err
		}
		w.jobs.Go(func() error { return monitor.Record(running, calls.line) })
	}
	var err error
	if w.Tap, err = NewTap(w.Broker.Address, sent, message); err != nil {
		return err
	}
	w.jobs.Go(func() error { return w.Tap.Serve(running) })
	return nil
}

// createFile makes a file in the work directory that is closed with the world.
func (w *World) createFile(name string) (*file, error) {
	f, err := create(w.Dir, name, w.most)
	if err != nil {
		return nil, err
	}
	w.files = append(w.files, f)
	w.closers = append(w.closers, f.close)
	return f, nil
}

// Flush brings what was recorded to where a reader of the files sees it.
func (w *World) Flush() error {
	var all error
	for _, f := range w.files {
		all = errors.Join(all, f.flush())
	}
	return all
}

// Dropped is how many bytes of a record are kept no more, the oldest.
func (w *World) Dropped(name string) int64 {
	for _, f := range w.files {
		if filepath.Base(f.path) == name {
			return f.before()
		}
	}
	return 0
}

// Shortened are the records of which the oldest is kept no more.
func (w *World) Shortened() (names []string) {
	for _, f := range w.files {
		if f.before() > 0 {
			names = append(names, filepath.Base(f.path))
		}
	}
	return names
}

// enrol asks the agent who it is and publishes the first document.
func (w *World) enrol(ctx context.Context, o Options) error {
	shown, err := w.Agent.Identity(ctx)
	if err != nil {
		return err
	}
	car, err := cloud.ParseIdentity(shown)
	if err != nil {
		return err
	}
	if w.document, err = w.Cloud.Enrol(car, o.Users); err != nil {
		return err
	}
	if err := w.Cloud.Connect(ctx, w.Broker.URL()); err != nil {
		return err
	}
	if w.document.JWS == "" {
		return nil // nobody is enrolled
	}
	return w.Cloud.Publish(ctx, w.document)
}

// Close ends everything the world started, the agent first, and waits for it.
func (w *World) Close() error {
	var all error
	if w.Agent != nil {
		all = w.Agent.Stop()
	}
	w.cancel()
	all = errors.Join(all, w.jobs.Wait())
	for i := len(w.closers) - 1; i >= 0; i-- {
		all = errors.Join(all, w.closers[i]())
	}
	return all
}
