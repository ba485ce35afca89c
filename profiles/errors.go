package profiles

import "errors"

// What a request of a person can be refused with. Each has one public name on
// D-Bus; the message is one sentence a person can act on.
// Beside each: when it is said; docs/dbus.md has it from here.
var (
	ErrWrongPIN         = errors.New("the PIN is wrong; try again")                                // the PIN is wrong, or there is no such profile
	ErrCodeWrong        = errors.New("the car's security code is wrong; try again")                // the car's security code is wrong
	ErrLockedOut        = errors.New("too many wrong PINs; wait and try again")                    // too many wrong PINs; RetryAfter says how long
	ErrNoSuchProfile    = errors.New("there is no such profile in this car")                       // the person was removed meanwhile; an object that is not there is UnknownObject, and Login says WrongPIN
	ErrNotPermitted     = errors.New("this is not open to the person at the wheel")                // who calls, or who is at the wheel, may not do this; nothing else has this name
	ErrNotParked        = errors.New("the car is moving; park first")                              // the car moves
	ErrSuperseded       = errors.New("a newer request took the place of this one")                 // a newer Login or StartGuest took the place of this one
	ErrGuestUnavailable = errors.New("this model has no guest mode")                               // the model has no guest mode
	ErrRosterFull       = errors.New("the car already has five secondary users; remove one first") // five secondary users are there already
	ErrNotReady         = errors.New("the agent is not ready yet; try again in a moment")          // the agent starts or stops
	ErrInvalid          = errors.New("the value is not valid")                                     // types, size, an unknown group, key, option or value
	ErrQuotaExceeded    = errors.New("there is no room left for this value")                       // no room is left for this value
	ErrEraseFailed      = errors.New("erasing did not finish; restart the head unit")              // erasing did not finish; the next start finishes it
	ErrOffline          = errors.New("this needs a connection, and there is none")                 // this needs a connection
)
