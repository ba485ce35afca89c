package agent_test

import (
	"crypto/rand"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/profiles"
)

var wrongPIN = profiles.NewPIN("111112")

// nobody is a profile that does not exist.
var nobody = profiles.ID{0xff}

func (b *bubble) try(who profiles.ID, pin profiles.PIN) error {
	_, err := b.Login(b.t.Context(), who, pin, false)
	return err
}

// retryAfter is what the picker shows of a person.
func (b *bubble) retryAfter(who profiles.ID) time.Duration {
	b.t.Helper()
	for _, p := range b.Profiles() {
		if p.ID == who {
			return time.Duration(p.RetryAfter) * time.Second
		}
	}
	b.t.Fatalf("%v is not on the picker", who)
	return 0
}

// A wait lasts as long as is said, at whatever moment it is said, however long the
// answer took, and its end is told.
func TestAWaitIsAsLongAsItSays(t *testing.T) {
	for _, row := range []struct {
		name        string
		before      time.Duration // the first wrong PIN, after the start
		disk        time.Duration // how long one write takes
		read        time.Duration // when the picker is looked at, after the answer
		refused, ok time.Duration // after the answer
	}{
		{"at once", time.Second, 0, 0, 30*time.Second - time.Nanosecond, 30 * time.Second},
		{"shortly before waits are written", 7500 * time.Millisecond, 0, 0, 30*time.Second - time.Nanosecond, 30 * time.Second},
		{"a slow disk", time.Second, 3 * time.Second, 0, 30*time.Second - time.Nanosecond, 30 * time.Second},
		{"read later", time.Second, 0, 9 * time.Second, 30*time.Second - time.Nanosecond, 30 * time.Second},
		{"read between two seconds", time.Second, 0, 9500 * time.Millisecond, 30*time.Second - time.Nanosecond, 30 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			withPINs(t, func(t *testing.T, b *bubble) {
				time.Sleep(row.before)
				for range 3 {
					if err := b.try(lea, wrongPIN); !errors.Is(err, profiles.ErrWrongPIN) {
						t.Fatal(err)
					}
				}
				b.disk.make("SetLockout", row.disk, nil)
				if err := b.try(lea, wrongPIN); !errors.Is(err, profiles.ErrWrongPIN) {
					t.Fatal(err)
				}
				b.disk.make("SetLockout", 0, nil)
				answered := b.at()
				time.Sleep(row.read)
				if said, left := b.retryAfter(lea), answered+30*time.Second-b.at(); said < left || said >= left+time.Second {
					t.Errorf("%v is said, %v are left", said, left)
				}
				time.Sleep(answered + row.refused - b.at())
				if err := b.try(lea, rightPIN); !errors.Is(err, profiles.ErrLockedOut) {
					t.Errorf("after %v: %v", row.refused, err)
				}
				synctest.Wait()
				told := b.screen.looked()
				time.Sleep(answered + row.ok - b.at())
				synctest.Wait()
				if b.screen.looked() == told {
					t.Error("nobody is told that the wait is over")
				}
				if said := b.retryAfter(lea); said != 0 {
					t.Errorf("%v is said when it is over", said)
				}
				if err := b.try(lea, rightPIN); err != nil {
					t.Errorf("after %v: %v", row.ok, err)
				}
			})
		})
	}
}

func (s *screen) looked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refreshed
}

