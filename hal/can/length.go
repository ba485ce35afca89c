package can

// lengths are what a frame of CAN FD can hold, by data length code (ISO 11898-1, 8.4.2,
// DLC). Those of a classic frame are the first nine.
var lengths = [16]uint8{0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64}

// Length returns the bytes that a data length code of CAN FD stands for; only its low
// four bits count.
func Length(dlc uint8) uint8 { return lengths[dlc&0xF] }

// DLC returns the data length code of the shortest frame of CAN FD that holds n bytes,
// and the longest one's if none does.
func DLC(n uint8) uint8 {
	if n <= MaxClassic {
		return n
	}
	dlc := uint8(MaxClassic + 1)
	for dlc < 0xF && lengths[dlc] < n {
		dlc++
	}
	return dlc
}
