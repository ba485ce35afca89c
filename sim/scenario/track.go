package scenario

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"glovebox/hal"
	"glovebox/hal/nmea"
	"glovebox/sim/car"
	"glovebox/sim/cloud"
)

// VSS paths of a place.
const (
	latitudePath  = "Vehicle.CurrentLocation.Latitude"
	longitudePath = "Vehicle.CurrentLocation.Longitude"
)

// fix is a recorded place and when it is played.
type fix struct {
	at time.Duration // since the start of the drive
	hal.Position
}

// fixesOf are the places in the sentences of a drive.
func fixesOf(d *car.Drive) (all []fix) {
	var decoder nmea.Decoder
	for _, sentence := range d.Sentences {
		decoder.Feed(sentence.Text, func(p *hal.Position) {
			if p != nil {
				all = append(all, fix{sentence.At - d.Start(), *p})
			}
		})
	}
	return all
}

// spot is a published place.
type spot struct {
	time                time.Time
	latitude, longitude float64
}

// spotsOf are the places in position messages, in the order of their times.
func spotsOf(all []cloud.Message) ([]spot, error) {
	byTime := map[time.Time]*spot{}
	for _, m := range all {
		for _, p := range m.Points {
			if p.Path != latitudePath && p.Path != longitudePath {
				continue
			}
			v, err := strconv.ParseFloat(p.Value, 64)
			if err != nil {
				return nil, fmt.Errorf("%s %q is no number", p.Path, p.Value)
			}
			at := byTime[p.Time]
			if at == nil {
				at = &spot{p.Time, math.NaN(), math.NaN()}
				byTime[p.Time] = at
			}
			into := &at.latitude
			if p.Path == longitudePath {
				into = &at.longitude
			}
			if !math.IsNaN(*into) {
				return nil, fmt.Errorf("two places at %s", p.Time.Format(time.RFC3339Nano))
			}
			*into = v
		}
	}
	spots := make([]spot, 0, len(byTime))
	for _, p := range byTime {
		spots = append(spots, *p)
	}
	slices.SortFunc(spots, func(a, b spot) int { return a.time.Compare(b.time) })
	return spots, nil
}

// precision of a published place, in degrees.
const precision = 1e-6

// recordedFix finds the recorded fix that a published place is, from index from
// on; -1 if there is none.
func recordedFix(p spot, fixes []fix, from int) int {
	for i := from; i < len(fixes); i++ {
		if math.Abs(fixes[i].Latitude-p.latitude) <= precision && math.Abs(fixes[i].Longitude-p.longitude) <= precision {
			return i
		}
	}
	return -1
}

// length is the way along fixes, in metres.
func length(fixes []fix) (metres float64) {
	for i := 1; i < len(fixes); i++ {
		metres += fixes[i-1].DistanceTo(fixes[i].Position)
	}
	return metres
}

// compareTrack says what is wrong with the places of one drive: each must be a
// recorded fix, in order; there is one for each second that had a fix, but for
// one; and the way along them is that of the recorded fixes, and of the drive as
// it was measured, within 2 %.
func compareTrack(spots []spot, fixes []fix, speed, measured float64) (got, wrong string) {
	if len(spots) < 2 || len(fixes) < 2 {
		return fmt.Sprintf("%d places", len(spots)), "too few to compare"
	}
	along := make([]fix, len(spots))
	indices := make([]int, len(spots))
	from := 0
	for i, p := range spots {
		n := recordedFix(p, fixes, from)
		if n < 0 {
			return fmt.Sprintf("%d places", len(spots)), fmt.Sprintf("place %d is no recorded fix, or out of order", i+1)
		}
		indices[i], along[i], from = n, fixes[n], n
	}
	first, last := indices[0], indices[len(indices)-1]
	got = fmt.Sprintf("%d places, %.1f m", len(spots), length(along))
	if want := seconds(spots[0].time, fixes, first, speed); len(spots) < want-1 || len(spots) > want+1 {
		return got, fmt.Sprintf("%d seconds had a fix", want)
	}
	way := length(fixes[first : last+1])
	if off := math.Abs(length(along)/way - 1); off > 0.02 {
		return got, fmt.Sprintf("the recorded way between the same fixes is %.1f m", way)
	}
	if measured > 0 {
		part := measured * way / length(fixes)
		if off := math.Abs(length(along)/part - 1); off > 0.02 {
			return got, fmt.Sprintf("%.1f m were measured between the same fixes", part)
		}
	}
	return got, ""
}

// seconds is how many seconds of the wall clock had a fix: the one at index
// known arrived at at.
func seconds(at time.Time, fixes []fix, known int, speed float64) int {
	had := map[int64]bool{}
	for _, f := range fixes {
		arrived := at.Add(time.Duration(float64(f.at-fixes[known].at) / speed))
		had[arrived.Unix()] = true
	}
	return len(had)
}

// track is the whole drive as a reader got it.
type track struct {
	name   string
	length float64 // metres between the first and the last recorded fix; 0: not compared
}

func (c *track) slots() slots        { return slots{&c.name, &c.length} }
func (c *track) check(*parser) error { return refuse(c.length < 0, "want such as length=1011m") }

func (c *track) holds(_ context.Context, s *stage, since moment) (bool, string, error) {
	spots, err := spotsOf(s.news(c.name, "position", since))
	if err != nil {
		return false, err.Error(), nil
	}
	if err := s.driven(); err != nil {
		return false, "", err
	}
	if s.playback != nil && !s.pace.Steady(s.playback.begun) {
		return false, "the car's time did not run as fast all the time", nil
	}
	got, wrong := compareTrack(spots, s.fixes, s.pace.Factor(), c.length)
	if wrong != "" {
		got += ": " + wrong
	}
	return wrong == "", got, nil
}

// recorded is true if every published place is a recorded fix.
type recorded struct{ name string }

func (c *recorded) slots() slots { return slots{&c.name} }

func (c *recorded) holds(_ context.Context, s *stage, since moment) (bool, string, error) {
	spots, err := spotsOf(s.news(c.name, "position", since))
	if err != nil {
		return false, err.Error(), nil
	}
	if err := s.driven(); err != nil {
		return false, "", err
	}
	for i, p := range spots {
		if recordedFix(p, s.fixes, 0) < 0 {
			return false, fmt.Sprintf("place %d of %d is no recorded fix", i+1, len(spots)), nil
		}
	}
	return len(spots) > 0, fmt.Sprintf("%d places", len(spots)), nil
}

// points counts the places in a reader's positions that are not older than the
// moment.
type points struct {
	name  string
	least int
}

func (c *points) slots() slots { return slots{&c.name, &c.least} }

func (c *points) holds(_ context.Context, s *stage, since moment) (bool, string, error) {
	spots, err := spotsOf(s.news(c.name, "position", s.start))
	if err != nil {
		return false, err.Error(), nil
	}
	n := 0
	for _, p := range spots {
		if p.time.After(since.at) {
			n++
		}
	}
	return n >= c.least, fmt.Sprint(n), nil
}