// After 30 wrong PINs, of whoever, everybody who has one waits ten minutes for each
// try; that is shown, and told when it begins and ends. A guest waits for nothing. A
// new PIN that a document brings ends it.
func TestTheTallyOfAll(t *testing.T) {
	withPINs(t, func(t *testing.T, b *bubble) {
		for i := range 30 {
			synctest.Wait()
			told := b.screen.looked()
			if i == 29 { // the wait begins with the answer
				b.disk.make("SetLockout", 3*time.Second, nil)
			}
			if err := b.try(nobody, wrongPIN); !errors.Is(err, profiles.ErrWrongPIN) {
				t.Fatalf("try %d: %v", i+1, err)
			}
			synctest.Wait()
			if i == 29 && b.screen.looked() == told {
				t.Error("nobody is told that a wait begins")
			}
		}
		b.disk.make("SetLockout", 0, nil)
		for range 3 {
			for _, who := range []profiles.ID{anna, lea, nobody} {
				if err := b.try(who, rightPIN); !errors.Is(err, profiles.ErrLockedOut) {
					t.Errorf("%v: %v", who, err)
				}
			}
			if anna, lea := b.retryAfter(anna), b.retryAfter(lea); anna != 10*time.Minute || lea != 10*time.Minute {
				t.Fatalf("the picker says %v and %v", anna, lea)
			}
			if _, err := b.StartGuest(t.Context(), false); err != nil {
				t.Errorf("a guest: %v", err)
			}
			time.Sleep(3500 * time.Millisecond)
			if said := b.retryAfter(anna); said != 597*time.Second {
				t.Errorf("3.5 s later the picker says %v", said)
			}
			time.Sleep(10*time.Minute - 3500*time.Millisecond - 1)
			synctest.Wait()
			told := b.screen.looked()
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			if b.screen.looked() == told {
				t.Error("nobody is told that the wait is over")
			}
			if b.retryAfter(anna) != 0 {
				t.Errorf("after ten minutes the picker says %v", b.retryAfter(anna))
			}
			if err := b.try(lea, wrongPIN); !errors.Is(err, profiles.ErrWrongPIN) {
				t.Fatalf("after ten minutes: %v", err)
			}
		}
		time.Sleep(10 * time.Minute)
		for _, who := range []profiles.ID{anna, jonas} { // right PINs take no try away
			if err := b.try(who, rightPIN); err != nil {
				t.Errorf("%v: %v", who, err)
			}
		}
		if err := b.try(lea, wrongPIN); !errors.Is(err, profiles.ErrWrongPIN) {
			t.Fatal(err)
		}
		a := b.access()
		a.Version, a.Previous, a.Hash = 2, b.Roster().Hash, profiles.Hash{2}
		a.Users[1].Verifier = newVerifier(t, "590324")
		if err := b.Apply(t.Context(), a, profiles.Signer{Kind: profiles.MainUser}); err != nil {
			t.Fatal(err)
		}
		if err := b.try(lea, profiles.NewPIN("590324")); err != nil {
			t.Errorf("after a recovery: %v", err)
		}
		if kept, _ := b.store.CarFact("tally"); string(kept) != "[]" && string(kept) != "null" {
			t.Errorf("the disk has %s", kept)
		}
	})
}

// A profile that does not exist costs the disk what a known one costs.
func TestAnUnknownProfileTakesAsLong(t *testing.T) {
	withPINs(t, func(t *testing.T, b *bubble) {
		b.disk.make("SetCarFact tally", 100*time.Millisecond, nil)
		b.disk.make("SetLockout", 10*time.Millisecond, nil)
		for i := range 3 {
			for _, who := range []profiles.ID{lea, nobody, anna, nobody} {
				begun := b.at()
				if err := b.try(who, wrongPIN); !errors.Is(err, profiles.ErrWrongPIN) {
					t.Fatal(err)
				}
				if took := b.at() - begun; took != 110*time.Millisecond {
					t.Errorf("try %d of %v took %v of the disk", i+1, who, took)
				}
				time.Sleep(777 * time.Millisecond)
			}
		}
	})
}

// The first right PIN gives the car a verifier of its own, which counts from then on.
func TestOwnVerifier(t *testing.T) {
	withPINs(t, func(t *testing.T, b *bubble) {
		strong := newVerifier(t, "590324")
		a := b.access()
		a.Version, a.Previous, a.Hash = 2, b.Roster().Hash, profiles.Hash{2}
		a.Users[1].Verifier = strong
		if err := b.Apply(t.Context(), a, profiles.Signer{Kind: profiles.MainUser}); err != nil {
			t.Fatal(err)
		}
		if err := b.try(lea, wrongPIN); err == nil || !b.own(lea).IsZero() {
			t.Errorf("a wrong PIN: %v, and the car's own is there: %v", err, !b.own(lea).IsZero())
		}
		for range 2 {
			if err := b.try(lea, profiles.NewPIN("590324")); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if own := b.own(lea); own.IsZero() || own == strong || !own.Check(profiles.NewPIN("590324"), 0) {
			t.Error("the car has no verifier of its own")
		}
	})
}

func (b *bubble) own(who profiles.ID) profiles.Verifier {
	v, err := b.store.OwnVerifier(who)
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

func newVerifier(t *testing.T, pin string) profiles.Verifier {
	t.Helper()
	v, err := profiles.NewVerifier(profiles.NewPIN(pin), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A tally that cannot be read is never taken for none.
func TestUnreadableTally(t *testing.T) {
	for _, kept := range []string{"[1,2", "7", "", "true"} {
		disk := newStore()
		enrolledPINs(t, disk)
		disk.Facts["tally"] = []byte(kept)
		w := newWorld(t, "Taycan", disk)
		if _, err := w.Login(t.Context(), anna, rightPIN, false); !errors.Is(err, profiles.ErrLockedOut) {
			t.Errorf("the disk has %q: %v", kept, err)
		}
		w.pass(10*time.Minute, -1)
		w.login(anna)
	}
}
