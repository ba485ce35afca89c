package slcan

import (
	"bytes"

	"glovebox/hal/can"
)

const (
	cr   = '\r'
	bell = 0x07 // the adapter refused a command
)

// Stats counts what came in since the decoder was made.
type Stats struct {
	Frames   uint64 // frames handed on
	Bad      uint64 // lines that began like a frame and were none
	Overlong uint64 // lines longer than any frame
	Garbage  uint64 // other lines, and lines cut by a bell or by Reset
	Refused  uint64 // bells
}

// Decoder reads frames from a stream, however its bytes are cut into pieces.
// A line is a frame as a whole or not at all: what is damaged is counted and
// never mended. The zero Decoder is ready; it is not safe for concurrent use.
type Decoder struct {
	stats Stats
	n     int  // bytes of the open line in line
	over  bool // the open line is overlong: the rest of it is skipped
	line  [longest]byte
	frame can.Frame // the newest
}

// Stats returns the counters.
func (d *Decoder) Stats() Stats { return d.stats }

// Reset forgets the open line. Call it when the port was opened anew, so that
// the two ends of a cut do not make a frame that nobody sent.
func (d *Decoder) Reset() {
	if d.n > 0 || d.over {
		d.stats.Garbage++
	}
	d.n, d.over = 0, false
}

// Feed takes the next bytes of the stream and calls emit for each frame that
// they complete. It keeps no part of p; a frame is the caller's until emit returns.
func (d *Decoder) Feed(p []byte, emit func(*can.Frame)) {
	for len(p) > 0 {
		if d.n == 0 && !d.over {
			// A whole good frame needs no search for its end.
			if n, want := parse(p, &d.frame); want == "" && n < len(p) && p[n] == cr {
				d.stats.Frames++
				emit(&d.frame)
				p = p[n+1:]
				continue
			}
		}
		p = d.slow(p, emit)
	}
}

// slow takes bytes up to the next end of a line and returns the rest.
func (d *Decoder) slow(p []byte, emit func(*can.Frame)) []byte {
	end := len(p)
	if i := bytes.IndexByte(p, cr); i >= 0 {
		end = i
	}
	if i := bytes.IndexByte(p[:end], bell); i >= 0 {
		end = i
	}
	if n := copy(d.line[d.n:], p[:end]); n < end {
		d.over = true
	} else {
		d.n += n
	}
	if end == len(p) {
		return nil
	}
	if p[end] == bell {
		d.stats.Refused++
		d.Reset()
		return p[end+1:]
	}
	d.close(emit)
	return p[end+1:]
}

// close judges the line that a CR ended.
func (d *Decoder) close(emit func(*can.Frame)) {
	line, over := d.line[:d.n], d.over
	d.n, d.over = 0, false
	switch {
	case over:
		d.stats.Overlong++
	case reply(line):
	case !frameLetter(line[0]):
		d.stats.Garbage++
	default:
		if _, want := whole(line, &d.frame); want != "" {
			d.stats.Bad++
			return
		}
		d.stats.Frames++
		emit(&d.frame)
	}
}

func frameLetter(c byte) bool {
	lower := c | 0x20
	return lower == 't' || lower == 'r' || lower == 'd' || lower == 'b'
}

// reply reports whether line is an adapter's answer to a command: empty (done),
// z or Z (sent), V or N and four letters or digits (version, serial number), F
// and two hex digits (status).
func reply(line []byte) bool {
	if len(line) == 0 {
		return true
	}
	switch line[0] {
	case 'z', 'Z':
		return len(line) == 1
	case 'V', 'N':
		return len(line) == 5 && alphanumeric(line[1:])
	case 'F':
		return len(line) == 3 && firstBad(line[1:]) < 0
	}
	return false
}

func alphanumeric(p []byte) bool {
	for _, c := range p {
		if lower := c | 0x20; (c < '0' || c > '9') && (lower < 'a' || lower > 'z') {
			return false
		}
	}
	return true
}
