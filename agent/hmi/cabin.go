package hmi

import (
	"context"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
)

// Cabin is who knows what happens in the car. All methods are safe to share;
// the views are cheap, do not block on a disk and return values that nobody
// changes afterwards. Errors are those of package profiles, wrapped where there
// is more to say; any other error is answered as a failure without details.
type Cabin interface {
	Session
	Settings
	Privacy
	Vehicle
	People
	Messages
	Trips
}

// Session is the door of the picker. Login and StartGuest come one at a time,
// in the order in which the requests reached the bus. A newer one ends the
// context of an older one with the cause profiles.ErrSuperseded; the older one
// then does nothing more and may return that cause or the context's error.
// Login does not tell an unknown profile from a wrong PIN, not by its time either.
type Session interface {
	SessionView() profiles.SessionView
	Login(ctx context.Context, who profiles.ID, pin profiles.PIN, wait bool) (map[string]map[string]any, error)
	StartGuest(ctx context.Context, wait bool) (map[string]map[string]any, error)
	CancelPending(ctx context.Context) error
	Logout(ctx context.Context) error
	Permits(function string) (allowed bool, reason string)
	// Inhibit has the session's end wait until release, for a while. It is refused while
	// an end waits. release may come twice, and from any goroutine.
	Inhibit() (release func(), err error)
}

// Settings are those of the person at the wheel, as plain Go values (values.go); if who
// is somebody, they must be that person. nil takes back, as in profiles.Values. What Set
// acknowledged is durable, a guest's excepted; then, and only then, it calls kept.
type Settings interface {
	// Get is a group, or with none everything that who has set.
	Get(who profiles.ID, group string) (profiles.Values, error)
	Set(ctx context.Context, who profiles.ID, values profiles.Values, kept func()) error
}

// Privacy is the driver's level and what became of it.
type Privacy interface {
	PrivacyView() telemetry.PrivacyView
	SetLevel(ctx context.Context, level string) error
	// Ledger with an id in the filter returns that entry, or an error. It may wait for a
	// disk.
	Ledger(filter telemetry.LedgerFilter) ([]telemetry.Entry, error)
}

// Messages are those of the person at the wheel; a guest has none. What Send, Book and
// MarkRead acknowledged is durable. A wish is a JSON object.
type Messages interface {
	List(filter profiles.MessageFilter) ([]profiles.Message, error)
	Send(ctx context.Context, text string) (id string, err error)
	Book(ctx context.Context, wish []byte) (id string, err error)
	MarkRead(ctx context.Context, ids []string) error
}

// Trips are those that whoever is at the wheel may see; a guest sees none. What AssignTrips
// and DeleteTrip acknowledged is durable.
type Trips interface {
	ListTrips(filter telemetry.TripFilter) ([]telemetry.TripView, error)
	AssignTrips(ctx context.Context, which telemetry.TripFilter, to []profiles.ID) error
	DeleteTrip(ctx context.Context, id string) error
}

// Vehicle is the car. Readings are offered to a tap until untap is called; no
// reading is offered after it returned.
type Vehicle interface {
	VehicleView() hal.VehicleView
	Identity() profiles.PublicIdentity
	Statistics() map[string]uint64
	Signals() []hal.SignalView
	Tap(tap *hal.Tap) (untap func())
}

// People are the profiles of this car. SetCredential is refused unless who is at the
// wheel; the main user recovers at the picker too, with the car's security code.
// Revise is what is decided about them at the wheel, with the car's security code where
// it was typed: when it returns that is on disk. It says whom it is about, and what was
// erased.
type People interface {
	Revise(ctx context.Context, revision profiles.Revision, code profiles.PIN) (profiles.ID, profiles.Receipt, error)
	Profiles() []profiles.ProfileView
	SetCredential(ctx context.Context, who profiles.ID, change profiles.Credential) error
}
