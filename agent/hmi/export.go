package hmi

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"glovebox/profiles"
)

// exportProfile hands over a sealed file in memory: nobody changes it any more, and it
// goes with the last descriptor.
func (f *Face) exportProfile(_ context.Context, c *call) ([]any, error) {
	values, err := f.cabin.Get(c.who, "")
	if err != nil {
		return nil, err
	}
	data, err := profiles.Export(values)
	if err != nil {
		return nil, err
	}
	fd, err := sealed(data)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	defer unix.Close(fd)
	return nil, f.handOver(c, fd)
}

// importProfile reads the file only for the person at the wheel, and sets what is in it,
// all or nothing.
func (f *Face) importProfile(ctx context.Context, c *call) ([]any, error) {
	var skip bool
	if err := options(c.args[1], map[string]any{"skip_unknown": &skip}); err != nil {
		return nil, err
	}
	if f.cabin.SessionView().Profile != c.who {
		return nil, profiles.ErrNotPermitted
	}
	data, err := readWhole(c.file)
	if err != nil {
		return nil, err
	}
	values, err := profiles.Import(data, skip)
	if err != nil {
		return nil, err
	}
	return nil, f.change(ctx, c, values)
}

// seals of a file that nobody can change: fcntl(2), "File Sealing".
const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE

// sealed is a descriptor of data, at its beginning.
func sealed(data []byte) (fd int, err error) {
	fd, err = unix.MemfdCreate("glovebox-profile", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return -1, err
	}
	for at := 0; at < len(data) && err == nil; {
		var n int
		n, err = unix.Pwrite(fd, data[at:], int64(at))
		at += n
	}
	if err == nil {
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals)
	}
	if err != nil {
		return -1, errors.Join(err, unix.Close(fd))
	}
	return fd, nil
}

// readWhole reads a file from its beginning to its end, whatever it says of its size. A
// pipe, a socket or a device could make us wait; a file in memory that is not sealed
// could change while it is read.
func readWhole(fd int) ([]byte, error) {
	var is unix.Stat_t
	if err := unix.Fstat(fd, &is); err != nil || is.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, invalid("an exported profile comes in a file or in sealed memory")
	}
	// Only memory has no name and can be sealed: memfd_create(2).
	if set, err := unix.FcntlInt(uintptr(fd), unix.F_GET_SEALS, 0); err == nil && is.Nlink == 0 && set&unix.F_SEAL_WRITE == 0 {
		return nil, invalid("the memory with the profile is not sealed")
	}
	data := make([]byte, 0, 64<<10)
	for {
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		n, err := unix.Pread(fd, data[len(data):cap(data)], int64(len(data)))
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return nil, invalid("reading the file failed")
		case n == 0:
			return data, nil
		}
		if data = data[:len(data)+n]; len(data) > profiles.MaxExport {
			return nil, invalid("an exported profile has at most %d MiB", profiles.MaxExport>>20)
		}
	}
}
