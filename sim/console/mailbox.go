package console

import (
	"math"
	"slices"
	"strings"
	"time"

	"glovebox/sim/cloud"
)

// mailbox is what one reader found, as an app keeps it.
type mailbox struct {
	taken    int // messages
	id       string
	values   map[string]string
	warnings map[string]alarmData
	trips    []cloud.Trip
	notes    []cloud.Note
	place    *placeData
	placeAt  time.Time
	said     any
}

// What an app keeps of what it found, the newest.
const (
	mostTrips = 200
	mostNotes = 200
)

func newMailbox(id string) *mailbox {
	return &mailbox{id: id, values: map[string]string{}, warnings: map[string]alarmData{}}
}

const placeBranch = "Vehicle.CurrentLocation."

// take reads a message. What could not be understood, and what was there before, changes
// nothing.
func (m *mailbox) take(one cloud.Message) {
	if one.Err != nil || one.Repeat {
		return
	}
	switch one.Kind {
	case "status":
		for _, p := range one.Points {
			m.values[p.Path] = p.Value
		}
	case "position":
		m.takePlace(one)
	case "alarms":
		if a := one.Alarm; a.Active {
			m.warnings[a.Code] = alarmData{Code: a.Code, Severity: a.Severity, Since: a.Minute}
		} else {
			delete(m.warnings, a.Code)
		}
	case "trips":
		i := slices.IndexFunc(m.trips, func(t cloud.Trip) bool { return t.ID == one.Trip.ID })
		if i >= 0 {
			m.trips[i] = *one.Trip
		} else {
			m.trips = append(m.trips, *one.Trip)
			m.trips = m.trips[max(0, len(m.trips)-mostTrips):]
		}
	case "messages":
		m.notes = append(m.notes, *one.Note)
		m.notes = m.notes[max(0, len(m.notes)-mostNotes):]
	}
}

// takePlace reads the newest fix of a message.
func (m *mailbox) takePlace(one cloud.Message) {
	lat, known := floatOf(one, placeBranch+"Latitude")
	lon, also := floatOf(one, placeBranch+"Longitude")
	if !known || !also {
		return
	}
	m.place, m.placeAt = &placeData{Lat: lat, Lon: lon}, one.At
	if heading, known := floatOf(one, placeBranch+"Heading"); known {
		m.place.Heading = &heading
	}
}

// live is the place while it is fresh: a phone shows no last place, and no cause.
func (m *mailbox) live(now time.Time) *placeData {
	if m.place == nil || now.Sub(m.placeAt) > placeFresh {
		return nil
	}
	return m.place
}

func (m *mailbox) warningList() []alarmData {
	all := []alarmData{}
	for _, a := range m.warnings {
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b alarmData) int { return strings.Compare(a.Code, b.Code) })
	return all
}

// chat is what was written, as a person or the workshop reads it.
func (m *mailbox) chat(reader string) []lineData {
	all := []lineData{}
	for _, n := range m.notes {
		mine := n.From == reader || reader == cloud.Workshop && n.Role == cloud.Workshop
		all = append(all, lineData{n.From, n.Role, n.Kind, n.Text, stamp(n.Time), mine})
	}
	return all
}

// tripList is the trips as an app shows them.
func (m *mailbox) tripList(viewer string, name func(string) string, streets Streets) []tripData {
	all := []tripData{}
	for _, t := range m.trips {
		d := tripData{ID: t.ID, Day: t.Day, Track: t.Track, Assigned: []string{}}
		if t.Band != "" {
			d.KM = t.Band
		}
		if t.Metres != nil {
			d.KM = round(*t.Metres/1000, 1)
		}
		if t.Seconds != nil {
			d.Minutes = math.Ceil(*t.Seconds / 60)
		}
		if t.Start != nil {
			e := endAt(t.Start.Time, t.Start.Latitude, t.Start.Longitude, streets)
			d.Start = &e
		}
		if t.End != nil {
			e := endAt(t.End.Time, t.End.Latitude, t.End.Longitude, streets)
			d.End = &e
		}
		for _, id := range t.Assigned {
			d.Mine = d.Mine || id == viewer
			d.Assigned = append(d.Assigned, name(id))
		}
		all = append(all, d)
	}
	return all
}

func floatOf(m cloud.Message, path string) (float64, bool) {
	text, found := m.Value(path)
	if !found {
		return 0, false
	}
	v, isNumber := readingNumber(text)
	return v, isNumber
}
