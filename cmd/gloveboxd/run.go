package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sync/errgroup"

	"glovebox/agent"
	"glovebox/agent/cloud"
	"glovebox/agent/hmi"
	"glovebox/hal/kernel"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outbox"
	"glovebox/telemetry/outside"
)

// collectAt is by how much of what is in use the heap grows before it is collected.
// The agent allocates little once it runs, and 1 MB is in use: with Go's own 100 the
// heap rests at 4 MB.
const collectAt = 25

// opened is what a start opens and reads before it has a cabin.
type opened struct {
	plan    plan
	stores  stores
	folders folders
	aside   int // directories of sessions before that could not be removed
	face    *hmi.Face
}

// open connects to the bus and reads the files that the configuration names while
// the stores are checked and opened: a head unit that boots waits for all three.
func open(ctx context.Context, cfg Config, before *carried, log *slog.Logger) (o opened, err error) {
	locked, err := lockStores(ctx, cfg.Store.Dir, before != nil && before.Sound, func() { progress(log, before != nil) }, log)
	if err != nil {
		return o, err
	}
	var group errgroup.Group
	group.Go(func() (err error) {
		o.stores, err = locked.start(ctx)
		return err
	})
	group.Go(func() error {
		o.folders, o.aside = openFolders(cfg.Session.RuntimeDir, log) // no other process has them: it would have the lock
		return nil
	})
	group.Go(func() error {
		o.plan = cfg.plan(log)
		return nil
	})
	group.Go(func() (err error) { // what comes last is begun first, and this one waits for others
		o.face, err = hmi.New(cfg.DBus.Address, access(cfg.DBus), log)
		return err
	})
	if err = group.Wait(); err == nil {
		return o, nil
	}
	if o.face != nil {
		err = errors.Join(err, o.face.Close())
	}
	return o, errors.Join(err, o.folders.Close(), o.stores.Close())
}

// readAhead reads the tables that every start needs, while the configuration is read.
func readAhead() {
	profiles.EquipmentOf("", 0, "")
	outside.Builtin()
}

