package agent_test

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/profiles/keyring"
	"glovebox/telemetry"
	"glovebox/telemetry/outbox"
	"glovebox/telemetry/outside"
)

// bubble is cabin, gate, pipeline, queue and courier with all the loops that drive
// them, on a clock of their own. Only the broker, the head unit and the people's store
// are made up; the queue is a real file.
type bubble struct {
	*world
	disk   *slowDisk
	queue  *slowQueue
	broker *broker
	dir    string // of the queue and the keys
	halt   func() // the loops
	stop   func() // all

	replace func(func() agent.Carried) // of agent.Needs
	line    *telemetry.Courier
	clocks  func() hal.Instant
	skew    *atomic.Int64 // by how much the wall clock was corrected
	draws   atomic.Bool   // others go on while random bytes are drawn
}

// drawn are random bytes, which the cabin draws with its lock held.
type drawn struct{ b *bubble }

func (d drawn) Read(p []byte) (int, error) {
	for i := 0; d.b.draws.Load() && i < 1000; i++ {
		runtime.Gosched()
	}
	return rand.Read(p)
}

// inBubble runs f beside an agent whose people are Anna, Lea (shared) and Jonas
// (limited), without PINs, and stops it.
func inBubble(t *testing.T, f func(t *testing.T, b *bubble)) {
	t.Helper()
	newBubble(t, nil, nil, f)
}

// withPINs is inBubble where everybody has a PIN.
func withPINs(t *testing.T, f func(t *testing.T, b *bubble)) {
	t.Helper()
	newBubble(t, everybody, nil, f)
}

// inFreshBubble is inBubble where a fresh process is asked for by replace.
func inFreshBubble(t *testing.T, replace func(func() agent.Carried), f func(t *testing.T, b *bubble)) {
	t.Helper()
	newBubble(t, nil, replace, f)
}

func newBubble(t *testing.T, pins []profiles.ID, replace func(func() agent.Carried), f func(t *testing.T, b *bubble)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := fill(t, dir, pins, replace)
		f(t, b)
		b.stop()
	})
}

func fill(t *testing.T, dir string, pins []profiles.ID, replace func(func() agent.Carried)) *bubble {
	t.Helper()
	ring, err := keyring.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := ring.Add(anna, lea, jonas); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	var skew atomic.Int64
	now := func() hal.Instant {
		at := time.Since(begun)
		return hal.Instant{UTC: time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC).Add(at + time.Duration(skew.Load())), Boot: time.Hour + at}
	}
	box := outbox.New(filepath.Join(dir, "outbox.db"), ring, outbox.Bounds{MaxBytes: 4 << 20, MaxAge: 720 * time.Hour}, now)
	if err := box.Open(); err != nil {
		t.Fatal(err)
	}
	identity, err := profiles.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	b := &bubble{
		world:  &world{t: t, screen: &screen{}, identity: identity, store: newStore(), actuator: &actuator{obeys: true}, folders: &folders{}, pins: pins},
		queue:  &slowQueue{Outbox: box},
		broker: &broker{begun: begun}, dir: dir, replace: replace, skew: &skew, clocks: now,
	}
	b.disk, b.actuator.world = &slowDisk{store: b.store}, b.world
	b.start(firstEpoch, nil, telemetry.Left{})
	b.stop = func() {
		b.halt()
		if err := box.Close(); err != nil {
			t.Error(err)
		}
		if err := ring.Close(); err != nil {
			t.Error(err)
		}
	}
	b.now = now()
	b.observe("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
	a := b.access()
	a.Version, a.Hash = 1, profiles.Hash{1}
	if err := b.Apply(t.Context(), a, profiles.Signer{Kind: profiles.BackEnd}); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	return b
}

