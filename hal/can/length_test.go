package can_test

import (
	"testing"

	"glovebox/hal/can"
)

// A frame of CAN FD has one of sixteen lengths. What is no length goes into the next
// longer frame, and what fits none into the longest.
func TestLengths(t *testing.T) {
	want := []uint8{0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64}
	for dlc := range uint8(16) {
		if got := can.Length(dlc); got != want[dlc] {
			t.Errorf("code %X is %d bytes, want %d", dlc, got, want[dlc])
		}
	}
	for n := 0; n < 256; n++ {
		dlc := can.DLC(uint8(n))
		if length := int(can.Length(dlc)); length < min(n, can.MaxLen) || dlc > 0 && int(can.Length(dlc-1)) >= n {
			t.Errorf("%d bytes go into a frame of %d", n, length)
		}
	}
}
