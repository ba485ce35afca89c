package hmi_test

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
)

var (
	anna    = profiles.ID{0xaa, 1}
	jonas   = profiles.ID{0x10, 2}
	mia     = profiles.ID{0x31} // newly invited
	foreign = profiles.ID{0xff} // not of this car
)

const annasPIN = "480213"

// cabin is a small cabin: two people, settings in memory, no car. It writes down
// what was asked of it.
type cabin struct {
	mu      sync.Mutex
	calls   []string // guarded by mu: what changed something
	session profiles.SessionView
	privacy telemetry.PrivacyView
	vehicle hal.VehicleView
	people  []profiles.ProfileView
	values  profiles.Values
	taps    []*hal.Tap
	slow    chan struct{} // when set, Login waits for it
	telling chan struct{} // guarded by mu: when set, Set waits for it once it has called kept
	deaf    bool          // then its context does not end it
	fail    error         // when set, every method that can fails with it
}

var identity = must(profiles.NewIdentity())

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newCabin() *cabin {
	return &cabin{
		session: profiles.SessionView{State: "idle", Reason: "boot", WipeState: "clean", Parked: true},
		privacy: telemetry.PrivacyView{Level: "share", EffectiveLevel: "share", Policy: "built-in",
			Readers: []telemetry.ReaderView{{Name: profiles.Conceal("Jonas"), Role: "secondary", Receives: []string{"status"}}}},
		vehicle: hal.VehicleView{Model: "Macan Electric", ModelYear: 2024, Country: "DE", Parked: true,
			GuestAvailable: true, CAN: "up", GNSS: "up", Cloud: "down"},
		people: []profiles.ProfileView{
			{ID: anna, Name: profiles.Conceal("Anna"), Role: "main", State: "active", Sharing: "shared", HasPIN: true},
			{ID: jonas, Name: profiles.Conceal("Jonas"), Role: "secondary", State: "active", Sharing: "limited"},
		},
		values: defaults(),
	}
}

func defaults() profiles.Values {
	values, _ := profiles.DecodeAll(nil)
	return values
}

// change is how a test changes what the views say.
func (c *cabin) change(f func(*cabin)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(c)
}

func (c *cabin) note(format string, args ...any) error {
	c.calls = append(c.calls, fmt.Sprintf(format, args...))
	return c.fail
}

func (c *cabin) asked() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string{}, c.calls...)
}

func (c *cabin) SessionView() profiles.SessionView {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session
}

func (c *cabin) Login(ctx context.Context, who profiles.ID, pin profiles.PIN, wait bool) (map[string]map[string]any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if slow := c.slow; slow != nil {
		c.mu.Unlock()
		select {
		case <-slow:
		case <-unless(c.deaf, ctx.Done()):
		}
		c.mu.Lock()
		if ctx.Err() != nil && !c.deaf {
			return nil, ctx.Err()
		}
	}
	if err := c.note("login %s wait=%v", who, wait); err != nil {
		return nil, err
	}
	want := map[profiles.ID]string{anna: annasPIN, jonas: ""}
	if digits, ok := want[who]; !ok || pin.Reveal() != digits {
		return nil, fmt.Errorf("log in %s: %w", who, profiles.ErrWrongPIN)
	}
	c.session = profiles.SessionView{State: "active", Profile: who, Role: "main", Reason: "chosen", WipeState: "clean", Parked: true}
	return c.all(), nil
}

// all is a copy: nobody changes what a cabin has handed out.
func (c *cabin) all() map[string]map[string]any {
	out := map[string]map[string]any{}
	for group, values := range c.values {
		out[group] = maps.Clone(values)
	}
	return out
}

func unless(deaf bool, done <-chan struct{}) <-chan struct{} {
	if deaf {
		return nil
	}
	return done
}

func (c *cabin) StartGuest(_ context.Context, wait bool) (map[string]map[string]any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.note("guest wait=%v", wait); err != nil {
		return nil, err
	}
	c.session = profiles.SessionView{State: "guest", Role: "guest", Reason: "chosen", WipeState: "clean", Parked: true}
	return c.all(), nil
}

func (c *cabin) CancelPending(context.Context) error { return c.locked("cancel") }

func (c *cabin) Logout(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session = profiles.SessionView{State: "idle", Reason: "logout", WipeState: "clean", Parked: true}
	return c.note("logout")
}

func (c *cabin) Inhibit() (func(), error) {
	if err := c.locked("inhibit"); err != nil {
		return nil, err
	}
	return func() { _ = c.locked("release") }, nil
}

func (c *cabin) locked(format string, args ...any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.note(format, args...)
}

func (c *cabin) Permits(function string) (bool, string) {
	if function == "radio" {
		return true, ""
	}
	return false, "only the main user may do this"
}

func (c *cabin) Get(who profiles.ID, group string) (profiles.Values, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !who.IsZero() && who != c.session.Profile {
		return nil, profiles.ErrNotPermitted
	}
	if group == "" {
		return profiles.Values(c.values).Clone(), c.fail
	}
	if _, err := profiles.GroupByName(group); err != nil {
		return nil, err
	}
	return profiles.Values{group: maps.Clone(c.values[group])}, c.fail
}

func (c *cabin) Set(_ context.Context, who profiles.ID, values profiles.Values, kept func()) error {
	err := c.set(who, values)
	if err == nil {
		kept()
	}
	c.mu.Lock()
	telling := c.telling
	c.mu.Unlock()
	if telling != nil {
		<-telling
	}
	return err
}

