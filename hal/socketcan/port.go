// Package socketcan reads and writes the frames of a CAN interface of the
// kernel, classic ones and those of CAN FD (Documentation/networking/can.rst). It and
// hal/serial are the only code of the agent that touches a bus. It asks the CAN
// socket itself for all that it wants to know: a sandbox needs to allow AF_CAN alone.
// Reading is hot and allocates nothing.
package socketcan

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"glovebox/hal/can"
	"glovebox/hal/kernel"
)

var (
	// ErrClosed is the error of a port that was closed on this side.
	ErrClosed = errors.New("port closed")
	// ErrGone is the error of an interface that is not there, or no longer has its name.
	ErrGone = errors.New("interface gone")
	// ErrDown is the error of an interface that is there and not up.
	ErrDown = errors.New("interface down")
	// ErrNoCAN is the error of a kernel that was built without CAN.
	ErrNoCAN = errors.New("no CAN in this kernel")
	// ErrForbidden is the error of a sandbox that keeps the program from CAN, as
	// RestrictAddressFamilies= of systemd.exec(5) does.
	ErrForbidden = errors.New("CAN is forbidden to this program")
	// ErrNoFD is the error of a frame of CAN FD for an interface without it.
	ErrNoFD = errors.New("interface without CAN FD")
)

const (
	patience = time.Second      // how long Write waits for a queue that is full
	again    = time.Millisecond // between two tries of it
	look     = 2 * time.Second  // between two looks whether the interface still has its name
	room     = 4 << 20          // bytes of the socket's receive buffer, if the system allows so much
	most     = 64               // records that are received at once
)

// Port is an open CAN interface. One goroutine may receive while others write.
type Port struct {
	name  string
	index uint32 // of the interface; 0 for a socket that has none
	fd    bool   // it takes frames of CAN FD
	file  *os.File
	batch *kernel.Batch
	frame can.Frame
	lost  uint32 // as the kernel counted last

	each   func(n int) bool // made once: receiving allocates nothing
	take   func(*can.Frame)
	more   func() bool
	counts *Counts
}

// Open opens the interface of that name, for example can0. Bit rates and state
// are the system's to set: ip link set can0 up type can bitrate 500000.
func Open(name string) (*Port, error) {
	fd, err := unix.Socket(unix.AF_CAN, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.CAN_RAW)
	if err != nil {
		if unsupported(err) && haveCAN(name) {
			err = fmt.Errorf("%w: %w", ErrForbidden, err)
		}
		return nil, fmt.Errorf("open CAN interface %s: %w", name, known(err))
	}
	// The runtime polls what does not block, so that Close ends a Receive.
	file := os.NewFile(uintptr(fd), name)
	link, err := find(fd, name)
	if err == nil {
		err = bind(fd, link)
	}
	var p *Port
	if err == nil {
		p, err = over(file, link)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open CAN interface %s: %w", name, known(err)), file.Close())
	}
	return p, nil
}

// over is the port of a socket.
func over(file *os.File, l link) (*Port, error) {
	batch, err := kernel.NewBatch(file, most, fdSize)
	if err == nil {
		err = file.SetReadDeadline(time.Now().Add(look))
	}
	if err != nil {
		return nil, err
	}
	p := &Port{name: file.Name(), index: l.index, fd: l.fd, file: file, batch: batch}
	p.each = p.batched
	return p, nil
}

// bind receives all that comes on an interface.
func bind(fd int, l link) error {
	if l.fd {
		if err := unix.SetsockoptInt(fd, unix.SOL_CAN_RAW, unix.CAN_RAW_FD_FRAMES, 1); err != nil {
			return os.NewSyscallError("setsockopt CAN_RAW_FD_FRAMES", err)
		}
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_CAN_RAW, unix.CAN_RAW_ERR_FILTER, unix.CAN_ERR_MASK); err != nil {
		return os.NewSyscallError("setsockopt CAN_RAW_ERR_FILTER", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1); err != nil {
		return os.NewSyscallError("setsockopt SO_RXQ_OVFL", err)
	}
	// Without CAP_NET_ADMIN it is as large as net.core.rmem_max allows. What it has no
	// room for is counted.
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, room) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, room)
	}
	return unix.Bind(fd, &unix.SockaddrCAN{Ifindex: int(l.index)})
}

