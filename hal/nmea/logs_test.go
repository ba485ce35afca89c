package nmea_test

import (
	"bytes"
	"os"
	"slices"
	"testing"
	"unicode"
	"unicode/utf8"

	"glovebox/hal"
	"glovebox/hal/nmea"
)

// output is what the receiver said: a log without its comments.
func output(tb testing.TB, name string) []byte {
	tb.Helper()
	log, err := os.ReadFile("testdata/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	var out []byte
	for line := range bytes.SplitAfterSeq(log, []byte("\n")) {
		if !comment(line) {
			out = append(out, line...)
		}
	}
	return out
}

// comment reports whether a line is text that starts with a #.
func comment(line []byte) bool {
	line = bytes.TrimSuffix(line, []byte("\n"))
	control := func(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\r' }
	return len(line) > 0 && line[0] == '#' && utf8.Valid(line) && bytes.IndexFunc(line, control) < 0
}

// Real receivers on bad days, in pieces of any size. Counts were made by two
// other programs.
func TestReceiverLogs(t *testing.T) {
	tests := []struct {
		name                      string
		counts                    nmea.Counts
		rmc, valid, gga, fix, gsv int
		fixes, refused            int // our own: positions handed on, malformed fields
	}{
		// Binary between sentences; GGA times that run behind.
		{"ac12_binary.log", nmea.Counts{Good: 48, Cut: 20, Stray: 653}, 5, 5, 5, 5, 15, 5, 0},
		// Week rollover: the date 2208-1 is no date.
		{"april6_2019.log", nmea.Counts{Good: 3}, 3, 2, 0, 0, 0, 1, 1},
		// Broken checksums, cut lines, malformed lines with a good checksum.
		{"gp-320fw-2019-04-07-coldboot.log", nmea.Counts{Good: 91, Bad: 36, None: 4, Cut: 6, Stray: 62}, 16, 1, 10, 2, 27, 1, 0},
		// Power-up to first fix; 203 characters in one line.
		{"mtk-3301.log", nmea.Counts{Good: 56, None: 3}, 11, 4, 11, 4, 8, 4, 0},
		// Begins within a sentence; fields that hold |.
		{"tcp-torture.log", nmea.Counts{Good: 7, Stray: 26}, 1, 1, 1, 1, 3, 1, 1},
		// Another binary protocol mixed in.
		{"ublox8-uniqid-monhw.log", nmea.Counts{Good: 52, Cut: 38, Stray: 5420}, 6, 6, 4, 4, 15, 6, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log := output(t, tt.name)
			var framer nmea.Framer
			var rmc, valid, gga, fix, gsv int
			framer.Feed(log, func(sentence []byte) {
				f := bytes.Split(sentence, []byte(","))
				switch kind := f[0][max(0, len(f[0])-3):]; {
				case f[0][1] == 'P':
				case string(kind) == "RMC":
					rmc++
					if string(f[2]) == "A" {
						valid++
					}
				case string(kind) == "GGA":
					gga++
					if q := string(f[6]); q != "" && q != "0" {
						fix++
					}
				case string(kind) == "GSV":
					gsv++
				}
			})
			if framer.Counts() != tt.counts {
				t.Errorf("%+v, want %+v", framer.Counts(), tt.counts)
			}
			if rmc != tt.rmc || valid != tt.valid || gga != tt.gga || fix != tt.fix || gsv != tt.gsv {
				t.Errorf("RMC %d valid %d GGA %d fix %d GSV %d", rmc, valid, gga, fix, gsv)
			}
			for _, size := range []int{1, 7, 64, len(log)} {
				var d nmea.Decoder
				n := 0
				for piece := range slices.Chunk(log, size) {
					d.Feed(piece, func(p *hal.Position) {
						if p != nil {
							n++
						}
					})
				}
				s := d.Stats()
				if s.Counts != tt.counts || n != tt.fixes || s.Fixes != uint64(n) || s.Refused != uint64(tt.refused) {
					t.Errorf("pieces of %d: %d fixes, %+v, want %d fixes, %d refused", size, n, s, tt.fixes, tt.refused)
				}
			}
		})
	}
}
