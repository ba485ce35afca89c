package console

import (
	"encoding/json"
	"maps"
	"time"

	"glovebox/sim/cloud"
)

// Head is what every line has: when it was seen, and what it is.
type Head struct {
	T     string `json:"t"`
	Event string `json:"event"`
}

// Lines makes of a log what stands on the output where there is no terminal: one JSON
// object a line. Its kinds and members are older than those of the log, and stay.
type Lines struct {
	world   worldData
	wheel   wheelData
	privacy privacyData
	alarms  map[string]string
	values  map[string]any
	quiet   int64
}

// playbackLine says how far the scenario is.
type playbackLine struct {
	Head
	Playback int    `json:"lap"`
	Phase    string `json:"phase"` // driving, or the line that runs
}

// sessionLine says who is at the wheel.
type sessionLine struct {
	Head
	State  string `json:"state"`
	Who    string `json:"who"` // a name, guest, or empty
	Role   string `json:"role"`
	Reason string `json:"reason"`
}

// privacyLine says what leaves the car; location_in_use is the indicator.
type privacyLine struct {
	Head
	Level         string   `json:"level"`
	Effective     string   `json:"effective"`
	LimitedBy     []string `json:"limited_by"`
	LocationInUse bool     `json:"location_in_use"`
}

// signalsLine samples all signals, once a second.
type signalsLine struct {
	Head
	AgeMS  int64          `json:"age_ms"` // of the newest
	Values map[string]any `json:"values"`
}

// alarmLine is a warning of the car, inside it.
type alarmLine struct {
	Head
	Alarm    string `json:"alarm"`
	Severity string `json:"severity,omitempty"`
	Active   bool   `json:"active"`
}

// stateLine is what the car said of itself to the back end.
type stateLine struct {
	Head
	Online bool   `json:"online"`
	Epoch  string `json:"epoch"`
	Policy uint64 `json:"policy"`
}

// publishedLine is a message that a reader found in their mailbox.
type publishedLine struct {
	Event string `json:"event"`
	publishedData
}

// ledgerLine is an entry of the ledger of whoever is at the wheel, again when its count
// rose.
type ledgerLine struct {
	Head
	Who       string   `json:"who"`
	ID        uint64   `json:"id"`
	Minute    string   `json:"minute"`
	Class     string   `json:"class"`
	Reader    string   `json:"reader"`
	Kind      string   `json:"kind"`
	Outcome   string   `json:"outcome"`
	Rule      string   `json:"rule"`
	LimitedBy []string `json:"limited_by"`
	Count     uint64   `json:"count"`
}

// breachLine is a breach of the contract that the back end saw.
type breachLine struct {
	Head
	Breach string `json:"fault"`
}

const stampMinute = "2006-01-02T15:04Z"

// read is the data of an event, the zero value where it is another form.
func read[T any](e Event) (data T) {
	raw, _ := e.Data.(json.RawMessage)
	_ = json.Unmarshal(raw, &data)
	return data
}

// Take returns the lines that an event makes, in order.
func (l *Lines) Take(e Event, now time.Time) (lines []any) {
	head := func(event string) Head { return Head{stamp(now), event} }
	switch e.Kind {
	case "world":
		w := read[worldData](e)
		if w.Lap != l.world.Lap || w.Phase != l.world.Phase {
			lines = append(lines, playbackLine{head("lap"), w.Lap, w.Phase})
		}
		l.world = w
	case "wheel":
		w := read[wheelData](e)
		if w.State != l.wheel.State || w.Who != l.wheel.Who {
			lines = append(lines, sessionLine{head("session"), w.State, w.Who, w.Role, w.Reason})
		}
		l.wheel = w
	case "privacy":
		p := read[privacyData](e)
		if p.Level != l.privacy.Level || p.Effective != l.privacy.Effective || p.InUse != l.privacy.InUse {
			lines = append(lines, privacyLine{head("privacy"), p.Level, p.Effective, p.LimitedBy, p.InUse})
		}
		l.privacy = p
	case "signal":
		s := read[signalData](e)
		if l.values == nil {
			l.values = map[string]any{}
		}
		if l.values[s.Path] = s.Value; s.Value == nil {
			delete(l.values, s.Path)
		}
	case "link":
		if one := read[linkData](e); one.Name == "can" {
			l.quiet = one.Age
		}
	case "clock":
		if len(l.values) > 0 {
			lines = append(lines, signalsLine{head("signals"), l.quiet, maps.Clone(l.values)})
		}
	case "notes":
		lines = l.alarmLines(read[notesData](e).Alarms, head("alarm"))
	case "state":
		s := read[cloud.State](e)
		lines = append(lines, stateLine{head("state"), s.Online, s.Epoch, s.Policy})
	case "published":
		lines = append(lines, publishedLine{"published", read[publishedData](e)})
	case "ledger":
		if r := read[rowData](e); !r.Copy {
			minute, _ := time.Parse(stampEvent, r.T)
			lines = append(lines, ledgerLine{head("ledger"), r.Who, r.ID % anotherGuest, minute.Format(stampMinute), r.Class, r.Reader, r.Message, r.Outcome, r.Rule, r.LimitedBy, r.Count})
		}
	case "breach":
		lines = append(lines, breachLine{head("fault"), read[struct{ Text string }](e).Text})
	}
	return lines
}

// alarmLines are the warnings that went on, and those that went off.
func (l *Lines) alarmLines(now []alarmData, head Head) (lines []any) {
	on := map[string]string{}
	for _, a := range now {
		on[a.Code] = a.Severity
		if _, known := l.alarms[a.Code]; !known {
			lines = append(lines, alarmLine{head, a.Code, a.Severity, true})
		}
	}
	for code := range l.alarms {
		if _, still := on[code]; !still {
			lines = append(lines, alarmLine{head, code, "", false})
		}
	}
	l.alarms = on
	return lines
}