// Receive waits for frames that other stations sent, again and again, hands those that
// have come at once to take, counts in counts what came besides, and asks then whether
// there shall be more; every two seconds without anything too. A frame is the caller's
// until take returns. The error is ErrClosed, ErrDown or ErrGone, wrapped; Close, which
// neither take nor more may call, ends a waiting Receive.
func (p *Port) Receive(take func(*can.Frame), more func() bool, counts *Counts) error {
	p.take, p.more, p.counts = take, more, counts
	for {
		err := p.batch.Receive(p.each)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			if err = p.look(counts); err == nil && more() {
				continue
			}
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", p.name, known(err))
		}
		return nil
	}
}

// batched hands on what came at once.
func (p *Port) batched(n int) (more bool) {
	for i := range n {
		record, whole := p.batch.Record(i)
		switch {
		case whole && Decode(record, &p.frame):
			p.take(&p.frame)
		case !whole || !p.counts.tell(record):
			p.counts[Unreadable]++
		}
	}
	if lost, ok := p.batch.Lost(n - 1); ok {
		p.drop(lost, p.counts)
	}
	return p.more()
}

// look asks whether the interface still has its name, and for what was lost since the
// last frame came.
func (p *Port) look(counts *Counts) error {
	if err := p.file.SetReadDeadline(time.Now().Add(look)); err != nil || p.index == 0 {
		return err
	}
	conn, err := p.file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = conn.Control(func(fd uintptr) {
		var l link
		l, failed = find(int(fd), p.name)
		if failed == nil && l.index != p.index {
			failed = fmt.Errorf("%w: the name is another one's now", ErrGone)
		}
		if lost, ok := dropped(fd); ok {
			p.drop(lost, counts)
		}
	})
	return errors.Join(err, failed)
}

// drop counts what was lost since the last time. A frame that waited says what was lost
// when it came, which may be less than is known by now; the number wraps.
func (p *Port) drop(lost uint32, counts *Counts) {
	if more := int32(lost - p.lost); more > 0 {
		counts[Lost] += uint64(more)
		p.lost = lost
	}
}

// Write hands f to the interface. It gives up on one that takes nothing for a
// second (os.ErrDeadlineExceeded); Close ends it too. A frame of CAN FD is refused
// with ErrNoFD where the interface has none.
func (p *Port) Write(f can.Frame) error {
	if f.FD && !p.fd {
		return fmt.Errorf("write %s: %w", p.name, ErrNoFD)
	}
	record, until := Append(make([]byte, 0, fdSize), f), time.Now().Add(patience)
	// A port that has no deadlines or is closed says so in Write.
	_ = p.file.SetWriteDeadline(until)
	_, err := p.file.Write(record)
	for errors.Is(err, unix.ENOBUFS) { // the interface's own queue is full, of which no poll tells
		if time.Now().After(until) {
			err = fmt.Errorf("%w: %w", os.ErrDeadlineExceeded, err)
			break
		}
		<-time.After(again)
		_, err = p.file.Write(record)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", p.name, known(err))
	}
	return nil
}

// Close closes the port and ends a waiting Receive or Write. A second Close
// returns ErrClosed.
func (p *Port) Close() error {
	if err := p.file.Close(); err != nil {
		return fmt.Errorf("close %s: %w", p.name, known(err))
	}
	return nil
}

func unsupported(err error) bool {
	return errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.EPROTONOSUPPORT)
}

// known gives an error of the system its name here, and keeps what it said.
func known(err error) error {
	var is error
	switch {
	case errors.Is(err, ErrForbidden), errors.Is(err, ErrGone), errors.Is(err, ErrDown):
		return err
	case errors.Is(err, os.ErrClosed):
		is = ErrClosed
	case unsupported(err):
		is = ErrNoCAN
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		is = ErrForbidden
	case errors.Is(err, unix.ENETDOWN):
		is = ErrDown
	case errors.Is(err, io.EOF), errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO),
		errors.Is(err, unix.EPIPE), errors.Is(err, unix.ECONNRESET):
		is = ErrGone
	default:
		return err
	}
	return fmt.Errorf("%w: %w", is, err)
}
