package agent_test

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
)

// carsCode is the car's security code: 71904.
var carsCode = sync.OnceValue(func() profiles.Verifier {
	v, err := profiles.NewVerifier(profiles.NewPIN("71904"), rand.Reader)
	if err != nil {
		panic(err)
	}
	return v
})

var (
	rightCode = profiles.NewPIN("71904")
	wrongCode = profiles.NewPIN("71905")
	newPIN    = profiles.NewPIN("907351")
)

// recover gives who a new PIN by a code.
func (w *world) byCode(who profiles.ID, code profiles.PIN) error {
	return w.SetCredential(context.Background(), who, profiles.PINChange{Code: code, PIN: newPIN})
}

func (b *bubble) revise(v profiles.Revision) error {
	_, _, err := b.Revise(context.Background(), v, profiles.PIN{})
	return err
}

// lockOut types wrong PINs until the PIN of who is off.
func (b *bubble) lockOut(who profiles.ID) {
	b.t.Helper()
	for b.retryAfter(who) < 1<<31*time.Second {
		if err := b.try(who, wrongPIN); !errors.Is(err, profiles.ErrWrongPIN) {
			b.t.Fatal(err)
		}
		if wait := b.retryAfter(who); wait <= time.Hour {
			time.Sleep(wait)
		}
		synctest.Wait()
	}
}

// The main user at the wheel takes the PIN of a secondary user away who forgot it, or
// mistyped it until it was off: they are in again without one, and with all that is theirs.
// It is told to the back end, sealed, and anybody else is refused.
func TestResetPIN(t *testing.T) {
	for _, row := range []struct {
		name  string
		first func(t *testing.T, b *bubble)
		told  int // documents that the back end has of it
		off   bool
	}{
		{"the document's PIN, which is off", func(*testing.T, *bubble) {}, 1, true},
		{"one that she chose in the car", func(t *testing.T, b *bubble) {
			if err := b.SetPIN(t.Context(), lea, rightPIN, newPIN); err != nil {
				t.Fatal(err)
			}
		}, 1, false},
		{"one that she chose, where the document has none", func(t *testing.T, b *bubble) {
			a := b.access()
			a.Inbox, a.Readers = inbox, b.Roster().Readers
			a.Users[1].Verifier = profiles.Verifier{}
			b.apply(3, a, profiles.MainUser)
			if err := b.SetPIN(t.Context(), lea, profiles.PIN{}, newPIN); err != nil {
				t.Fatal(err)
			}
		}, 0, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			withPINs(t, func(t *testing.T, b *bubble) {
				b.backed(2)
				b.login(lea)
				if err := b.Set(t.Context(), profiles.ID{}, profiles.Values{"radio": {"volume": byte(41)}}, nil); err != nil {
					t.Fatal(err)
				}
				row.first(t, b)
				if err := b.Logout(t.Context()); err != nil {
					t.Fatal(err)
				}
				if row.off {
					b.lockOut(lea)
				}
				reset := profiles.ResetPIN{Who: lea}
				if err := b.revise(reset); !errors.Is(err, profiles.ErrNotPermitted) {
					t.Errorf("nobody at the wheel: %v", err)
				}
				b.login(jonas)
				if err := b.revise(reset); !errors.Is(err, profiles.ErrNotPermitted) {
					t.Errorf("by Jonas: %v", err)
				}
				b.login(anna)
				if err := b.revise(profiles.ResetPIN{Who: anna}); !errors.Is(err, profiles.ErrNotPermitted) {
					t.Errorf("her own: %v", err)
				}
				if err := b.revise(reset); err != nil {
					t.Fatal(err)
				}
				if v := b.own(lea); !v.IsZero() || b.store.Lockouts[lea] != (profiles.Lockout{}) {
					t.Errorf("the disk has the PIN %v, the lockout %v", v, b.store.Lockouts[lea])
				}
				told := slices.DeleteFunc(b.changes(), func(a profiles.Access) bool { return a.Version <= 2 })
				if len(told) != row.told {
					t.Errorf("%d documents for the back end", len(told))
				}
				for _, a := range told {
					if a, err := a.Open(b.identity.Seal); err != nil || !a.Users[slices.IndexFunc(a.Users, func(u profiles.User) bool { return u.ID == lea })].Verifier.IsZero() {
						t.Errorf("in the document there is a PIN, or none can be read: %v", err)
					}
				}
				for range 2 {
					if err := b.try(lea, rightPIN); !errors.Is(err, profiles.ErrWrongPIN) {
						t.Errorf("with a PIN: %v", err)
					}
					if err := b.try(lea, profiles.PIN{}); err != nil {
						t.Fatalf("without a PIN: %v", err)
					}
					if got, err := b.Get(profiles.ID{}, "radio"); err != nil || got["radio"]["volume"] != byte(41) {
						t.Errorf("her volume is %v, %v", got["radio"]["volume"], err)
					}
					b.login(jonas)
				}
			})
		})
	}
}

