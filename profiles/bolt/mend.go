package bolt

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"glovebox/profiles/disk"
	"glovebox/profiles/keyring"
)

// Mend makes the bbolt file name in dir safe to open. check is asked whether it
// is sound; nil asks nobody. A damaged file goes to the quarantine. In its place
// comes its newest state that is sound, at most one change back, else nothing, and
// recovered is true. A check that returns ErrNotChecked changes nothing, nor does a copy
// for which there is no room.
func Mend(dir, name string, check func(path string) error) (recovered bool, err error) {
	path := join(dir, name)
	if check == nil {
		return false, nil
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	wrong := check(path)
	if wrong == nil {
		return false, nil
	}
	if errors.Is(wrong, ErrNotChecked) {
		return false, wrong
	}
	if err := quarantine(dir, name); err != nil {
		return false, fmt.Errorf("set %s aside: %w", name, err)
	}
	aside := disk.Aside(path)
	found, err := states(path)
	if err != nil {
		return false, err
	}
	for _, state := range found {
		if err := copyAs(path, aside, state); err != nil {
			if at, ok := errors.AsType[*os.PathError](err); ok && at.Path == aside { // no room: the state may be sound
				return false, errors.Join(err, os.Remove(aside))
			}
			continue
		}
		switch wrong := check(aside); {
		case wrong == nil:
			return true, disk.Rename(aside, path)
		case errors.Is(wrong, ErrNotChecked):
			return false, wrong
		}
	}
	if err := os.Remove(path); err != nil {
		return false, err
	}
	if err := os.Remove(aside); err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, err
	}
	return true, disk.SyncFolder(dir)
}

// OpenRing opens the key ring in dir. If no key can be read any more, nothing
// sealed can: then these files go to the quarantine with it, the ring is new, and
// lost is true. So it is where the ring is missing and one of files or of others is
// there: the ring is the first file that is ever made.
func OpenRing(dir string, files []string, others ...string) (ring *keyring.Ring, lost bool, err error) {
	if _, err := os.Stat(join(dir, ringName)); errors.Is(err, os.ErrNotExist) {
		for _, name := range append(others, files...) {
			_, err := os.Stat(join(dir, name))
			lost = lost || err == nil
		}
	}
	if !lost {
		ring, err = keyring.Open(dir)
		if !errors.Is(err, keyring.ErrNoSlot) {
			return ring, false, err
		}
	}
	for _, name := range append(files[:len(files):len(files)], ringName) { // the ring last: until then this starts again
		if err := quarantine(dir, name); err != nil {
			return nil, false, fmt.Errorf("set %s aside: %w", name, err)
		}
		if err := os.Remove(join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, false, err
		}
	}
	ring, err = keyring.Open(dir)
	return ring, true, err
}

const ringName = "keys"

// SetAside moves whatever has one of these names in dir, and the name of its next
// content, to the quarantine if it is no file: a folder, a pipe. It returns the names
// that are free now.
func SetAside(dir string, names ...string) (freed []string, err error) {
	for _, name := range names {
		for _, odd := range []string{name, disk.Aside(name)} {
			info, err := os.Stat(join(dir, odd))
			if err != nil || info.Mode().IsRegular() {
				continue // whoever opens it finds out
			}
			folder, next, _, err := quarantineFor(dir, odd)
			if err == nil {
				err = os.Rename(join(dir, odd), join(folder, next))
			}
			if err != nil {
				return freed, fmt.Errorf("set %s aside: %w", odd, err)
			}
			if odd == name {
				freed = append(freed, name)
			}
		}
	}
	return freed, nil
}

// quarantine gives the file name a second name quarantine/NAME.SEQ, so that it
// is never missing, and forgets the one kept there before. It has to be taken
// from its old place by the caller.
func quarantine(dir, name string) error {
	folder, next, kept, err := quarantineFor(dir, name)
	if err != nil {
		return err
	}
	err = os.Link(join(dir, name), join(folder, next))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, old := range kept {
		if err := os.RemoveAll(join(folder, old)); err != nil {
			return err
		}
	}
	return errors.Join(disk.SyncFolder(folder), disk.SyncFolder(dir))
}

// quarantineFor is the folder of the quarantine, the next free name in it for name,
// and what is kept there of it.
func quarantineFor(dir, name string) (folder, next string, kept []string, err error) {
	folder = join(dir, "quarantine")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return folder, "", nil, err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return folder, "", nil, err
	}
	free := 1
	for _, entry := range entries {
		number, ours := strings.CutPrefix(entry.Name(), name+".")
		seq, err := strconv.Atoi(number)
		if ours && err == nil {
			kept = append(kept, entry.Name())
			free = max(free, seq+1)
		}
	}
	return folder, name + "." + strconv.Itoa(free), kept, nil
}
