package telemetry

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"glovebox/profiles"
	"glovebox/telemetry/trip"
)

// KeptTrip is a trip as it is kept with who drove, under that person's key.
type KeptTrip struct {
	trip.Trip
	Private  bool          // driven at a level that the driver chose: for its driver alone, never sent
	Stage    TripStage     // how far its readers were told
	Whole    []profiles.ID // who was to have it whole as it was released
	Stub     []profiles.ID // who was to have a day and a distance band of it then
	Assigned []Assigned    // by hand, oldest first; never undone
}

// TripStage is how far a trip has come. It only rises.
type TripStage uint8

const (
	TripGoes  TripStage = iota // it is going on: what is kept is as if it ended now
	TripEnded                  // its readers are to be told
	TripTold                   // only those wait who are told at a slot
	TripDone                   // everybody was told
)

// Assigned says who was given a trip, by whom and when: the log of that, with the trip.
type Assigned struct {
	To, By profiles.ID
	At     time.Time // UTC
	Told   bool      // the queue has what they are to get
}

// To are those whom the trip is assigned to.
func (k KeptTrip) To() (all []profiles.ID) {
	for _, a := range k.Assigned {
		all = append(all, a.To)
	}
	return all
}

// Assign gives the trip to people, and returns those who did not have it.
func (k *KeptTrip) Assign(to []profiles.ID, by profiles.ID, at time.Time) (fresh []profiles.ID) {
	all := slices.Clone(k.Assigned)
	for _, who := range to {
		if !slices.ContainsFunc(all, func(a Assigned) bool { return a.To == who }) {
			all = append(all, Assigned{who, by, at.UTC().Truncate(time.Second), false})
			fresh = append(fresh, who)
		}
	}
	k.Assigned = all // the one before is shared
	return fresh
}

// Waits are those whom the trip is assigned to and who were not told of it yet.
func (k KeptTrip) Waits() (all []profiles.ID) {
	for _, a := range k.Assigned {
		if !a.Told {
			all = append(all, a.To)
		}
	}
	return all
}

// Told notes how far its readers were told, and how many of those whom it is assigned to;
// it reports whether that is news.
func (k *KeptTrip) Told(stage TripStage, assigned int) (news bool) {
	news = stage > k.Stage
	k.Stage = max(k.Stage, stage)
	k.Assigned = slices.Clone(k.Assigned) // the one before is shared
	for i := range k.Assigned[:min(assigned, len(k.Assigned))] {
		news = news || !k.Assigned[i].Told
		k.Assigned[i].Told = true
	}
	return news
}

// keptTrip is the stored form.
type keptTrip struct {
	Version  int            `json:"v"`
	ID       string         `json:"trip"`
	Metres   int64          `json:"distance_m"`
	Seconds  int64          `json:"duration_s"`
	Start    trip.Point     `json:"start"`
	End      trip.Point     `json:"end"`
	Track    string         `json:"track"`
	Private  bool           `json:"private,omitempty"`
	Stage    TripStage      `json:"stage"`
	Whole    []string       `json:"whole,omitempty"`
	Stub     []string       `json:"stub,omitempty"`
	Assigned []keptAssigned `json:"assigned,omitempty"`
}

type keptAssigned struct {
	To   string `json:"to"`
	By   string `json:"by"`
	At   int64  `json:"at"` // UTC seconds
	Told bool   `json:"told"`
}

const keptTripVersion = 1

// Encode is the form in which the trip is kept.
func (k KeptTrip) Encode() ([]byte, error) {
	s := keptTrip{
		Version: keptTripVersion, ID: k.ID, Metres: k.Metres, Seconds: k.Seconds, Start: k.Start, End: k.End, Track: k.Track,
		Private: k.Private, Stage: k.Stage, Whole: idTexts(k.Whole), Stub: idTexts(k.Stub),
	}
	for _, a := range k.Assigned {
		s.Assigned = append(s.Assigned, keptAssigned{a.To.String(), a.By.String(), a.At.Unix(), a.Told})
	}
	return json.Marshal(s)
}

// DecodeTrip reads what Encode wrote.
func DecodeTrip(data []byte) (KeptTrip, error) {
	var s keptTrip
	if err := json.Unmarshal(data, &s); err != nil {
		return KeptTrip{}, fmt.Errorf("read a kept trip: %w", err)
	}
	k := KeptTrip{
		Trip:    trip.Trip{ID: s.ID, Start: s.Start, End: s.End, Metres: s.Metres, Seconds: s.Seconds, Track: s.Track},
		Private: s.Private, Stage: s.Stage,
	}
	var wrong error
	k.Whole, wrong = parseIDs(s.Whole, wrong)
	k.Stub, wrong = parseIDs(s.Stub, wrong)
	for _, a := range s.Assigned {
		both, err := parseIDs([]string{a.To, a.By}, nil)
		if wrong = errors.Join(wrong, err); err == nil {
			k.Assigned = append(k.Assigned, Assigned{both[0], both[1], time.Unix(a.At, 0).UTC(), a.Told})
		}
	}
	if s.Version != keptTripVersion || s.Stage > TripDone {
		wrong = errors.Join(wrong, fmt.Errorf("version %d, stage %d", s.Version, s.Stage))
	}
	if wrong != nil {
		return KeptTrip{}, fmt.Errorf("read a kept trip: %w", wrong)
	}
	return k, nil
}

func idTexts(ids []profiles.ID) (all []string) {
	for _, id := range ids {
		all = append(all, id.String())
	}
	return all
}

func parseIDs(all []string, wrong error) (ids []profiles.ID, err error) {
	for _, text := range all {
		id, err := profiles.ParseID(text)
		if wrong = errors.Join(wrong, err); err == nil {
			ids = append(ids, id)
		}
	}
	return ids, wrong
}