// The main user who forgot the PIN gives the car's security code, at the picker too: the
// new PIN holds, what is theirs stays, and neither lockout nor tally is left.
func TestRecoveryByTheCode(t *testing.T) {
	withPINs(t, func(t *testing.T, b *bubble) {
		b.login(anna)
		if err := b.Set(t.Context(), profiles.ID{}, profiles.Values{"radio": {"volume": byte(41)}}, nil); err != nil {
			t.Fatal(err)
		}
		if err := b.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.lockOut(anna)
		for b.retryAfter(lea) == 0 {
			if err := b.try(nobody, wrongPIN); !errors.Is(err, profiles.ErrWrongPIN) {
				t.Fatal(err)
			}
		}
		if err := b.byCode(anna, wrongCode); !errors.Is(err, profiles.ErrCodeWrong) {
			t.Errorf("a wrong code: %v", err)
		}
		if err := b.SetCredential(t.Context(), anna, profiles.PINChange{Code: rightCode, PIN: profiles.NewPIN("111111")}); !errors.Is(err, profiles.ErrInvalid) {
			t.Errorf("an easy PIN: %v", err)
		}
		if err := b.byCode(anna, rightCode); err != nil {
			t.Fatal(err)
		}
		if wait := b.retryAfter(lea); wait != 0 {
			t.Errorf("Lea waits %v", wait)
		}
		if err := b.try(anna, rightPIN); !errors.Is(err, profiles.ErrWrongPIN) {
			t.Errorf("the old PIN: %v", err)
		}
		if err := b.try(anna, newPIN); err != nil {
			t.Fatal(err)
		}
		if got, err := b.Get(profiles.ID{}, "radio"); err != nil || got["radio"]["volume"] != byte(41) {
			t.Errorf("her volume is %v, %v", got["radio"]["volume"], err)
		}
	})
}

