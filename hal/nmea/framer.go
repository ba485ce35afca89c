// Package nmea turns what a satellite receiver says (NMEA 0183) into
// positions. It believes only sentences with a good checksum and well-formed
// numbers; everything else is counted and left out.
//
//	$GNRMC,161448.30,A,3743.25986,N,12228.33832,W,15.207,2.14,020818,,,A*5B
//	└ start  fields, divided by commas                       checksum ┘└┘
package nmea

import "encoding/hex"

const (
	// longest is where an open sentence is given up. The standard allows 82
	// characters; receivers are known to send 203.
	longest = 256
	tail    = 3 // * and two hex digits
)

// Counts says what a stream held.
type Counts struct {
	Good  uint64 // sentences with the right checksum
	Bad   uint64 // sentences with a wrong one
	None  uint64 // sentences with none, or a malformed one
	Cut   uint64 // sentences broken off: by a new one, a byte that is no text, or their length
	Stray uint64 // bytes outside sentences, line ends aside
}

// Framer finds the sentences in a stream, however its bytes are cut into
// pieces. The zero Framer is ready; it is not safe for concurrent use.
type Framer struct {
	counts Counts
	open   bool
	n      int // bytes of the open sentence in text
	text   [longest]byte
}

// Counts returns the counters.
func (r *Framer) Counts() Counts { return r.counts }

// Reset breaks off the open sentence. Call it when the port was opened anew.
func (r *Framer) Reset() {
	if r.open {
		r.counts.Cut++
	}
	r.open, r.n = false, 0
}

// Feed takes the next bytes of the stream and calls emit with each sentence
// whose checksum is right, from its $ or ! to the byte before the *. The slice
// is valid until emit returns.
func (r *Framer) Feed(p []byte, emit func(sentence []byte)) {
	for _, c := range p {
		switch {
		case c == '$' || c == '!':
			r.Reset()
			r.open = true
		case c == '\r' || c == '\n':
			if r.open {
				r.open = false
				r.judge(r.text[:r.n], emit)
			}
			continue
		case !r.open:
			r.counts.Stray++
			continue
		case c < 0x20 || c > 0x7E:
			r.Reset()
			r.counts.Stray++
			continue
		}
		if r.n == longest {
			r.Reset()
			r.counts.Stray++
			continue
		}
		r.text[r.n] = c
		r.n++
	}
}

// judge checks the checksum: the exclusive or of all bytes between start and *.
func (r *Framer) judge(text []byte, emit func([]byte)) {
	star := len(text) - tail
	if star < 1 || text[star] != '*' {
		r.counts.None++
		return
	}
	var said [1]byte
	if _, err := hex.Decode(said[:], text[star+1:]); err != nil {
		r.counts.None++
		return
	}
	var sum byte
	for _, c := range text[1:star] {
		sum ^= c
	}
	if sum != said[0] {
		r.counts.Bad++
		return
	}
	r.counts.Good++
	emit(text[:star])
}
