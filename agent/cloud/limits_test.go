package cloud_test

import (
	"crypto"
	"strings"
	"testing"
	"time"

	"glovebox/agent/cloud"
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
