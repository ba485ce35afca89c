package profiles_test

import (
	"slices"
	"strings"
	"testing"

	"glovebox/profiles"
)

// What is kept of a person's fobs reads back as the same ones, in their order; anything
// else is refused.
func TestFobsAreKept(t *testing.T) {
	for _, fobs := range [][]profiles.Fob{{}, {profiles.NewFob(0)}, {profiles.NewFob(1<<64 - 1), profiles.NewFob(7)}} {
		data, err := profiles.EncodeFobs(fobs)
		if err != nil {
			t.Fatal(err)
		}
		back, err := profiles.DecodeFobs(data)
		if err != nil || !slices.Equal(back, fobs) {
			t.Errorf("%d fobs read back as %d, %v", len(fobs), len(back), err)
		}
	}
	if data, err := profiles.EncodeFobs([]profiles.Fob{profiles.NewFob(10)}); err != nil || string(data) != `["10"]` {
		t.Errorf("kept as %s, %v", data, err)
	}
	if profiles.NewFob(10) == profiles.NewFob(11) {
		t.Error("two numbers are one fob")
	}
	for _, bad := range []string{"", "{}", `[7]`, `["7"`} {
		if fobs, err := profiles.DecodeFobs([]byte(bad)); err == nil || fobs != nil || !strings.HasPrefix(err.Error(), "decode fobs: ") {
			t.Errorf("%q is read: %v", bad, err)
		}
	}
}
