package console

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"glovebox/headunit"
)

// askSettings asks for every group. With nobody at the wheel there is none.
func (h *hmi) askSettings(ctx context.Context) (answer func(), err error) {
	all := map[string]any{}
	if h.who() != "" {
		groups, err := h.bus.Groups(ctx)
		if err != nil {
			return nil, err
		}
		for _, group := range groups {
			if all[group], err = h.bus.Get(ctx, group); err != nil {
				return nil, err
			}
		}
	}
	return func() { h.groups = all }, nil
}

// tripData is one of the event trips; what somebody may not see is absent.
type tripData struct {
	ID       string   `json:"id"`
	Day      string   `json:"day"`
	Start    *endData `json:"start,omitempty"`
	End      *endData `json:"end,omitempty"`
	KM       any      `json:"km,omitempty"` // a number, or where that is not theirs to know the band, as 10-25
	Minutes  any      `json:"minutes,omitempty"`
	Private  bool     `json:"private,omitempty"`
	Mine     bool     `json:"mine"`
	Assigned []string `json:"assigned"`
	Track    string   `json:"track,omitempty"`
}

type endData struct {
	At     string  `json:"at"`
	Lat    float64 `json:"lat"`
	Lon    float64 `json:"lon"`
	Street string  `json:"street,omitempty"`
}

// askTrips asks for those that the person at the wheel may see.
func (h *hmi) askTrips(ctx context.Context) (answer func(), err error) {
	trips := []tripData{}
	if who := h.who(); who != "" && who != "guest" {
		list, err := h.bus.Trips(ctx, nil)
		if err != nil {
			return nil, err
		}
		for _, one := range list {
			trips = append(trips, tripOf(one, headunit.ID(text(h.session["Profile"])), h.personName, h.feed.streets))
		}
	}
	return func() { h.trips = trips }, nil
}

// tripOf is a trip as the head unit shows it to a person.
func tripOf(one map[string]any, viewer string, name func(string) string, streets Streets) tripData {
	t := tripData{ID: text(one["trip"]), Day: text(one["day"]), Private: one["private"] == true, Track: text(one["track"]), Assigned: []string{}}
	if band := text(one["distance_km"]); band != "" {
		t.KM = band
	}
	if metres, known := one["distance_m"]; known {
		t.KM = round(number(metres)/1000, 1)
	}
	if seconds, known := one["duration_s"]; known {
		t.Minutes = math.Ceil(number(seconds) / 60)
	}
	t.Start, t.End = endOf(one["start"], streets), endOf(one["end"], streets)
	paths, _ := one["assigned"].([]any)
	for _, path := range paths {
		id := headunit.ID(text(path))
		t.Mine = t.Mine || id == viewer
		t.Assigned = append(t.Assigned, name(id))
	}
	return t
}

func endOf(v any, streets Streets) *endData {
	end, known := v.(map[string]any)
	if !known {
		return nil
	}
	e := endAt(time.Unix(int64(number(end["time"])), 0), number(end["latitude"]), number(end["longitude"]), streets)
	return &e
}

func endAt(at time.Time, lat, lon float64, streets Streets) endData {
	e := endData{At: stamp(at), Lat: lat, Lon: lon}
	if streets != nil {
		e.Street = streets.Nearest(lat, lon)
	}
	return e
}

// notesData is the event notes.
type notesData struct {
	Messages []noteData  `json:"messages"`
	Alarms   []alarmData `json:"alarms"`
}

// noteData is one of its messages.
type noteData struct {
	ID   string `json:"id"`
	From string `json:"from"`
	Role string `json:"role"`
	Kind string `json:"kind"`
	Text string `json:"text"`
	T    string `json:"t"`
	Read bool   `json:"read"`
}

type alarmData struct {
	Code     string `json:"code"`
	Severity string `json:"severity"`
	Since    string `json:"since,omitempty"`
}

// askNotes asks for the messages of the person at the wheel.
func (h *hmi) askNotes(ctx context.Context) (answer func(), err error) {
	notes := []noteData{}
	if who := h.who(); who != "" && who != "guest" {
		list, err := h.bus.ListMessages(ctx, nil)
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			notes = append(notes, noteData{
				text(m["id"]), text(m["from"]), text(m["role"]), text(m["kind"]), text(m["text"]), stamp(time.Unix(int64(number(m["time"])), 0)), m["read"] == true,
			})
		}
	}
	return func() { h.messages = notes }, nil
}

// askHealth asks for the warnings that are on: no signal tells that one went off.
func (h *hmi) askHealth(ctx context.Context) error {
	list, err := h.bus.Health(ctx)
	if err != nil {
		return err
	}
	h.alarms = []alarmData{}
	for _, one := range list {
		h.alarms = append(h.alarms, alarmData{text(one["code"]), text(one["severity"]), stamp(time.Unix(int64(number(one["since"])), 0))})
	}
	slices.SortFunc(h.alarms, func(a, b alarmData) int { return strings.Compare(a.Code, b.Code) })
	return nil
}
