package mapping

import (
	"fmt"
	"log/slog"

	"glovebox/hal/can"
	"glovebox/hal/dbc"
)

// FobID is the number of a key. It is somebody's, so it prints as ‹private› in
// every format; Reveal is the only way to it.
type FobID struct{ number uint64 }

// MakeFobID returns the identifier of that number.
func MakeFobID(number uint64) FobID { return FobID{number} }

// Reveal returns the number: for comparing with the keys of a profile.
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

// fob is a [[fob]] bound to its message.
type fob struct {
	bus                   string
	message               *dbc.Message
	id, present, unlocked dbc.Plan
}

func (c *compiler) fob(f Fob) {
	c.line = f.Line
	message, id := c.find("id", f.Bus, f.ID)
	presence, present := c.find("present", f.Bus, f.Present)
	unlocking, unlocked := c.find("unlocked", f.Bus, f.Unlocked)
	switch {
	case id == nil || present == nil || unlocked == nil:
	case message != presence || message != unlocking:
		c.problem("id", "%s, %s and %s are not in one message: nothing says which fob is meant", f.ID, f.Present, f.Unlocked)
	default:
		c.fobs = append(c.fobs, fob{f.Bus, message, *id.Plan(), *present.Plan(), *unlocked.Plan()})
	}
}

// Fobs appends to dst what f says of a fob. The number 0 is no fob, and a frame
// that is too short for all three signals says nothing.
func (d *Decoder) Fobs(f can.Frame, dst []Sighting) []Sighting {
	if f.Remote {
		return dst
	}
	data := f.Data[:min(f.Len, can.MaxLen)]
	for i := range d.fobs {
		r := &d.fobs[i]
		if r.message.ID != f.ID || r.message.Extended != f.Extended {
			continue
		}
		id, ok1 := r.id.Raw(data)
		present, ok2 := r.present.Raw(data)
		unlocked, ok3 := r.unlocked.Raw(data)
		if ok1 && ok2 && ok3 && id != 0 {
			dst = append(dst, Sighting{FobID{uint64(id)}, present != 0, unlocked != 0})
		}
	}
	return dst
}
