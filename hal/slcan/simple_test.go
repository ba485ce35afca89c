package slcan_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"glovebox/hal/can"
	"glovebox/hal/slcan"
)

// A second reading of the manual, slow and plain, to hold the decoder against.

var (
	frameLine = regexp.MustCompile(`^(?:[trdb][0-7][0-9A-Fa-f]{2}|[TRDB][01][0-9A-Fa-f]{7})([0-9A-Fa-f])([0-9A-Fa-f]*)$`)
	replyLine = regexp.MustCompile(`^(?:|[zZ]|[VN][0-9A-Za-z]{4}|F[0-9A-Fa-f]{2})$`)
)

// simple reports whether line is a frame.
func simple(line []byte) bool {
	m := frameLine.FindSubmatch(line)
	if m == nil {
		return false
	}
	code, _ := strconv.ParseUint(string(m[1]), 16, 8)
	want := 2 * []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64}[code]
	switch letter := line[0] | 0x20; {
	case code > 8 && (letter == 't' || letter == 'r'):
		return false
	case letter == 'r':
		want = 0
	}
	return len(m[2]) == want || len(m[2]) == want+4
}

// opens reports whether some frame's line begins with p, an identifier over
// its width aside.
func opens(p []byte) bool {
	p = slices.Clone(p)
	if len(p) > 1 && strings.ContainsRune("23456789abcdefABCDEF", rune(p[1])) {
		p[1] = '0'
	}
	for zeros := range 143 {
		if simple(append(slices.Clone(p), strings.Repeat("0", zeros)...)) {
			return true
		}
	}
	return len(p) == 0
}

// byLine decodes a stream by cutting it into lines first.
func byLine(stream []byte) (frames []can.Frame, stats slcan.Stats) {
	var line []byte
	for _, c := range stream {
		switch {
		case c == 0x07:
			stats.Refused++
			if len(line) > 0 {
				stats.Garbage++
			}
		case c != '\r':
			line = append(line, c)
			continue
		case len(line) > 142:
			stats.Overlong++
		case replyLine.Match(line):
		case !strings.ContainsRune("tTrRdDbB", rune(line[0])):
			stats.Garbage++
		default:
			f, err := slcan.Decode(line)
			if err != nil {
				stats.Bad++
				break
			}
			stats.Frames++
			frames = append(frames, f)
		}
		line = nil
	}
	return frames, stats
}

// withStrconv is what a decoder by the standard library looks like.
func withStrconv(line string) (f can.Frame, err error) {
	digits := 3
	if line[0] == 'T' {
		f.Extended, digits = true, 8
	}
	id, err := strconv.ParseUint(line[1:1+digits], 16, 32)
	if err != nil {
		return f, err
	}
	f.ID, f.Len = uint32(id), line[1+digits]-'0'
	data := line[2+digits:]
	for i := range f.Len {
		b, err := strconv.ParseUint(data[2*i:2*i+2], 16, 8)
		if err != nil {
			return f, err
		}
		f.Data[i] = byte(b)
	}
	return f, nil
}
