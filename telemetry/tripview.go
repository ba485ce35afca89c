package telemetry

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"glovebox/profiles"
	"glovebox/telemetry/trip"
)

// TripView is a trip as somebody is shown it in the car. No member says who drove.
type TripView struct {
	ID  string
	Day string // UTC, of its start

	Band  string     // of the distance, where the rest is not theirs to see
	Whole *trip.Trip // else all of it; nil: ID, Day and Band are all

	Private  bool          // driven at no-position or offline: nobody else sees it
	Assigned []profiles.ID // the main user sees everybody, others themselves

	ended time.Time
}

// Order is that of their ends.
func (v TripView) Order(w TripView) int {
	return cmp.Or(v.ended.Compare(w.ended), cmp.Compare(v.ID, w.ID))
}

// TripViewer is who wants to see trips.
type TripViewer struct {
	Who    profiles.ID
	Main   bool
	Shared bool // sees position and history now
	Band   func(metres int64) string
}

// See is the trip that drove kept, as v may see it; false: not at all. Who drove it sees
// all of it, and nobody else what was driven at no-position or offline. The main user sees
// the rest, others what was released to them: a trip that was a day and a band to them
// stays so until it is assigned to them, and who is limited now sees no other.
func (v TripViewer) See(k KeptTrip, drove profiles.ID) (TripView, bool) {
	given, whole := slices.Contains(k.To(), v.Who), slices.Contains(k.Whole, v.Who)
	view := TripView{ID: k.ID, Day: k.Day(), Private: k.Private, ended: k.End.At}
	switch {
	case v.Who == drove:
	case k.Private:
		return TripView{}, false
	case v.Main, given, whole && v.Shared:
	case whole, slices.Contains(k.Stub, v.Who):
		view.Band = v.Band(k.Metres)
		return view, true
	default:
		return TripView{}, false
	}
	view.Whole = &k.Trip
	switch {
	case v.Main:
		view.Assigned = k.To()
	case given:
		view.Assigned = []profiles.ID{v.Who}
	}
	return view, true
}

// TripFilter says which trips are meant. The zero one takes all.
type TripFilter struct {
	Trip     string // an id: this one alone
	From, To string // UTC days, both included, such as 2026-11-21
	Limit    uint32 // the newest so many; zero: all
}

// Check refuses what is no day.
func (f TripFilter) Check() error {
	for _, day := range []string{f.From, f.To} {
		if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
			return fmt.Errorf("%w: %.20q is no day such as 2026-11-21", profiles.ErrInvalid, day)
		}
	}
	return nil
}

// Takes reports whether a trip is meant.
func (f TripFilter) Takes(t trip.Trip) bool {
	day := t.Day()
	return (f.Trip == "" || f.Trip == t.ID) && (f.From == "" || f.From <= day) && (f.To == "" || day <= f.To)
}
