package profiles_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"glovebox/profiles"
)

// An identity that was read once is read again without its halves being computed, and is
// the same: it signs and opens as before.
func TestKnownIdentity(t *testing.T) {
	first, err := profiles.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	data, err := first.Encode()
	if err != nil {
		t.Fatal(err)
	}
	known, err := profiles.DecodeKnownIdentity(data, first.Public())
	if err != nil || known.VID != first.VID || !known.Sign.Equal(first.Sign) || !known.Seal.Equal(first.Seal) {
		t.Errorf("another identity, %v", err)
	}
	for _, damaged := range []string{
		"", "{}", strings.Replace(string(data), first.VID, "car", 1), strings.Replace(string(data), "seal_key", "key", 1),
		strings.Replace(string(data), base64.RawURLEncoding.EncodeToString(first.Sign.Seed()), "short", 1),
	} {
		_, err := profiles.DecodeIdentity([]byte(damaged))
		_, errKnown := profiles.DecodeKnownIdentity([]byte(damaged), first.Public())
		if err == nil || errKnown == nil {
			t.Errorf("%d bytes are read: %v, %v", len(damaged), err, errKnown)
		}
	}
}

// An identity without a key is not kept, and has an empty public half.
func TestHalfAnIdentity(t *testing.T) {
	whole := car(t)
	for _, half := range []profiles.Identity{{}, {VID: whole.VID, Sign: whole.Sign}, {VID: whole.VID, Seal: whole.Seal}} {
		if data, err := half.Encode(); err == nil || data != nil {
			t.Errorf("kept: %v", err)
		}
		p := half.Public()
		if p.VID != half.VID || p.Sign.IsZero() != (half.Sign == nil) || p.Seal.IsZero() != (half.Seal == nil) {
			t.Errorf("shows %+v", p)
		}
	}
}

// Two identities have nothing in common.
func TestIdentitiesDiffer(t *testing.T) {
	a, errA := profiles.NewIdentity()
	b, errB := profiles.NewIdentity()
	if errA != nil || errB != nil || a.VID == b.VID || !profiles.IsHex128(a.VID) || a.Sign.Equal(b.Sign) || a.Seal.Equal(b.Seal) {
		t.Errorf("%s and %s, %v, %v", a.VID, b.VID, errA, errB)
	}
}
