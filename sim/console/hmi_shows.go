package console

import (
	"bytes"
	"cmp"
	"encoding/json"
	"time"

	"glovebox/headunit"
)

// wheelData is the event wheel.
type wheelData struct {
	State     string   `json:"state"`
	Who       string   `json:"who"`
	Role      string   `json:"role"`
	Reason    string   `json:"reason"`
	Pending   string   `json:"pending"`
	Suggested string   `json:"suggested"`
	Parked    bool     `json:"parked"`
	Functions []string `json:"functions"`
	Wipe      string   `json:"wipe"`
	GuestMode bool     `json:"guest_mode"`
	Since     string   `json:"since,omitempty"` // when this one took the wheel
}

// personData is one of the event people.
type personData struct {
	Name       string   `json:"name"`
	Role       string   `json:"role"`
	Sharing    string   `json:"sharing"`
	State      string   `json:"state"`
	HasPIN     bool     `json:"has_pin"`
	RetryAfter uint32   `json:"retry_after"`
	Fobs       uint32   `json:"fobs"`
	Restricted []string `json:"restricted"`
	Letter     string   `json:"letter"`
}

// privacyData is the event privacy.
type privacyData struct {
	Level     string       `json:"level"`
	Effective string       `json:"effective"`
	LimitedBy []string     `json:"limited_by"`
	InUse     bool         `json:"in_use"`
	OpensIn   uint32       `json:"opens_in"`
	Policy    string       `json:"policy"`
	Cloud     string       `json:"cloud"`
	GNSS      string       `json:"gnss"`
	Readers   []readerData `json:"readers"`
	Published uint64       `json:"published"`
	Reduced   uint64       `json:"reduced"`
	Withheld  uint64       `json:"withheld"`
}

type readerData struct {
	Name     string   `json:"name"`
	Column   string   `json:"column"`
	Letter   string   `json:"letter"`
	Receives []string `json:"receives"` // kinds of messages
}

// tell appends what is another since the last time.
func (h *hmi) tell() {
	h.feed.setLines(h.vehicle)
	h.append("wheel", h.wheel())
	people := make([]personData, len(h.people))
	for i, p := range h.people {
		people[i] = personOf(p)
	}
	h.append("people", map[string]any{"people": people})
	h.append("privacy", h.leaves())
	h.append("settings", map[string]any{"groups": h.groups})
	h.append("trips", map[string]any{"trips": h.trips})
	h.append("notes", notesData{h.messages, h.alarms})
}

// wheel is who is at the wheel. Without an agent it is nobody.
func (h *hmi) wheel() wheelData {
	s := h.session
	state := text(s["State"])
	if state == "" {
		state = "idle"
	}
	if who := h.who(); who != h.sat {
		h.sat, h.satAt = who, time.Now()
	}
	since := ""
	if h.sat != "" {
		since = stamp(h.satAt)
	}
	return wheelData{
		Since: since, State: state, Who: h.sat, Role: text(s["Role"]), Reason: text(s["Reason"]),
		Pending: h.personName(headunit.ID(text(s["Pending"]))), Suggested: h.personName(headunit.ID(text(s["Suggested"]))),
		Parked: s["Parked"] == true, Functions: texts(s["Functions"]), Wipe: text(s["WipeState"]), GuestMode: h.vehicle["GuestAvailable"] == true,
	}
}

func personOf(p headunit.Profile) personData {
	sharing := text(p.Properties["Sharing"])
	return personData{
		Name: p.Name, Role: p.Role, Sharing: sharing, State: text(p.Properties["State"]), HasPIN: p.HasPIN,
		RetryAfter: uint32(number(p.Properties["RetryAfter"])), Fobs: uint32(number(p.Properties["Fobs"])),
		Restricted: texts(p.Properties["Restricted"]), Letter: letterOf(p.Role, sharing),
	}
}

// leaves is what leaves the car on this drive.
func (h *hmi) leaves() privacyData {
	p := h.privacy
	d := privacyData{
		Level: text(p["Level"]), Effective: text(p["EffectiveLevel"]), LimitedBy: texts(p["LimitedBy"]), InUse: p["LocationInUse"] == true,
		OpensIn: uint32(number(p["OpensIn"])), Policy: text(p["Policy"]),
		Cloud: text(h.vehicle["Cloud"]), GNSS: text(h.vehicle["GNSS"]), Readers: []readerData{},
		Published: h.book.counts["published"], Reduced: h.book.counts["reduced"], Withheld: h.book.counts["withheld"],
	}
	sharing := map[string]string{}
	for _, one := range h.people {
		sharing[one.Name] = text(one.Properties["Sharing"])
	}
	list, _ := p["Readers"].([]any)
	for i, item := range list {
		r, _ := item.(map[string]any)
		name, role := text(r["name"]), text(r["role"])
		column := columnOf(role, sharing[name])
		if name == "" && i < len(h.columns) && role == "secondary" { // a guest is not told names, but a screen remembers
			column = h.columns[i]
		}
		d.Readers = append(d.Readers, readerData{name, column, letterOf(column, ""), texts(r["receives"])})
	}
	if text(h.session["State"]) != "guest" {
		h.columns = h.columns[:0]
		for _, r := range d.Readers {
			h.columns = append(h.columns, r.Column)
		}
	}
	return d
}

// columnOf is the column of policy.csv by which a reader reads.
func columnOf(role, sharing string) string {
	if role == "secondary" && sharing != "" {
		return sharing
	}
	return role
}

// ended tells that a session is over, and what was erased with it.
func (h *hmi) ended(body []any) {
	if len(body) != 2 {
		return
	}
	receipt, _ := body[1].(map[string]any)
	h.feed.log.Append("receipt", "", []string{"hmi"}, receiptData{stamp(time.Now()), cmp.Or(h.book.who, h.who()), text(body[0]), receipt})
	h.book.closed()
	h.forget()
}

// equal reports whether two values are the same as JSON.
func equal(a, b any) bool {
	one, errA := json.Marshal(a)
	other, errB := json.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(one, other)
}
