package car

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// pair is one pseudo-terminal of which we hold the master. The slave is not
// kept open: the master then hangs up while nobody has the slave open, and
// that tells whether anybody listens. Its settings last as long as the master.
type pair struct {
	slaveName string
	master    int  // does not block
	heard     bool // somebody had the slave open when we looked last
}

// openPair makes a raw pseudo-terminal: no echo, no line editing, no change of
// CR to LF.
func openPair() (*pair, error) {
	master, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open /dev/ptmx: %w", err)
	}
	p := &pair{master: master}
	if err := p.setUp(); err != nil {
		return nil, errors.Join(err, unix.Close(master))
	}
	return p, nil
}

func (p *pair) setUp() error {
	if err := unix.IoctlSetPointerInt(p.master, unix.TIOCSPTLCK, 0); err != nil {
		return fmt.Errorf("unlock pseudo-terminal: %w", err)
	}
	number, err := unix.IoctlGetInt(p.master, unix.TIOCGPTN)
	if err != nil {
		return fmt.Errorf("number of pseudo-terminal: %w", err)
	}
	p.slaveName = fmt.Sprintf("/dev/pts/%d", number)
	return p.onSlave(makeRaw) // opened and closed once: from now on the master hangs up
}

// onSlave opens the slave for the length of do.
func (p *pair) onSlave(do func(fd int) error) error {
	fd, err := unix.Open(p.slaveName, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", p.slaveName, err)
	}
	if err := do(fd); err != nil {
		return errors.Join(fmt.Errorf("set up %s: %w", p.slaveName, err), unix.Close(fd))
	}
	return unix.Close(fd)
}

// attached reports whether anybody has the slave open. When the last one left,
// what it did not read is dropped, so that the next begins with the present.
func (p *pair) attached() bool {
	fds := []unix.PollFd{{Fd: int32(p.master), Events: unix.POLLIN}}
	_, err := unix.Poll(fds, 0)
	for err == unix.EINTR { // a signal of the Go runtime is no hang-up
		_, err = unix.Poll(fds, 0)
	}
	now := err == nil && fds[0].Revents&unix.POLLHUP == 0
	if p.heard && !now {
		// What cannot be dropped is read by the next, who has to expect half a
		// line at the start anyway.
		_ = unix.IoctlSetInt(p.master, unix.TCFLSH, unix.TCOFLUSH)
		_ = p.onSlave(func(fd int) error { return unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH) })
	}
	p.heard = now
	return now
}

// close hangs up: the slave's name vanishes with the master.
func (p *pair) close() error { return unix.Close(p.master) }

// makeRaw is cfmakeraw of termios(3).
func makeRaw(fd int) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return unix.IoctlSetTermios(fd, unix.TCSETS, t)
}
