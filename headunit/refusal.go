package headunit

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/godbus/dbus/v5"
)

// ErrNotReached is a call that no agent answered.
var ErrNotReached = errors.New("the agent does not answer")

// left is ErrNotReached of an agent that was there before.
type left struct{}

func (left) Error() string        { return "the agent left the bus" }
func (left) Is(target error) bool { return target == ErrNotReached }

// Refusal is an error with which the agent answered, by its public name, or the
// bus, by its whole one.
type Refusal struct {
	Name    string // WrongPIN
	Message string // a sentence a person can act on
}

func (r *Refusal) Error() string { return r.Name + ": " + r.Message }

// Is takes what the bus answers in place of an agent as ErrNotReached.
func (r *Refusal) Is(target error) bool {
	short, bus := strings.CutPrefix(r.Name, standard+"Error.")
	return target == ErrNotReached && bus &&
		slices.Contains([]string{"ServiceUnknown", "NameHasNoOwner", "NoReply", "Disconnected", "TimedOut", "Timeout"}, short)
}

// RefusedAs returns the name an error was refused with, empty if it was not
// refused.
func RefusedAs(err error) string {
	if r, refused := errors.AsType[*Refusal](err); refused {
		return r.Name
	}
	return ""
}

// refusal is an error of the bus as one of ours.
func refusal(err error) error {
	from, answered := errors.AsType[dbus.Error](err)
	if !answered {
		return fmt.Errorf("%w: %w", ErrNotReached, err)
	}
	return &Refusal{Name: strings.TrimPrefix(from.Name, ours+"Error."), Message: from.Error()}
}
