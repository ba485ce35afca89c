// Package keyring keeps one key for each person of the car and destroys it when
// the person is removed: everything of theirs on disk was sealed with it.
//
// The file `keys` has two slots that hold the same table at rest (slot.go). A
// change writes the older slot and syncs it, which commits it, then the other
// slot and syncs it, which overwrites what was there before. Only then has it
// happened. Whatever moment the power fails, one slot is whole, and the next
// Open finishes the work before anything else runs.
package keyring

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"

	"glovebox/profiles"
)

var (
	// ErrNoSlot means that neither slot of the file can be read: no key of this
	// car is left, and nothing sealed under them can be opened any more.
	ErrNoSlot = errors.New("key ring: no slot can be read")
	// ErrNoKey means that the ring holds no key for that person.
	ErrNoKey = errors.New("key ring: no key for that person")
	// ErrFull means that the table has no room for another person.
	ErrFull = errors.New("key ring: no room for another key")
	// ErrClosed means that the ring was closed, or opened for reading only.
	ErrClosed = errors.New("key ring: closed")
)

// Ring is the open key file. The zero ID is the car itself: its key is always
// there and seals what belongs to no person. A Ring is safe for concurrent use.
type Ring struct {
	mu         sync.Mutex
	file       *os.File          // guarded by mu; nil once closed, and after Peek
	id         [fileIDSize]byte  // of the file, for its life
	memory     *memory           // guarded by mu; nil once closed
	keys       table             // guarded by mu; in memory
	spare      table             // guarded by mu; in memory, for the next table
	generation uint64            // guarded by mu; the highest ever tried
	synced     [slotCount]uint64 // guarded by mu; the generation that each slot was synced with last, 0 if none
}

// Open opens the ring in dir, making a new one when there is none, and first
// finishes what a crash interrupted. It returns ErrNoSlot when no slot can be
// read. One process at a time may hold a ring.
func Open(dir string) (*Ring, error) {
	file, err := openFile(dir)
	if err != nil {
		return nil, fmt.Errorf("open the key ring: %w", err)
	}
	r, err := read(file)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the key ring: %w", err), file.Close())
	}
	r.file = file
	if !r.atRest() {
		if err := r.write(r.keys); err != nil {
			return nil, errors.Join(fmt.Errorf("repair the key ring: %w", err), r.Close())
		}
	}
	return r, nil
}

// Peek reads the ring in dir without changing the file: its values can be
// opened and sealed, and every change is refused with ErrClosed.
func Peek(dir string) (*Ring, error) {
	file, err := os.Open(path(dir))
	if err != nil {
		return nil, fmt.Errorf("read the key ring: %w", err)
	}
	defer file.Close()
	r, err := read(file)
	if err != nil {
		return nil, fmt.Errorf("read the key ring: %w", err)
	}
	return r, nil
}

// Check reads the ring in dir and says whether it can be opened. A slot that
// the next Open repairs is no fault.
func Check(dir string) error {
	r, err := Peek(dir)
	if err != nil {
		return err
	}
	return r.Close()
}

// FileID names the key file itself: a ring made anew has another one.
func (r *Ring) FileID() [fileIDSize]byte { return r.id }

// Unused reports whether the ring is as it was made: it never held a person's key.
func (r *Ring) Unused() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.generation == 1
}

// Has reports whether id has a key.
func (r *Ring) Has(id profiles.ID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.memory != nil && r.keys.find(id) >= 0
}

// IDs are the people who have a key, in the order they came; the car itself is
// not among them.
func (r *Ring) IDs() []profiles.ID {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.memory == nil {
		return nil
	}
	ids := make([]profiles.ID, 0, r.keys.len())
	for i := range r.keys.len() {
		if id := r.keys.id(i); !id.IsZero() {
			ids = append(ids, id)
		}
	}
	return ids
}

// Add gives each of ids a new key, all in one step. Who has one keeps it. When
// it fails, none of the new keys is there until the next start, which shows
// either all of them or none.
func (r *Ring) Add(ids ...profiles.ID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		return ErrClosed
	}
	copy(r.spare, r.keys)
	for _, id := range ids {
		if r.spare.find(id) >= 0 {
			continue
		}
		if r.spare.len() == maxKeys {
			clear(r.spare)
			return ErrFull
		}
		_, _ = rand.Read(r.spare.add(id)) // never fails
	}
	if r.spare.len() == r.keys.len() && r.atRest() {
		clear(r.spare)
		return nil
	}
	if err := r.write(r.spare); err != nil {
		clear(r.spare)
		return fmt.Errorf("add to the key ring: %w", err)
	}
	r.swap()
	return nil
}

// Receipt says what a removal did.
type Receipt struct {
	Generation    uint64 // of the table without the removed
	Before, After int    // how many people had a key
}

// Remove destroys the keys of ids, all in one step; who has none is no error.
// When it returns without error no copy of these keys is in the file. Otherwise
// the error is profiles.ErrEraseFailed: the keys are not used any more, the
// file may still hold them, and the next change or the next start settles it.
func (r *Ring) Remove(ids ...profiles.ID) (Receipt, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		return Receipt{}, ErrClosed
	}
	if slices.Contains(ids, profiles.ID{}) {
		return Receipt{}, errors.New("key ring: the car's own key stays")
	}
	done := Receipt{Before: r.keys.len() - 1}
	copy(r.spare, r.keys)
	for _, id := range ids {
		r.spare.remove(id)
	}
	done.After = r.spare.len() - 1
	if done.After == done.Before && r.atRest() {
		clear(r.spare)
		done.Generation = r.generation
		return done, nil
	}
	err := r.write(r.spare)
	done.Generation = r.generation
	r.swap() // also after a failure: a key that may be gone seals nothing more
	if err != nil {
		return done, fmt.Errorf("remove from the key ring: %w: %w", profiles.ErrEraseFailed, err)
	}
	return done, nil
}

// Close clears the keys in memory and lets go of the file.
func (r *Ring) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var err error
	if r.file != nil {
		err = r.file.Close()
		r.file = nil
	}
	if r.memory != nil {
		err = errors.Join(err, r.memory.free())
		r.memory, r.keys, r.spare = nil, nil, nil
	}
	return err
}

// atRest reports whether both slots hold the newest table; mu is held.
func (r *Ring) atRest() bool {
	return r.synced == [slotCount]uint64{r.generation, r.generation}
}

// swap makes the spare table the one in force and clears the other; mu is held.
func (r *Ring) swap() {
	r.keys, r.spare = r.spare, r.keys
	clear(r.spare)
}
