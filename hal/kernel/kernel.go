// Package kernel makes the system calls that a busy bus needs hundreds of times a
// second: it asks which descriptors have something, reads one that does not
// block, and reads the boot clock.
//
// All are made without a word to Go's scheduler. A call that the scheduler knows
// of wakes its monitor thread whenever the process was idle, which costs more
// than the call; none of these ever waits, so nobody has to watch them. Nothing
// else belongs here: a call that may wait would stop its processor. It is hot,
// and allocates nothing.
package kernel

import (
	"io"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Reader reads a file that was opened without blocking and that the runtime
// polls, as a serial port or a CAN socket. One goroutine reads.
type Reader struct {
	file *os.File
	conn syscall.RawConn
	try  func(fd uintptr) (done bool) // made once: a read allocates nothing
	into []byte
	n    int
	err  error
}

// NewReader reads file, which stays the caller's to close.
func NewReader(file *os.File) (*Reader, error) {
	conn, err := file.SyscallConn()
	if err != nil {
		return nil, err
	}
	r := &Reader{file: file, conn: conn}
	r.try = r.attempt
	return r, nil
}

// Read waits for bytes and returns at least one of them, as file.Read does: the
// end is io.EOF, a close on this side, which ends a waiting Read, os.ErrClosed.
// The descriptor cannot be another file's: it is held while it is read.
func (r *Reader) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	r.into = b
	if err := r.conn.Read(r.try); err != nil {
		// The connection's error has no public name; a read of nothing gives it one.
		if _, named := r.file.Read(nil); named != nil {
			err = named
		}
		return 0, err
	}
	return r.n, r.err
}

// attempt reads once. It is not done where there is nothing yet. That takes a
// second read a wake, and has to: bytes that did not fill the room may have come
// together with a hang-up, of which the runtime tells once.
func (r *Reader) attempt(fd uintptr) (done bool) {
	for {
		n, _, errno := syscall.RawSyscall(unix.SYS_READ, fd, uintptr(unsafe.Pointer(&r.into[0])), uintptr(len(r.into)))
		switch {
		case errno == unix.EAGAIN:
			return false
		case errno == unix.EINTR:
			continue
		case errno != 0:
			r.n, r.err = 0, os.NewSyscallError("read", errno)
		case n == 0:
			r.n, r.err = 0, io.EOF
		default:
			r.n, r.err = int(n), nil
		}
		return true
	}
}
