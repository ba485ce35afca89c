package hmi

import (
	"context"
	"errors"
	"fmt"

	"github.com/godbus/dbus/v5"

	"glovebox/profiles"
)

const errorPrefix = "org.glovebox.Error."

// public is the one table that gives errors their names on the bus. Where
// detail is set the whole error is the message: it says which value is wrong.
// Elsewhere the sentence is always the same, so that it tells nothing more.
var public = []struct {
	err    error
	name   string
	detail bool
}{
	{profiles.ErrWrongPIN, "WrongPIN", false},
	{profiles.ErrCodeWrong, "CodeWrong", false},
	{profiles.ErrLockedOut, "LockedOut", false},
	{profiles.ErrNoSuchProfile, "NoSuchProfile", false},
	{profiles.ErrNotPermitted, "NotPermitted", true},
	{profiles.ErrNotParked, "NotParked", false},
	{profiles.ErrSuperseded, "Superseded", false},
	{profiles.ErrGuestUnavailable, "GuestUnavailable", false},
	{profiles.ErrRosterFull, "RosterFull", false},
	{profiles.ErrNotReady, "NotReady", false},
	{profiles.ErrInvalid, "InvalidArgument", true},
	{profiles.ErrQuotaExceeded, "QuotaExceeded", true},
	{profiles.ErrEraseFailed, "EraseFailed", false},
	{profiles.ErrOffline, "Offline", false},
}

// errFailed is what the caller learns of an error that has no public name; the
// log has the rest.
var errFailed = dbus.Error{Name: "org.freedesktop.DBus.Error.Failed",
	Body: []any{"the agent could not do this; its log says why"}}

// errLimits is the answer to a caller who has too many calls open.
var errLimits = dbus.Error{Name: "org.freedesktop.DBus.Error.LimitsExceeded",
	Body: []any{"too many calls are waiting; wait for an answer first"}}

// errLocks is the answer to a user who holds too many delay locks.
var errLocks = dbus.Error{Name: "org.freedesktop.DBus.Error.LimitsExceeded",
	Body: []any{"this user holds too many locks; close one first"}}

// errNoObject is the answer of a path that leads nowhere, or to somebody who is not of
// this car.
var errNoObject = unknown("Object", "there is no such object")

// publicError gives err its name on the bus. known is false for an error that
// the table does not have.
func publicError(ctx context.Context, err error) (answer dbus.Error, known bool) {
	if e, ok := errors.AsType[dbus.Error](err); ok {
		return e, true
	}
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, ctx.Err()) {
		err = cause
	}
	for _, row := range public {
		if !errors.Is(err, row.err) {
			continue
		}
		text := row.err.Error()
		if row.detail {
			text = err.Error()
		}
		return dbus.Error{Name: errorPrefix + row.name, Body: []any{text}}, true
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return publicError(context.Background(), profiles.ErrNotReady)
	}
	return errFailed, false
}

// invalid refuses an argument in one sentence. It is never given a PIN or a
// setting's value.
func invalid(format string, args ...any) error {
	return dbus.Error{Name: errorPrefix + "InvalidArgument", Body: []any{fmt.Sprintf(format, args...)}}
}

// unknown refuses what is called in one sentence: an Object, Interface, Method or Property.
func unknown(what, text string) error {
	return dbus.Error{Name: "org.freedesktop.DBus.Error.Unknown" + what, Body: []any{text}}
}

// notPermitted refuses a caller in one sentence.
func notPermitted(text string) error {
	return dbus.Error{Name: errorPrefix + "NotPermitted", Body: []any{text}}
}
