package cloud

import (
	"crypto/sha256"
	"errors"

	"glovebox/profiles"
)

// Document is an access document that was verified and opened: what
// profiles.Roster.Apply takes. Nothing is decided yet about whether it may change
// what it changes.
type Document struct {
	Access profiles.Access
	By     profiles.Signer
}

// ReadDocument verifies jws, decodes its claims and opens what is sealed to the car.
func ReadDocument(jws []byte, keys KeySet, car profiles.Identity) (Document, error) {
	payload, kid, err := Verify(jws, keys)
	if err != nil {
		return Document{}, err
	}
	access, err := profiles.DecodeAccess(payload)
	if err != nil {
		return Document{}, err
	}
	if access.VID != car.VID {
		return Document{}, profiles.ErrForeign
	}
	if access, err = access.Open(car.Seal); err != nil {
		return Document{}, err
	}
	return Document{access, keys.Signer(kid)}, nil
}

// Repeats reports whether jws carries the document whose payload has this hash: the
// one in force, which the broker hands over again at each connection. It needs no
// key, for a repeat changes nothing, and the key it was signed with may be gone.
func Repeats(jws []byte, inForce profiles.Hash) bool {
	parts, err := split(jws, maxDocument)
	return err == nil && inForce != profiles.Hash{} && sha256.Sum256(parts[1]) == inForce
}

// refusal is one word for why a document was refused.
func refusal(err error) string {
	for _, r := range []struct {
		is   error
		word string
	}{
		{ErrMalformed, "malformed"},
		{profiles.ErrMalformed, "malformed"},
		{ErrUnsigned, "unsigned"},
		{ErrUnknownKey, "foreign"},
		{profiles.ErrForeign, "foreign"},
		{profiles.ErrOlder, "older"},
		{profiles.ErrForked, "forked"},
		{profiles.ErrAhead, "ahead"},
		{profiles.ErrForbidden, "forbidden"},
	} {
		if errors.Is(err, r.is) {
			return r.word
		}
	}
	return "failed"
}
