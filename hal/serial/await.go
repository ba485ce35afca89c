package serial

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// again is how long Await waits for a device that is there, but was of no use:
	// somebody else holds it, or its rights are not set yet.
	again = time.Second
	// unseen is how long it waits where nothing appears: a file system may not tell.
	unseen = 10 * time.Second
)

// Await waits until it may be worth while to open a device that could not be
// opened: as soon as its name appears, and now and then in any case. It returns
// at once when ctx ends.
func Await(ctx context.Context, name string) {
	ctx, cancel := context.WithTimeout(ctx, unseen)
	defer cancel()
	for ctx.Err() == nil {
		dir, child := missing(name)
		if child == "" {
			pause(ctx, again)
			return
		}
		made, err := watch(dir)
		if err != nil {
			pause(ctx, again)
			return
		}
		if d, c := missing(name); d == dir && c == child { // still, now that it is watched
			made.await(ctx, child)
		}
		made.file.Close()
		if _, c := missing(name); c == "" {
			return
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// missing returns the first part of a path that is not there, and the directory
// that it is to appear in; child is empty if all of it is there, a link to
// nothing included: where that would appear is not looked into.
func missing(name string) (dir, child string) {
	if _, err := os.Lstat(name); err == nil {
		return "", ""
	}
	for {
		dir, child = filepath.Dir(name), filepath.Base(name)
		if _, err := os.Stat(dir); err == nil || dir == name {
			return dir, child
		}
		name = dir
	}
}

// watched is a directory that is watched (inotify(7)).
type watched struct{ file *os.File }

func watch(dir string) (watched, error) {
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		return watched{}, err
	}
	w := watched{os.NewFile(uintptr(fd), dir)}
	if _, err := unix.InotifyAddWatch(fd, dir, unix.IN_CREATE|unix.IN_MOVED_TO|unix.IN_ONLYDIR); err != nil {
		w.file.Close()
		return watched{}, err
	}
	return w, nil
}

// await returns when child appears in the directory, the directory goes, or ctx ends.
func (w watched) await(ctx context.Context, child string) {
	defer context.AfterFunc(ctx, func() { w.file.Close() })()
	buf := make([]byte, 4096)
	for {
		n, err := w.file.Read(buf)
		if err != nil || told(buf[:n], child) {
			return
		}
	}
}

// told reports whether events are about child, or about more than a name.
//
//	wd 4 | mask 4 | cookie 4 | length 4 | name, filled up with zeroes
func told(events []byte, child string) bool {
	for len(events) >= unix.SizeofInotifyEvent {
		mask, length := binary.NativeEndian.Uint32(events[4:]), int(binary.NativeEndian.Uint32(events[12:]))
		rest := events[unix.SizeofInotifyEvent:]
		name, _, _ := bytes.Cut(rest[:min(length, len(rest))], []byte{0})
		if string(name) == child || mask&(unix.IN_CREATE|unix.IN_MOVED_TO) == 0 {
			return true
		}
		events = rest[min(length, len(rest)):]
	}
	return false
}
