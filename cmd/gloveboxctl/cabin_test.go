package main

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"glovebox/agent/hmi"
	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/trip"
)

var (
	anna  = profiles.ID{0xaa, 1}
	lea   = profiles.ID{0x1e, 2}
	jonas = profiles.ID{0x10, 3}
	mia   = profiles.ID{0x31, 4}
)

// cabin is a small cabin with three people, of whom Jonas has no PIN.
type cabin struct {
	hmi.Cabin // what is not below is not asked for

	mu      sync.Mutex
	session profiles.SessionView
	parked  bool
	level   string
	values  profiles.Values
	entries []telemetry.Entry
	tap     *hal.Tap
	shared  string   // Jonas's sharing level, if it was set
	closed  []string // and what is closed to him
	pins    map[profiles.ID]string
	fobs    map[profiles.ID]uint32
	read    bool          // all messages
	given   []profiles.ID // the trip
}

func newCabin() *cabin {
	values, _ := profiles.DecodeAll(nil)
	return &cabin{
		pins: map[profiles.ID]string{anna: "480213", lea: "590324", jonas: ""}, fobs: map[profiles.ID]uint32{},
		session: profiles.SessionView{State: "idle", Reason: "boot", WipeState: "clean"},
		parked:  true, level: "share",
		values: values,
		entries: []telemetry.Entry{
			{ID: 1, From: time.Unix(60, 0), To: time.Unix(120, 0), Class: "position", Reader: lea.String(), Kind: "position",
				Outcome: "published", Rule: "position/shared", LimitedBy: []string{"shared"}, Count: 3},
			{ID: 2, From: time.Unix(120, 0), To: time.Unix(120, 0), Class: "position", Reader: "workshop", Kind: "position",
				Outcome: "withheld", Rule: "position/workshop", LimitedBy: []string{"position/workshop", "position/no_position"}, Count: 7},
		},
	}
}

func (c *cabin) SessionView() profiles.SessionView {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.session
	v.Parked = c.parked
	return v
}

func (c *cabin) Login(_ context.Context, who profiles.ID, pin profiles.PIN, wait bool) (map[string]map[string]any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if typed, ok := c.pins[who]; !ok || typed != pin.Reveal() {
		return nil, profiles.ErrWrongPIN
	}
	if wait {
		c.session.Pending = who.String()
		return nil, nil
	}
	c.session = profiles.SessionView{State: "active", Profile: who, Role: "main", Reason: "chosen", WipeState: "clean"}
	return c.values, nil
}

// SetCredential is refused like the agent's; the car's security code is 71904.
func (c *cabin) SetCredential(_ context.Context, who profiles.ID, change profiles.Credential) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	pin, ok := change.(profiles.PINChange)
	switch {
	case ok && pin.PIN.Acceptable() != nil:
		return pin.PIN.Acceptable()
	case ok && !pin.Code.IsZero() && pin.Code.Reveal() != "71904":
		return profiles.ErrCodeWrong
	case ok && pin.Code.IsZero() && pin.Old.Reveal() != c.pins[who]:
		return profiles.ErrWrongPIN
	case ok:
		c.pins[who] = pin.PIN.Reveal()
	case change == profiles.LinkFob{}:
		c.fobs[who]++
	default:
		c.fobs[who] = 0
	}
	return nil
}

func (c *cabin) StartGuest(context.Context, bool) (map[string]map[string]any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session = profiles.SessionView{State: "guest", Role: "guest", Reason: "chosen", WipeState: "clean"}
	return c.values, nil
}

func (c *cabin) Logout(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session = profiles.SessionView{State: "idle", Reason: "logout", WipeState: "clean"}
	return nil
}

func (c *cabin) Get(_ profiles.ID, group string) (profiles.Values, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if group == "" {
		return c.values.Clone(), nil
	}
	if _, err := profiles.GroupByName(group); err != nil {
		return nil, err
	}
	return profiles.Values{group: c.values[group]}, nil
}

