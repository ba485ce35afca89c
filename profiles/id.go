// Package profiles knows the people of one car: who they are, what each may
// use, how they log in and what they have set. It is values and rules only and
// does not know that telemetry exists.
package profiles

import (
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
)

// ID names a person, opaque and random. The zero ID is nobody.
type ID [16]byte

// ParseID reads 32 lower-case hex digits.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 2*len(id) {
		return ID{}, fmt.Errorf("id of %d characters: want 32 lower-case hex digits", len(s))
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return ID{}, errors.New("id: want 32 lower-case hex digits")
		}
	}
	_, err := hex.Decode(id[:], []byte(s))
	return id, err
}

// String is 32 lower-case hex digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether id names nobody.
func (id ID) IsZero() bool { return id == ID{} }

// Private is a personal value. It prints as ‹private› in every format, in JSON
// and in logs; Reveal is the only way to its text.
type Private struct{ text string }

const hidden = "‹private›"

// Conceal wraps a personal value.
func Conceal(text string) Private { return Private{text} }

// Reveal returns the text: for the screen of the person it belongs to, and for sealing.
func (p Private) Reveal() string { return p.text }

func (p Private) String() string               { return hidden }
func (p Private) GoString() string             { return hidden }
func (p Private) Format(f fmt.State, _ rune)   { _, _ = f.Write([]byte(hidden)) }
func (p Private) LogValue() slog.Value         { return slog.StringValue(hidden) }
func (p Private) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }
func (p Private) MarshalText() ([]byte, error) { return []byte(hidden), nil }
