package candump

import (
	"time"

	"glovebox/hal/can"
)

// scanner walks over one line. The first mistake stays: want says what should
// stand at byte at, and every later step does nothing.
type scanner struct {
	line []byte
	at   int
	want string
}

// peek is the byte at the scanner's place, 0 at the end of the line.
func (s *scanner) peek() byte {
	if s.at < len(s.line) {
		return s.line[s.at]
	}
	return 0
}

// take steps over c.
func (s *scanner) take(c byte, want string) {
	switch {
	case s.want != "":
	case s.at < len(s.line) && s.line[s.at] == c:
		s.at++
	default:
		s.want = want
	}
}

// number steps over width decimal digits.
func (s *scanner) number(width int) (v uint64) {
	for i := 0; i < width && s.want == ""; i++ {
		c := s.peek()
		if c < '0' || c > '9' {
			s.want = "a digit of the stamp"
			return 0
		}
		v = v*10 + uint64(c-'0')
		s.at++
	}
	return v
}

// stamp reads "(seconds.micros) ".
func (s *scanner) stamp() time.Duration {
	s.take('(', "a stamp in brackets")
	seconds := s.number(10)
	if s.want == "" && seconds > maxSeconds {
		s.at, s.want = 1, "a stamp before the year 2262"
		return 0
	}
	s.take('.', "a point after ten digits")
	micros := s.number(6)
	s.take(')', "a closing bracket after six decimals")
	s.take(' ', "a space")
	return time.Duration(seconds)*time.Second + time.Duration(micros)*time.Microsecond
}

// bus reads the name of the interface and the space after it.
func (s *scanner) bus() []byte {
	if s.want != "" {
		return nil
	}
	start := s.at
	for c := s.peek(); c > ' ' && c < 0x7F && s.at-start < maxBus; c = s.peek() {
		s.at++
	}
	name := s.line[start:s.at]
	if len(name) == 0 {
		s.want = "the name of a bus"
		return nil
	}
	s.take(' ', "a space after a name of at most 15 bytes")
	return name
}

// id reads three or eight hex digits and the #.
func (s *scanner) id(f *can.Frame) {
	if s.want != "" {
		return
	}
	start := s.at
	for s.at-start < 8 {
		v, ok := hex(s.peek())
		if !ok {
			break
		}
		f.ID = f.ID<<4 | uint32(v)
		s.at++
	}
	switch digits := s.at - start; {
	case digits == 3 && f.ID <= can.MaxStandardID:
	case digits == 8 && f.ID <= can.MaxExtendedID:
		f.Extended = true
	case digits == 3:
		s.at, s.want = start, "an identifier of at most 7FF"
	case digits == 8:
		s.at, s.want = start, "an identifier of at most 1FFFFFFF"
	default:
		s.want = "an identifier of 3 or 8 hex digits"
	}
	s.take('#', "a #")
}

// data reads up to eight bytes, or R and a length, up to the line's end.
func (s *scanner) data(f *can.Frame) {
	if s.want != "" {
		return
	}
	if s.peek() == 'R' {
		s.at++
		f.Remote = true
		if c := s.peek(); c >= '1' && c <= '8' {
			f.Len = c - '0'
			s.at++
		}
		if s.at != len(s.line) {
			s.want = "a length of 1 to 8 or the end"
		}
		return
	}
	for s.at < len(s.line) {
		if f.Len == can.MaxLen {
			s.want = "the end after eight bytes"
			return
		}
		for range 2 {
			v, ok := hex(s.peek())
			if !ok {
				s.want = "a hex digit of the data"
				return
			}
			f.Data[f.Len] = f.Data[f.Len]<<4 | v
			s.at++
		}
		f.Len++
	}
}

// hex is the value of a hex digit of either case.
func hex(c byte) (v byte, ok bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}
