package keyring

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"glovebox/profiles"
)

// Destroy overwrites every key, the car's own too, and closes the ring. When it returns
// without error nothing that was sealed can be read any more. Otherwise the error is
// profiles.ErrEraseFailed: no key is used any more, and the file may still hold them.
// Open takes such a file for a damaged one.
func (r *Ring) Destroy() (Receipt, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		return Receipt{}, ErrClosed
	}
	done := Receipt{Generation: r.generation, Before: r.keys.len() - 1}
	err := overwrite(r.file)
	err = errors.Join(err, r.file.Close(), r.memory.free())
	r.file, r.memory, r.keys, r.spare = nil, nil, nil, nil
	if err != nil {
		return done, fmt.Errorf("destroy the key ring: %w: %w", profiles.ErrEraseFailed, err)
	}
	return done, nil
}

// Destroy overwrites what the file of a ring in dir holds, whatever that is; that there
// is none is no error.
func Destroy(dir string) error {
	file, err := os.OpenFile(path(dir), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = errors.Join(overwrite(file), file.Close())
	}
	if err != nil {
		return fmt.Errorf("destroy the key ring: %w", err)
	}
	return nil
}

// overwrite fills both slots in place: a key that was only unlinked stays on the disk.
func overwrite(file *os.File) error {
	noise := make([]byte, slotCount*slotSize)
	_, _ = rand.Read(noise) // never fails
	if _, err := file.WriteAt(noise, 0); err != nil {
		return err
	}
	return file.Sync()
}
