package keyring

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// memory is a mapping of its own for keys: it never reaches swap or a core
// dump, and it is cleared before it is given back.
//
//	┌ one table, to the page's end ┬ another ┐
type memory struct{ *Arena }

const tableRoom = 4096

func newMemory() (*memory, error) {
	a, err := NewArena(2 * tableRoom)
	if err != nil {
		return nil, err
	}
	if err := a.Locked(); err != nil {
		return nil, errors.Join(fmt.Errorf("lock memory for keys (is the limit for locked memory 0?): %w", err), a.Free())
	}
	return &memory{a}, nil
}

// table is the room for table i, 0 or 1.
func (m *memory) table(i int) table {
	return m.pages[i*tableRoom : i*tableRoom+tableSize : i*tableRoom+tableSize]
}

func (m *memory) free() error { return m.Free() }

// Arena is a mapping for what is in memory and nowhere else: it reaches no swap and no
// core dump, and where the kernel has memfd_secret nobody else can read it either, not
// the kernel itself. The collector of garbage never copies what is in it.
type Arena struct {
	pages  []byte
	secret error
	locked error
}

// NewArena maps size bytes, all zero. Where they cannot be locked it says so in Locked, and
// they may reach swap.
func NewArena(size int) (*Arena, error) {
	size = (size + os.Getpagesize() - 1) &^ (os.Getpagesize() - 1)
	a := &Arena{}
	if a.pages, a.secret = secret(size); a.secret != nil {
		pages, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
		if err != nil {
			return nil, fmt.Errorf("map memory: %w", err)
		}
		a.pages, a.locked = pages, unix.Mlock(pages)
	}
	if err := unix.Madvise(a.pages, unix.MADV_DONTDUMP); err != nil {
		return nil, errors.Join(fmt.Errorf("keep memory out of core dumps: %w", err), a.Free())
	}
	return a, nil
}

// secret maps memory that the kernel has taken out of its own mapping. Older kernels have
// none, some start without it, a sandbox may refuse it, and it counts as locked memory.
func secret(size int) ([]byte, error) {
	fd, err := unix.MemfdSecret(unix.O_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memfd_secret: %w", err)
	}
	defer unix.Close(fd)
	if err := unix.Ftruncate(fd, int64(size)); err != nil {
		return nil, fmt.Errorf("memfd_secret: size: %w", err)
	}
	pages, err := unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("memfd_secret: map: %w", err)
	}
	return pages, nil
}

// Bytes is all of it.
func (a *Arena) Bytes() []byte { return a.pages }

// Secret is why the kernel itself can read it, and whoever may read a process's memory;
// nil if they cannot.
func (a *Arena) Secret() error { return a.secret }

// Locked is why it may reach swap, nil if it cannot.
func (a *Arena) Locked() error { return a.locked }

// ErrNotCleared means that something was read back of what was cleared.
var ErrNotCleared = errors.New("memory not cleared")

// Free clears it, reads that back, and gives it back. Nobody may use it any more.
func (a *Arena) Free() error {
	clear(a.pages)
	left := slices.IndexFunc(a.pages, func(b byte) bool { return b != 0 })
	err := unix.Munmap(a.pages)
	a.pages = nil
	if left >= 0 {
		err = errors.Join(err, ErrNotCleared)
	}
	return err
}
