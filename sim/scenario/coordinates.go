package scenario

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"glovebox/sim/car"
)

// drivePlaces are the coordinates of a drive, in the forms in which they may
// stand among bytes.
type drivePlaces struct {
	texts  map[string]bool // with four decimals, and minutes as in NMEA 0183
	ranges [2][2]float64   // latitude and longitude, from and to, in degrees
}

// decimals that a text needs to be a place: four are 11 m.
const decimals = 4

// coordinates are those of the fixes and sentences of a drive.
func coordinates(fixes []fix, d *car.Drive) drivePlaces {
	l := drivePlaces{texts: map[string]bool{}}
	for i, of := range []func(fix) float64{
		func(f fix) float64 { return f.Latitude },
		func(f fix) float64 { return f.Longitude },
	} {
		low, high := math.Inf(1), math.Inf(-1)
		for _, f := range fixes {
			v := of(f)
			low, high = min(low, v), max(high, v)
			text := fmt.Sprintf("%.9f", v)
			l.texts[strings.TrimPrefix(text[:strings.IndexByte(text, '.')+1+decimals], "-")] = true // cut
			l.texts[strings.TrimPrefix(fmt.Sprintf("%.*f", decimals, v), "-")] = true               // rounded
		}
		// One unit of the fourth decimal more on both sides.
		l.ranges[i] = [2]float64{low - 1e-4, high + 1e-4}
	}
	for _, sentence := range d.Sentences {
		for field := range bytes.SplitSeq(sentence.Text, []byte(",")) {
			// ddmm.mmmm and dddmm.mmmm
			if dot := bytes.IndexByte(field, '.'); dot == 4 && len(field) >= 9 || dot == 5 && len(field) >= 10 {
				l.texts[string(field[:dot+1+decimals])] = true
			}
		}
	}
	return l
}

// in names the first place in the data or in what it unzips to, empty if there
// is none. The data is not sealed.
func (l drivePlaces) in(all ...[]byte) string {
	for _, data := range all {
		for text := range l.texts {
			if bytes.Contains(data, []byte(text)) {
				return "a place as text with four decimals"
			}
		}
		if plain := unzip(data); plain != nil {
			if found := l.in(plain); found != "" {
				return found + ", zipped"
			}
			continue // zipped bytes are as good as random
		}
		if found := l.binary(data); found != "" {
			return found
		}
	}
	return ""
}

// binary looks at each offset for a number between the smallest and the largest
// coordinate: float64 and 32-bit semicircles (180° / 2³¹) of either byte order.
// Text never looks like either; among random bytes, such as sealed ones, every
// twenty thousandth offset looks like semicircles by chance.
func (l drivePlaces) binary(data []byte) string {
	inside := func(v float64) bool {
		for _, r := range l.ranges {
			if v >= r[0] && v <= r[1] {
				return true
			}
		}
		return false
	}
	const semicircle = 180.0 / (1 << 31)
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		for i := 0; i+4 <= len(data); i++ {
			if inside(float64(int32(order.Uint32(data[i:]))) * semicircle) {
				return fmt.Sprintf("a place as semicircles, %v", order)
			}
			if i+8 <= len(data) && inside(math.Float64frombits(order.Uint64(data[i:]))) {
				return fmt.Sprintf("a place as float64, %v", order)
			}
		}
	}
	return ""
}
