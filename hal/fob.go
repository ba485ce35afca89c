package hal

import (
	"fmt"
	"log/slog"
)

// FobID is the number of a key. It is somebody's, so it prints as ‹private› in
// every format; Reveal is the only way to it.
type FobID struct{ number uint64 }

// MakeFobID returns the identifier of that number.
func MakeFobID(number uint64) FobID { return FobID{number} }

// Reveal returns the number: for comparing with the fobs of a profile.
func (id FobID) Reveal() uint64 { return id.number }

const hidden = "‹private›"

func (id FobID) String() string               { return hidden }
func (id FobID) GoString() string             { return hidden }
func (id FobID) Format(f fmt.State, _ rune)   { _, _ = f.Write([]byte(hidden)) }
func (id FobID) LogValue() slog.Value         { return slog.StringValue(hidden) }
func (id FobID) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }
func (id FobID) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Sighting is what a key reader says of one fob.
type Sighting struct {
	ID       FobID
	Present  bool // it is in the car
	Unlocked bool // it unlocked the door
}
