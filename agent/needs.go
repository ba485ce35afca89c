package agent

import (
	"io"
	"log/slog"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// Needs is what a Cabin cannot do without.
type Needs struct {
	Model                 Model
	Identity              profiles.Identity
	Policy                *outside.Policy
	LeaveAfter, IdleAfter time.Duration // of [session]; zero is the default
	Gzip                  bool          // status and open positions gzipped to main and shared readers
	Buses                 []string      // their names
	GNSS                  bool          // there is a receiver
	Cloud                 bool          // there is a broker
	Recovered             []string      // stores that were repaired at boot
	Doubtful              bool          // the store of the facts, or the key ring, is one of those
	Fresh                 bool          // the key ring never held a person: a fact that is missing hides nothing
	// BusIll reports whether a bus that speaks may be missing something, by the boot clock;
	// nil where nobody knows. It does not block.
	BusIll func(time.Duration) bool
	// SecurityCode is that of the car, which proves the main user; the zero one where there is none.
	SecurityCode profiles.Verifier
	AtBootFob    bool // a fob that opened the car before the start decides who is at the wheel
	Alarms       []AlarmRule
	Actuated     []string         // paths that Actuator can set, in the mapping file's order
	Reach        map[string]Reach // of those that are numbers, as far as it is known
	Actuator     Actuator         // may be nil where nothing is actuated
	Epoch        string           // of this start, 32 hex digits; the courier has it too
	Store        Store
	Courier      Courier
	Folders      Folders                          // may be nil: sessions have no directory then
	Arena        []byte                           // where a guest's settings are, ArenaSize zeros; nil: in ordinary memory
	Replace      func(func() Carried)             // a fresh process is to take over, told what is returned at the end; nil: none does
	Erase        func() (profiles.Receipt, error) // destroys all keys; a receipt without a method: nothing was begun
	Anew         func(func() Carried)             // as Replace, after everything was erased
	After        *Carried                         // what the process before told; nil where there was none
	SetAside     int                              // what could not be removed of sessions before the start
	Now          func() hal.Instant               // both clocks
	Random       func(stream string) io.Reader
	Log          *slog.Logger
}

// Model is what decides which functions this car has.
type Model struct {
	Name    string
	Year    int
	Country string
}

func (m Model) equipment() profiles.Equipment { return profiles.EquipmentOf(m.Name, m.Year, m.Country) }

func (m Model) guestAvailable() bool { return m.equipment().GuestMode }

// Store keeps people on disk. Each call is durable when it returns and may be
// repeated; it is safe to share.
type Store interface {
	// Settings is what who set in these groups, or in all: then an app's store is only
	// named. The zero id is the vehicle.
	Settings(who profiles.ID, groups ...string) (profiles.Encoded, error)
	SetSettings(who profiles.ID, own, vehicle profiles.Encoded) error
	People
	Facts
	// Messages are those of a person, by number; ChangeMessages writes some of some people, in
	// one change. Who is not of this car any more is left out.
	Messages(who profiles.ID) (map[uint64]profiles.Message, error)
	ChangeMessages(all map[profiles.ID]profiles.MessageChange) error
	Ledgers
	TripStore
}

// People is the roster on disk, and what each person proves themselves with. The zero
// id's lockout is that of unknown profiles.
type People interface {
	Roster() (profiles.Roster, error)
	// Apply keeps next. Its receipt says what was erased with those who left; the zero one
	// that nobody did.
	Apply(next profiles.Roster) (profiles.Receipt, error)
	Lockout(who profiles.ID) (profiles.Lockout, error)
	SetLockout(who profiles.ID, l profiles.Lockout) error
	OwnVerifier(who profiles.ID) (profiles.Verifier, error) // the zero one if there is none
	SetOwnVerifier(who profiles.ID, v profiles.Verifier) error
	Fobs(who profiles.ID) ([]profiles.Fob, error)
	SetFobs(who profiles.ID, fobs []profiles.Fob) error
}

// Facts are about the car, not about a person, and stand open on disk.
type Facts interface {
	CarFact(name string) ([]byte, error)
	SetCarFact(name string, value []byte) error
}

// Names of the facts about the car that must outlive a restart: what the gate still
// hides, the values that readers were shown last, how many PINs and security codes were
// wrong, how old the document is, which of the car's own the back end has, which main
// user was here.
const (
	factGate  = "gate"
	factHeld  = "held"
	factTally = "tally"        // wrong PINs of all profiles together
	factAge   = "document-age" // how long the access document has been in force
	factCode  = "code-tries"   // wrong security codes

	factShared = "document-shared" // version of the newest own document that the back end has
	factMet    = "main-user-met"   // id of the main user who was logged in in this car
)

// Courier takes what was released to the readers. Keep and Purge wait for the disk and
// are durable when they return; the others touch memory only. None waits for the
// network. What Keep refuses is never taken; with an error it took nothing.
type Courier interface {
	Live([]outside.Released)
	Keep([]outside.Released) (refused []outside.Released, err error)
	DropLive(keep func(outside.Released) bool)
	Purge(live func(outside.Released) bool, kept func(tag outside.Tag, n int) bool) (purged int, err error)
	Renew(epoch string)
	Mute(muted bool)
	DocumentVersion(version uint64)
}
