// Package can holds a CAN frame and the way from its bits to a number and back.
// It is hot: nothing here allocates.
package can

// Limits of ISO 11898-1.
const (
	MaxStandardID = 0x7FF
	MaxExtendedID = 0x1FFFFFFF
	MaxLen        = 8 // of a classic frame
)

// Frame is one classic CAN frame.
type Frame struct {
	ID       uint32 // 11 bits, or 29 if Extended
	Extended bool
	Remote   bool  // a remote frame has a Len and no data
	Len      uint8 // bytes used of Data
	Data     [8]byte
}
