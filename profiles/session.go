package profiles

import (
	"fmt"
	"time"
)

// Phase is where a session stands; its String is Session1.State.
type Phase uint8

const (
	PhaseIdle Phase = iota // the picker
	PhaseGuest
	PhaseActive
	PhaseLeaving // ended, what it may not leave behind is being wiped
)

func (p Phase) String() string { return [...]string{"idle", "guest", "active", "leaving"}[p%4] }

// Reason says why a session is as it is; its text is Session1.Reason.
type Reason string

const (
	ByFob      Reason = "fob"
	Chosen     Reason = "chosen"
	AtBoot     Reason = "boot"
	LeftCar    Reason = "left"
	LoggedOut  Reason = "logout"
	WasRemoved Reason = "removed"
	Replaced   Reason = "replaced"
	Restart    Reason = "restart"
	Suspend    Reason = "suspend"
	UnknownFob Reason = "unknown-fob"
)

// Request is a login that waits until the car is parked. The zero value is none.
type Request struct {
	Who   ID
	Guest bool
}

// IsZero reports whether nothing waits.
func (r Request) IsZero() bool { return r == Request{} }

// Session is who is at the wheel. It is a value: each method returns the next
// one, and the caller keeps it once the store has.
//
//	Idle ──Login──▶ Active ──Leave──▶ Leaving ──Wiped──▶ Idle
//	Idle ──Guest──▶ Guest ───Leave──▶ Leaving ──Wiped──▶ Idle
//
// A Request waits beside it in any phase; the newest wins.
type Session struct {
	Phase  Phase
	Who    ID     // zero unless Active
	Reason Reason // of the last step
	Since  time.Duration
	// Number rises at each begin and at each end, so that what was started under
	// one number is known to be late under the next.
	Number  uint64
	Pending Request
}

// Boot is the session in which the agent starts: nobody, whoever was there before.
func Boot(number uint64, at time.Duration) Session {
	return Session{Reason: AtBoot, Since: at, Number: number}
}

// Login begins who's session. at is the boot clock.
func (s Session) Login(who ID, why Reason, at time.Duration) (Session, error) {
	if who.IsZero() {
		return s, ErrNoSuchProfile
	}
	return s.begin(PhaseActive, who, why, at)
}

// Guest begins a fresh guest's session.
func (s Session) Guest(why Reason, at time.Duration) (Session, error) {
	return s.begin(PhaseGuest, ID{}, why, at)
}

func (s Session) begin(phase Phase, who ID, why Reason, at time.Duration) (Session, error) {
	if s.Phase != PhaseIdle {
		return s, fmt.Errorf("%w: the session before has not ended", ErrNotReady)
	}
	return Session{phase, who, why, at, s.Number + 1, Request{}}, nil
}

// Leave ends the session for the stated reason; its number closes at once.
func (s Session) Leave(why Reason, at time.Duration) (Session, error) {
	if !s.Open() {
		return s, fmt.Errorf("%w: nobody is logged in", ErrNotPermitted)
	}
	return Session{PhaseLeaving, ID{}, why, at, s.Number + 1, s.Pending}, nil
}

// Wiped is called when nothing of the session is left. The number stays.
func (s Session) Wiped(at time.Duration) (Session, error) {
	if s.Phase != PhaseLeaving {
		return s, fmt.Errorf("%w: no session is ending", ErrNotReady)
	}
	s.Phase, s.Since = PhaseIdle, at
	return s, nil
}

// Open reports whether somebody is at the wheel, a guest or a person.
func (s Session) Open() bool { return s.Phase == PhaseGuest || s.Phase == PhaseActive }

// Current reports whether what was started under number may still have an effect.
func (s Session) Current(number uint64) bool { return s.Number == number }

// Queue lets a request wait until the car is parked and returns the one whose
// place it takes: whoever made that is told ErrSuperseded.
func (s Session) Queue(r Request) (Session, Request) {
	before := s.Pending
	s.Pending = r
	return s, before
}

// Cancel drops what waits and returns it.
func (s Session) Cancel() (Session, Request) { return s.Queue(Request{}) }
