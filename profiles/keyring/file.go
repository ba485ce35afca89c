package keyring

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"glovebox/profiles/disk"
)

func path(dir string) string { return filepath.Join(dir, "keys") }

// openFile opens the key file of dir for this process alone, making it when
// there is none.
func openFile(dir string) (*os.File, error) {
	file, err := os.OpenFile(path(dir), os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		if err := create(dir); err != nil {
			return nil, fmt.Errorf("make a new one: %w", err)
		}
		file, err = os.OpenFile(path(dir), os.O_RDWR, 0)
	}
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("in use by another process: %w", err), file.Close())
	}
	// What a killed process wrote and did not sync looks whole in the page
	// cache; and a sync that failed leaves pages that look written. So the
	// slots are read as the disk has them.
	if err := file.Sync(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	_ = unix.Fadvise(int(file.Fd()), 0, 0, unix.FADV_DONTNEED) // a hint; not every file system takes it
	return file, nil
}

// create makes a key file that holds the car's own key alone.
func create(dir string) error {
	memory, err := newMemory()
	if err != nil {
		return err
	}
	defer memory.free()
	keys := memory.table(0)
	_, _ = rand.Read(keys.add([idSize]byte{})) // never fails
	var id [fileIDSize]byte
	_, _ = rand.Read(id[:])
	var content []byte
	for range slotCount {
		content = append(content, sealSlot(1, id, keys)...)
	}
	return disk.Write(path(dir), content)
}

// read makes a ring of the newest slot that can be read.
func read(file *os.File) (*Ring, error) {
	content := make([]byte, slotCount*slotSize)
	if _, err := file.ReadAt(content, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	memory, err := newMemory()
	if err != nil {
		return nil, err
	}
	r := &Ring{memory: memory, keys: memory.table(0), spare: memory.table(1)}
	for i := range slotCount {
		slot := content[i*slotSize : (i+1)*slotSize]
		if !openSlot(slot, r.spare) {
			continue
		}
		switch generation, id := slotHead(slot); {
		case generation > r.generation:
			r.generation, r.id = generation, id
			r.keys, r.spare = r.spare, r.keys
			r.synced[i] = generation
		case generation == r.generation && id == r.id && bytes.Equal(r.keys, r.spare):
			r.synced[i] = generation
		}
	}
	clear(r.spare)
	if r.generation == 0 {
		return nil, errors.Join(ErrNoSlot, memory.free())
	}
	return r, nil
}

// write puts t into both slots as a new generation, the older slot first. While
// one is written the other is whole, and after a failure too: the slot that failed
// stays the older one, and is the first to be written again. mu is held.
func (r *Ring) write(t table) error {
	r.generation++
	for range slotCount {
		older := 0
		if r.synced[1] < r.synced[0] {
			older = 1
		}
		slot := sealSlot(r.generation, r.id, t)
		if _, err := r.file.WriteAt(slot, int64(older)*slotSize); err != nil {
			return err
		}
		if err := r.file.Sync(); err != nil {
			return err // syncing again would prove nothing: the next change writes it anew
		}
		r.synced[older] = r.generation
	}
	return nil
}
