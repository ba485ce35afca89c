package can

// PGN returns the parameter group number in an identifier of 29 bits: what the
// message is, without its priority, its sender and, where it names one, its
// destination (SAE J1939-21, protocol data unit).
//
//	28 26  25  24  23    16  15     8  7       0
//	prio  EDP  DP  PF        PS        source
//
// With a PF under 240 (PDU1) PS is the destination and no part of the number; from
// 240 on (PDU2) it is.
func PGN(id uint32) uint32 {
	pgn := id >> 8 & 0x3FFFF
	if pgn>>8&0xFF < 240 {
		pgn &^= 0xFF
	}
	return pgn
}