// The code recovers the main user at the picker or at their own wheel, and nobody else.
func TestWhoRecoversByTheCode(t *testing.T) {
	w := startWorld(t, "Taycan", enrolledPINs(t, newStore()).store, func(_ *world, n *agent.Needs) { n.SecurityCode = carsCode() })
	w.say("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
	for _, who := range []profiles.ID{lea, jonas, nobody, {}} {
		for _, code := range []profiles.PIN{rightCode, wrongCode} {
			if err := w.byCode(who, code); !errors.Is(err, profiles.ErrNotPermitted) {
				t.Errorf("%v: %v", who, err)
			}
		}
	}
	w.login(lea)
	if err := w.byCode(anna, rightCode); !errors.Is(err, profiles.ErrNotPermitted) {
		t.Errorf("while Lea is at the wheel: %v", err)
	}
	if _, err := w.StartGuest(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if err := w.byCode(anna, rightCode); !errors.Is(err, profiles.ErrNotPermitted) {
		t.Errorf("while a guest is: %v", err)
	}
	if kept := w.store.Facts["code-tries"]; kept != nil {
		t.Errorf("these count as tries: %s", kept)
	}
	w.login(anna)
	if err := w.byCode(anna, rightCode); err != nil {
		t.Errorf("at her own wheel: %v", err)
	}
	without := enrolledPINs(t, newStore())
	if err := without.byCode(anna, rightCode); !errors.Is(err, profiles.ErrNotPermitted) {
		t.Errorf("a car without a code: %v", err)
	}
}

// Wrong codes are counted by themselves, by the table of the PIN, before they are looked
// at, over restarts; the right code or the main user's PIN begins anew.
func TestTheCodeLocks(t *testing.T) {
	disk := enrolledPINs(t, newStore()).store
	start := func() *world {
		w := startWorld(t, "Taycan", disk, func(_ *world, n *agent.Needs) { n.SecurityCode = carsCode() })
		w.say("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
		return w
	}
	w := start()
	for try, wait := range []time.Duration{0, 0, 0, 30 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour} {
		if err := w.byCode(anna, wrongCode); !errors.Is(err, profiles.ErrCodeWrong) {
			t.Fatalf("try %d: %v", try+1, err)
		}
		w = start() // a power cut
		if wait > 0 {
			w.sleep(wait, wait-time.Second) // whatever the wall clock says
			if err := w.byCode(anna, rightCode); !errors.Is(err, profiles.ErrLockedOut) {
				t.Fatalf("after try %d the right code: %v", try+1, err)
			}
			w.sleep(0, time.Second)
		}
	}
	if _, err := w.Login(t.Context(), anna, wrongPIN, false); !errors.Is(err, profiles.ErrWrongPIN) {
		t.Errorf("the PIN waits for the code: %v", err)
	}
	if err := w.byCode(anna, wrongCode); !errors.Is(err, profiles.ErrCodeWrong) {
		t.Fatalf("try 10: %v", err)
	}
	w = start()
	w.sleep(day, day)
	if err := w.byCode(anna, rightCode); !errors.Is(err, profiles.ErrLockedOut) {
		t.Errorf("after ten wrong ones, a day later: %v", err)
	}
	w.login(anna) // proves the main user as well
	if err := w.byCode(anna, rightCode); err != nil {
		t.Errorf("after the right PIN: %v", err)
	}
	disk.Facts["code-tries"] = []byte("{")
	w = start()
	if err := w.byCode(anna, rightCode); !errors.Is(err, profiles.ErrLockedOut) {
		t.Errorf("a counter that cannot be read: %v", err)
	}
}

// A main user who lost their phone's key waits until they activate in the car, with its
// security code, however they type it; that counts as every try of it.
func TestActivationByTheCode(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		a := b.access()
		a.Inbox, a.Readers = inbox, []profiles.Reader{{Role: "backend", Mailbox: "bebebebebebebebebebebebebebebebe"}}
		a.Users[0].State, a.Users[0].Sign, a.Users[0].Mailbox = profiles.AwaitingActivation, phoneKey(nobody), profiles.ID{0xa2}.String()
		b.apply(2, a, profiles.MainUser)
		activate := func(code string) error {
			_, _, err := b.Revise(t.Context(), profiles.Activate{Who: anna}, profiles.NewPIN(code))
			return err
		}
		for _, row := range []struct {
			code string
			want error
		}{{"", profiles.ErrNotPermitted}, {"71905", profiles.ErrCodeWrong}, {" 719-04", nil}} {
			if err := activate(row.code); !errors.Is(err, row.want) {
				t.Errorf("with %q: %v", row.code, err)
			}
		}
		if kept, err := b.store.CarFact("code-tries"); err != nil || kept == nil {
			t.Errorf("no try was counted: %v", err)
		}
		b.login(anna)
	})
}

// Case P5: whatever documents come, the PIN of who was not touched stays right, and what
// they may changes only with a document that says so.
func TestAnUntouchedPersonStaysAsTheyAre(t *testing.T) {
	withPINs(t, func(t *testing.T, b *bubble) {
		functions := func() []string {
			b.login(lea)
			return b.SessionView().Functions
		}
		all := functions()
		for n := uint64(2); n <= 101; n++ {
			a := b.access()
			if n%3 == 0 {
				a.Users[2].Sharing, a.Users[2].Mailbox = profiles.Shared, profiles.ID{byte(n)}.String()
			}
			if n%5 == 0 {
				a.Users = slices.Delete(a.Users, 2, 3)
			}
			want := all
			if n%7 == 0 {
				a.Users[1].Restricted = []profiles.Function{"radio"}
				want = slices.DeleteFunc(slices.Clone(all), func(f string) bool { return f == "radio" })
			}
			b.apply(n, a, profiles.MainUser)
			if got := functions(); !slices.Equal(got, want) {
				t.Fatalf("document %d: %v", n, got)
			}
			if err := b.Logout(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Case P6: a restriction and a fresh document on day 31 of running: rights go by the age
// of the document, which is none, and not by that of the agent.
func TestRestrictedOnDay31(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		time.Sleep(31 * day)
		receives := func() (kinds []string) {
			for _, r := range b.PrivacyView().Readers {
				if r.Role == "secondary" && slices.Contains(r.Receives, "position") {
					kinds = append(kinds, r.Receives...)
				}
			}
			return kinds
		}
		if got := receives(); got != nil {
			t.Fatalf("by a document of 31 days ago secondary users receive %v", got)
		}
		a := b.access()
		a.Issued = a.Issued.Add(31 * day)
		a.Users[1].Restricted = []profiles.Function{"trips"}
		b.apply(2, a, profiles.BackEnd)
		if got := receives(); !slices.Contains(got, "position") || slices.Contains(got, "trips") {
			t.Errorf("by a document of this minute Lea receives %v", got)
		}
		b.login(lea)
		for f, want := range map[string]bool{"trips": false, "position": true} {
			if may, _ := b.Permits(f); may != want {
				t.Errorf("%s: %v", f, may)
			}
		}
	})
}
