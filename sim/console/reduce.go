package console

import (
	"slices"
	"time"

	"glovebox/sim/cloud"
)

// Take makes the picture what it is after an event.
func (p *Picture) Take(e Event) {
	switch e.Kind {
	case "reset":
		*p = Picture{Now: p.Now}
	case "world":
		p.takeWorld(read[worldData](e))
	case "link":
		p.takeLink(read[linkData](e))
	case "wheel":
		w := read[wheelData](e)
		if w.State != p.Wheel.State || w.Who != p.Wheel.Name && w.State != "guest" {
			p.Ledger = nil
		}
		p.Wheel.State, p.Wheel.Role, p.Wheel.Pending, p.Wheel.Parked, p.Wheel.Name = w.State, w.Role, w.Pending, w.Parked, w.Who
		if w.State == "guest" {
			p.Wheel.Name = ""
		}
	case "privacy":
		p.takePrivacy(read[privacyData](e))
	case "signal":
		s := read[signalData](e)
		if p.Signals.Values == nil {
			p.Signals.Values = map[string]any{}
		}
		if p.Signals.Values[s.Path] = s.Value; s.Value == nil {
			delete(p.Signals.Values, s.Path)
		}
	case "notes":
		p.Alarms = nil
		for _, a := range read[notesData](e).Alarms {
			since, _ := time.Parse(stampEvent, a.Since)
			p.Alarms = append(p.Alarms, Alarm{a.Code, a.Severity, since})
		}
	case "state":
		s := read[cloud.State](e)
		p.Agent.Online, p.Agent.Version, p.Agent.Document = s.Online, s.Agent, s.Policy
	case "phone":
		d := read[phoneData](e)
		p.reader(d.Name).Column = map[string]string{"M": "main", "S": "shared", "L": "limited"}[d.Letter]
	case "workshop":
		p.reader(cloud.Workshop).Column = cloud.Workshop
	case "published":
		p.takePublished(read[publishedData](e))
	case "ledger":
		p.takeRow(read[rowData](e))
	case "breach":
		p.Breaches++
	}
}

func (p *Picture) takeWorld(w worldData) {
	p.Title, p.Bus, p.Note = w.Title, w.Bus, w.Note
	p.since, _ = time.Parse(stampEvent, w.Since)
	p.Progress = Progress{Playback: w.Lap, Phase: w.Phase, Of: time.Duration(w.Length) * time.Millisecond, Note: w.Note}
	if w.Since == "" {
		p.Progress.Of = 0
	}
}

func (p *Picture) takeLink(l linkData) {
	switch l.Name {
	case "can":
		p.Signals.Age = time.Duration(l.Age) * time.Millisecond
		p.Buses = nil
		for _, bus := range l.Buses {
			p.Buses = append(p.Buses, Wire{bus.Name, l.State, bus.Rate})
		}
	case "gnss":
		p.GNSS = Wire{"GNSS", l.State, l.Rate}
	case "mqtt":
		p.Broker.State = l.State
	}
}

func (p *Picture) takePrivacy(d privacyData) {
	w := &p.Wheel
	w.Level, w.Effective, w.LimitedBy, w.LocationInUse = d.Level, d.Effective, d.LimitedBy, d.InUse
	w.Receivers = nil
	for _, r := range d.Readers {
		if slices.Contains(r.Receives, "position") && r.Name != "" {
			w.Receivers = append(w.Receivers, r.Name)
		}
	}
	p.Agent.Policy = d.Policy
}

// reader is one of the picture's, by name; who was not there comes last.
func (p *Picture) reader(name string) *Reader {
	i := slices.IndexFunc(p.Readers, func(r Reader) bool { return r.Name == name })
	if i < 0 {
		i = len(p.Readers)
		p.Readers = append(p.Readers, Reader{Name: name, Counts: map[string]int{}})
	}
	return &p.Readers[i]
}

// takePublished counts a message at its reader.
func (p *Picture) takePublished(d publishedData) {
	at, _ := time.Parse(stampEvent, d.T)
	r := p.reader(d.Reader)
	r.Column = d.Column
	r.Counts[d.Kind]++
	r.Newest, r.Bytes, r.At = d.Kind, d.Bytes, at
	if d.Kind == "position" {
		r.PlaceAt = at
	}
	p.Broker.Messages++
}

// mostShown is how many rows of the ledger the picture keeps.
const mostShown = 200

func (p *Picture) takeRow(r rowData) {
	if r.Copy {
		return
	}
	minute, _ := time.Parse(stampEvent, r.T)
	e := Entry{r.ID, minute, r.Class, r.Reader, r.Message, r.Outcome, r.Rule, r.Count}
	i := slices.IndexFunc(p.Ledger, func(one Entry) bool { return one.ID == r.ID })
	if i >= 0 {
		p.Ledger[i] = e
		return
	}
	p.Ledger = append(p.Ledger, e)
	p.Ledger = p.Ledger[max(0, len(p.Ledger)-mostShown):]
}

// At is the picture at a moment.
func (p Picture) At(now time.Time) Picture {
	p.Now = now
	if !p.since.IsZero() {
		p.Progress.At = now.Sub(p.since)
	}
	return p
}
