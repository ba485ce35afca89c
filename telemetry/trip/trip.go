// Package trip finds trips in what the car says: fixes, whether it is in use, and
// whether it moves. It is plain code without a clock, a disk or a person: who feeds it
// decides which fixes it sees. What begins, ends and splits a trip: docs/trips.md, Rules.
package trip

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"glovebox/hal"
)

// Trip is a drive from one fix to another.
type Trip struct {
	ID      string // 32 lower-case hex digits, random
	Start   Point
	End     Point
	Metres  int64  // driven, by its own fixes
	Seconds int64  // from start to end, by the boot clock
	Track   string // encoded polyline, five decimals
}

// Point is an end of a trip. Both ends of a trip lie on one wall clock, that of its end.
type Point struct {
	At        time.Time // UTC, whole milliseconds
	Latitude  float64   // degrees, seven decimals
	Longitude float64
}

// Day is the UTC day of the start, such as 2026-11-21.
func (t Trip) Day() string { return t.Start.At.UTC().Format(time.DateOnly) }

// MarshalJSON writes a point as it stands in messages: ts, latitude, longitude.
func (p Point) MarshalJSON() ([]byte, error) {
	return json.Marshal(pointJSON{p.At.UTC().Format(millis), p.Latitude, p.Longitude})
}

// UnmarshalJSON reads what MarshalJSON wrote, and nothing else.
func (p *Point) UnmarshalJSON(data []byte) error {
	var q pointJSON
	if err := strict(data, &q); err != nil {
		return err
	}
	at, err := time.Parse(millis, q.TS)
	if err != nil {
		return err
	}
	*p = Point{at, q.Latitude, q.Longitude}
	return nil
}

const millis = "2006-01-02T15:04:05.000Z"

type pointJSON struct {
	TS        string  `json:"ts"`
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

// stored is a trip as it is kept, with the members of the message and a version.
type stored struct {
	Version int    `json:"v"`
	ID      string `json:"trip"`
	Metres  int64  `json:"distance_m"`
	Seconds int64  `json:"duration_s"`
	Start   Point  `json:"start"`
	End     Point  `json:"end"`
	Track   string `json:"track"`
}

const storedVersion = 1

// MarshalBinary is the form in which a trip is kept, one that is not over too: equal
// trips give equal bytes.
func (t Trip) MarshalBinary() ([]byte, error) {
	return json.Marshal(stored{storedVersion, t.ID, t.Metres, t.Seconds, t.Start, t.End, t.Track})
}

// UnmarshalBinary reads what MarshalBinary wrote and refuses anything else.
func (t *Trip) UnmarshalBinary(data []byte) error {
	var s stored
	if err := strict(data, &s); err != nil {
		return fmt.Errorf("read a trip: %w", err)
	}
	if s.Version != storedVersion {
		return fmt.Errorf("read a trip: version %d: want %d", s.Version, storedVersion)
	}
	read := Trip{s.ID, s.Start, s.End, s.Metres, s.Seconds, s.Track}
	if err := read.Check(); err != nil {
		return fmt.Errorf("read a trip: %w", err)
	}
	if again, err := read.MarshalBinary(); err != nil || !bytes.Equal(again, data) {
		return errors.New("read a trip: not as it was written")
	}
	*t = read
	return nil
}

// Check refuses what no finder makes.
func (t Trip) Check() error {
	id, err := hex.DecodeString(t.ID)
	switch {
	case err != nil || len(id) != idBytes || hex.EncodeToString(id) != t.ID:
		return errors.New("the id is not 32 hex digits")
	case t.Metres < 0 || t.Seconds < 0:
		return errors.New("less than nothing was driven")
	case !t.Start.onEarth() || !t.End.onEarth():
		return errors.New("an end is not on earth")
	case t.End.At.Sub(t.Start.At).Truncate(time.Second) != time.Duration(t.Seconds)*time.Second:
		return errors.New("the ends are not as far apart as it took")
	}
	if _, err := Points(t.Track); err != nil {
		return err
	}
	return nil
}

func (p Point) onEarth() bool {
	return math.Abs(p.Latitude) <= 90 && math.Abs(p.Longitude) <= 180 && p.At.Year() >= 1 && p.At.Year() <= 9999
}

const idBytes = 16

// newID draws an id.
func newID(random io.Reader) (string, error) {
	var b [idBytes]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", err
	}
	return hex.EncodeToString(b[:]), nil
}

// pointOf is a fix as the end of a trip.
func pointOf(p hal.Position, at time.Time) Point {
	return Point{at.UTC().Truncate(time.Millisecond), round7(p.Latitude), round7(p.Longitude)}
}

// round7 keeps seven decimals: 11 mm.
func round7(v float64) float64 { return math.Round(v*1e7) / 1e7 }

// strict reads one JSON value with known members only and nothing after it.
func strict(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more than one value")
	}
	return nil
}
