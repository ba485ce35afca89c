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

// A trip is found in the gated fixes (docs/trips.md, Rules), so all of it was driven in
// the state Open, and that is what it is decided by. Main and shared readers are told at
// once, the others at their next slot.

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
	return t.Check() == nil && b.Day == t.Day() && (b.Seconds == nil || *b.Seconds == t.Seconds) && (b.Metres == nil || *b.Metres >= 0)
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
	return is128(b.Trip) && err == nil
}

// stub is one that waits for a slot of its reader.
type stub struct {
	since time.Duration // boot time of the trip's end
	body  *stubBody
}

// Moving tells whether the car moves.
func (o *Outside) Moving(moving bool, at hal.Instant) {
	if moving == o.moving {
		return
	}
	o.advance(at)
	o.moving = moving
	o.drive(at)
}

// drive tells the finder how the car is.
func (o *Outside) drive(at hal.Instant) {
	t, ended := o.finder.Drive(o.inUse, o.moving, at)
	o.ended(t, ended, at)
	o.plan()
}

// EndTrip ends the trip that is going on at its newest fix: a new epoch begins, as every
// reader learns, and no trip goes on in the next. A Tick must follow.
func (o *Outside) EndTrip(at hal.Instant) {
	o.advance(at)
	t, ended := o.finder.End()
	o.ended(t, ended, at)
	o.plan()
}

// TripSoFar is the trip that is going on as it would be if it ended now; false while there
// is none. Who keeps it hands it to ReleaseTrip after a restart.
func (o *Outside) TripSoFar() (trip.Trip, bool) { return o.finder.SoFar() }

// ReleaseTrip releases a trip that a restart ended, found by a pipeline before this one
// and given out by TripSoFar or Options.TripEnded. Told says that main and shared readers
// were told of it before the restart, and only those wait who have slots.
func (o *Outside) ReleaseTrip(t trip.Trip, told bool, at hal.Instant) {
	o.advance(at)
	o.offerTrip(t, told, at)
	o.plan()
}

// passTrip ends a trip whose time is up.
func (o *Outside) passTrip(now hal.Instant) {
	if due := o.finder.Next(); due <= now.Boot {
		at := hal.Instant{UTC: now.UTC.Add(due - now.Boot), Boot: due}
		t, ended := o.finder.Pass(at)
		o.ended(t, ended, at)
	}
}

// ended releases a trip, if one ended.
func (o *Outside) ended(t trip.Trip, ended bool, at hal.Instant) {
	if !ended {
		return
	}
	if o.options.TripEnded != nil {
		o.options.TripEnded(t)
	}
	o.offerTrip(t, false, at)
}

// offerTrip makes the messages of those who are told at once; for the others it waits.
func (o *Outside) offerTrip(t trip.Trip, told bool, at hal.Instant) {
	for _, r := range o.readers {
		switch {
		case !immediate(r.Column):
			o.keepStub(r, t, at)
		case !told:
			o.showTrip(r, t, nil, at)
		}
	}
	o.tripsTold([]string{t.ID})
}

// keepStub has a reader told of a trip at the next slot.
func (o *Outside) keepStub(r *reader, t trip.Trip, at hal.Instant) {
	if slices.ContainsFunc(r.stubs, func(s stub) bool { return s.body.Trip == t.ID }) {
		return // carried over
	}
	if body := o.stubFor(r, t, at); body != nil {
		r.stubs = append(r.stubs, stub{at.Boot, body})
	}
}

// showStubs makes the messages of the trips that ended before a slot of a column.
func (o *Outside) showStubs(i int, slot hal.Instant) {
	var shown []string
	for _, r := range o.readers {
		if r.index == i {
			shown = append(shown, o.showStubsTo(r, slot.Boot, slot)...)
		}
	}
	o.tripsTold(shown)
}

// showStubsTo makes the messages of what waits for one reader since before a boot time.
func (o *Outside) showStubsTo(r *reader, before time.Duration, slot hal.Instant) (shown []string) {
	r.stubs = slices.DeleteFunc(r.stubs, func(s stub) bool {
		if s.since >= before {
			return false
		}
		out := o.release(r, formTripStub, slot)
		out.body = s.body
		o.pending = append(o.pending, out)
		shown = append(shown, s.body.Trip)
		return true
	})
	return shown
}

// stubIDs are the trips that wait for a slot of somebody.
func (o *Outside) stubIDs() (ids []string) {
	for _, r := range o.readers {
		for _, s := range r.stubs {
			ids = append(ids, s.body.Trip)
		}
	}
	return ids
}

// tripsTold says of which of these trips everybody was told.
func (o *Outside) tripsTold(ids []string) {
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if o.options.TripTold != nil && !slices.Contains(o.stubIDs(), id) {
			o.options.TripTold(id)
		}
	}
}

// Assignment hands a trip to readers, by hand. All is everybody it is assigned to, those
// of New too: ids of readers.
type Assignment struct {
	Trip trip.Trip
	All  []string
	New  []string
}

// Assign releases a trip that was released before to those it is assigned to now, and
// tells who may see all of them. It leaves as at any release.
func (o *Outside) Assign(a Assignment, at hal.Instant) {
	o.advance(at)
	waited := o.stubIDs()
	for _, r := range o.readers {
		if slices.Contains(a.New, r.ID) { // a stub that waits says less
			r.stubs = slices.DeleteFunc(r.stubs, func(s stub) bool { return s.body.Trip == a.Trip.ID })
		}
		all := o.policy.Decide(classTripAssignees, r.Column, Unassigned, Open).Verdict == Allow
		if all || slices.Contains(a.New, r.ID) {
			o.showTrip(r, a.Trip, a.All, at)
		}
	}
	if slices.Contains(waited, a.Trip.ID) {
		o.tripsTold([]string{a.Trip.ID})
	}
	o.plan()
}

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
	cells := tripCells{}
	for _, class := range tripClasses {
		switch {
		case r.without(KindTrips):
			cells[class] = restricted
		case r.sealBroken:
			cells[class] = Cell{Rule: DefaultDeny, LimitedBy: nobody}
		default:
			cells[class] = o.policy.Decide(class, r.Column, state, Open)
		}
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
