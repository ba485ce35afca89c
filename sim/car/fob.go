package car

import (
	"fmt"
	"hash/fnv"
	"slices"
)

// fobs are the keys of a car. Its reader says them in turn.
type fobs struct {
	names    []string
	near     map[string]bool
	unlocked string // the one that opened the doors last; empty if none did
	turn     int
}

func newFobs(names []string) fobs {
	return fobs{names: slices.Clone(names), near: map[string]bool{}}
}

// FobID is what a fob of that name says it is; never 0.
func FobID(name string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte("fob " + name)) // a hash takes everything
	return h.Sum32() | 1
}

// Fob brings a fob near the driver's seat, or away. A name that is new becomes a
// fob of the car.
func (v *Vehicle) Fob(name string, in bool) error {
	if name == "" {
		return fmt.Errorf("a fob needs a name")
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.fob(name)
	v.fobs.near[name] = in
	if !in && v.fobs.unlocked == name {
		v.fobs.unlocked = ""
	}
	return nil
}

// fob makes a name known and its fob the next to be said, at once. mu is held.
func (v *Vehicle) fob(name string) {
	f := &v.fobs
	if !slices.Contains(f.names, name) {
		f.names = append(f.names, name)
	}
	f.turn = slices.Index(f.names, name)
	v.cells.fobID.message.hurry = true
}

// Unlock unlocks all doors with a fob, which is near then.
func (v *Vehicle) Unlock(fob string) error {
	if err := v.Fob(fob, true); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.fobs.unlocked = fob
	v.lock(false)
	return nil
}

// nextFob puts the next fob into the reader's frame.
func (v *Vehicle) nextFob() {
	f, c := &v.fobs, &v.cells
	if len(f.names) == 0 {
		return
	}
	name := f.names[f.turn%len(f.names)]
	f.turn = (f.turn + 1) % len(f.names)
	put := func(c cell, on bool) {
		if on {
			c.put(1)
		} else {
			c.put(0)
		}
	}
	c.fobID.put(float64(FobID(name)))
	put(c.fobNear, f.near[name])
	put(c.fobOpened, f.unlocked == name)
}
