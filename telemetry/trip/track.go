package trip

import (
	"errors"
	"math"

	"glovebox/hal"
)

// within is how far, in metres, a track may pass beside a fix that is not one of its points.
const within = 8.0

// track is an encoded polyline (the format of Google's Maps APIs, five decimals: 1.1 m)
// that leaves out what lies on a straight line. From its newest vertex it looks along a
// sector that narrows with each fix; the last fix before one outside becomes a vertex.
type track struct {
	text   []byte
	lat    int64 // of the newest vertex as it is written
	lon    int64
	begun  bool
	vertex hal.Position
	newest hal.Position // the newest fix; not written yet unless it is the vertex
	beyond bool         // a fix lies further away than within
	from   float64      // the sector: from this bearing, to the right
	to     float64
	far    float64 // the furthest fix, metres
}

// add takes the next fix.
func (t *track) add(p hal.Position) {
	p = hal.Position{Latitude: p.Latitude, Longitude: p.Longitude}
	if !t.begun {
		t.begun = true
		t.write(p)
		return
	}
	far, bearing := t.vertex.DistanceTo(p), t.bearing(p)
	if t.beyond {
		turned := angle(bearing-t.from) < 0 || angle(bearing-t.to) > 0
		if turned || far < t.far-within {
			t.write(t.newest)
			far, bearing = t.vertex.DistanceTo(p), t.bearing(p)
		}
	}
	t.newest = p
	if far <= within {
		return
	}
	half := math.Asin(within / far)
	from, to := bearing-half, bearing+half
	if t.beyond {
		if angle(from-t.from) < 0 {
			from = t.from
		}
		if angle(to-t.to) > 0 {
			to = t.to
		}
	}
	t.beyond, t.from, t.to, t.far = true, from, to, max(t.far, far)
}

// write makes p the newest vertex.
func (t *track) write(p hal.Position) {
	t.text, t.lat, t.lon = encode(t.text, t.lat, t.lon, p)
	t.vertex, t.newest = p, p
	t.beyond, t.far = false, 0
}

// String is the polyline up to the newest fix.
func (t *track) String() string {
	if t.newest == t.vertex {
		return string(t.text)
	}
	text, _, _ := encode(t.text[:len(t.text):len(t.text)], t.lat, t.lon, t.newest)
	return string(text)
}

// bearing is the direction from the vertex to p on the flat, in radians.
func (t *track) bearing(p hal.Position) float64 {
	east := angle((p.Longitude-t.vertex.Longitude)*math.Pi/180) * math.Cos(t.vertex.Latitude*math.Pi/180)
	return math.Atan2(east, (p.Latitude-t.vertex.Latitude)*math.Pi/180)
}

// angle brings an angle between minus and plus half a turn.
func angle(a float64) float64 { return math.Remainder(a, 2*math.Pi) }

// encode appends p to a polyline whose newest point is lat, lon.
func encode(text []byte, lat, lon int64, p hal.Position) ([]byte, int64, int64) {
	nextLat, nextLon := int64(math.Round(p.Latitude*1e5)), int64(math.Round(p.Longitude*1e5))
	return encodeNumber(encodeNumber(text, nextLat-lat), nextLon-lon), nextLat, nextLon
}

// encodeNumber appends one number: zigzag, then five bits a letter, the lowest first.
func encodeNumber(text []byte, v int64) []byte {
	u := uint64(v<<1) ^ uint64(v>>63)
	for ; u >= 0x20; u >>= 5 {
		text = append(text, byte(u&0x1f|0x20)+63)
	}
	return append(text, byte(u)+63)
}

var errTrack = errors.New("the track is no encoded polyline")

// Points are the points of an encoded polyline: latitude and longitude in degrees.
func Points(text string) (all [][2]float64, err error) {
	var at [2]int64
	for len(text) > 0 {
		for i := range at {
			var by int64
			if by, text, err = decodeNumber(text); err != nil {
				return nil, err
			}
			at[i] += by
		}
		if lat, lon := at[0], at[1]; max(lat, -lat) > 90e5 || max(lon, -lon) > 180e5 {
			return nil, errTrack
		}
		all = append(all, [2]float64{float64(at[0]) / 1e5, float64(at[1]) / 1e5})
	}
	return all, nil
}

func decodeNumber(text string) (v int64, rest string, err error) {
	var u uint64
	for i := range min(len(text), 7) { // 35 bits are more than any difference of places
		c := text[i] - 63
		if c >= 0x40 {
			return 0, "", errTrack
		}
		u |= uint64(c&0x1f) << (5 * i)
		if c < 0x20 {
			if i > 0 && c == 0 {
				return 0, "", errTrack // it would have ended before
			}
			return int64(u>>1) ^ -int64(u&1), text[i+1:], nil
		}
	}
	return 0, "", errTrack
}
