package profiles_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"glovebox/profiles"
)

// A password has 8 to 64 characters, whatever they are, and is not what everybody knows of
// its owner.
func TestPasswords(t *testing.T) {
	for text, good := range map[string]bool{
		"a horse, a pen": true, "12345678": true, "ßäöüßäöü": true, strings.Repeat("x", 64): true,
		"": false, "1234567": false, "äöüäöüä": false, strings.Repeat("x", 65): false, "\xff\xff\xff\xff\xff\xff\xff\xff": false,
		"mia@example.com": false, "MIA@example.com": false,
	} {
		if err := profiles.NewPassword(text).Acceptable(mia); (err == nil) != good || err != nil && !errors.Is(err, profiles.ErrInvalid) {
			t.Errorf("%q: %v, want good %v", text, err, good)
		}
	}
	v, err := profiles.NewPassword("a horse, a pen").Verifier(rand.Reader)
	if err != nil || !v.Check(profiles.NewPIN("a horse, a pen"), 0) || v.Check(profiles.NewPIN("a horse, a pin"), 0) {
		t.Errorf("the verifier: %v", err)
	}
}
