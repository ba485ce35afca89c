// Package serial opens serial ports. It and hal/socketcan are the only code of
// the agent that touches a bus.
package serial

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"time"

	line "go.bug.st/serial"
	"golang.org/x/sys/unix"

	"glovebox/hal/kernel"
)

var (
	// ErrClosed is the error of a port that was closed on this side.
	ErrClosed = errors.New("port closed")
	// ErrGone is the error of a device that disappeared: unplugged, hung up,
	// or not there when it was to be opened.
	ErrGone = errors.New("device gone")
	// ErrBusy is the error of a device that another process holds.
	ErrBusy = errors.New("device held by another process")
)

// patience is how long Write waits for a device that takes nothing.
const patience = time.Second

// Port is an open serial port: raw, without echo, eight bits, no parity. A group
// may read it while others write.
//
// The library sets the line; bytes go through a file of our own that was opened
// without blocking. The library's Read and Write will not do here: a Close
// leaves a Write blocked, a Write after it can reach another file, and a Read
// panics at descriptor 1024. Its claim to be the only reader (TIOCEXCL) stays
// on a pseudo-terminal when we are killed; the lock on our file does not.
type Port struct {
	name   string
	file   *os.File // the runtime does not poll it, for it would be told of each byte beside the group
	reader *kernel.Reader
	turn   sync.Mutex // held by who writes

	mu      sync.Mutex
	member  *kernel.Member // guarded by mu; nil unless a group reads
	writing *os.File       // guarded by mu; nil unless somebody writes
}

// Open opens the device of that name at baud bits a second and drops what it
// said before. A second Open by anyone who asks for the same lock fails.
func Open(name string, baud int) (*Port, error) {
	file, err := open(name)
	if err != nil {
		return nil, fmt.Errorf("open serial port %s: %w", name, known(err))
	}
	err = lock(file)
	if err == nil {
		err = setLine(name, baud)
	}
	var reader *kernel.Reader
	if err == nil {
		reader, err = kernel.NewReader(file)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open serial port %s at %d baud: %w", name, baud, known(err)), file.Close())
	}
	return &Port{name: name, file: file, reader: reader}, nil
}

// open opens a device without blocking and without the runtime, which polls what
// does not block when it gets it.
func open(name string) (*os.File, error) {
	fd, err := syscall.Open(name, syscall.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	err = syscall.SetNonblock(fd, false)
	file := os.NewFile(uintptr(fd), name)
	if err = errors.Join(err, syscall.SetNonblock(fd, true)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// lock keeps others off the device for as long as file is open.
func lock(file *os.File) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var held error
	err = raw.Control(func(fd uintptr) {
		held = syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB)
	})
	if errors.Is(held, syscall.EWOULDBLOCK) {
		return ErrBusy
	}
	return errors.Join(err, held)
}

// setLine sets speed and raw mode, which outlast the library's own descriptor
// because file is still open.
func setLine(name string, baud int) error {
	if baud <= 0 {
		return errors.New("a speed is over 0") // the library takes any
	}
	mode := &line.Mode{BaudRate: baud, DataBits: 8, Parity: line.NoParity, StopBits: line.OneStopBit}
	port, err := line.Open(name, mode)
	if err != nil {
		return err
	}
	return errors.Join(port.ResetInputBuffer(), port.Close())
}

// Each has take see whatever comes, through b, from the goroutine of group, until
// the port is closed or gone: the error is ErrClosed or ErrGone (wrapped). It is
// called once.
func (p *Port) Each(group *kernel.Group, b []byte, take func([]byte)) error {
	p.mu.Lock()
	member, err := group.Join(p.reader, b, take) // refused once the port is closed
	p.member = member
	p.mu.Unlock()
	if err == nil {
		err = member.Wait()
	} else if _, closed := p.file.Read(nil); closed != nil {
		err = closed
	}
	return fmt.Errorf("read %s: %w", p.name, known(err))
}

// Write writes all of b or returns an error. It gives up on a device that
// takes nothing for a second (os.ErrDeadlineExceeded); Close ends it too.
func (p *Port) Write(b []byte) (n int, err error) {
	p.turn.Lock()
	defer p.turn.Unlock()
	file, err := p.begin()
	if err == nil {
		_ = file.SetWriteDeadline(time.Now().Add(patience)) // of a closed file Write says more
		n, err = file.Write(b)
		p.end(file)
	}
	if err != nil {
		return n, fmt.Errorf("write %s: %w", p.name, known(err))
	}
	return n, nil
}

// begin is a file that the runtime polls for as long as a write takes.
func (p *Port) begin() (*os.File, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	conn, err := p.file.SyscallConn()
	if err != nil {
		return nil, err
	}
	copied := -1
	if closed := conn.Control(func(fd uintptr) { copied, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) }); closed != nil {
		return nil, os.ErrClosed
	}
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	p.writing = os.NewFile(uintptr(copied), p.name)
	return p.writing, nil
}

func (p *Port) end(file *os.File) {
	p.mu.Lock()
	p.writing = nil
	p.mu.Unlock()
	_ = file.Close() // the port is still open, or Close was here
}

// Close closes the port, whether the device is there or gone, and ends a
// waiting Each or Write. A second Close returns ErrClosed.
func (p *Port) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.member != nil {
		p.member.Leave()
	}
	if p.writing != nil {
		_ = p.writing.Close() // the copy; the port's own says more
	}
	if err := p.file.Close(); err != nil {
		return fmt.Errorf("close %s: %w", p.name, known(err))
	}
	return nil
}

// known gives an error of the system its name here, and keeps what it said.
func known(err error) error {
	var is error
	switch {
	case errors.Is(err, os.ErrClosed):
		is = ErrClosed
	case errors.Is(err, io.EOF), errors.Is(err, syscall.EIO), errors.Is(err, syscall.ENXIO),
		errors.Is(err, syscall.ENODEV), errors.Is(err, fs.ErrNotExist):
		is = ErrGone
	default:
		return err
	}
	return fmt.Errorf("%w: %w", is, err)
}
