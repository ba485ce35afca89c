package agent_test

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/agent"
	"glovebox/profiles"
)

// Who may not drive yet answers as nobody does, also to the right PIN; who has no PIN
// is let in without one and with no other.
func TestWhoLogsIn(t *testing.T) {
	w := newWorld(t, "Taycan", newStore())
	w.pins = everybody
	a := w.access()
	a.Users[1].State = profiles.AwaitingActivation
	a.Users[2].Verifier = profiles.Verifier{}
	w.apply(1, a, profiles.BackEnd)
	for _, row := range []struct {
		name string
		who  profiles.ID
		pin  profiles.PIN
		want error
	}{
		{"not active yet", lea, rightPIN, profiles.ErrWrongPIN},
		{"nothing typed where there is a PIN", anna, profiles.NewPIN(""), profiles.ErrWrongPIN},
		{"a PIN where there is none", jonas, rightPIN, profiles.ErrWrongPIN},
		{"nothing where there is none", jonas, profiles.NewPIN(""), nil},
		{"the right one", anna, rightPIN, nil},
	} {
		if _, err := w.Login(t.Context(), row.who, row.pin, false); !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", row.name, err, row.want)
		}
	}
}

// Who was removed answers as nobody does, whatever is typed.
func TestRemovedAnswerAsNobody(t *testing.T) {
	w := enrolledPINs(t, newStore())
	w.apply(2, w.without(lea), profiles.BackEnd)
	for _, pin := range []profiles.PIN{rightPIN, wrongPIN, profiles.NewPIN("")} {
		_, removed := w.Login(t.Context(), lea, pin, false)
		_, never := w.Login(t.Context(), nobody, pin, false)
		if !errors.Is(removed, profiles.ErrWrongPIN) || removed.Error() != never.Error() {
			t.Errorf("removed: %v, never there: %v", removed, never)
		}
	}
}

// A try that the disk did not count is not looked at: the right PIN opens nothing.
func TestNoTryWithoutADisk(t *testing.T) {
	for _, call := range []string{"SetLockout", "SetCarFact tally"} {
		withPINs(t, func(t *testing.T, b *bubble) {
			full := errors.New("no space left on device")
			b.disk.make(call, 0, full)
			if _, err := b.Login(t.Context(), lea, rightPIN, false); !errors.Is(err, full) {
				t.Errorf("%s: %v", call, err)
			}
			if v := b.SessionView(); v.State != "idle" {
				t.Errorf("%s: %+v", call, v)
			}
		})
	}
}

// A PIN that the disk does not take is not in force; the old one is.
func TestNewPINMustBeOnDisk(t *testing.T) {
	withPINs(t, func(t *testing.T, b *bubble) {
		b.login(lea)
		full := errors.New("no space left on device")
		b.disk.make("SetOwnVerifier", 0, full)
		if err := b.SetPIN(t.Context(), lea, rightPIN, profiles.NewPIN("907351")); !errors.Is(err, full) {
			t.Errorf("SetPIN answers %v", err)
		}
		b.login(lea)
	})
}

