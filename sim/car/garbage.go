package car

import (
	"fmt"
	"math/rand/v2"
)

// Garbage is n pieces of what a bad cable or a wrong baud rate makes: binary,
// cut, overlong and malformed lines of an adapter or a receiver, and bells.
// No piece is a good frame or sentence, and the last ends its line, so what is
// said before and after stays whole. The same seed gives the same bytes.
func Garbage(seed uint64, n int) []byte {
	rng := rand.New(rand.NewPCG(seed, 0))
	var out []byte
	for i := range n {
		out = append(out, piece(rng, i%kinds)...)
		out = append(out, '\r')
	}
	return out
}

// kinds of pieces take turns, so that eight of them show each once.
const kinds = 8

func piece(rng *rand.Rand, kind int) []byte {
	switch kind {
	case 0: // binary; no letter that opens a frame, no start of a sentence, no line end
		b := make([]byte, 1+rng.IntN(30))
		for i := range b {
			b[i] = 0x80 | byte(rng.IntN(0x80))
		}
		return b
	case 1: // cut in its data
		return fmt.Appendf(nil, "t%03X8%0*X", rng.IntN(0x800), 1+rng.IntN(14), rng.Uint32()&0xF)
	case 2: // overlong
		return fmt.Appendf(nil, "t%03X8%0*X", rng.IntN(0x800), 40+rng.IntN(400), rng.Uint32()&0xF)
	case 3: // length over eight
		return fmt.Appendf(nil, "t%03X9%018X", rng.IntN(0x800), rng.Uint64())
	case 4: // identifier over its width
		return fmt.Appendf(nil, "T%08X2%04X", 0x20000000|rng.Uint32(), rng.Uint32()&0xFFFF)
	case 5: // a bit fell over in the data
		return fmt.Appendf(nil, "t%03X2%02X:%X", rng.IntN(0x800), rng.IntN(0x100), rng.IntN(0x10))
	case 6: // a fix with a wrong checksum
		body := fmt.Sprintf("GNRMC,%06d.00,A,%04d.5,N,%05d.5,E,1.0,2.0,020818,,,A",
			rng.IntN(60), rng.IntN(60), rng.IntN(60))
		wrong := byte(1 + rng.IntN(255))
		for i := range len(body) {
			wrong ^= body[i]
		}
		return fmt.Appendf(nil, "$%s*%02X", body, wrong)
	default: // the adapter refuses a command
		return []byte{0x07}
	}
}
