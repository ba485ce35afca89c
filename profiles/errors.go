package profiles

import "errors"

// What a request of a person can be refused with. Each has one public name on
// D-Bus; the message is one sentence a person can act on.
var (
	ErrWrongPIN         = errors.New("the PIN is wrong; try again")
	ErrLockedOut        = errors.New("too many wrong PINs; wait and try again")
	ErrNoSuchProfile    = errors.New("there is no such profile in this car")
	ErrNotPermitted     = errors.New("this is not open to the person at the wheel")
	ErrNotParked        = errors.New("the car is moving; park first")
	ErrSuperseded       = errors.New("a newer request took the place of this one")
	ErrGuestUnavailable = errors.New("this model has no guest mode")
	ErrRosterFull       = errors.New("the car already has five secondary users; remove one first")
	ErrNotReady         = errors.New("the agent is not ready yet; try again in a moment")
	ErrInvalid          = errors.New("the value is not valid")
	ErrQuotaExceeded    = errors.New("there is no room left for this value")
	ErrEraseFailed      = errors.New("erasing did not finish; restart the head unit")
	ErrOffline          = errors.New("this needs a connection, and there is none")
)
