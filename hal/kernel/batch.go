package kernel

import (
	"encoding/binary"
	"io"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Batch receives what waits in a socket of records with one call (recvmmsg(2)),
// which x/sys/unix does not have. One goroutine receives.
type Batch struct {
	file    *os.File
	conn    syscall.RawConn
	try     func(fd uintptr) (done bool) // made once: a call allocates nothing
	more    func(n int) bool
	room    int
	headers []message
	records []byte
	sides   []byte // what the kernel says beside each record, sideRoom bytes each
	used    int    // headers that the kernel wrote over in the last call
	n       int    // records of the last call
	err     error
}

// message is struct mmsghdr.
type message struct {
	header unix.Msghdr
	n      uint32
}

// sideRoom holds one control message of four bytes (cmsg(3), CMSG_SPACE), on any machine.
const sideRoom = 32

// NewBatch receives up to count records of up to room bytes from file, a socket that
// does not block and that the runtime polls; it stays the caller's to close.
func NewBatch(file *os.File, count, room int) (*Batch, error) {
	conn, err := file.SyscallConn()
	if err != nil {
		return nil, err
	}
	b := &Batch{file: file, conn: conn, room: room, headers: make([]message, count), records: make([]byte, count*room), sides: make([]byte, count*sideRoom), used: count}
	parts := make([]unix.Iovec, count)
	for i := range b.headers {
		parts[i].Base = &b.records[i*room]
		parts[i].SetLen(room)
		h := &b.headers[i].header
		h.Iov, h.Control = &parts[i], &b.sides[i*sideRoom]
		h.SetIovlen(1)
	}
	b.try = b.attempt
	return b, nil
}

// Receive waits for records, again and again, and says each time how many there are, at
// least one, until more returns false; they are good until then. The errors are those
// of Reader.Read: the end is io.EOF, a close on this side, which ends a waiting
// Receive, os.ErrClosed; and os.ErrDeadlineExceeded once the file's read deadline is
// over. More is called with the descriptor held: it must not close the file.
func (b *Batch) Receive(more func(n int) bool) error {
	b.more = more
	if err := b.conn.Read(b.try); err != nil {
		// The connection's error has no public name; a read of nothing gives it one.
		if _, named := b.file.Read(nil); named != nil {
			err = named
		}
		return err
	}
	return b.err
}

// Record returns a record of the last Receive; whole is false where it was longer
// than its room.
func (b *Batch) Record(i int) (record []byte, whole bool) {
	m := &b.headers[i]
	return b.records[i*b.room:][:min(int(m.n), b.room)], m.header.Flags&unix.MSG_TRUNC == 0
}

// Lost returns how many records the kernel has dropped for want of room up to a record
// of the last Receive, ever since the socket was asked for SO_RXQ_OVFL (socket(7)).
// It says so only once there is one; ok is false before.
func (b *Batch) Lost(i int) (count uint32, ok bool) {
	side := b.sides[i*sideRoom:][:sideRoom]
	if uint64(b.headers[i].header.Controllen) < uint64(unix.CmsgLen(4)) {
		return 0, false
	}
	c := (*unix.Cmsghdr)(unsafe.Pointer(&side[0]))
	if c.Level != unix.SOL_SOCKET || c.Type != unix.SO_RXQ_OVFL {
		return 0, false
	}
	return binary.NativeEndian.Uint32(side[unix.CmsgLen(0):]), true
}

// attempt receives what there is. It does not ask until there is nothing: between two
// waits of one Receive the runtime keeps in mind what comes, so that a second call a
// wake would find nothing. An error behind the last record is found with the next one,
// or after the deadline.
func (b *Batch) attempt(fd uintptr) (done bool) {
	for full := true; full; {
		for i := range b.used { // the kernel has written over it
			b.headers[i].header.SetControllen(sideRoom)
		}
		b.used, b.n, b.err = 0, 0, nil
		n, _, errno := syscall.RawSyscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&b.headers[0])), uintptr(len(b.headers)), unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
		case unix.EAGAIN:
			return false
		case unix.EINTR:
			continue
		default:
			b.err = os.NewSyscallError("recvmmsg", errno)
			return true
		}
		b.used = int(n)
		for b.n < b.used && b.headers[b.n].n > 0 { // an empty record is the end: the other side has gone
			b.n++
		}
		if b.n == 0 {
			b.err = io.EOF
			return true
		}
		if !b.more(b.n) {
			return true
		}
		full = b.used == len(b.headers)
	}
	return false
}