// run is all wiring: it opens in order, starts every long job in one group, takes
// the bus name last and closes in reverse.
func run(ctx context.Context, cfg Config, before *carried, log *slog.Logger) (err error) {
	next := &replacement{config: cfg, stopped: ctx.Err, socket: before.silent()}
	defer func() { // when all is closed
		if next.begun() {
			err = errors.Join(err, next.told(err == nil))
		}
	}()
	closing := func(what string, close func() error) {
		if cerr := close(); cerr != nil {
			err = errors.Join(err, fmt.Errorf("close %s: %w", what, cerr))
		}
	}
	o, err := open(ctx, cfg, before, log)
	if err != nil {
		return err
	}
	p, s, face := o.plan, o.stores, o.face
	defer closing("stores", func() error { return s.Close() })
	arena := openArena(log)
	defer closing("arena", arena.free) // after the bus: no call finds it gone
	identity, numbers := s.identity, p.policy.Numbers()
	if s.off != nil {
		p.turnOff("cloud", s.off)
		p.broker = nil
	}
	p.fit(identity.VID)
	var queue telemetry.Outbox = nowhere{}
	box := s.queue(outbox.Bounds{MaxBytes: numbers.KeptMaxBytes, MaxAge: numbers.KeptMaxAge})
	if box != nil {
		queue = box
		defer closing("outbox", box.Close)
	}
	defer closing("bus", func() error { // first of the three: no call finds a store closed
		cerr := face.Close()
		if errors.Is(err, hmi.ErrBusGone) {
			return nil // it is said already
		}
		return cerr
	})
	for _, name := range s.recovered {
		log.Warn("store recovered", "store", name)
	}
	for _, o := range p.off {
		log.Warn("part off", "part", o.part, "error", o.err)
	}
	if err := cfg.MQTT.certificates(time.Now()); err != nil {
		log.Warn("certificate", "error", err) // the car's clock may be the one that is wrong
	}

	defer closing("session directories", o.folders.Close)
	wires := &health{}
	epoch, orders := newEpoch(), &actuators{plan: p.mapping, wires: map[string]*wire{}}
	options := p.courier(cfg, identity.VID, epoch, queue, log)
	if before != nil {
		options.Before = before.Line.left()
	}
	courier := telemetry.NewCourier(options)
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	next.face, next.courier, next.end = face, courier, fail
	cabin, err := agent.New(agent.Needs{
		Model:    agent.Model{Name: cfg.Vehicle.Model, Year: cfg.Vehicle.ModelYear, Country: cfg.Vehicle.Country},
		Identity: identity, Policy: p.policy, Gzip: cfg.Telemetry.Gzip,
		Buses: p.names, BusIll: wires.ill, GNSS: cfg.GNSS.Port != "", Cloud: p.broker != nil, Recovered: s.recovered, Doubtful: s.doubtful(), Fresh: s.fresh(),
		LeaveAfter: time.Duration(cfg.Session.LeaveAfter), IdleAfter: time.Duration(cfg.Session.IdleAfter), Folders: o.folders, SetAside: o.aside, Arena: arena.bytes(),
		Alarms: p.alarms(), Actuated: orders.paths(), Reach: orders.reach(), Actuator: orders, AtBootFob: cfg.Session.AtBoot == "fob", SecurityCode: p.code, Epoch: epoch, Store: s.people, Courier: courier,
		Erase: func() (profiles.Receipt, error) {
			receipt, err := s.eraseAll()
			if receipt.Method != "" {
				courier.Forget(forgetTime)
			}
			return receipt, err
		}, Anew: next.wanted(true),
		Replace: next.wanted(cfg.Session.FreshProcess), After: before.told(),
		Now: now, Random: func(string) io.Reader { return rand.Reader }, Log: log,
	})
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	counts := newCounters()
	inbound := &agent.Inbound{
		Cabin: cabin, Topics: topics(identity.VID), Verifier: cloud.NewVerifier(identity, p.trust),
		Count: func(name string) { counts.add(name, 1) }, Log: log,
	}
	if err := face.Own(show{cabin, agent.Messages{Cabin: cabin}, agent.Trips{Cabin: cabin}, courier, counts, identity.Public()}); err != nil {
		return err
	}
	if before != nil {
		face.Retell()
	}
	debug.SetGCPercent(collectAt) // not before: a start leaves its garbage until here
	said(log, daemon.SdNotifyReady)
	if len(p.problems) > 0 {
		log.Warn("dbc statements skipped", "count", len(p.problems), "first", p.problems[0].String())
	}
	log.Info("ready", "vid", identity.VID, "policy", policyName(p))

	reads, err := kernel.NewGroup()
	if err != nil {
		return err
	}
	found := make(chan string, 1)
	group.Go(func() error { defer close(found); s.openQueue(ctx, box, found); return nil })
	group.Go(s.keepIdentity)
	group.Go(func() error { return leaveStart(ctx) })
	group.Go(func() error { agent.Recover(cabin, found); return nil })
	group.Go(func() error { return reads.Run(ctx) })
	for _, b := range p.buses {
		wire := busWire(b, reads, p.mapping.Bus(b.Name), cabin, counts, wires, log)
		orders.wires[b.Name] = wire
		group.Go(func() error { return wire.read(ctx) })
	}
	if cfg.GNSS.Port != "" {
		group.Go(func() error { return gnssWire(cfg.GNSS, reads, cabin, counts, log).read(ctx) })
	}
	if p.broker != nil {
		group.Go(func() error {
			return courier.Deliver(ctx, telemetry.Callbacks{
				Decide: cabin.Decide, Link: inbound.Linked, Fate: cabin.Fate, Inbox: agent.Messages{Cabin: cabin}.Inbox,
				Seal:    func(r outside.Released) outside.Released { return agent.Seal(cabin, r) },
				Inbound: func(topic string, payload []byte) { inbound.Take(ctx, topic, payload) },
			})
		})
	}
	endShow := beside(ctx, fail, func(ctx context.Context) error { return agent.Show(ctx, cabin, face) })
	endFace := beside(ctx, fail, face.Run)
	group.Go(func() error { next.lock = face.FollowPower(ctx, before.delayLock(), sleeper(cabin, log)); return nil })
	group.Go(func() error { return agent.CarryOut(ctx, cabin) })
	group.Go(func() error { return agent.Execute(ctx, cabin, inbound.Done) })
	watchdog, _ := daemon.SdWatchdogEnabled(false)
	group.Go(func() error {
		return agent.Tick(ctx, cabin, watchdog/3, func() { said(log, daemon.SdNotifyWatchdog) })
	})
	err = group.Wait()
	err = errors.Join(err, cabin.Stop(agent.Restart))
	err = errors.Join(err, endShow(), endFace()) // the head unit hears of the end
	s.leaves = !next.begun()                     // the fresh process knows
	return err
}