func (c *cabin) Set(_ context.Context, who profiles.ID, values profiles.Values, kept func()) error {
	err := c.set(who, values)
	if err == nil {
		kept()
	}
	return err
}

func (c *cabin) set(_ profiles.ID, values profiles.Values) error {
	edit, err := profiles.NewEdit(values)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	edit.Apply(c.values)
	return nil
}

func (c *cabin) SetLevel(_ context.Context, level string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if level != "share" && level != "no-position" && level != "offline" {
		return fmt.Errorf("%w: a level is share, no-position or offline", profiles.ErrInvalid)
	}
	c.level = level
	return nil
}

func (c *cabin) PrivacyView() telemetry.PrivacyView {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := telemetry.PrivacyView{Level: c.level, EffectiveLevel: c.level, LocationInUse: c.level == "share", Policy: "built-in",
		Readers: []telemetry.ReaderView{{Name: profiles.Conceal("Lea"), Role: "secondary", Receives: []string{"status", "position"}}, {Role: "workshop"}}}
	if c.level != "share" {
		v.LimitedBy = []string{"level"}
	} else if c.session.Guest() {
		v.EffectiveLevel, v.LimitedBy, v.LocationInUse = "no-position", []string{"guest"}, false
	}
	return v
}

func (c *cabin) Ledger(filter telemetry.LedgerFilter) (out []telemetry.Entry, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if filter.ID > uint64(len(c.entries)) {
		return nil, fmt.Errorf("%w: there is no entry %d", profiles.ErrInvalid, filter.ID)
	}
	if filter.Totals {
		day := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
		return []telemetry.Entry{
			{From: day, To: day.Add(24*time.Hour - time.Minute), Reader: "backend", Kind: "alarms", Outcome: "published", Count: 2},
			{From: day, To: day.Add(24*time.Hour - time.Minute), Reader: lea.String(), Kind: "position", Outcome: "published", Count: 1234},
		}, nil
	}
	for _, e := range c.entries {
		if filter.ID != 0 && e.ID != filter.ID {
			continue
		}
		wanted := func(want, have string) bool { return want == "" || want == have }
		if e.ID > filter.After && !e.To.Before(filter.From) && wanted(filter.Reader, e.Reader) && wanted(filter.Outcome, e.Outcome) && wanted(filter.Class, e.Class) && wanted(filter.Kind, e.Kind) {
			out = append(out, e)
		}
	}
	return out, nil
}

// List is a line of the workshop, with a word in it that a terminal would obey, and a booking.
func (c *cabin) List(filter profiles.MessageFilter) ([]profiles.Message, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session.State != "active" {
		return nil, profiles.ErrNotPermitted
	}
	return filter.Of([]profiles.Message{
		{ID: "b1", Kind: "booking", From: profiles.Conceal("Anna"), Role: "main", Text: profiles.Conceal("winter tyres"), Wish: profiles.Conceal(`{"day":"2026-12-01"}`), Time: time.Unix(60, 0), Read: true},
		{ID: "q1", Kind: "chat", From: profiles.Conceal("Workshop North"), Role: "workshop", Text: profiles.Conceal("come at\nnine\x1b[2J"), Time: time.Unix(120, 0), Read: c.read},
		{ID: "l1", Kind: "alarm", Role: "car", Text: profiles.Conceal("The brakes need to be looked at."), Code: "brake", Time: time.Unix(180, 0), Read: c.read},
	}), nil
}

func (c *cabin) Send(_ context.Context, text string) (string, error) {
	if text == "" {
		return "", profiles.ErrInvalid
	}
	return "s1", nil
}

func (c *cabin) MarkRead(_ context.Context, ids []string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read = len(ids) == 2
	return nil
}

