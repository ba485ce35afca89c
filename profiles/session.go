package profiles

import (
	"fmt"
	"time"
)

// Phase is where a session stands; its String is Session1.State.
type Phase uint8

const (
	Idle          Phase = iota // the picker
	GuestDriving               // anonymous
	PersonDriving              // somebody of the roster
	Leaving                    // ended; what may not stay behind is being wiped
)

func (p Phase) String() string { return [...]string{"idle", "guest", "active", "leaving"}[p%4] }

// Session is who is at the wheel. It is a value: each method returns the next
// one, and the caller keeps it once the store has. The zero Session is the picker
// at boot: whoever was there before is not any more.
//
//	Idle ──Login──────▶ PersonDriving ──Leave──▶ Leaving ──Wiped──▶ Idle
//	Idle ──StartGuest─▶ GuestDriving ───Leave──▶ Leaving ──Wiped──▶ Idle
type Session struct {
	State Phase
	Who   ID            // zero unless PersonDriving
	Since time.Duration // boot clock of the last step
}

// Login puts who at the wheel, at the boot clock at.
func (s Session) Login(who ID, at time.Duration) (Session, error) {
	if who.IsZero() {
		return s, ErrNoSuchProfile
	}
	return s.begin(Session{PersonDriving, who, at})
}

// StartGuest puts a fresh guest at the wheel.
func (s Session) StartGuest(at time.Duration) (Session, error) {
	return s.begin(Session{GuestDriving, ID{}, at})
}

func (s Session) begin(next Session) (Session, error) {
	if s.State != Idle {
		return s, fmt.Errorf("%w: the session before has not ended", ErrNotReady)
	}
	return next, nil
}

// Leave ends the session: from here on nothing that belongs to it has an effect.
func (s Session) Leave(at time.Duration) (Session, error) {
	if !s.Driving() {
		return s, fmt.Errorf("%w: nobody is logged in", ErrNotPermitted)
	}
	return Session{Leaving, ID{}, at}, nil
}

// Wiped is called when nothing of the session is left.
func (s Session) Wiped(at time.Duration) (Session, error) {
	if s.State != Leaving {
		return s, fmt.Errorf("%w: no session is ending", ErrNotReady)
	}
	return Session{Idle, ID{}, at}, nil
}

// Driving reports whether somebody is at the wheel, a guest or a person.
func (s Session) Driving() bool { return s.State == GuestDriving || s.State == PersonDriving }
