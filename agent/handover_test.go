package agent_test

import (
	"errors"
	"testing"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
)

// given is a car whose main user has given it away at the wheel; the broker has not
// heard of it yet.
func given(t *testing.T) (*world, *eraser) {
	t.Helper()
	w, e := sold(t)
	w.backed(2)
	w.Linked(true)
	w.login(anna)
	if _, _, err := w.Revise(t.Context(), profiles.Transfer{Contact: mia}, profiles.PIN{}); err != nil {
		t.Fatal(err)
	}
	w.Tick()
	if len(w.Roster().People) > 0 || e.erased > 0 {
		t.Fatalf("%d people, erased %d times", len(w.Roster().People), e.erased)
	}
	return w, e
}

// heard has the broker take all that was sent.
func (w *world) heard() {
	for _, r := range w.courier.sent {
		w.Fate(r, telemetry.Taken)
	}
	w.Tick()
	w.Tick()
}

// Case P2: who gives the car away leaves it as new: once the back end has heard of it,
// everything is erased, once, and nobody is at the wheel.
func TestTransferErasesEverything(t *testing.T) {
	w, e := given(t)
	w.heard()
	v := w.SessionView()
	if e.erased != 1 || e.replaced != 1 || v.State != "idle" || v.Reason != "removed" || v.WipeState != "pending" {
		t.Errorf("erased %d times, replaced %d times, the session is %+v", e.erased, e.replaced, v)
	}
	w.park()
	if e.erased != 1 || e.replaced != 1 {
		t.Errorf("erased %d times, replaced %d times", e.erased, e.replaced)
	}
}

// Nobody is put out for it: whoever chose to be a guest meanwhile stays until they go, and
// it waits for the car to be parked.
func TestTransferWaitsForWhoDrives(t *testing.T) {
	t.Run("a guest", func(t *testing.T) {
		w, e := given(t)
		w.guest()
		if w.heard(); e.erased > 0 {
			t.Error("erased in a guest's session")
		}
		w.logout()
		before := len(w.courier.epochs)
		w.Tick()
		if e.erased != 1 || len(w.courier.epochs) != before+1 { // the line that said it is gone says no more
			t.Errorf("erased %d times, %d new epochs", e.erased, len(w.courier.epochs)-before)
		}
	})
	t.Run("on the move", func(t *testing.T) {
		w, e := given(t)
		w.say("Vehicle.LowVoltageSystemState", hal.Word("ON"))
		w.pass(10e9, 50)
		if w.heard(); e.erased > 0 {
			t.Error("erased on the move")
		}
		w.say("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
		w.park()
		if w.Tick(); e.erased != 1 {
			t.Errorf("erased %d times", e.erased)
		}
	})
}

// A power cut at any time is made up for: before the broker has the document it is told
// once more, after that the next start erases. A disk that fails is tried again.
func TestTransferOutlivesAPowerCut(t *testing.T) {
	again := func(w *world, e *eraser) *world {
		next := startWorld(t, "Taycan", w.store, func(_ *world, n *agent.Needs) {
			n.Identity = w.identity
			n.Erase = func() (profiles.Receipt, error) { e.erased++; return e.receipt, e.err }
			n.Anew = func(func() agent.Carried) { e.replaced++ }
		})
		next.say("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
		next.park()
		next.Tick()
		return next
	}
	t.Run("before it is told", func(t *testing.T) {
		w, e := given(t)
		w = again(w, e)
		if e.erased > 0 {
			t.Fatal("erased, and nobody knows who comes next")
		}
		w.Linked(true)
		w.Tick()
		if w.heard(); e.erased != 1 || e.replaced != 1 {
			t.Errorf("erased %d times, replaced %d times", e.erased, e.replaced)
		}
	})
	t.Run("before the order is written", func(t *testing.T) {
		w, e := given(t)
		whole := e.receipt
		e.receipt, e.err = profiles.Receipt{}, profiles.ErrEraseFailed
		if w.heard(); e.erased == 0 || e.replaced > 0 {
			t.Fatalf("tried %d times, replaced %d times", e.erased, e.replaced)
		}
		e.receipt, e.err, e.erased = whole, nil, 0
		if again(w, e); e.erased != 1 || e.replaced != 1 {
			t.Errorf("erased %d times, replaced %d times", e.erased, e.replaced)
		}
	})
}

// Who was removed by the workshop, or whom the back end follows with a new main user for
// this same car, is another matter: nothing but their own is erased.
func TestOnlyATransferErasesEverything(t *testing.T) {
	w, e := sold(t)
	w.backed(2)
	w.Linked(true)
	empty := w.access()
	empty.Users, empty.Inbox, empty.Readers = nil, inbox, w.Roster().Readers
	w.apply(3, empty, profiles.BackEnd)
	if w.heard(); e.erased > 0 {
		t.Error("erased after the workshop's removal")
	}
	w, e = given(t)
	next := w.access()
	next.Inbox, next.Readers = inbox, w.Roster().Readers
	next.GuestServices, next.RemoteServices = w.Roster().GuestServices, w.Roster().RemoteServices
	next.Users = next.Users[:1]
	next.Users[0].ID, next.Users[0].Mailbox, next.Users[0].State = profiles.ID{7}, jonasBox[:30]+"77", profiles.AwaitingActivation
	w.store.BreakApply(errors.New("the disk is slow"))
	w.apply(w.Roster().Version+1, next, profiles.BackEnd)
	w.heard() // it is on its way to the disk
	w.store.BreakApply(nil)
	w.now.Boot += time.Minute
	if w.heard(); e.erased > 0 || len(w.Roster().People) != 1 {
		t.Error("erased with a new main user in the car")
	}
}