func (c *cabin) set(who profiles.ID, values profiles.Values) error {
	edit, err := profiles.NewEdit(values)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !who.IsZero() && who != c.session.Profile {
		return profiles.ErrNotPermitted
	}
	after := profiles.Values(c.values).Clone()
	edit.Apply(after)
	for group := range after {
		store := profiles.Store{}
		for key, v := range after[group] {
			store[key], _ = v.(profiles.Typed)
		}
		if _, err := store.Size(); profiles.IsApp(group) && err != nil {
			return err
		}
	}
	c.values = after
	for group, set := range values {
		if set == nil {
			return c.note("reset %s", group)
		}
		if err := c.note("set %s %d", group, len(set)); err != nil {
			return err
		}
	}
	return c.fail
}

func (c *cabin) PrivacyView() telemetry.PrivacyView {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.privacy
}

func (c *cabin) SetLevel(_ context.Context, level string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if level != "share" && level != "no-position" && level != "offline" {
		return fmt.Errorf("%w: a level is share, no-position or offline", profiles.ErrInvalid)
	}
	c.privacy.Level, c.privacy.EffectiveLevel = level, level
	return c.note("level %s", level)
}

var ledger = []telemetry.Entry{
	{ID: 1, From: time.Unix(60, 0), To: time.Unix(120, 0), Class: "position", Reader: anna.String(), Kind: "position",
		Outcome: "published", Rule: "position/main", LimitedBy: []string{"main"}, Count: 3},
	{ID: 2, From: time.Unix(120, 0), To: time.Unix(120, 0), Class: "position", Reader: jonas.String(), Kind: "position",
		Outcome: "withheld", Rule: "position/limited", LimitedBy: []string{"limited"}, Count: 7},
}

func (c *cabin) Ledger(filter telemetry.LedgerFilter) (out []telemetry.Entry, err error) {
	if filter.ID > uint64(len(ledger)) {
		return nil, fmt.Errorf("%w: there is no entry %d", profiles.ErrInvalid, filter.ID)
	}
	if filter.Totals {
		return []telemetry.Entry{{From: time.Unix(86400, 0), To: time.Unix(2*86400-60, 0), Reader: anna.String(), Kind: "position", Outcome: "published", Count: 9}}, c.fail
	}
	for _, e := range ledger {
		if filter.ID != 0 && e.ID != filter.ID {
			continue
		}
		if e.ID > filter.After && (filter.Before == 0 || e.ID < filter.Before) && !e.To.Before(filter.From) && (filter.To.IsZero() || !e.From.After(filter.To)) && (filter.Outcome == "" || filter.Outcome == e.Outcome) {
			out = append(out, e)
		}
	}
	return out, c.fail
}

func (c *cabin) VehicleView() hal.VehicleView {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.vehicle
	v.Health = []hal.HealthView{{Code: "cruise-fault", Severity: "warning", Active: true, Since: hal.Instant{UTC: time.Unix(1800, 0)}}}
	return v
}

func (c *cabin) Identity() profiles.PublicIdentity { return identity.Public() }

func (c *cabin) Statistics() map[string]uint64 { return map[string]uint64{"can_frames": 12345} }

func (c *cabin) Signals() []hal.SignalView {
	return []hal.SignalView{
		{Path: "Vehicle.Speed", Value: hal.Number(72.75), Age: 120 * time.Millisecond},
		{Path: "Vehicle.IsMoving", Value: hal.Bool(true)},
		{Path: "Vehicle.LowVoltageSystemState", Value: hal.Word("ON")},
		{Path: "Vehicle.Gone"},
	}
}

func (c *cabin) Tap(tap *hal.Tap) func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taps = append(c.taps, tap)
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.taps = nil
	}
}

// offer gives a reading to whoever watches and says how many do.
func (c *cabin) offer(r hal.Reading) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, tap := range c.taps {
		tap.Offer(r)
	}
	return len(c.taps)
}

func (c *cabin) Profiles() []profiles.ProfileView {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]profiles.ProfileView{}, c.people...)
}

// Revise notes what was decided, with what is personal in it, and whether a code came.
func (c *cabin) Revise(_ context.Context, v profiles.Revision, code profiles.PIN) (profiles.ID, profiles.Receipt, error) {
	said := fmt.Sprintf("%T%v", v, v)
	if i, is := v.(profiles.Invite); is {
		said = fmt.Sprint("invite ", i.Contact.Name.Reveal(), i.Contact.Email.Reveal(), i.Contact.Mobile.Reveal(), i.Sharing)
	}
	err := c.locked("%s code=%v", said, !code.IsZero())
	return mia, profiles.Receipt{Method: "key", Generation: 7, Result: "erased", Stores: []profiles.StoreReceipt{{Name: "keys", Before: 2, After: 1, Result: "erased"}}}, err
}

func (c *cabin) SetCredential(_ context.Context, who profiles.ID, change profiles.Credential) error {
	pin, ok := change.(profiles.PINChange)
	if !ok {
		return c.locked("%T %s", change, who) // LinkFob, UnlinkFobs
	}
	if err := pin.PIN.Acceptable(); err != nil {
		return err
	}
	if code := pin.Code.Reveal(); code != "" && code != carsCode {
		return profiles.ErrCodeWrong
	}
	by := "pin"
	if !pin.Code.IsZero() {
		by = "code"
	}
	return c.locked("%s %s %v %v", by, who, pin.Old, pin.PIN)
}

// carsCode is the car's security code.
const carsCode = "71904"