// ListTrips is a trip that is seen whole, and one of which a band is.
func (c *cabin) ListTrips(telemetry.TripFilter) ([]telemetry.TripView, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session.State != "active" {
		return nil, profiles.ErrNotPermitted
	}
	return []telemetry.TripView{
		{ID: "t1", Day: "2026-11-21", Assigned: c.given, Whole: &trip.Trip{
			Metres: 5012, Seconds: 400, Track: "_p~iF",
			Start: trip.Point{At: time.Unix(60, 0), Latitude: 54.19, Longitude: 6.62}, End: trip.Point{At: time.Unix(460, 0), Latitude: 54.23, Longitude: 6.62},
		}},
		{ID: "t2", Day: "2026-11-22", Band: "10-25"},
	}, nil
}

func (c *cabin) AssignTrips(_ context.Context, which telemetry.TripFilter, to []profiles.ID) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if which.Trip != "" && which.Trip != "t1" {
		return fmt.Errorf("%w: want a trip that can be assigned, and people of this car", profiles.ErrInvalid)
	}
	c.given = to
	return nil
}

func (c *cabin) DeleteTrip(context.Context, string) error { return nil }

func (c *cabin) VehicleView() hal.VehicleView {
	return hal.VehicleView{Model: "Macan Electric", ModelYear: 2024, Country: "DE", Parked: true, GuestAvailable: true, CAN: "up", GNSS: "up", Cloud: "down",
		Health: []hal.HealthView{{Code: "cruise-fault", Severity: "warning", Active: true, Since: hal.Instant{UTC: time.Unix(1800, 0)}}}}
}

func (c *cabin) Identity() profiles.PublicIdentity {
	identity, err := profiles.NewIdentity()
	if err != nil {
		panic(err)
	}
	identity.VID = "00112233445566778899aabbccddeeff"
	return identity.Public()
}

func (c *cabin) Statistics() map[string]uint64 { return map[string]uint64{"can_frames": 12345} }

func (c *cabin) Tap(tap *hal.Tap) func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tap = tap
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.tap = nil
	}
}

// Revise notes what is decided; nobody but Lea can be removed, and the car's security code
// is K7QM2R9T.
func (c *cabin) Revise(_ context.Context, v profiles.Revision, code profiles.PIN) (who profiles.ID, r profiles.Receipt, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch v := v.(type) {
	case profiles.Invite:
		if _, err := v.Contact.Plain(); err != nil {
			return who, r, err
		}
		return mia, r, nil
	case profiles.Activate:
		if code.Reveal() != "K7QM2R9T" {
			return who, r, profiles.ErrCodeWrong
		}
	case profiles.Remove:
		if v.Who != lea {
			return who, r, profiles.ErrNotPermitted
		}
		r = profiles.Receipt{Method: "key", Generation: 7, Result: "erased"}
	case profiles.ResetPIN:
		if v.Who == anna {
			return who, r, profiles.ErrNotPermitted
		}
		delete(c.pins, v.Who)
	case profiles.EraseEverything:
		if code.Reveal() != "480213" {
			return who, r, profiles.ErrWrongPIN
		}
		r = profiles.Receipt{Method: "key", Generation: 9, Result: "erased"}
	case profiles.SetSharing:
		c.shared = v.Sharing.String()
	case profiles.Restrict:
		c.closed = nil
		for _, f := range v.Functions {
			c.closed = append(c.closed, string(f))
		}
	}
	return who, r, nil
}

func (c *cabin) Profiles() []profiles.ProfileView {
	c.mu.Lock()
	defer c.mu.Unlock()
	return []profiles.ProfileView{
		{ID: anna, Name: profiles.Conceal("Anna"), Role: "main", State: "active", Sharing: "shared", HasPIN: true, Fobs: c.fobs[anna]},
		{ID: lea, Name: profiles.Conceal("Lea"), Role: "secondary", State: "active", Sharing: "shared", HasPIN: true, RetryAfter: 30},
		{ID: jonas, Name: profiles.Conceal("Jonas"), Role: "secondary", State: "active", Sharing: cmp.Or(c.shared, "limited"), Restricted: c.closed, HasPIN: c.pins[jonas] != "", Fobs: c.fobs[jonas]},
	}
}
