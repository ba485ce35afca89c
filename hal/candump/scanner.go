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

	broken bool // it is an error frame
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

// number steps over one to most decimal digits.
func (s *scanner) number(most int, want string) (v uint64, digits int) {
	for c := s.peek(); s.want == "" && c >= '0' && c <= '9' && digits < most; c = s.peek() {
		v = v*10 + uint64(c-'0')
		digits++
		s.at++
	}
	if s.want == "" && digits == 0 {
		s.want = want
	}
	return v, digits
}

// stamp reads "(seconds.decimals) ".
func (s *scanner) stamp() time.Duration {
	s.take('(', "a stamp in brackets")
	seconds, _ := s.number(10, "a digit of the stamp")
	if s.want == "" && seconds > maxSeconds {
		s.at, s.want = 1, "a stamp before the year 2262"
		return 0
	}
	s.take('.', "a point after at most ten digits")
	part, digits := s.number(9, "a digit of the stamp")
	s.take(')', "a closing bracket after at most nine decimals")
	s.take(' ', "a space")
	for ; digits < 9; digits++ {
		part *= 10
	}
	return time.Duration(seconds)*time.Second + time.Duration(part)
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

// errorFlag is the bit that marks an error frame (linux/can.h, CAN_ERR_FLAG).
const errorFlag = 1 << 29

// id reads three or eight hex digits and the #, or ## and the flags of CAN FD.
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
	case digits == 8 && f.ID < errorFlag<<1:
		s.broken = true
	case digits == 3:
		s.at, s.want = start, "an identifier of at most 7FF"
	case digits == 8:
		s.at, s.want = start, "an identifier of at most 1FFFFFFF"
	default:
		s.want = "an identifier of 3 or 8 hex digits"
	}
	s.take('#', "a #")
	if s.want != "" || s.peek() != '#' {
		return
	}
	s.at++
	flags, ok := hex(s.peek())
	switch {
	case !ok:
		s.want = "a hex digit of the flags"
	case s.broken:
		s.at, s.want = start, "an identifier of at most 1FFFFFFF"
	default:
		s.at++
		f.FD, f.BRS, f.ESI = true, flags&flagBRS != 0, flags&flagESI != 0
	}
}

// data reads up to eight bytes, 64 of CAN FD, or R and a length. Dots may stand
// between bytes.
func (s *scanner) data(f *can.Frame) {
	if s.want != "" {
		return
	}
	if s.peek() == 'R' && !f.FD {
		s.at++
		f.Remote = true
		if c := s.peek(); c >= '0' && c <= '8' {
			f.Len = c - '0'
			s.at++
		}
		return
	}
	most := can.MaxClassic
	if f.FD {
		most = can.MaxLen
	}
	for n := 0; ; n++ {
		if n > 0 && s.peek() == '.' {
			s.at++
		}
		c := s.peek()
		if c == 0 || c == ' ' || c == '\t' || c == '_' && n == can.MaxClassic && !f.FD {
			if can.Length(can.DLC(f.Len)) != f.Len {
				s.want = "as many bytes as a frame of CAN FD has"
			}
			return
		}
		high, ok := hex(c)
		if !ok {
			s.want = "a hex digit of the data"
			return
		}
		if n == most {
			s.want = "the end after so many bytes"
			return
		}
		s.at++
		low, ok := hex(s.peek())
		if !ok {
			s.want = "a hex digit of the data"
			return
		}
		s.at++
		f.Data[n], f.Len = high<<4|low, uint8(n+1)
	}
}

// end reads what may stand behind a frame: the length code of one of eight bytes, 9
// to F, then blanks with R or T among them (candump -x, python-can).
func (s *scanner) end() {
	if s.want != "" {
		return
	}
	if s.peek() == '_' {
		s.at++
		if v, ok := hex(s.peek()); !ok || v < 9 {
			s.want = "a length code of 9 to F"
			return
		}
		s.at++
	}
	blank := false
	for s.peek() == ' ' || s.peek() == '\t' {
		s.at++
		blank = true
	}
	if c := s.peek(); blank && (c == 'R' || c == 'T') {
		s.at++
		for s.peek() == ' ' || s.peek() == '\t' {
			s.at++
		}
	}
	if s.at < len(s.line) {
		s.want = "the end, or R or T behind a space"
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
