// Package candump reads and writes the log lines of can-utils' candump -L, which
// python-can writes too:
//
//	(1533226488.232073) can0 260#08FFFB0000001884
//	(1533226488.232073) can0 18DAF110#R4
//	(12.020000) can0 123#0102030405060708_B R
//	(12.020000) can0 123##10102030405060708090A0B0C
//
// A line stands for one frame: its stamp in seconds since the Unix epoch, the bus,
// the identifier in three or eight hex digits, and the data or R for a remote
// frame. Behind ## it is one of CAN FD, and the first digit is its flags, those of
// linux/can.h: 1 is BRS, 2 is ESI, and the others say nothing (4 is CAN FD itself,
// which a newer kernel adds). What may follow, the length code of CAN CC (_B) and
// whether the frame was received or transmitted, is stepped over. Reading a line of a bus named
// can0 to can7 allocates nothing.
package candump

import (
	"errors"
	"fmt"
	"time"

	"glovebox/hal/can"
)

// Error says where a line is wrong.
type Error struct {
	Line string // its first bytes
	At   int    // byte, counted from 0
	Want string // what should stand there
}

func (e *Error) Error() string {
	return fmt.Sprintf("candump: %q at byte %d: want %s", e.Line, e.At, e.Want)
}

const (
	errorLine = 80 // bytes of a line that an Error keeps
	maxBus    = 15 // bytes of a Linux interface name
)

// ErrError is a line that is right and stands for an error frame.
var ErrError = errors.New("candump: an error frame")

// Flags of CAN FD in a line (linux/can.h, CANFD_BRS and CANFD_ESI).
const (
	flagBRS = 1
	flagESI = 2
)

// maxSeconds keeps a stamp within a Duration.
const maxSeconds = 9_223_372_035

// Parse reads one line without its line end. The stamp is the time since the
// Unix epoch, exact to the nanosecond. The error is ErrError or an *Error.
func Parse(line []byte) (bus string, f can.Frame, at time.Duration, err error) {
	s := scanner{line: line}
	at = s.stamp()
	name := s.bus()
	s.id(&f)
	s.data(&f)
	s.end()
	switch {
	case s.want != "":
		err = &Error{Line: string(line[:min(len(line), errorLine)]), At: s.at, Want: s.want}
	case s.broken:
		err = ErrError
	default:
		return intern(name), f, at, nil
	}
	return "", can.Frame{}, 0, err
}

// Append adds f's line to dst, without a line end, with six decimals. It is the inverse of Parse;
// stamps outside Parse's range and lengths that no frame has are the caller's mistake:
// they come out cut to size, or filled up to the next length of CAN FD.
func Append(dst []byte, bus string, f can.Frame, at time.Duration) []byte {
	us := uint64(max(at, 0) / time.Microsecond)
	dst = append(dst, '(')
	dst = appendDigits(dst, us/1e6, 10)
	dst = append(dst, '.')
	dst = appendDigits(dst, us%1e6, 6)
	dst = append(dst, ')', ' ')
	dst = append(dst, bus...)
	dst = append(dst, ' ')
	digits := 3
	if f.Extended {
		digits = 8
	}
	for i := digits - 1; i >= 0; i-- {
		dst = append(dst, upper[f.ID>>(4*i)&0xF])
	}
	dst = append(dst, '#')
	n := min(f.Len, can.MaxClassic)
	switch {
	case f.FD:
		flags := byte('0')
		if f.BRS {
			flags += flagBRS
		}
		if f.ESI {
			flags += flagESI
		}
		n = can.Length(can.DLC(f.Len))
		dst = append(dst, '#', flags)
	case f.Remote:
		dst = append(dst, 'R')
		if n > 0 {
			dst = append(dst, '0'+n)
		}
		return dst
	}
	for _, b := range f.Data[:n] {
		dst = append(dst, upper[b>>4], upper[b&0xF])
	}
	return dst
}

const upper = "0123456789ABCDEF"

func appendDigits(dst []byte, v uint64, width int) []byte {
	for div := pow10(width - 1); div > 0; div /= 10 {
		dst = append(dst, '0'+byte(v/div%10))
	}
	return dst
}

func pow10(n int) uint64 {
	v := uint64(1)
	for range n {
		v *= 10
	}
	return v
}

// usual are the names that need no memory of their own.
var usual = [...]string{"can0", "can1", "can2", "can3", "can4", "can5", "can6", "can7"}

func intern(name []byte) string {
	for _, u := range usual {
		if string(name) == u {
			return u
		}
	}
	return string(name)
}