// forgetTime is how long the broker may take to forget the state of a car that is erased:
// a session's end before it leaves half a second without a line.
const forgetTime = 2 * time.Second

// beside runs a loop that outlives ctx: until end is called, which returns what it
// returned. What it fails with meanwhile is told to fail.
func beside(ctx context.Context, fail context.CancelCauseFunc, loop func(context.Context) error) (end func() error) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() {
		err := loop(ctx)
		if err != nil {
			fail(err)
		}
		ended <- err
	}()
	return func() error { stop(); return <-ended }
}

// sleeper ends the session before the unit sleeps or shuts down, and that of whoever
// came in the moment before it slept. When it wakes a new epoch begins: the connection of
// before is dead, and nobody knows it yet.
func sleeper(cabin *agent.Cabin, log *slog.Logger) func(hmi.Power) {
	return func(p hmi.Power) {
		why := agent.Suspend
		if p == hmi.ShutsDown {
			why = agent.Restart
		}
		if err := cabin.Stop(why); err != nil {
			log.Warn("session not ended in full", "reason", why, "error", err)
		}
		if p == hmi.Wakes {
			agent.Renew(cabin)
		}
	}
}

// courier is what the courier needs of the configuration.
func (p plan) courier(cfg Config, vid, epoch string, box telemetry.Outbox, log *slog.Logger) telemetry.CourierOptions {
	o := telemetry.CourierOptions{
		VID: vid, Agent: version, Epoch: epoch, Outbox: box, Keepalive: time.Duration(cfg.MQTT.KeepAlive), GiveUp: time.Duration(cfg.MQTT.GiveUp), PauseMax: time.Duration(cfg.MQTT.ReconnectMax),
		Rand: mathrand.Float64, Log: log,
	}
	if p.broker != nil {
		o.Dial = p.broker.Dial
	}
	return o
}

// topics are those that a car listens to.
func topics(vid string) agent.Topics {
	return agent.Topics{
		Document: outside.PolicyTopic(vid), Action: outside.ActTopic(vid), Ask: outside.AskTopic(vid),
		Message: func(inbox string) string { return outside.Topic(vid, inbox, string(outside.KindMessages)) },
	}
}

// show is the cabin as the head unit sees it, with the counters of the wires.
type show struct {
	*agent.Cabin
	agent.Messages
	agent.Trips
	courier  *telemetry.Courier
	counts   *counters
	identity profiles.PublicIdentity
}

// Identity is the public half of the car's own.
func (s show) Identity() profiles.PublicIdentity { return s.identity }

// PrivacyView is the cabin's, and when a line that was silent opens again.
func (s show) PrivacyView() telemetry.PrivacyView {
	v := s.Cabin.PrivacyView()
	if at, waits := s.courier.OpensAt(); waits {
		v.OpensIn = max(0, time.Until(at))
	}
	return v
}

// Statistics is every counter by name.
func (s show) Statistics() map[string]uint64 { return s.counts.copy() }

func newEpoch() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

func busNames(buses []Bus) []string {
	var names []string
	for _, b := range buses {
		names = append(names, b.Name)
	}
	return names
}

func policyName(p plan) string {
	if p.policy.Test() {
		return "test"
	}
	return "built-in"
}
