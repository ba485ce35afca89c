package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"path/filepath"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sync/errgroup"

	"glovebox/agent"
	"glovebox/agent/cloud"
	"glovebox/agent/hmi"
	"glovebox/telemetry"
	"glovebox/telemetry/outbox"
)

const (
	tickAtMost   = 250 * time.Millisecond // motion and lockouts act at least so often
	lockoutEvery = 10 * time.Second       // what is left of a wait is stored so often
)

// errConfig is wrapped by what is wrong with the files that the configuration names.
var errConfig = errors.New("bad configuration")

// open connects to the bus and reads the files that the configuration names while
// the stores are checked and opened: a head unit that boots waits for all three.
func open(ctx context.Context, cfg Config, log *slog.Logger) (p plan, s stores, face *hmi.Face, err error) {
	var group errgroup.Group
	group.Go(func() (err error) {
		face, err = hmi.New(cfg.DBus.Address, access(cfg.DBus), log)
		return err
	})
	group.Go(func() (err error) {
		if p, err = cfg.plan(log); err != nil {
			return fmt.Errorf("%w: %w", errConfig, err)
		}
		return nil
	})
	group.Go(func() (err error) {
		s, err = openStores(ctx, cfg.Store.Dir)
		return err
	})
	err = group.Wait()
	if err != nil && face != nil {
		err = errors.Join(err, face.Close())
	}
	if err != nil {
		err = errors.Join(err, s.Close())
	}
	return p, s, face, err
}

// run is all wiring: it opens in order, starts every long job in one group, takes
// the bus name last and closes in reverse.
func run(ctx context.Context, cfg Config, log *slog.Logger) (err error) {
	closing := func(what string, close func() error) {
		if cerr := close(); cerr != nil {
			err = errors.Join(err, fmt.Errorf("close %s: %w", what, cerr))
		}
	}
	p, s, face, err := open(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer closing("stores", s.Close)
	identity, numbers := s.identity, p.policy.Numbers()
	if p.broker != nil {
		if err := p.broker.Check(identity.VID); err != nil {
			return fmt.Errorf("%w: %w", errConfig, err)
		}
	}
	box, err := outbox.Open(filepath.Join(cfg.Store.Dir, outboxFile), s.ring, outbox.Bounds{MaxBytes: numbers.KeptMaxBytes, MaxAge: numbers.KeptMaxAge}, now)
	if err != nil {
		return err
	}
	defer closing("outbox", box.Close)
	defer closing("bus", face.Close) // first of the three: no call finds a store closed
	for _, name := range s.recovered {
		log.Warn("store recovered", "store", name)
	}

	epoch, orders := newEpoch(), &actuators{plan: p.mapping, wires: map[string]*wire{}}
	cabin, err := agent.New(agent.Needs{
		Vehicle:  agent.Vehicle{Model: cfg.Vehicle.Model, Year: cfg.Vehicle.ModelYear, Country: cfg.Vehicle.Country},
		Identity: identity, Policy: p.policy, Gzip: cfg.Telemetry.Gzip,
		Buses: busNames(cfg.Buses), GNSS: cfg.GNSS.Port != "", Cloud: p.broker != nil, Recovered: s.recovered,
		Alarms: p.alarms(), Actuated: orders.paths(), Actuator: orders, Epoch: epoch, Store: s.people, Now: now, Rand: rand.Reader, Log: log,
	})
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	counts := newCounters()
	errands := make(chan *agent.Errand, waitingErrands)
	post := &inbound{
		cabin: cabin, identity: identity, trust: p.trust, desk: cloud.NewDesk(identity.VID), errands: errands,
		counts: counts, log: log, refused: &sparing{},
	}
	options := telemetry.CourierOptions{
		VID: identity.VID, Agent: version, Epoch: epoch, Outbox: box, Keepalive: time.Duration(cfg.MQTT.KeepAlive), PauseMax: time.Duration(cfg.MQTT.ReconnectMax),
		Recheck: cabin.MaySend, Timely: cabin.Timely, Link: cabin.Linked, Handed: cabin.Handed,
		Inbound: func(topic string, payload []byte) { post.take(ctx, topic, payload) },
		Rand:    mathrand.Float64, Log: log,
	}
	if p.broker != nil {
		options.Dial = p.broker.Dial
	}
	courier := telemetry.NewCourier(options)
	cabin.Join(courier)
	if err := face.Own(show{cabin, counts}); err != nil {
		return err
	}
	said(log, daemon.SdNotifyReady)
	if unused := cfg.Session.unused(); len(unused) > 0 {
		log.Warn("keys without effect", "session", unused)
	}
	if len(p.problems) > 0 {
		log.Warn("dbc statements skipped", "count", len(p.problems), "first", p.problems[0].String())
	}
	log.Info("ready", "vid", identity.VID, "policy", policyName(p))

	for _, b := range cfg.Buses {
		wire := busWire(b, p.mapping.Bus(b.Name), cabin, counts, log)
		orders.wires[b.Name] = wire
		group.Go(func() error { return wire.read(ctx) })
	}
	if cfg.GNSS.Port != "" {
		group.Go(func() error { return gnssWire(cfg.GNSS, cabin, counts, log).read(ctx) })
	}
	if p.broker != nil {
		group.Go(func() error { return courier.Deliver(ctx) })
	}
	group.Go(func() error { return carry(ctx, cabin, errands, post.done, log) })
	group.Go(func() error { return face.Run(ctx) })
	group.Go(func() error { return tell(ctx, cabin, face) })
	group.Go(func() error { return tick(ctx, cabin, log) })
	group.Go(func() error { <-ctx.Done(); said(log, daemon.SdNotifyStopping); return nil })
	err = group.Wait()
	return errors.Join(err, cabin.Stop())
}

// tick lets time act on the cabin, at each deadline and at least four times a
// second; the watchdog hears from this loop and from nowhere else.
func tick(ctx context.Context, cabin *agent.Cabin, log *slog.Logger) error {
	watchdog, _ := daemon.SdWatchdogEnabled(false)
	var praised time.Duration
	stored := now().Boot
	for {
		next := cabin.Tick()
		at := now().Boot
		if watchdog > 0 && at-praised >= watchdog/3 {
			praised = at
			said(log, daemon.SdNotifyWatchdog)
		}
		if at-stored >= lockoutEvery {
			cabin.Pass(at - stored)
			stored = at
		}
		pause := max(0, min(next-at, tickAtMost))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		if now().Boot < at+pause/2 {
			log.Warn("boot clock does not go on")
			cabin.Renew()
		}
	}
}

// tell carries what changed to the head unit.
func tell(ctx context.Context, cabin *agent.Cabin, face *hmi.Face) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-cabin.Changed():
		}
		for _, e := range cabin.Events() {
			switch e := e.(type) {
			case agent.Ended:
				face.Ended(e.Reason, e.Receipt)
			case agent.SettingsChanged:
				face.SettingsChanged(e.Group, e.Keys)
			case agent.LedgerChanged:
				face.LedgerChanged(e.Last)
			}
		}
		face.Refresh()
	}
}

// show is the cabin as the head unit sees it, with the counters of the wires.
type show struct {
	*agent.Cabin
	counts *counters
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

// said tells systemd, where it listens.
func said(log *slog.Logger, state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("systemd", "error", err)
	}
}
