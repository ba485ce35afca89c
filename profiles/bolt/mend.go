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
// recovered is true. A check that returns ErrNotChecked changes nothing.
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
		if err := copyAs(path, aside, state); err == nil && check(aside) == nil {
			return true, disk.Rename(aside, path)
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
// recovered is true.
func OpenRing(dir string, files ...string) (ring *keyring.Ring, recovered bool, err error) {
	ring, err = keyring.Open(dir)
	if !errors.Is(err, keyring.ErrNoSlot) {
		return ring, false, err
	}
	for _, name := range append(files, "keys") { // the ring last: until then this starts again
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

// quarantine gives the file name a second name quarantine/NAME.SEQ, so that it
// is never missing, and forgets the one kept there before. It has to be taken
// from its old place by the caller.
func quarantine(dir, name string) error {
	folder := join(dir, "quarantine")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	var kept []string
	next := 1
	for _, entry := range entries {
		number, ours := strings.CutPrefix(entry.Name(), name+".")
		seq, err := strconv.Atoi(number)
		if ours && err == nil {
			kept = append(kept, entry.Name())
			next = max(next, seq+1)
		}
	}
	err = os.Link(join(dir, name), join(folder, name+"."+strconv.Itoa(next)))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, old := range kept {
		if err := os.Remove(join(folder, old)); err != nil {
			return err
		}
	}
	return errors.Join(disk.SyncFolder(folder), disk.SyncFolder(dir))
}
