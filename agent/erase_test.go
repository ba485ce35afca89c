package agent_test

import (
	"context"
	"errors"
	"testing"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
)

// eraser is a disk that erases everything, or does not.
type eraser struct {
	receipt  profiles.Receipt
	err      error
	erased   int
	replaced int
}

// sold is an enrolled car that can be erased.
func sold(t *testing.T) (*world, *eraser) {
	t.Helper()
	return soldOn(t, slowly{store: newStore()})
}

func soldOn(t *testing.T, disk slowly) (*world, *eraser) {
	t.Helper()
	e := &eraser{receipt: profiles.Receipt{Method: "key", Generation: 3, Result: "erased"}}
	w := startWorld(t, "Taycan", disk.store, func(_ *world, n *agent.Needs) {
		n.Store = disk
		n.Erase = func() (profiles.Receipt, error) { e.erased++; return e.receipt, e.err }
		n.Anew = func(func() agent.Carried) { e.replaced++ }
	})
	w.say("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
	w.pins = everybody
	w.apply(1, w.access(), profiles.BackEnd)
	return w, e
}

func (w *world) erase(pin string) (profiles.Receipt, error) {
	_, receipt, err := w.Revise(context.Background(), profiles.EraseEverything{}, profiles.NewPIN(pin))
	return receipt, err
}

// Everything is erased by the main user alone, at the wheel, parked and with the PIN;
// whatever else is tried begins nothing and ends no session.
func TestEraseNeedsTheMainUser(t *testing.T) {
	w, e := sold(t)
	refused := func(when, pin string, want error) {
		t.Helper()
		if _, err := w.erase(pin); !errors.Is(err, want) || e.erased+e.replaced > 0 {
			t.Errorf("%s: %v, erased %d times", when, err, e.erased)
		}
	}
	refused("nobody at the wheel", "480213", profiles.ErrNotPermitted)
	w.login(lea)
	refused("a secondary user", "480213", profiles.ErrNotPermitted)
	if _, err := w.StartGuest(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	refused("a guest", "480213", profiles.ErrNotPermitted)
	w.login(anna)
	refused("no PIN", "", profiles.ErrWrongPIN)
	refused("a wrong PIN", "480214", profiles.ErrWrongPIN)
	w.say("Vehicle.LowVoltageSystemState", hal.Word("ON"))
	w.pass(10e9, 50)
	refused("on the move", "480213", profiles.ErrNotParked)
	if v := w.SessionView(); v.State != "active" || v.Role != "main" {
		t.Errorf("the session is %+v", v)
	}
}

// Once it is begun the session ends and a fresh process takes over, whether or not the
// keys could be overwritten: then the answer says so. Where nothing was begun the car goes
// on as it was.
func TestEraseEndsTheSession(t *testing.T) {
	for _, row := range []struct {
		name  string
		begun bool
		err   error
	}{
		{"erased", true, nil},
		{"keys not overwritten", true, profiles.ErrEraseFailed},
		{"nothing begun", false, profiles.ErrEraseFailed},
	} {
		t.Run(row.name, func(t *testing.T) {
			w, e := sold(t)
			if e.err = row.err; !row.begun {
				e.receipt = profiles.Receipt{}
			}
			w.login(anna)
			receipt, err := w.erase("480213")
			if !errors.Is(err, row.err) || e.erased != 1 || (receipt.Method == "key") != row.begun {
				t.Errorf("%+v, %v, erased %d times", receipt, err, e.erased)
			}
			v := w.SessionView()
			heard := w.screen.ends() == 1
			if row.begun && (v.State != "idle" || v.Reason != "removed" || v.WipeState != "pending" || e.replaced != 1 || !heard) {
				t.Errorf("the session is %+v, replaced %d times, heard %v", v, e.replaced, heard)
			}
			if !row.begun && (v.State != "active" || e.replaced != 0) {
				t.Errorf("the session is %+v, replaced %d times", v, e.replaced)
			}
		})
	}
}

// A car that was erased hides the end of the drive before.
func TestErasedCarHidesItsLastEnd(t *testing.T) {
	disk := newStore()
	if err := agent.Hide(disk); err != nil {
		t.Fatal(err)
	}
	newWorld(t, "Taycan", disk)
	if got := string(disk.Facts["gate"]); got != "hidden-end" {
		t.Errorf("the gate's fact is %q", got)
	}
}
