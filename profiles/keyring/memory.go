package keyring

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// memory is a mapping of its own for keys: it never reaches swap or a core
// dump, and it is cleared before it is given back.
//
//	┌ one table, to the page's end ┬ another ┐
type memory struct{ pages []byte }

const tableRoom = 4096

func newMemory() (*memory, error) {
	pages, err := unix.Mmap(-1, 0, 2*tableRoom, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, fmt.Errorf("map memory for keys: %w", err)
	}
	m := &memory{pages}
	if err := unix.Mlock(pages); err != nil {
		return nil, errors.Join(fmt.Errorf("lock memory for keys (is the limit for locked memory 0?): %w", err), m.free())
	}
	if err := unix.Madvise(pages, unix.MADV_DONTDUMP); err != nil {
		return nil, errors.Join(fmt.Errorf("keep keys out of core dumps: %w", err), m.free())
	}
	return m, nil
}

// table is the room for table i, 0 or 1.
func (m *memory) table(i int) table {
	return m.pages[i*tableRoom : i*tableRoom+tableSize : i*tableRoom+tableSize]
}

func (m *memory) free() error {
	clear(m.pages)
	return unix.Munmap(m.pages)
}
