package cloud_test

import (
	"crypto"
	"strings"
	"testing"
	"time"

	"glovebox/agent/cloud"
	"glovebox/profiles"
)

// Size and rate are looked at first, and exactly the most is not too much.
func TestTheMostIsNotTooMuch(t *testing.T) {
	v, roster := newVerifier(), people(t, crypto.Signer(ed("lea's phone")))
	for n, want := range map[int]cloud.Step{4 << 10: cloud.AtForm, 4<<10 + 1: cloud.AtSize} {
		if _, _, err := v.Action([]byte(strings.Repeat("a", n)), roster, time.Hour); step(err) != want {
			t.Errorf("an action of %d bytes: %v, want %s", n, err, want)
		}
	}
	for n, want := range map[int]cloud.Step{1 << 10: cloud.AtClaims, 1<<10 + 1: cloud.AtSize} {
		if _, err := v.Ask([]byte(strings.Repeat("a", n)), roster, time.Hour); step(err) != want {
			t.Errorf("an ask of %d bytes: %v, want %s", n, err, want)
		}
	}
	v = newVerifier()
	for n := range 42 {
		want := cloud.AtClaims
		if n >= 40 {
			want = cloud.AtRate
		}
		if _, err := v.Ask([]byte("{}"), roster, time.Hour); step(err) != want {
			t.Errorf("ask %d at one moment: %v, want %s", n+1, err, want)
		}
	}
	for n := range 21 { // a second later: 20 more
		if _, err := v.Ask([]byte("{}"), roster, time.Hour+time.Second); (step(err) == cloud.AtRate) != (n == 20) {
			t.Errorf("ask %d of the next second: %v", n+1, err)
		}
	}
}

// Of the inbox, too: 16 KiB, 40 at once and 20 a second; then the members are looked at.
func TestTheMostOnTheInboxIsNotTooMuch(t *testing.T) {
	v := newVerifier()
	for n, want := range map[int]cloud.Step{profiles.MaxMessage: cloud.AtClaims, profiles.MaxMessage + 1: cloud.AtSize} {
		if _, err := v.Message([]byte(strings.Repeat("a", n)), time.Hour); step(err) != want {
			t.Errorf("a message of %d bytes: %v, want %s", n, err, want)
		}
	}
	v = newVerifier()
	good := []byte(`{"id":"q1","kind":"chat","text":"come at nine"}`)
	for n := range 42 {
		if _, err := v.Message(good, time.Hour); (err == nil) != (n < 40) || err != nil && step(err) != cloud.AtRate {
			t.Errorf("message %d at one moment: %v", n+1, err)
		}
	}
	for n := range 21 {
		if _, err := v.Message(good, time.Hour+time.Second); (err == nil) != (n < 20) {
			t.Errorf("message %d of the next second: %v", n+1, err)
		}
	}
}

// Anew all that is allowed at one moment passes again, and who sends too much is told so
// again.
func TestRatesBeginAnew(t *testing.T) {
	v, roster := newVerifier(), people(t, crypto.Signer(ed("lea's phone")))
	passes := func() (n int) {
		for {
			if _, err := v.Ask([]byte("{}"), roster, time.Hour); step(err) == cloud.AtRate {
				return n
			}
			n++
		}
	}
	for range 2 {
		if n := passes(); n != 40 {
			t.Errorf("%d asks pass", n)
		}
		if n := passes(); n != 0 {
			t.Errorf("then %d", n)
		}
		v.Anew()
	}
}
