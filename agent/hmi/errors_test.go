package hmi_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"

	"glovebox/profiles"
)

// Each error of a person's request has its name from the contract, however deep
// it is wrapped, and one sentence. What has no name tells nothing.
func TestErrorsHaveTheirPublicNames(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	const secret = "disk /dev/secret is on fire"
	for _, row := range []struct {
		err  error
		name string
		text string
	}{
		{profiles.ErrWrongPIN, "WrongPIN", "the PIN is wrong; try again"},
		{fmt.Errorf("log in %s: %w", anna, profiles.ErrWrongPIN), "WrongPIN", "the PIN is wrong; try again"},
		{profiles.ErrLockedOut, "LockedOut", ""},
		{profiles.ErrNoSuchProfile, "NoSuchProfile", ""},
		{fmt.Errorf("%w: the main user has restricted this for you", profiles.ErrNotPermitted), "NotPermitted", "restricted"},
		{profiles.ErrNotParked, "NotParked", ""},
		{profiles.ErrSuperseded, "Superseded", ""},
		{profiles.ErrGuestUnavailable, "GuestUnavailable", ""},
		{profiles.ErrRosterFull, "RosterFull", ""},
		{profiles.ErrNotReady, "NotReady", ""},
		{fmt.Errorf("%w: volume: must be a byte (y) from 0 to 100", profiles.ErrInvalid), "InvalidArgument", "volume"},
		{fmt.Errorf("%w: favourites", profiles.ErrQuotaExceeded), "QuotaExceeded", "favourites"},
		{profiles.ErrEraseFailed, "EraseFailed", ""},
		{profiles.ErrOffline, "Offline", ""},
		{context.Canceled, "NotReady", ""},
		{errors.New(secret), "org.freedesktop.DBus.Error.Failed", "log"},
	} {
		w.cabin.change(func(c *cabin) { c.fail = row.err })
		err := ask(c, "Session1.StartGuest", none).Err
		if name(err) != row.name {
			t.Errorf("%v is answered %v, want %s", row.err, err, row.name)
			continue
		}
		e := err.(dbus.Error)
		if text, _ := e.Body[0].(string); len(e.Body) != 1 || text == "" || !strings.Contains(text, row.text) || strings.Contains(text, secret) || strings.Contains(text, anna.String()) {
			t.Errorf("%s says %v", row.name, e.Body)
		}
	}
	if !strings.Contains(w.log.String(), secret) {
		t.Error("the log does not say what went wrong")
	}
}

// Whatever goes wrong with a PIN, it stands in no answer and in no log line.
func TestPINIsNeverRepeated(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	const typed = "90817263"
	var said strings.Builder
	for _, fail := range []error{nil, errors.New("store is gone"), profiles.ErrLockedOut} {
		w.cabin.change(func(c *cabin) { c.fail = fail })
		fmt.Fprintln(&said, ask(c, "Session1.Login", dbusPath(anna), typed, none).Err)
		fmt.Fprintln(&said, ask(c, "Session1.Login", dbusPath(anna), typed, bag("x", 1)).Err)
		fmt.Fprintln(&said, ask(c, "Session1.Login", dbusPath(anna), typed).Err)
		fmt.Fprintln(&said, askAt(c, dbusPath(anna), "org.glovebox.Profile1.SetPIN", typed, typed, none).Err)
		fmt.Fprintln(&said, askAt(c, dbusPath(anna), "org.glovebox.Profile1.SetPIN", typed, "0000", none).Err)
	}
	fmt.Fprintln(&said, w.log.String(), w.cabin.asked())
	if strings.Contains(said.String(), typed) {
		t.Errorf("the PIN is repeated in\n%s", said.String())
	}
}