// start has an agent take over with all its loops from one that told it something, or be
// the first.
func (b *bubble) start(epoch string, after *agent.Carried, left telemetry.Left) {
	b.t.Helper()
	courier := telemetry.NewCourier(telemetry.CourierOptions{
		VID: b.identity.VID, Agent: "1.0.0", Epoch: epoch, Outbox: b.queue, Dial: b.broker.dial, Before: left,
	})
	var err error
	b.line = courier
	b.Cabin, err = agent.New(agent.Needs{
		Model: agent.Model{Name: "Taycan", Year: 2024}, Identity: b.identity, Policy: outside.Builtin(), Fresh: true,
		Buses: []string{"body"}, GNSS: true, Cloud: true, Actuated: append(slices.Clone(actuated), seatLength), Reach: map[string]agent.Reach{seatLength: {Most: 300, Step: 1}}, Actuator: b.actuator, Epoch: epoch, SecurityCode: carsCode(),
		Alarms: []agent.AlarmRule{{Code: "brake", Path: "Vehicle.Chassis.Brake.IsBrakesWorn", When: hal.Bool(true), Severity: "warning"}},
		Store:  b.disk, Courier: courier, Folders: b.folders, Now: b.clocks, Random: func(string) io.Reader { return drawn{b} }, Log: slog.New(slog.DiscardHandler),
		Replace: b.replace, After: after,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	cabin := b.Cabin
	ctx, stop := context.WithCancel(context.Background())
	var loops sync.WaitGroup
	loops.Go(func() {
		courier.Deliver(ctx, telemetry.Callbacks{
			Decide: cabin.Decide, Link: cabin.Linked, Fate: cabin.Fate, Inbox: agent.Messages{Cabin: cabin}.Inbox,
			Seal: func(r outside.Released) outside.Released { return agent.Seal(cabin, r) },
		})
	})
	loops.Go(func() { agent.Tick(ctx, cabin, 0, nil) })
	loops.Go(func() { agent.CarryOut(ctx, cabin) })
	loops.Go(func() { agent.Execute(ctx, cabin, func(agent.Outcome) {}) })
	loops.Go(func() { agent.Show(ctx, cabin, b.screen) })
	b.halt = func() {
		stop()
		loops.Wait()
	}
}

// drive has the car drive for a while: ten frames and a fix a second. Each is handed on
// by a goroutine of its own, as the wires do it.
func (b *bubble) drive(d time.Duration) {
	for range int(d / time.Second) {
		for range 10 {
			b.observe("Vehicle.LowVoltageSystemState", hal.Word("ON"))
			b.observe("Vehicle.Speed", hal.Number(50))
			time.Sleep(100 * time.Millisecond)
		}
		b.Fix(&hal.Position{Latitude: 54.19 + b.at().Seconds()/1e5, Longitude: 6.62, Speed: hal.KilometresPerHour(50)})
	}
}

// driving is drive beside the test; the returned function waits for its end.
func (b *bubble) driving(d time.Duration) (end func()) {
	var on sync.WaitGroup
	on.Go(func() { b.drive(d) })
	return on.Wait
}

func (b *bubble) observe(path string, v hal.Value) {
	b.Observe("body", 1, []hal.Reading{{Path: path, Value: v, At: b.instant()}}, b.instant())
}

// instant is now on both clocks of the car.
func (b *bubble) instant() hal.Instant {
	return b.clocks()
}

// at is the time since the agent started.
func (b *bubble) at() time.Duration { return time.Since(b.broker.begun) }

// broker takes everything at once and writes down what happened when.
type broker struct {
	begun time.Time

	mu   sync.Mutex
	wire []wire
	away bool        // guarded by mu: there is no network
	line *connection // guarded by mu: the newest

	subscribed []string // guarded by mu; by the newest connection

	breaks func(m telemetry.Message) (unacknowledged, ends bool) // guarded by mu; may be nil
}

// wire is what went over the connection, or happened to it.
type wire struct {
	at    time.Duration
	event string // connect, mute, close; empty for a message
	telemetry.Message
}

func (b *broker) see(event string, m telemetry.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wire = append(b.wire, wire{time.Since(b.begun), event, m})
}

func (b *broker) dial(_ context.Context, o telemetry.Opening) (telemetry.Connection, error) {
	b.mu.Lock()
	b.subscribed = o.Subscribe
	away := b.away
	b.mu.Unlock()
	if away {
		return nil, errors.New("there is no network")
	}
	b.see("connect", telemetry.Message{})
	c := &connection{broker: b, last: time.Now(), ended: make(chan struct{})}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.line = c
	return c, nil
}

// to is what went to a mailbox as one kind.
func (b *broker) to(mailbox string, kind outside.Kind) (all []wire) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.wire {
		if w.event == "" && filepath.Base(w.Topic) == string(kind) && filepath.Base(filepath.Dir(w.Topic)) == mailbox {
			all = append(all, w)
		}
	}
	return all
}

// events is when each event of that name happened.
func (b *broker) events(name string) (all []time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.wire {
		if w.event == name {
			all = append(all, w.at)
		}
	}
	return all
}

type connection struct {
	broker *broker
	once   sync.Once
	muted  bool
	last   time.Time // the last byte
	ended  chan struct{}
}

func (c *connection) Publish(m telemetry.Message) telemetry.Token {
	c.broker.mu.Lock()
	muted := c.muted
	if !muted {
		c.last = time.Now()
	}
	unacknowledged, ends := false, false
	if c.broker.breaks != nil {
		unacknowledged, ends = c.broker.breaks(m)
	}
	c.broker.mu.Unlock()
	if muted {
		return pending{}
	}
	c.broker.see("", m)
	if ends {
		c.Close()
	}
	if unacknowledged {
		return pending{}
	}
	return acknowledged{}
}

func (c *connection) Ended() <-chan struct{} { return c.ended }

func (c *connection) Written() time.Time {
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	return c.last
}

func (c *connection) Mute() {
	c.broker.see("mute", telemetry.Message{})
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	c.muted = true
}

func (c *connection) Close() {
	c.once.Do(func() { c.broker.see("close", telemetry.Message{}); close(c.ended) })
}

type acknowledged struct{}

func (acknowledged) Done() <-chan struct{} { c := make(chan struct{}); close(c); return c }
func (acknowledged) Error() error          { return nil }

type pending struct{}

func (pending) Done() <-chan struct{} { return nil }
func (pending) Error() error          { return nil }
