// Package slcan turns the lines of a serial CAN adapter into frames and back,
// after the Lawicel CANUSB manual; those of CAN FD after the README of the CANable 2.0
// firmware (normaldotcom/canable2-fw), which python-can follows too. It is hot:
// decoding allocates nothing.
//
//	t III L DD…  TTTT CR    data frame, 11 bit identifier
//	T IIIIIIII L DD…  CR    data frame, 29 bit identifier
//	r III L           CR    remote frame, 11 bit
//	R IIIIIIII L      CR    remote frame, 29 bit
//	d III C DD…       CR    CAN FD at one bit rate, 11 bit
//	D IIIIIIII C DD…  CR    CAN FD at one bit rate, 29 bit
//	b III C DD…       CR    CAN FD with the data at the data bit rate (BRS), 11 bit
//	B IIIIIIII C DD…  CR    CAN FD with the data at the data bit rate, 29 bit
//
// III and DD are hex digits of either case, L is a length of 0 to 8, C a length code
// of 0 to F (9 is 12 bytes, F is 64), TTTT is the time stamp that some adapters add
// (command Z1); it is checked and left out, because it wraps each minute. Whether the
// sender of a frame of CAN FD is error passive (ESI) no adapter says.
package slcan

import (
	"fmt"

	"glovebox/hal/can"
)

// longest is D, identifier, length, 64 bytes and a time stamp, without CR.
const longest = 1 + 8 + 1 + 2*can.MaxLen + stampLen

const (
	stampLen = 4
	shown    = 40 // bytes of a line that an Error keeps
)

// Error says where a line is wrong.
type Error struct {
	Line string // its first bytes
	At   int    // byte, counted from 0
	Want string // what should stand there
}

func (e *Error) Error() string {
	return fmt.Sprintf("slcan: %q at byte %d: want %s", e.Line, e.At, e.Want)
}

// Decode reads one line without its CR. The error is an *Error.
func Decode(line []byte) (can.Frame, error) {
	var f can.Frame
	if at, want := whole(line, &f); want != "" {
		return can.Frame{}, &Error{Line: string(line[:min(len(line), shown)]), At: at, Want: want}
	}
	return f, nil
}

// Append adds f's line with its CR to dst. Lengths and identifiers over their width,
// which no adapter could send, are cut to size; what is no length of CAN FD is filled
// up with zeroes to the next one.
func Append(dst []byte, f can.Frame) []byte {
	letter, digits, n, dlc := byte('t'), 3, min(f.Len, can.MaxClassic), byte(0)
	switch {
	case f.FD:
		dlc = can.DLC(f.Len)
		letter, n = 'd', can.Length(dlc)
		if f.BRS {
			letter = 'b'
		}
	case f.Remote:
		letter = 'r'
		fallthrough
	default:
		dlc = n
	}
	if f.Extended {
		letter, digits = letter-'a'+'A', 8
	}
	dst = append(dst, letter)
	for i := digits - 1; i >= 0; i-- {
		dst = append(dst, upper[f.ID>>(4*i)&0xF])
	}
	dst = append(dst, upper[dlc])
	if !f.Remote || f.FD {
		for _, b := range f.Data[:n] {
			dst = append(dst, upper[b>>4], upper[b&0xF])
		}
	}
	return append(dst, '\r')
}

const upper = "0123456789ABCDEF"

// What should stand where a line is wrong.
const (
	wantLetter   = "t, T, r, R, d, D, b or B"
	wantID       = "a hex digit of the identifier"
	wantStandard = "an identifier of at most 7FF"
	wantExtended = "an identifier of at most 1FFFFFFF"
	wantLength   = "a length of 0 to 8"
	wantCode     = "a length code of 0 to F"
	wantData     = "a hex digit of the data"
	wantEnd      = "the end, or a time stamp of 4 hex digits"
)

// whole is parse of a line that holds nothing else, but for a time stamp.
func whole(line []byte, f *can.Frame) (at int, want string) {
	n, want := parse(line, f)
	if want != "" {
		return n, want
	}
	if rest := line[n:]; len(rest) != 0 && (len(rest) != stampLen || firstBad(rest) >= 0) {
		return n, wantEnd
	}
	return 0, ""
}

// parse reads the frame at the start of p into f, which is zero or held another, and
// returns how many bytes it took; what follows is the caller's to judge. When
// p starts with no frame, want says what should stand at byte n instead, and f
// is of no use.
func parse(p []byte, f *can.Frame) (n int, want string) {
	f.Reset()
	if len(p) == 0 {
		return 0, wantLetter
	}
	digits := 3
	switch p[0] {
	case 't':
	case 'r':
		f.Remote = true
	case 'd':
		f.FD = true
	case 'b':
		f.FD, f.BRS = true, true
	case 'T':
		f.Extended, digits = true, 8
	case 'R':
		f.Extended, f.Remote, digits = true, true, 8
	case 'D':
		f.Extended, f.FD, digits = true, true, 8
	case 'B':
		f.Extended, f.FD, f.BRS, digits = true, true, true, 8
	default:
		return 0, wantLetter
	}
	id, rest := p[1:], []byte(nil)
	if len(id) <= digits {
		if bad := firstBad(id); bad >= 0 {
			return 1 + bad, wantID
		}
		if len(id) < digits {
			return len(p), wantID
		}
		return len(p), wantOf(f)
	}
	id, rest = id[:digits], id[digits:]
	var or byte
	for _, c := range id {
		v := nibble[c]
		or |= v
		f.ID = f.ID<<4 | uint32(v&0xF)
	}
	switch {
	case or > 0xF:
		return 1 + firstBad(id), wantID
	case !f.Extended && f.ID > can.MaxStandardID:
		return 1, wantStandard
	case f.ID > can.MaxExtendedID:
		return 1, wantExtended
	}
	switch code := nibble[rest[0]]; {
	case code <= can.MaxClassic:
		f.Len = code
	case !f.FD || code > 0xF:
		return 1 + digits, wantOf(f)
	default:
		f.Len = can.Length(code)
	}
	n = 1 + digits + 1
	if f.Remote {
		return n, ""
	}
	return parseData(p, n, f)
}

// wantOf is what should stand where the length does.
func wantOf(f *can.Frame) string {
	if f.FD {
		return wantCode
	}
	return wantLength
}

// parseData reads f.Len bytes from p[n:].
func parseData(p []byte, n int, f *can.Frame) (int, string) {
	end := n + 2*int(f.Len)
	if len(p) < end {
		if bad := firstBad(p[n:]); bad >= 0 {
			return n + bad, wantData
		}
		return len(p), wantData
	}
	data, or := p[n:end], byte(0)
	for i := 0; len(data) >= 2 && i < can.MaxLen; i++ {
		hi, lo := nibble[data[0]], nibble[data[1]]
		or |= hi | lo
		f.Data[i] = hi<<4 | lo&0xF
		data = data[2:]
	}
	if or > 0xF {
		return n + firstBad(p[n:end]), wantData
	}
	return end, ""
}

// firstBad is the place of the first byte of p that is no hex digit, or -1.
func firstBad(p []byte) int {
	for i, c := range p {
		if nibble[c] > 0xF {
			return i
		}
	}
	return -1
}

// nibble is the value of a hex digit of either case, 0xFF for any other byte.
var nibble = func() (t [256]byte) {
	for c := range t {
		t[c] = 0xFF
	}
	for v := range byte(16) {
		t["0123456789ABCDEF"[v]], t["0123456789abcdef"[v]] = v, v
	}
	return t
}()
