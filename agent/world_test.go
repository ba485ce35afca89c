package agent_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"glovebox/agent"
	"glovebox/agent/internal/memory"
	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// The people of every test. Where they have a PIN it is 480213.
var (
	anna  = profiles.ID{0xa1}
	lea   = profiles.ID{0x1e}
	jonas = profiles.ID{0x10}

	everybody = []profiles.ID{anna, lea, jonas}
)

const (
	annaBox  = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
	leaBox   = "1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e"
	jonasBox = "10101010101010101010101010101010"
)

// courier is a line that takes everything at once.
type courier struct {
	mu       sync.Mutex
	cabin    *agent.Cabin
	sent     []outside.Released
	epochs   []string
	muted    bool
	full     error // what Keep answers
	jammed   error // what Purge answers
	purges   int
	drops    int
	versions []uint64 // shown in the state
}

func (c *courier) Live(released []outside.Released) { c.deliver(released) }

func (c *courier) Keep(released []outside.Released) ([]outside.Released, error) {
	if len(released) == 0 {
		panic("a write of nothing")
	}
	if c.full != nil {
		return nil, c.full
	}
	c.deliver(released)
	return nil, nil
}

func (c *courier) deliver(released []outside.Released) {
	for _, r := range released {
		if c.cabin.Decide(r) != telemetry.Drop {
			c.mu.Lock()
			c.sent = append(c.sent, r)
			c.mu.Unlock()
			c.cabin.Fate(r, telemetry.Handed)
		}
	}
}

func (c *courier) Renew(epoch string)                   { c.epochs = append(c.epochs, epoch) }
func (c *courier) Mute(muted bool)                      { c.muted = muted }
func (c *courier) DocumentVersion(version uint64)       { c.versions = append(c.versions, version) }
func (c *courier) DropLive(func(outside.Released) bool) { c.drops++ }

func (c *courier) Purge(func(outside.Released) bool, func(outside.Tag, int) bool) (int, error) {
	c.purges++
	return 0, c.jammed
}

// of is the payloads of one kind to one mailbox since the last call.
func (c *courier) of(t *testing.T, mailbox string, kind outside.Kind) []string {
	t.Helper()
	var all []string
	for _, r := range c.sent {
		if r.Mailbox() == mailbox && r.Kind() == kind {
			_, payload, err := r.Encode(outside.Seq{Epoch: strings.Repeat("0", 32), N: 1})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(payload))
		}
	}
	return all
}

type store = memory.Store

// newStore is the disk of a car in which Anna was logged in before.
func newStore() *store { return memory.New(anna) }

// world is a cabin with its people, parked, on a clock that only the test turns.
type world struct {
	*agent.Cabin
	t        *testing.T
	store    *store
	courier  *courier
	screen   *screen
	identity profiles.Identity
	actuator *actuator
	folders  *folders
	noFix    bool          // the receiver finds nothing
	pins     []profiles.ID // who has a PIN, which costs what it costs in a car
	begun    time.Duration

	mu  sync.Mutex
	now hal.Instant
}

// newWorld is an agent of that model over a disk, in a car that says that it is off.
func newWorld(t *testing.T, model string, disk *store) *world {
	t.Helper()
	w := startWorld(t, model, disk, nil)
	w.say("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
	w.Linked(true)
	return w
}

// startWorld starts an agent over a disk, of which nothing is known yet. needs may
// change what it is given, the world's clock too.
func startWorld(t *testing.T, model string, disk *store, needs func(*world, *agent.Needs)) *world {
	t.Helper()
	w := &world{t: t, store: disk, courier: &courier{}, screen: &screen{}, actuator: &actuator{obeys: true}, folders: &folders{}}
	w.actuator.world = w
	w.now = hal.Instant{UTC: time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC), Boot: time.Hour}
	w.begun = w.now.Boot
	identity, err := profiles.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	n := agent.Needs{
		Model: agent.Model{Name: model, Year: 2024}, Identity: identity, Policy: outside.Builtin(), Fresh: true,
		Buses: []string{"body"}, GNSS: true, Cloud: true,
		Alarms:   []agent.AlarmRule{{Code: "brake", Path: "Vehicle.Chassis.Brake.IsBrakesWorn", When: hal.Bool(true), Severity: "warning"}},
		Actuated: actuated, Actuator: w.actuator, Epoch: firstEpoch,
		Store: disk, Courier: w.courier, Folders: w.folders, Random: func(string) io.Reader { return rand.Reader }, Log: slog.New(slog.DiscardHandler),
		Now: func() hal.Instant { w.mu.Lock(); defer w.mu.Unlock(); return w.now },
	}
	if needs != nil {
		needs(w, &n)
	}
	if w.Cabin, err = agent.New(n); err != nil {
		t.Fatal(err)
	}
	w.courier.cabin, w.identity = w.Cabin, n.Identity
	ctx, stop := context.WithCancel(context.Background())
	shown := make(chan struct{})
	go func() { defer close(shown); agent.Show(ctx, w.Cabin, w.screen) }()
	t.Cleanup(func() { stop(); <-shown })
	return w
}

// Tick lets time act, on the disk too.
func (w *world) Tick() {
	w.Cabin.Tick()
	w.CarryOut()
}

// CarryOut does what waits for the disk.
func (w *world) CarryOut() time.Duration { return w.Cabin.CarryOut(context.Background()) }

// folders are directories that nobody sees.
type folders struct {
	mu    sync.Mutex
	made  int
	gone  []string // those that were removed
	stuck int      // files that cannot be removed from the next ones
	aside int
	fails error // what Make answers
}

func (f *folders) Make() (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fails != nil {
		return "", f.fails
	}
	f.made++
	return fmt.Sprintf("/run/sessions/%d", f.made), nil
}

