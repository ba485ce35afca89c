package outside

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"glovebox/hal"
	"glovebox/telemetry/trip"
)

// A trip is made of gated fixes alone, so all of it was driven in the state Open, and that
// is what it is decided by, whatever holds when it is sent.

// tripClasses are what a trip is made of, each decided by itself.
var tripClasses = []Class{classTripExists, classTripSummary, classTripPoints, classTripTrack, classTripAssignees}

// tripBody is a trip with its places. What its reader may not have is absent.
type tripBody struct {
	Trip     string      `json:"trip"`
	Day      string      `json:"day"`
	Assigned *[]string   `json:"assigned,omitempty"` // readers' ids; an empty list is one
	Band     string      `json:"distance_km,omitempty"`
	Metres   *int64      `json:"distance_m,omitempty"`
	Seconds  *int64      `json:"duration_s,omitempty"`
	Start    *trip.Point `json:"start"`
	End      *trip.Point `json:"end"`
	Track    string      `json:"track"`
}

func (b *tripBody) json(s Seq, aud string) ([]byte, error) {
	return json.Marshal(struct {
		Epoch  string `json:"epoch"`
		Seq    uint64 `json:"seq"`
		Resend bool   `json:"resend"`
		tripBody
		Aud string `json:"aud,omitempty"`
	}{s.Epoch, s.N, s.Resend, *b, aud})
}

func (b *tripBody) sound() bool {
	if b.Start == nil || b.End == nil {
		return false
	}
	t := trip.Trip{ID: b.Trip, Start: *b.Start, End: *b.End, Track: b.Track, Seconds: int64(b.End.At.Sub(b.Start.At) / time.Second)}
	return t.Check() == nil && b.Day == t.Day() && (b.Seconds == nil || *b.Seconds == t.Seconds) && (b.Metres == nil || *b.Metres >= 0) && isBand(b.Band)
}

// stubBody is a trip without its places.
type stubBody struct {
	Trip string `json:"trip"`
	Day  string `json:"day"`
	Band string `json:"distance_km,omitempty"` // a band
}

func (b *stubBody) json(s Seq, aud string) ([]byte, error) {
	return json.Marshal(struct {
		Epoch  string `json:"epoch"`
		Seq    uint64 `json:"seq"`
		Resend bool   `json:"resend"`
		stubBody
		Aud string `json:"aud,omitempty"`
	}{s.Epoch, s.N, s.Resend, *b, aud})
}

func (b *stubBody) sound() bool {
	_, err := time.Parse(time.DateOnly, b.Day)
	return is128(b.Trip) && err == nil && isBand(b.Band)
}

// isBand reports whether a word can be a band, or is none.
func isBand(word string) bool { return len(word) < 16 && strings.Trim(word, "0123456789-+") == "" }

// showTrip makes the message of a trip to one reader: with its places where these may
// leave, else without.
func (o *Outside) showTrip(r *reader, t trip.Trip, assigned []string, at hal.Instant) {
	id, state := formTrip, Unassigned
	if slices.Contains(assigned, r.ID) {
		id, state = formTripAssigned, Assigned
	}
	cells := o.tripCells(r, state)
	if !cells.places() {
		if body := o.stubFor(r, t, at); body != nil {
			out := o.release(r, formTripStub, at)
			out.body = body
			o.pending = append(o.pending, out)
		}
		return
	}
	start, end := t.Start, t.End
	body := &tripBody{Trip: t.ID, Day: t.Day(), Start: &start, End: &end, Track: t.Track}
	switch summary := cells[classTripSummary]; {
	case summary.Verdict == Allow:
		body.Metres, body.Seconds = &t.Metres, &t.Seconds
	case summary.bands():
		body.Band = summary.reader.band(t.Metres)
	}
	switch who := cells[classTripAssignees]; {
	case who.Verdict == Allow:
		all := append([]string{}, assigned...)
		body.Assigned = &all
	case who.reader != nil && who.reader.name == ruleSelf:
		own := []string{}
		if state == Assigned {
			own = append(own, r.ID)
		}
		body.Assigned = &own
	}
	o.withholdTrip(r, cells, at)
	out := o.release(r, id, at)
	out.body = body
	o.pending = append(o.pending, out)
}

