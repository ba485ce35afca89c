package mapping

import (
	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/dbc"
)

// fob is a [[fob]] bound to its message.
type fob struct {
	bus                   string
	match                 Match
	message               *dbc.Message
	id, present, unlocked dbc.Plan
}

func (c *compiler) fob(f Fob) {
	c.line = f.Line
	message, id := c.find("id", f.Bus, f.ID, f.Match)
	presence, present := c.find("present", f.Bus, f.Present, f.Match)
	unlocking, unlocked := c.find("unlocked", f.Bus, f.Unlocked, f.Match)
	switch {
	case id == nil || present == nil || unlocked == nil:
	case message != presence || message != unlocking:
		c.problem("id", "%s, %s and %s are not in one message: nothing says which fob is meant", f.ID, f.Present, f.Unlocked)
	default:
		c.fobs = append(c.fobs, fob{f.Bus, f.Match, message, *id.Plan(), *present.Plan(), *unlocked.Plan()})
	}
}

// Fobs appends to dst what f says of a fob. The number 0 is no fob, and a frame
// that is too short for all three signals says nothing.
func (d *Decoder) Fobs(f *can.Frame, dst []hal.Sighting) []hal.Sighting {
	if len(d.fobs) == 0 || f.Remote {
		return dst
	}
	return d.sightings(f, dst)
}

func (d *Decoder) sightings(f *can.Frame, dst []hal.Sighting) []hal.Sighting {
	data := f.Data[:min(f.Len, can.MaxLen)]
	for i := range d.fobs {
		r := &d.fobs[i]
		if !r.match.is(r.message, f) {
			continue
		}
		id, ok1 := r.id.Raw(data)
		present, ok2 := r.present.Raw(data)
		unlocked, ok3 := r.unlocked.Raw(data)
		if ok1 && ok2 && ok3 && id != 0 {
			dst = append(dst, hal.Sighting{ID: hal.MakeFobID(uint64(id)), Present: present != 0, Unlocked: unlocked != 0})
		}
	}
	return dst
}
