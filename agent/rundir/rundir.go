// Package rundir keeps the directory in memory that a session has for the files of
// other programs: a fresh one for each, with a random name, below one that the members
// of a group may enter. Those members may do what they like there. So everything is
// reached by descriptors, no link is followed, and what cannot be removed is moved to
// where nobody else gets.
package rundir

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Group is whose members share the directories, where there is such a group.
const Group = "glovebox-app"

const (
	asidePrefix = ".aside-"
	patience    = 2 * time.Second // for one removal, however much there is
	deepest     = 64              // directories in directories that are looked into
)

// ours reports whether this package gives such a name.
func ours(name string) bool {
	name = strings.TrimPrefix(name, asidePrefix)
	return len(name) == 32 && strings.Trim(name, "0123456789abcdef") == ""
}

// Base is the directory above those of the sessions. Its methods come one at a time.
type Base struct {
	path  string
	base  *os.File
	aside *os.File // nobody else may enter it
	lost  int      // directories that are not where they were made, or cannot be moved
}

// Open opens the directory, or makes it, and removes what sessions before left there.
// aside is how many of those could not be removed.
func Open(path string) (b *Base, aside int, err error) {
	if err := makeBase(path); err != nil {
		return nil, 0, err
	}
	b = &Base{path: path}
	if b.base, err = openDir(unix.AT_FDCWD, path); err != nil {
		return nil, 0, fmt.Errorf("session directories: %w", err)
	}
	name := asidePrefix + random()
	if err = unix.Mkdirat(b.fd(), name, 0o700); err == nil {
		b.aside, err = openDir(b.fd(), name)
	}
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("session directories: %s: %w", path, err), b.base.Close())
	}
	names, err := list(b.base)
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("session directories: %w", err), b.Close())
	}
	for _, old := range names {
		if ours(old) && old != name {
			b.setAside(old)
		}
	}
	return b, b.sweep(time.Now().Add(patience), ""), nil
}

// makeBase makes the directory where the system has not.
func makeBase(path string) error {
	err := os.Mkdir(path, 0o700)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("session directories: %w", err)
	}
	g, err := user.LookupGroup(Group)
	if err != nil {
		return nil // it is the agent's own user's
	}
	gid, err := strconv.Atoi(g.Gid)
	if err == nil && os.Chown(path, -1, gid) == nil {
		err = os.Chmod(path, 0o770|os.ModeSetgid)
	}
	return err
}

// Make makes a fresh, empty directory for a session and returns its path.
func (b *Base) Make() (string, error) {
	name := random()
	before := unix.Umask(0o007) // the group shares it, and it has the group of the one above
	err := unix.Mkdirat(b.fd(), name, 0o770)
	unix.Umask(before)
	if err != nil {
		return "", fmt.Errorf("make a session's directory: %w", err)
	}
	return filepath.Join(b.path, name), nil
}

// Remove removes a directory that Make made, and all in it. It counts what was removed
// and what is left of it, which may be out of reach; aside is how many directories are
// left of all sessions.
func (b *Base) Remove(path string) (removed, left, aside int) {
	end := time.Now().Add(patience)
	name := filepath.Base(path)
	if !b.setAside(name) {
		return 0, 1, b.sweep(end, name)
	}
	removed, left = b.clear(name, end) // before what older sessions left takes the time
	aside = b.sweep(end, name)
	if left > 0 {
		aside++
	}
	return removed, left, aside
}

// Close lets go of the directories, and removes its own.
func (b *Base) Close() error {
	name := filepath.Base(b.aside.Name())
	err := errors.Join(b.aside.Close())
	_ = unix.Unlinkat(b.fd(), name, unix.AT_REMOVEDIR) // not if something is in it
	return errors.Join(err, b.base.Close())
}

func (b *Base) fd() int { return int(b.base.Fd()) }

// setAside moves a directory out of everybody's reach.
func (b *Base) setAside(name string) bool {
	if err := unix.Renameat(b.fd(), name, int(b.aside.Fd()), name); err != nil {
		b.lost++
		return false
	}
	return true
}

// clear removes what was set aside under a name. Whoever makes something meanwhile makes
// it try a second time, and no more.
func (b *Base) clear(name string, end time.Time) (removed, left int) {
	at, r := int(b.aside.Fd()), remover{end: end}
	r.remove(at, name, 0)
	if r.left > 0 {
		r.left = 0
		r.remove(at, name, 0)
	}
	if unix.Faccessat(at, name, unix.F_OK, unix.AT_SYMLINK_NOFOLLOW) == unix.ENOENT {
		r.left = 0 // whoever removed the last of it
	}
	return r.removed, r.left
}

// sweep tries to remove all that was set aside but for one name, and counts what is left.
func (b *Base) sweep(end time.Time, but string) int {
	names, err := list(b.aside)
	if err != nil {
		return b.lost + 1
	}
	aside := b.lost
	for _, name := range names {
		if name == but {
			continue
		}
		if _, left := b.clear(name, end); left > 0 {
			aside++
		}
	}
	return aside
}

func openDir(at int, name string) (*os.File, error) {
	fd, err := unix.Openat(at, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}

// list is the names in a directory.
func list(dir *os.File) ([]string, error) {
	if _, err := dir.Seek(0, 0); err != nil {
		return nil, err
	}
	return dir.Readdirnames(-1)
}

func random() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
