// Package ni holds the whole outside pipeline against noninterference: two runs that
// differ only in secrets look the same to an observer, to the byte and to the nanosecond
// (docs/privacy.md, Noninterference). It has tests only.
//
//	skeleton ──fill, twice──▶ script ──play, in a bubble──▶ trace ──seen by an observer──▶ equal?
//
// Cabin, gate, pipeline, queue, courier, verifier and the loops that drive them are those
// of the product; the car, the people and the broker are made up.
package ni_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/agent"
	"glovebox/agent/cloud"
	"glovebox/agent/internal/memory"
	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/profiles/keyring"
	"glovebox/telemetry"
	"glovebox/telemetry/outbox"
	"glovebox/telemetry/outside"
)

// world is one car with its people, its disk and its broker, in a bubble.
type world struct {
	t      *testing.T
	s      *skeleton
	begun  time.Time
	dir    string
	store  *memory.Store
	ring   *keyring.Ring
	broker *broker
	epochs *epochs
	taps   []tapped // every fix of the receiver, before the gate
	ctrs   map[profiles.ID]uint64
	disk   time.Duration // that a write takes
	acts   []string      // what people did at the wheel

	mu    sync.Mutex
	proc  *process // guarded by mu; nil while none runs
	comes int      // guarded by mu; processes that took over from one that gave way
}

// tapped is a fix as the receiver said it.
type tapped struct {
	at time.Duration
	hal.Position
}

// process is what one run of the agent holds.
type process struct {
	*agent.Cabin
	courier *telemetry.Courier
	queue   *queue
	inbound *agent.Inbound
	end     context.CancelFunc
	loops   sync.WaitGroup
}

// queue is one whose disk takes its time: what is live is always there first.
type queue struct {
	*outbox.Outbox
	takes func() time.Duration
}

const diskTakes = 2 * time.Millisecond

func (q *queue) Put(messages []outside.Released) ([]outside.Released, error) {
	time.Sleep(q.takes())
	return q.Outbox.Put(messages)
}

// quiet is a head unit that nobody looks at.
type quiet struct{}

func (quiet) Ending(string, time.Duration)     {}
func (quiet) Ended(string, profiles.Receipt)   {}
func (quiet) SettingsChanged(string, []string) {}
func (quiet) LedgerChanged(uint64)             {}
func (quiet) MessageArrived(string)            {}
func (quiet) TripsChanged()                    {}
func (quiet) Release()                         {}
func (quiet) Refresh()                         {}

// epochs draws the names of epochs, one after the other. A fresh process after a
// session's end begins with the one that was drawn at that end: it was not shown yet, and
// one random name is as good as another.
type epochs struct {
	random io.Reader
	last   [16]byte
	at     time.Time // when it was drawn
}

func (e *epochs) Read(b []byte) (int, error) {
	n, err := io.ReadFull(e.random, b)
	copy(e.last[:], b)
	e.at = time.Now()
	return n, err
}

func (e *epochs) name() string { return profiles.ID(e.last).String() }

func (e *epochs) next() string {
	_, _ = e.Read(make([]byte, 16))
	return e.name()
}

// play runs a script in a bubble of its own and returns what went over the wire.
func play(t *testing.T, s *skeleton, p *script) (tr trace) {
	t.Helper()
	dir := memoryDir(t)
	defer os.RemoveAll(dir)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, s, dir)
		for _, e := range p.events {
			time.Sleep(e.at - w.at())
			synctest.Wait() // all that is due at this instant comes before it
			e.do(w)
		}
		time.Sleep(s.length - w.at())
		synctest.Wait()
		w.kill()
		if err := w.ring.Close(); err != nil {
			t.Error(err)
		}
		tr = trace{s: s, wires: w.broker.wires, taps: w.taps, acts: w.acts, processes: w.comes}
	})
	return tr
}