// stubFor is what a reader gets of a trip without its places; nil if nothing.
func (o *Outside) stubFor(r *reader, t trip.Trip, at hal.Instant) *stubBody {
	cells := o.tripCells(r, Unassigned)
	cells.closePlaces()
	o.withholdTrip(r, cells, at)
	if !cells[classTripExists].Verdict.Releases() {
		return nil
	}
	body := &stubBody{Trip: t.ID, Day: t.Day()}
	if summary := cells[classTripSummary]; summary.bands() {
		body.Band = summary.reader.band(t.Metres)
	}
	return body
}

// tripCells are the decisions about a trip, class by class.
type tripCells map[Class]Cell

func (o *Outside) tripCells(r *reader, state TripState) tripCells {
	cells := o.policy.tripCells(r.Column, state)
	for _, class := range tripClasses {
		switch {
		case r.without(KindTrips):
			cells[class] = restricted
		case r.sealBroken:
			cells[class] = Cell{Rule: DefaultDeny, LimitedBy: nobody}
		}
	}
	return cells
}

func (p *Policy) tripCells(c Column, state TripState) tripCells {
	cells := tripCells{}
	for _, class := range tripClasses {
		cells[class] = p.Decide(class, c, state, Open)
	}
	return cells
}

// places reports whether ends and track may leave: both, or neither does.
func (c tripCells) places() bool {
	return c[classTripExists].Verdict == Allow && c[classTripPoints].Verdict == Allow && c[classTripTrack].Verdict == Allow
}

// closePlaces withholds what goes with places only.
func (c tripCells) closePlaces() {
	for _, class := range []Class{classTripPoints, classTripTrack, classTripAssignees} {
		if cell := c[class]; cell.Verdict.Releases() {
			c[class] = Cell{Rule: cell.Rule, LimitedBy: cell.LimitedBy}
		}
	}
}

// withholdTrip reports what of a trip does not leave.
func (o *Outside) withholdTrip(r *reader, cells tripCells, at hal.Instant) {
	for _, class := range tripClasses {
		if cell := cells[class]; !cell.Verdict.Releases() {
			o.withhold(r, class, KindTrips, cell, at)
		}
	}
}

// Rules that trips are coarsened by.
const (
	ruleBand = "distance-band"
	ruleSelf = "self-row"
)

// bands reports whether a distance leaves as a band.
func (c Cell) bands() bool {
	return c.Verdict == Coarsen && c.reader != nil && c.reader.name == ruleBand
}

// readBands checks the words of a rule: bands that begin at zero and rise, in kilometres.
func (r *rule) readBands() error {
	for i, word := range r.words {
		from, err := strconv.ParseInt(word[:len(word)-len(strings.TrimLeft(word, "0123456789"))], 10, 32)
		if err != nil || (i == 0) != (from == 0) || i > 0 && from <= r.bounds[i-1] {
			return fmt.Errorf("map=%s: want bands such as 0-10,10-25,25+", strings.Join(r.words, ","))
		}
		r.bounds = append(r.bounds, from)
	}
	return nil
}

// band is the word for a distance.
func (r *rule) band(metres int64) (word string) {
	for i, from := range r.bounds {
		if metres >= 1000*from {
			word = r.words[i]
		}
	}
	return word
}

// handedTrip reports what a trip that was handed over shows.
func (o *Outside) handedTrip(r Released, now hal.Instant) {
	full, places := r.body.(*tripBody)
	for _, class := range tripClasses {
		cell := o.policy.Decide(class, r.column, r.row().trip, Open)
		shows := class == classTripExists || places && (class != classTripAssignees || full.Assigned != nil)
		if stub, ok := r.body.(*stubBody); ok && class == classTripSummary {
			shows = stub.Band != ""
		}
		if shows && cell.Verdict.Releases() {
			o.report(Decision{At: now, Class: class, Reader: r.reader, Kind: KindTrips, Outcome: cell.outcome(), Rule: cell.Rule, LimitedBy: cell.LimitedBy})
		}
	}
}