// Only the person at the wheel sets a PIN, and no PIN that is easily guessed.
func TestWhoSetsAPIN(t *testing.T) {
	w := enrolledPINs(t, newStore())
	next := profiles.NewPIN("907351")
	if err := w.SetPIN(t.Context(), anna, rightPIN, next); !errors.Is(err, profiles.ErrNotPermitted) {
		t.Errorf("nobody at the wheel: %v", err)
	}
	if _, err := w.StartGuest(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if err := w.SetPIN(t.Context(), profiles.ID{}, rightPIN, next); !errors.Is(err, profiles.ErrNotPermitted) {
		t.Errorf("a guest, who has no id: %v", err)
	}
	w.login(anna)
	if err := w.SetPIN(t.Context(), anna, rightPIN, profiles.NewPIN("111111")); err == nil {
		t.Error("111111 is a PIN")
	}
	w.login(anna)
}

// A caller who gives up while another PIN is looked at is answered at once, with why.
func TestLoginIsCalledOff(t *testing.T) {
	withPINs(t, func(t *testing.T, b *bubble) {
		b.disk.make("SetLockout", 30*time.Second, nil)
		first := make(chan error)
		go func() {
			_, err := b.Login(t.Context(), lea, rightPIN, false)
			first <- err
		}()
		synctest.Wait()
		gone := errors.New("the head unit has gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(gone) })
		began := b.at()
		if _, err := b.Login(ctx, anna, rightPIN, false); !errors.Is(err, gone) || b.at()-began != time.Second {
			t.Errorf("%v after %s", err, b.at()-began)
		}
		<-first
	})
}

// The picker says who has a PIN and how long they wait.
func TestPickerShowsPINs(t *testing.T) {
	w := newWorld(t, "Taycan", newStore())
	w.pins = everybody
	a := w.access()
	a.Users[2].Verifier = profiles.Verifier{}
	w.apply(1, a, profiles.BackEnd)
	for range 4 {
		if _, err := w.Login(t.Context(), lea, profiles.NewPIN("111112"), false); !errors.Is(err, profiles.ErrWrongPIN) {
			t.Fatal(err)
		}
	}
	for _, p := range w.Profiles() {
		if p.HasPIN != (p.ID != jonas) || (p.RetryAfter > 0) != (p.ID == lea) {
			t.Errorf("%v: has a PIN %v, waits %d s", p.ID, p.HasPIN, p.RetryAfter)
		}
	}
}

// While nobody mistyped, time writes nothing about PINs.
func TestNoTallyWithoutAWrongPIN(t *testing.T) {
	w := enrolledPINs(t, newStore())
	w.turn(2 * time.Hour)
	w.Tick()
	if fact, _ := w.store.CarFact("tally"); fact != nil {
		t.Errorf("the disk has %s", fact)
	}
}

// SetPIN changes a PIN, by the old one.
func (w *world) SetPIN(ctx context.Context, who profiles.ID, old, fresh profiles.PIN) error {
	return w.SetCredential(ctx, who, profiles.PINChange{Old: old, PIN: fresh})
}

// enrolledPINs is enrolled where everybody has a PIN.
func enrolledPINs(t *testing.T, disk *store) *world {
	t.Helper()
	w := newWorld(t, "Taycan", disk)
	w.pins = everybody
	w.apply(1, w.access(), profiles.BackEnd)
	return w
}

// verifier is that of the PIN 480213.
var verifier = sync.OnceValue(func() profiles.Verifier {
	v, err := profiles.NewVerifier(profiles.NewPIN("480213"), rand.Reader)
	if err != nil {
		panic(err)
	}
	return v
})

var rightPIN = profiles.NewPIN("480213")

// login types the PIN of whoever has one.
func (w *world) login(who profiles.ID) {
	w.t.Helper()
	var pin profiles.PIN
	for _, p := range w.Profiles() {
		if p.ID == who && p.HasPIN {
			pin = rightPIN
		}
	}
	if _, err := w.Login(context.Background(), who, pin, false); err != nil {
		w.t.Fatal(err)
	}
}

// A new PIN that was answered stays: what the disk did not take before is not written over it.
func TestANewPINStays(t *testing.T) {
	withPINs(t, func(t *testing.T, b *bubble) {
		b.disk.make("SetOwnVerifier", 0, errDisk)
		b.login(lea) // who has a verifier of the car's own from here on, and it waits for the disk
		b.disk.make("SetOwnVerifier", 0, nil)
		next := profiles.NewPIN("907351")
		if err := b.SetPIN(t.Context(), lea, rightPIN, next); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		if v := b.own(lea); !v.Check(next, v.Effort()) {
			t.Error("the disk has the PIN of before")
		}
	})
}

// What is owed of somebody who is gone by then is not tried again for ever.
func TestNothingIsOwedOfWhoIsGone(t *testing.T) {
	withPINs(t, func(t *testing.T, b *bubble) {
		for b.retryAfter(lea) == 0 {
			b.try(lea, wrongPIN)
		}
		b.disk.make("SetLockout", 0, profiles.ErrNoSuchProfile) // she was removed while how long she waits is written
		time.Sleep(11 * time.Second)
		if err := b.Stop(agent.Restart); err != nil {
			t.Errorf("the stop says %v", err)
		}
	})
}

// A PIN that a document takes away does not come back by what the disk did not take before.
func TestAResetPINDoesNotComeBack(t *testing.T) {
	withPINs(t, func(t *testing.T, b *bubble) {
		b.disk.make("SetOwnVerifier", 0, errDisk)
		b.login(lea) // who has a verifier of the car's own from here on, and it waits for the disk
		b.logout()
		b.disk.make("SetOwnVerifier", 0, nil)
		a := b.access()
		a.Users[1].Verifier = newVerifier(t, "590324")
		b.apply(2, a, profiles.MainUser)
		time.Sleep(3 * time.Second)
		if !b.own(lea).IsZero() {
			t.Error("the disk has the PIN of before")
		}
	})
}