// memoryDir is a directory whose files cost no disk, where there is one.
func memoryDir(t *testing.T) string {
	if dir, err := os.MkdirTemp("/dev/shm", "ni-"); err == nil {
		return dir
	}
	dir, err := os.MkdirTemp("", "ni-")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func newWorld(t *testing.T, s *skeleton, dir string) *world {
	ring, err := keyring.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range s.people {
		if err := ring.Add(p.id); err != nil {
			t.Fatal(err)
		}
	}
	w := &world{
		t: t, s: s, begun: time.Now(), dir: dir, store: memory.New(s.people[0].id), ring: ring,
		broker: &broker{begun: time.Now(), covered: true, latency: s.latency},
		epochs: &epochs{random: bytesOf(s.seed, "epoch")}, ctrs: map[profiles.ID]uint64{}, disk: diskTakes,
	}
	w.start(w.epochs.next(), nil, telemetry.Left{})
	return w
}

// random is the stream of a name. It outlives a process.
func (w *world) random(name string) io.Reader {
	if name == "epoch" {
		return w.epochs
	}
	return &instants{w, name}
}

// instants are random bytes by name and moment: one that is drawn and never shown moves no
// other.
type instants struct {
	w    *world
	name string
}

func (i *instants) Read(b []byte) (int, error) {
	return io.ReadFull(bytesOf(i.w.s.seed+uint64(i.w.at()), i.name), b)
}

// at is the time since the world began.
func (w *world) at() time.Duration { return time.Since(w.begun) }

// now is both clocks of the car. The wall clock may be wrong until it is corrected.
func (w *world) now() hal.Instant {
	utc := w.s.start.Add(w.at())
	if w.at() < corrected-bootBefore {
		utc = utc.Add(w.s.wrong)
	}
	return hal.Instant{UTC: utc, Boot: bootBefore + w.at()}
}

// How long the car has been up when the world begins, and when its clock is corrected.
const (
	bootBefore = 40 * time.Second
	corrected  = 60 * time.Second
)

// start has a process begin, the first one or one that takes over.
func (w *world) start(epoch string, after *agent.Carried, left telemetry.Left) {
	p := &process{queue: &queue{outbox.New(filepath.Join(w.dir, "outbox.db"), w.ring, outbox.Bounds{MaxBytes: 4 << 20, MaxAge: 720 * time.Hour}, w.now), func() time.Duration { return w.disk }}}
	if err := p.queue.Open(); err != nil {
		w.t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	p.courier = telemetry.NewCourier(telemetry.CourierOptions{
		VID: w.s.identity.VID, Agent: "1.0.0", Epoch: epoch, Outbox: p.queue, Dial: w.broker.dial, Before: left, Keepalive: keepalive, GiveUp: margin, Log: log,
	})
	var err error
	p.Cabin, err = agent.New(agent.Needs{
		Model: agent.Model{Name: "Taycan", Year: 2024}, Identity: w.s.identity, Policy: outside.Builtin(), Fresh: w.store.Facts["gate"] == nil,
		Buses: []string{"body"}, GNSS: true, Cloud: true, Gzip: w.s.gzip, LeaveAfter: never, IdleAfter: never,
		Alarms: alarmRules(), Actuated: actuated, Actuator: (*actuator)(w), Epoch: epoch,
		Store: w.store, Courier: p.courier, Now: w.now, Random: w.random, Log: log,
		Replace: func(told func() agent.Carried) { w.giveWay(p, told) }, After: after,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	vid := w.s.identity.VID
	p.inbound = &agent.Inbound{
		Cabin: p.Cabin, Topics: agent.Topics{Document: outside.PolicyTopic(vid), Action: outside.ActTopic(vid), Ask: outside.AskTopic(vid)},
		Verifier: cloud.NewVerifier(w.s.identity, cloud.KeySet{}), Count: func(string) {}, Log: log,
	}
	ctx, end := context.WithCancel(context.Background())
	p.end = end
	p.loops.Go(func() {
		_ = p.courier.Deliver(ctx, telemetry.Callbacks{
			Decide: p.Decide, Link: p.inbound.Linked, Fate: p.Fate, Inbox: agent.Messages{Cabin: p.Cabin}.Inbox,
			Seal:    func(r outside.Released) outside.Released { return agent.Seal(p.Cabin, r) },
			Inbound: func(topic string, payload []byte) { p.inbound.Take(ctx, topic, payload) },
		})
	})
	p.loops.Go(func() { _ = agent.Tick(ctx, p.Cabin, 0, nil) })
	p.loops.Go(func() { _ = agent.CarryOut(ctx, p.Cabin) })
	p.loops.Go(func() { _ = agent.Execute(ctx, p.Cabin, func(agent.Outcome) {}) })
	p.loops.Go(func() { _ = agent.Show(ctx, p.Cabin, quiet{}) })
	w.mu.Lock()
	w.proc = p
	w.mu.Unlock()
}

// never is longer than any world.
const never = 10000 * time.Hour

// runs is the process there is, or nil.
func (w *world) runs() *process {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.proc
}

// halt ends the loops of a process and closes its files.
func (w *world) halt(p *process) {
	w.mu.Lock()
	w.proc = nil
	w.mu.Unlock()
	p.end()
	p.loops.Wait()
}

func (w *world) close(p *process) {
	if err := p.queue.Close(); err != nil {
		w.t.Error(err)
	}
}

// kill is a power cut.
func (w *world) kill() {
	if p := w.runs(); p != nil {
		w.broker.reset()
		w.halt(p)
		w.close(p)
	}
}

// The moments that a fresh process takes: calls are answered, the program is executed.
const (
	answersIn = 60 * time.Millisecond
	beginsIn  = 50 * time.Millisecond
)

// giveWay has a fresh process take over from p, as cmd/gloveboxd does it.
func (w *world) giveWay(p *process, told func() agent.Carried) {
	p.courier.HandOver()
	go func() {
		time.Sleep(answersIn)
		w.halt(p)
		if err := p.Stop(agent.Restart); err != nil {
			w.t.Error(err)
		}
		text, err := json.Marshal(told())
		if err != nil {
			w.t.Error(err)
		}
		var carried agent.Carried
		if err := json.Unmarshal(text, &carried); err != nil {
			w.t.Error(err)
		}
		w.close(p)
		time.Sleep(beginsIn)
		w.mu.Lock()
		w.comes++
		w.mu.Unlock()
		w.start(w.epochs.name(), &carried, p.courier.Left())
	}()
}

// actuator is a car that does what it is told, and says so a moment later.
type actuator world

func (a *actuator) Actuate(_ context.Context, path string, v hal.Value) error {
	time.AfterFunc(10*time.Millisecond, func() { (*world)(a).say(hal.Reading{Path: path, Value: v}) })
	return nil
}

// say lets the bus say readings, all at this moment.
func (w *world) say(all ...hal.Reading) {
	p := w.runs()
	if p == nil {
		return
	}
	now := w.now()
	for i := range all {
		all[i].At = now
	}
	p.Observe("body", 1, all, now)
}

// fix is the receiver's word; nil: it has no fix.
func (w *world) fix(p *hal.Position) {
	if p != nil {
		w.taps = append(w.taps, tapped{w.at(), *p})
	}
	if run := w.runs(); run != nil {
		run.Fix(p)
	}
}