func (f *folders) Remove(path string) (removed, left, aside int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gone = append(f.gone, path)
	if f.stuck > 0 {
		f.aside++
	}
	return 3, f.stuck, f.aside
}

// screen is a head unit that writes down what it is told.
type screen struct {
	mu    sync.Mutex
	ended []agent.Ended
	heard []string // ended REASON, or GROUP KEY…

	refreshed int    // how often it was told to look at the views
	ledger    uint64 // the newest entry that it was told of
	trips     int    // how often it was told of trips

	look func() string // what it looks at, if that is not nil
	seen string
}

func (s *screen) Ending(reason string, deadline time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, fmt.Sprintf("ending %s %v", reason, deadline))
}

func (s *screen) Ended(reason string, r profiles.Receipt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = append(s.ended, agent.Ended{Reason: reason, Receipt: r})
	s.heard = append(s.heard, "ended "+reason)
}

func (s *screen) SettingsChanged(group string, keys []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, strings.Join(append([]string{group}, keys...), " "))
}

func (s *screen) LedgerChanged(last uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ledger = last
}

func (s *screen) MessageArrived(kind string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, "arrived "+kind)
}

func (s *screen) TripsChanged() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trips++
}

// looksAt has it look at a view from now on.
func (s *screen) looksAt(look func() string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look = look
}

func (s *screen) Refresh() {
	s.mu.Lock()
	look, seen := s.look, ""
	s.mu.Unlock()
	if look != nil {
		seen = look()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refreshed++
	s.seen = seen
}

// all is what it was told, in words.
func (s *screen) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.heard)
}

// saw is what it saw when it looked last.
func (s *screen) saw() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// ends is how many ends were told.
func (s *screen) ends() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ended)
}

// last is the n-th end that was told; it waits for it.
func (s *screen) last(t *testing.T, n int) agent.Ended {
	t.Helper()
	for range 1000 {
		s.mu.Lock()
		ended := s.ended
		s.mu.Unlock()
		if len(ended) >= n {
			return ended[n-1]
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("%d ends were told", n)
	return agent.Ended{}
}

// enrolled is a Taycan whose people are Anna, Lea (shared) and Jonas (limited), without
// PINs.
func enrolled(t *testing.T) *world {
	t.Helper()
	return enrolledOn(t, newStore())
}

func enrolledOn(t *testing.T, disk *store) *world {
	t.Helper()
	w := newWorld(t, "Taycan", disk)
	w.apply(1, w.access(), profiles.BackEnd)
	return w
}

// access is the document of the three.
func (w *world) access() profiles.Access {
	user := func(id profiles.ID, box string, role profiles.Role, sharing profiles.Sharing) profiles.User {
		var pin profiles.Verifier
		if slices.Contains(w.pins, id) {
			pin = verifier()
		}
		return profiles.User{Person: profiles.Person{
			ID: id, Mailbox: box, Role: role, State: profiles.Active, Sharing: sharing, Name: profiles.Conceal("x"), Verifier: pin, Sign: phoneKey(id),
		}}
	}
	return profiles.Access{
		VID: w.identity.VID, Issued: w.now.UTC, GuestServices: true, RemoteServices: true,
		Users: []profiles.User{
			user(anna, annaBox, profiles.Main, profiles.Shared),
			user(lea, leaBox, profiles.Secondary, profiles.Shared),
			user(jonas, jonasBox, profiles.Secondary, profiles.Limited),
		},
	}
}

// Roster is who belongs to the car now.
func (w *world) Roster() profiles.Roster {
	people, _ := w.Rosters()
	return people
}

func (w *world) apply(version uint64, a profiles.Access, by profiles.SignerKind) {
	w.t.Helper()
	a.Version, a.Previous, a.Hash = version, w.Roster().Hash, profiles.Hash{byte(version)}
	if err := w.Apply(w.t.Context(), a, profiles.Signer{Kind: by}); err != nil {
		w.t.Fatal(err)
	}
}

// say lets the bus say one value.
func (w *world) say(path string, v hal.Value) {
	w.Observe("body", 1, []hal.Reading{{Path: path, Value: v, At: w.now}}, w.now)
}

// pass lets time go by, a second at a time; drive is the speed in km/h, less than
// nothing for a silent bus. While it drives there is a fix a second.
func (w *world) pass(d time.Duration, drive float64) {
	for range int(d / time.Second) {
		w.mu.Lock()
		w.now.UTC, w.now.Boot = w.now.UTC.Add(time.Second), w.now.Boot+time.Second
		w.mu.Unlock()
		if drive >= 0 {
			w.say("Vehicle.LowVoltageSystemState", hal.Word("ON"))
			w.say("Vehicle.Speed", hal.Number(drive))
			if w.noFix {
				w.Fix(nil)
				w.Tick()
				continue
			}
			w.Fix(&hal.Position{Latitude: 54.19 + w.now.Boot.Seconds()/1e5, Longitude: 6.62, Speed: hal.KilometresPerHour(drive)})
		}
		w.Tick()
	}
}

// park stops the car and lets its bus fall silent.
func (w *world) park() { w.pass(6*time.Second, -1) }

func (w *world) points(mailbox string) (n int) {
	w.t.Helper()
	for _, payload := range w.courier.of(w.t, mailbox, outside.KindPosition) {
		var event struct {
			Data []struct {
				Path string
				DP   []struct{ Value string }
			}
		}
		if err := json.Unmarshal([]byte(payload), &event); err != nil {
			w.t.Fatal(err)
		}
		n += len(event.Data[0].DP)
	}
	return n
}

func (s *screen) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, "release")
}
