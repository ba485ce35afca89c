// Package socketcan reads and writes the frames of a CAN interface of the
// kernel (Documentation/networking/can.rst), classic frames only. It and
// hal/serial are the only code of the agent that touches a bus.
package socketcan

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"glovebox/hal/can"
	"glovebox/hal/kernel"
)

var (
	// ErrClosed is the error of a port that was closed on this side.
	ErrClosed = errors.New("port closed")
	// ErrGone is the error of an interface that is not there or not up.
	ErrGone = errors.New("interface gone")
	// ErrNoCAN is the error of a kernel that was built without CAN.
	ErrNoCAN = errors.New("no CAN in this kernel")
)

// patience is how long Write waits for a queue that is full.
const patience = time.Second

// Port is an open CAN interface. One goroutine may read it while others write.
type Port struct {
	name   string
	file   *os.File
	reader *kernel.Reader
	record [size + 1]byte // one more byte than a frame has: what fills it is none
}

// Open opens the interface of that name, for example can0. Bit rate and state
// are the system's to set: ip link set can0 up type can bitrate 500000.
func Open(name string) (*Port, error) {
	fd, err := unix.Socket(unix.AF_CAN, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.CAN_RAW)
	if err != nil {
		return nil, fmt.Errorf("open CAN interface %s: %w", name, known(err))
	}
	// The runtime polls what does not block, so that Close ends a Read.
	file := os.NewFile(uintptr(fd), name)
	err = bind(fd, name)
	if err == nil {
		var p *Port
		if p, err = over(file); err == nil {
			return p, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("open CAN interface %s: %w", name, known(err)), file.Close())
}

// over is the port of a socket.
func over(file *os.File) (*Port, error) {
	reader, err := kernel.NewReader(file)
	if err != nil {
		return nil, err
	}
	return &Port{name: file.Name(), file: file, reader: reader}, nil
}

func bind(fd int, name string) error {
	link, err := net.InterfaceByName(name)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	return unix.Bind(fd, &unix.SockaddrCAN{Ifindex: link.Index})
}

// Read waits for a frame that another station sent. Error frames and frames of
// CAN FD are passed over. The error is ErrClosed or ErrGone, wrapped. Close
// ends a waiting Read.
func (p *Port) Read() (can.Frame, error) {
	for {
		n, err := p.reader.Read(p.record[:])
		if err != nil {
			return can.Frame{}, fmt.Errorf("read %s: %w", p.name, known(err))
		}
		if f, ok := Decode(p.record[:n]); ok {
			return f, nil
		}
	}
}

// Write hands f to the interface. It gives up on one that takes nothing for a
// second (os.ErrDeadlineExceeded); Close ends it too.
func (p *Port) Write(f can.Frame) error {
	// A port that has no deadlines or is closed says so in Write.
	_ = p.file.SetWriteDeadline(time.Now().Add(patience))
	if _, err := p.file.Write(Append(make([]byte, 0, size), f)); err != nil {
		return fmt.Errorf("write %s: %w", p.name, known(err))
	}
	return nil
}

// Close closes the port and ends a waiting Read or Write. A second Close
// returns ErrClosed.
func (p *Port) Close() error {
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
	case errors.Is(err, unix.EAFNOSUPPORT), errors.Is(err, unix.EPROTONOSUPPORT):
		is = ErrNoCAN
	case errors.Is(err, io.EOF), errors.Is(err, unix.ENETDOWN), errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO),
		errors.Is(err, unix.EPIPE), errors.Is(err, unix.ECONNRESET):
		is = ErrGone
	default:
		return err
	}
	return fmt.Errorf("%w: %w", is, err)
}
