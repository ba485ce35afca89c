// Package can holds a CAN frame and the way from its bits to a number and back.
// It is hot: nothing here allocates.
package can

// Limits of ISO 11898-1.
const (
	MaxStandardID = 0x7FF
	MaxExtendedID = 0x1FFFFFFF
	MaxClassic    = 8  // bytes of a classic frame
	MaxLen        = 64 // bytes of a frame of CAN FD
)

// Frame is one CAN frame, classic or CAN FD. Bytes of Data behind Len are 0. It is too
// large to be passed by value where frames come thousands of times a second: there
// a pointer goes from hand to hand, good until the next frame.
type Frame struct {
	ID       uint32 // 11 bits, or 29 if Extended
	Extended bool
	Remote   bool  // a remote frame has a Len and no data; CAN FD has none
	FD       bool  // CAN FD; or else a classic frame
	BRS      bool  // of CAN FD: the data was sent at the data bit rate
	ESI      bool  // of CAN FD: its sender is error passive
	Len      uint8 // bytes used of Data; up to MaxClassic, or one of CAN FD's lengths
	Data     Data
}

// Reset makes f the zero frame. Only a long one has bytes that are far behind.
func (f *Frame) Reset() {
	if f.Len > MaxClassic {
		*f = Frame{}
		return
	}
	f.ID, f.Extended, f.Remote, f.FD, f.BRS, f.ESI, f.Len = 0, false, false, false, false, false, 0
	*(*[MaxClassic]byte)(f.Data[:]) = [MaxClassic]byte{}
}

// Data is room for what any frame holds.
type Data [MaxLen]byte
