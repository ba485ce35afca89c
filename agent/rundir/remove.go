package rundir

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// remover removes a tree and counts. Whoever still has a place in the tree can make
// more while it works: so it ends in time.
type remover struct {
	end           time.Time
	removed, left int
}

// remove removes a name in a directory and all below it.
func (r *remover) remove(at int, name string, depth int) {
	if time.Now().After(r.end) {
		r.left++
		return
	}
	switch err := unix.Unlinkat(at, name, 0); {
	case err == nil:
		r.removed++
		return
	case errors.Is(err, unix.ENOENT):
		return
	case !errors.Is(err, unix.EISDIR) || depth == deepest:
		r.left++
		return
	}
	dir, err := openDir(at, name)
	if errors.Is(err, unix.EACCES) && unix.Fchmodat(at, name, 0o700, 0) == nil { // ours, but closed
		dir, err = openDir(at, name)
	}
	if err != nil {
		r.gone(at, name)
		return
	}
	defer dir.Close()
	names, err := list(dir)
	if err != nil {
		r.left++
		return
	}
	for _, below := range names {
		r.remove(int(dir.Fd()), below, depth+1)
	}
	r.gone(at, name)
}

// gone removes an empty directory, where it is.
func (r *remover) gone(at int, name string) {
	if err := unix.Unlinkat(at, name, unix.AT_REMOVEDIR); err != nil {
		r.left++
		return
	}
	r.removed++
}
