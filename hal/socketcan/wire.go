package socketcan

import (
	"encoding/binary"

	"glovebox/hal/can"
)

// size is that of struct can_frame (linux/can.h), CAN_MTU:
//
//	0        4     5    6    7          8
//	id|flags | len | pad     | len8_dlc | data[8]
const size = 16

// Flags beside the identifier, in the machine's byte order.
const (
	extended = 1 << 31
	remote   = 1 << 30
	failure  = 1 << 29 // an error frame, made by the controller
)

// Decode reads a frame as the kernel hands it over. ok is false for an error
// frame and for what is no classic frame.
func Decode(b []byte) (f can.Frame, ok bool) {
	if len(b) != size {
		return can.Frame{}, false
	}
	word := binary.NativeEndian.Uint32(b)
	f = can.Frame{ID: word & can.MaxExtendedID, Extended: word&extended != 0, Remote: word&remote != 0, Len: b[4]}
	if word&failure != 0 || f.Len > can.MaxClassic || !f.Extended && f.ID > can.MaxStandardID {
		return can.Frame{}, false
	}
	if !f.Remote {
		copy(f.Data[:f.Len], b[8:])
	}
	return f, true
}

// Append adds f as the kernel wants it. Lengths over 8 and identifiers over
// their width, which no controller could send, are cut to size.
func Append(dst []byte, f can.Frame) []byte {
	word := f.ID & can.MaxStandardID
	if f.Extended {
		word = f.ID&can.MaxExtendedID | extended
	}
	if f.Remote {
		word |= remote
	}
	n := min(f.Len, can.MaxClassic)
	dst = binary.NativeEndian.AppendUint32(dst, word)
	dst = append(dst, n, 0, 0, 0)
	var data [can.MaxClassic]byte
	if !f.Remote {
		copy(data[:n], f.Data[:])
	}
	return append(dst, data[:]...)
}
