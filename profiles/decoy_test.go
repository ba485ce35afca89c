//go:build !race

package profiles_test

import (
	"crypto/rand"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glovebox/profiles"
)

// A login takes about as long whether the profile is unknown, has no PIN or has one
// and the PIN is wrong; and whatever the verifier costs that a document brought. Not under the
// race detector, which makes memory dear.
func TestDecoyTakesAsLong(t *testing.T) {
	v, err := profiles.NewVerifier(profiles.NewPIN("480213"), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	as := func(cost string) profiles.Verifier {
		v, err := profiles.ParseVerifier(strings.Replace(cheap(t, "480213").Reveal(), "m=8,t=1", cost, 1))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	wrong := profiles.NewPIN("111222")
	dear := as("m=24576,t=3")
	for _, dearest := range []profiles.Verifier{v, dear} { // of all people of the car
		const known = "a known one"
		checks := map[string]func(){
			known:         func() { v.Check(wrong, dearest.Effort()) },
			"the dearest": func() { dearest.Check(wrong, dearest.Effort()) },
			"the weakest": func() { cheap(t, "480213").Check(wrong, dearest.Effort()) },
			"a weak one":  func() { as("m=12000,t=2").Check(wrong, dearest.Effort()) },
			"unknown":     func() { profiles.Decoy(wrong, dearest.Effort()) },
			"no PIN":      func() { profiles.Verifier{}.Check(wrong, dearest.Effort()) },
		}
		least := map[string]time.Duration{}
		alike := func(name string) bool { return least[name] > least[known]*2/3 && least[name] < least[known]*3/2 }
		for round := 0; round < 5 || round < 120 && slices.ContainsFunc(slices.Collect(maps.Keys(checks)), func(name string) bool { return !alike(name) }); round++ {
			for name, check := range checks { // in turn, so that a busy machine slows all alike
				start := processorTime(t)
				check()
				if took := processorTime(t) - start; least[name] == 0 || took < least[name] {
					least[name] = took
				}
			}
		}
		for name, took := range least {
			if !alike(name) {
				t.Errorf("%s: %v, a known one %v", name, took, least[known])
			}
		}
	}
}

// processorTime is what this process has used: what others do on the machine is not in it.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts); err != nil {
		t.Fatal(err)
	}
	return time.Duration(ts.Nano())
}
