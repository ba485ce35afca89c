package profiles_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/profiles"
)

var codeKey = []byte("the back end's key for codes")

// Only the newest code counts, once, however it is typed.
func TestNewestCodeCountsOnce(t *testing.T) {
	var i profiles.Invitation
	if _, err := i.Redeem(codeKey, "", time.Now()); !errors.Is(err, profiles.ErrInvitationVoid) {
		t.Errorf("before one was asked for: %v", err)
	}
	i, old := i.Ask(codeKey, time.Now())
	i, newest := i.Ask(codeKey, time.Now())
	i, err := i.Redeem(codeKey, old, time.Now())
	if !errors.Is(err, profiles.ErrInvitationWrong) {
		t.Errorf("the older code: %v", err)
	}
	if i, err = i.Redeem(codeKey, strings.ToLower(newest[:4]+" - "+newest[4:]), time.Now()); err != nil {
		t.Errorf("the newest: %v", err)
	}
	if _, err = i.Redeem(codeKey, newest, time.Now()); !errors.Is(err, profiles.ErrInvitationVoid) {
		t.Errorf("a second time: %v", err)
	}
	if len(newest) != 8 || strings.ContainsAny(newest, "ILOU") {
		t.Errorf("a code such as %s", newest)
	}
}

// A code counts for 12 hours, by the stricter of running time and wall clock: at 11:59:59
// it does, at 12:00:00 no more.
func TestCodeCountsTwelveHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i, code := profiles.Invitation{}.Ask(codeKey, time.Now())
		time.Sleep(12*time.Hour - time.Second)
		if _, err := i.Redeem(codeKey, code, time.Now()); err != nil {
			t.Errorf("at 11:59:59: %v", err)
		}
		if _, err := i.Redeem(codeKey, code, time.Now().Round(0).Add(time.Second)); !errors.Is(err, profiles.ErrInvitationExpired) {
			t.Errorf("at 12:00:00 of the wall clock: %v", err)
		}
		time.Sleep(time.Second)
		if _, err := i.Redeem(codeKey, code, time.Now()); !errors.Is(err, profiles.ErrInvitationExpired) {
			t.Errorf("at 12:00:00: %v", err)
		}
	})
}

// Five wrong tries void a code, the right one afterwards too; a new one begins anew.
func TestFiveWrongTries(t *testing.T) {
	i, code := profiles.Invitation{}.Ask(codeKey, time.Now())
	var err error
	for n := range 5 {
		want := profiles.ErrInvitationWrong
		if n == 4 {
			want = profiles.ErrInvitationVoid
		}
		if i, err = i.Redeem(codeKey, "00000000", time.Now()); !errors.Is(err, want) {
			t.Errorf("try %d: %v", n+1, err)
		}
	}
	if _, err = i.Redeem(codeKey, code, time.Now()); !errors.Is(err, profiles.ErrInvitationVoid) {
		t.Errorf("the right one: %v", err)
	}
	i, code = i.Ask(codeKey, time.Now())
	if _, err = i.Redeem(codeKey, code, time.Now()); err != nil {
		t.Errorf("a new one: %v", err)
	}
}

// Nobody guesses: of 10,000 tries, with as many new codes as it takes, none is right.
func TestTenThousandGuesses(t *testing.T) {
	var i profiles.Invitation
	seen := map[string]bool{}
	for range 10_000 {
		if i.Code == nil {
			var code string
			i, code = i.Ask(codeKey, time.Now())
			if seen[code] {
				t.Fatalf("code %s came twice", code)
			}
			seen[code] = true
		}
		var err error
		if i, err = i.Redeem(codeKey, rand.Text()[:8], time.Now()); err == nil {
			t.Fatal("guessed")
		}
	}
}

// Whatever is typed for a code, it is right if and only if it is the code in its plain form.
func FuzzInvitationCode(f *testing.F) {
	f.Add("k7qm-2r9t")
	f.Add("")
	f.Add("K7QM2R9T ")
	f.Fuzz(func(t *testing.T, typed string) {
		i, code := profiles.Invitation{}.Ask(codeKey, time.Now())
		if _, err := i.Redeem(codeKey, typed, time.Now()); (err == nil) != (profiles.PlainCode(typed) == code) {
			t.Errorf("%q for %s: %v", typed, code, err)
		}
	})
}
