package socketcan

import (
	"encoding/binary"

	"glovebox/hal/can"
)

// Sizes of struct can_frame and struct canfd_frame (linux/can.h, CAN_MTU and
// CANFD_MTU), by which a record says what it is:
//
//	0        4     5        6    7          8
//	id|flags | len | pad    | pad| len8_dlc | data[8]
//	id|flags | len | flags  | pad| pad      | data[64]
const (
	size   = 16
	fdSize = 72
)

// Flags beside the identifier, in the machine's byte order.
const (
	extended = 1 << 31
	remote   = 1 << 30
	failure  = 1 << 29 // an error frame, made by the controller
)

// Flags of struct canfd_frame (linux/can.h). FDF says that it is one; kernels from
// 5.14 on add it themselves.
const (
	flagBRS = 0x01
	flagESI = 0x02
	flagFDF = 0x04
)

// Decode reads a frame as the kernel hands it over into f, which is zero or held
// another. ok is false for what is no frame; f is of no use then.
func Decode(b []byte, f *can.Frame) (ok bool) {
	if len(b) != size && len(b) != fdSize {
		return false
	}
	f.Reset()
	word := binary.NativeEndian.Uint32(b)
	f.ID, f.Extended, f.Remote, f.FD = word&can.MaxExtendedID, word&extended != 0, word&remote != 0, len(b) == fdSize
	switch n := b[4]; {
	case word&failure != 0, !f.Extended && f.ID > can.MaxStandardID:
		return false
	case !f.FD && n > can.MaxClassic, f.FD && (f.Remote || can.Length(can.DLC(n)) != n):
		return false
	default:
		f.Len = n
	}
	if f.FD {
		f.BRS, f.ESI = b[5]&flagBRS != 0, b[5]&flagESI != 0
	}
	if !f.Remote {
		copy(f.Data[:f.Len], b[8:])
	}
	return true
}

// Append adds f as the kernel wants it. Lengths and identifiers over their width,
// which no controller could send, are cut to size, and what is no length of CAN FD is
// filled up with zeroes to the next one.
func Append(dst []byte, f can.Frame) []byte {
	word, n, flags, room := f.ID&can.MaxStandardID, min(f.Len, can.MaxClassic), byte(0), can.MaxClassic
	if f.Extended {
		word = f.ID&can.MaxExtendedID | extended
	}
	switch {
	case f.FD:
		n, flags, room = can.Length(can.DLC(f.Len)), flagFDF, can.MaxLen
		if f.BRS {
			flags |= flagBRS
		}
		if f.ESI {
			flags |= flagESI
		}
	case f.Remote:
		word |= remote
	}
	dst = binary.NativeEndian.AppendUint32(dst, word)
	dst = append(dst, n, flags, 0, 0)
	var data can.Data
	if !f.Remote || f.FD {
		copy(data[:n], f.Data[:])
	}
	return append(dst, data[:room]...)
}
