package nmea_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"glovebox/hal"
	"glovebox/hal/nmea"
)

// started is all that may belong to a sentence, up to what ends it.
var started = regexp.MustCompile(`[$!][ "#%-~]*`)

// byPattern is a second reading of the counting rules.
func byPattern(stream []byte) (good [][]byte, counts nmea.Counts) {
	inside := 0
	for _, span := range started.FindAllIndex(stream, -1) {
		text := stream[span[0]:span[1]]
		star := len(text) - 3
		switch {
		case len(text) > 256:
			counts.Cut++
			text = text[:256] // the rest is stray
		case span[1] == len(stream):
		case stream[span[1]] != '\r' && stream[span[1]] != '\n':
			counts.Cut++
		case star < 1 || text[star] != '*':
			counts.None++
		default:
			sum, err := strconv.ParseUint(string(text[star+1:]), 16, 8)
			for _, c := range text[1:star] {
				sum ^= uint64(c)
			}
			switch {
			case err != nil:
				counts.None++
			case sum != 0:
				counts.Bad++
			default:
				counts.Good++
				good = append(good, text[:star])
			}
		}
		inside += len(text)
	}
	ends := bytes.Count(stream, []byte("\r")) + bytes.Count(stream, []byte("\n"))
	counts.Stray = uint64(len(stream) - inside - ends)
	return good, counts
}

// fixed is what an RMC must look like to give a position.
var fixed = regexp.MustCompile(`^\$[^P,][^,]RMC,(?:\d{6}(?:\.\d{0,9})?)?,A,(\d\d[0-5]\d(?:\.\d*)?),([NS]),` +
	`(\d{3}[0-5]\d(?:\.\d*)?),([EW]),(\d+(?:\.\d*)?|\.\d+)?,(-?(?:\d+(?:\.\d*)?|\.\d+))?,(?:\d{6})?(?:,|$)`)

// Whatever comes, cut anywhere: the sentences and counts are those of the plain
// rules, and each position stands word for word in a good sentence.
func FuzzDecode(f *testing.F) {
	logs, err := filepath.Glob("testdata/*.log")
	if err != nil || len(logs) == 0 {
		f.Fatal("no logs", err)
	}
	for _, name := range logs {
		log, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(log[max(0, len(log)-2000):], uint16(100))
	}
	f.Add([]byte(sentence(rmc)+sentence(gga)+sentence(at("161448.40"))), uint16(80))
	f.Add([]byte(sentence("GNRMC,161448.,A,3743.25,N,12228.,W,,,,,,A")+sentence("GPRMC,161449,A,3743.25,N,12228.3,W,.5,20.,,,,A")), uint16(80))
	f.Add([]byte("$"+fmt.Sprintf("%0300d", 0)+"\r\n"), uint16(3))
	f.Add([]byte("$*00\r\n!*00\n$*0\n"), uint16(2))
	f.Fuzz(func(t *testing.T, stream []byte, cut uint16) {
		i := min(int(cut), len(stream))
		want, counts := byPattern(stream)

		var framer nmea.Framer
		var good [][]byte
		for _, piece := range [][]byte{stream[:i], stream[i:]} {
			framer.Feed(piece, func(s []byte) { good = append(good, slices.Clone(s)) })
		}
		if framer.Counts() != counts || !slices.EqualFunc(good, want, bytes.Equal) {
			t.Fatalf("%q\n%q %+v\nwant\n%q %+v", stream, good, framer.Counts(), want, counts)
		}

		var d nmea.Decoder
		for _, piece := range [][]byte{stream[:i], stream[i:]} {
			d.Feed(piece, func(p *hal.Position) {
				if p != nil && !slices.ContainsFunc(good, func(s []byte) bool { return says(s, *p) }) {
					t.Fatalf("invented %+v from %q", *p, stream)
				}
			})
		}
		if s := d.Stats(); s.Counts != counts || s.Fixes+s.Refused > counts.Good {
			t.Fatalf("%+v, want %+v", s, counts)
		}
	})
}

// says reports whether sentence tells of p.
func says(sentence []byte, p hal.Position) bool {
	m := fixed.FindSubmatch(sentence)
	if m == nil {
		return false
	}
	lat, lon := degrees(m[1], m[2], 2), degrees(m[3], m[4], 3)
	knots, err := strconv.ParseFloat(string(m[5]), 64)
	if len(m[5]) == 0 {
		return math.IsNaN(float64(p.Speed)) && lat == p.Latitude && lon == p.Longitude
	}
	return err == nil && lat == p.Latitude && lon == p.Longitude && math.Abs(lat) <= 90 && math.Abs(lon) <= 180 &&
		hal.Knots(knots) == p.Speed
}

func degrees(angle, side []byte, digits int) float64 {
	whole, _ := strconv.Atoi(string(angle[:digits]))
	minutes, _ := strconv.ParseFloat(string(angle[digits:]), 64)
	v := float64(whole) + minutes/60
	if side[0] == 'S' || side[0] == 'W' {
		v = 0 - v
	}
	return v
}
