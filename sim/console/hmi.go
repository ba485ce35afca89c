package console

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"

	"glovebox/headunit"
)

// hmi is the head unit: what it knows from D-Bus, and what it has to ask for again. It
// belongs to one goroutine.
type hmi struct {
	feed *Feed
	bus  *headunit.Client

	session, privacy, vehicle map[string]any // properties
	people                    []headunit.Profile
	names                     map[string]string // of people, by id, once they were told
	columns                   []string          // of the readers, in their order, while their names could be seen
	groups                    map[string]any    // settings by group
	trips                     []tripData
	messages                  []noteData
	alarms                    []alarmData
	book                      book

	ask  map[string]bool // parts that have to be asked for
	said map[string]any  // the newest event of each kind: what is equal is not told again
	gone *time.Timer     // fires when an agent that left does not come back

	sat   string // who is at the wheel, and since when
	satAt time.Time
}

// parts of what a head unit shows, in the order in which they are asked for.
var parts = []string{"Session1", "Vehicle1", "people", "Privacy1", "settings", "trips", "notes", "health", "ledger"}

const (
	gather    = 20 * time.Millisecond  // what is said at once is asked for once
	askAgain  = 250 * time.Millisecond // between two rounds of questions at least
	askAtMost = 3 * time.Second        // for one round
	backIn    = 2 * time.Second        // a fresh process may take the place of one that left
)

// listen passes on what the agent says until ctx or the bus ends.
func (f *Feed) listen(ctx context.Context) error {
	for {
		s, err := f.agent.Next(ctx)
		if err != nil {
			return err
		}
		select {
		case f.heard <- s:
		case <-ctx.Done():
			return nil
		}
	}
}

// headUnit hears the agent, asks for what was only named, and tells what is another.
func (f *Feed) headUnit(ctx context.Context) error {
	h := &hmi{feed: f, bus: f.hmi, names: map[string]string{}, ask: map[string]bool{}, said: map[string]any{}, gone: time.NewTimer(0)}
	defer h.gone.Stop()
	h.book.feed = f
	h.away()
	if there, err := f.hmi.Present(ctx); err != nil {
		return err
	} else if there {
		h.hear(headunit.Signal{Name: headunit.Came})
	}
	due := time.NewTimer(0)
	defer due.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case s := <-f.heard:
			h.hear(s)
			if len(h.ask) > 0 {
				due.Reset(gather)
			}
		case part := <-f.wanted:
			h.ask[part] = true
			due.Reset(gather)
		case <-h.gone.C:
			if there, err := f.hmi.Present(ctx); err == nil && !there {
				h.away()
			}
		case <-due.C:
			if len(h.ask) > 0 {
				h.round(ctx)
				due.Reset(askAgain)
			}
		}
		h.tell()
	}
}

// want has the head unit ask for a part again.
func (f *Feed) want(part string) {
	select {
	case f.wanted <- part:
	default: // it is behind; the next one comes
	}
}

// away is a head unit whose agent is not there.
func (h *hmi) away() {
	h.session, h.privacy, h.vehicle = map[string]any{}, map[string]any{}, map[string]any{}
	h.people, h.alarms = nil, []alarmData{}
	clear(h.ask)
	h.forget()
	h.feed.boot(false)
}

// forget drops what belongs to who was at the wheel.
func (h *hmi) forget() {
	h.groups, h.trips, h.messages = map[string]any{}, []tripData{}, []noteData{}
}

// hear takes a signal.
func (h *hmi) hear(s headunit.Signal) {
	switch {
	case s.Name == headunit.Came:
		h.feed.boot(true)
		h.want(parts...)
	case s.Name == headunit.Left:
		h.book.closed() // a guest's was memory of the agent
		h.forget()
		h.gone.Reset(backIn)
	case s.Name == "Session1.Ended":
		h.ended(s.Body)
		h.want("Session1", "settings", "trips", "notes", "ledger")
	case s.Name == "Settings1.Changed":
		h.want("settings")
	case s.Name == "Trips1.Changed":
		h.want("trips")
	case s.Name == "Messages1.Arrived":
		h.want("notes", "health")
	case s.Name == "Privacy1.LedgerChanged":
		h.want("ledger")
	case strings.HasPrefix(s.Name, "ObjectManager."):
		h.want("people", "Privacy1")
	default:
		h.changed(s)
	}
}

// changed takes over the properties that are said, and asks for those that are named.
func (h *hmi) changed(s headunit.Signal) {
	of, values, named, ok := s.Changes()
	if !ok {
		return
	}
	into := map[string]map[string]any{"Session1": h.session, "Privacy1": h.privacy, "Vehicle1": h.vehicle}[of]
	if into == nil { // Profile1
		h.want("people")
		return
	}
	before := h.session["Profile"]
	maps.Copy(into, values)
	if len(named) > 0 {
		h.want(of)
	}
	if values["State"] == "leaving" {
		return // what comes next is asked for once it is there
	}
	if of == "Session1" && (values["Profile"] != nil && values["Profile"] != before || values["State"] != nil || len(named) > 0) {
		h.want("people", "settings", "trips", "notes", "ledger", "Privacy1")
	}
}

func (h *hmi) want(all ...string) {
	for _, part := range all {
		h.ask[part] = true
	}
}

// round asks for all that is wanted. What belongs to who is at the wheel is taken only if
// that is still who it was thought to be: answers are of now, signals come later. Of a call
// too many, or an agent that starts or stops, a part is asked for again with the next round.
func (h *hmi) round(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, askAtMost)
	defer cancel()
	answers := map[string]func(){}
	for _, part := range parts {
		if !h.ask[part] {
			continue
		}
		delete(h.ask, part)
		answer, err := h.question(ctx, part)
		if name := headunit.RefusedAs(err); name == "NotReady" || strings.HasSuffix(name, "LimitsExceeded") || errors.Is(err, context.DeadlineExceeded) {
			h.ask[part] = true
		}
		if err == nil && answer != nil {
			answers[part] = answer
		}
	}
	if len(answers) == 0 {
		return
	}
	now, err := h.bus.Properties(ctx, "Session1")
	same := err == nil && now["State"] == h.session["State"] && now["Profile"] == h.session["Profile"]
	for part, answer := range answers {
		if same {
			answer()
		} else {
			h.want(part, "Session1")
		}
	}
}

// question asks for one part. What belongs to who is at the wheel comes as a function that
// takes it.
func (h *hmi) question(ctx context.Context, part string) (answer func(), err error) {
	switch part {
	case "Session1":
		h.session, err = kept(h.session)(h.bus.Properties(ctx, part))
	case "Privacy1":
		h.privacy, err = kept(h.privacy)(h.bus.Properties(ctx, part))
	case "Vehicle1":
		h.vehicle, err = kept(h.vehicle)(h.bus.Properties(ctx, part))
	case "people":
		var people []headunit.Profile
		if people, err = h.bus.Profiles(ctx); err == nil {
			h.know(people)
		}
	case "health":
		err = h.askHealth(ctx)
	case "settings":
		return h.askSettings(ctx)
	case "trips":
		return h.askTrips(ctx)
	case "notes":
		return h.askNotes(ctx)
	case "ledger":
		return h.book.ask(ctx, h.bus, h.who())
	}
	return nil, err
}

// know takes the people of the car over. A name that was told once is remembered.
func (h *hmi) know(people []headunit.Profile) {
	h.people = people
	for _, p := range people {
		if p.Name != "" {
			h.names[p.ID] = p.Name
		}
	}
}

// kept takes an answer, and what was there before if there is none.
func kept(before map[string]any) func(map[string]any, error) (map[string]any, error) {
	return func(now map[string]any, err error) (map[string]any, error) {
		if err != nil {
			return before, err
		}
		return now, nil
	}
}

// who is at the wheel, by name: guest, or empty if nobody is.
func (h *hmi) who() string {
	switch text(h.session["State"]) {
	case "guest":
		return "guest"
	case "leaving":
		return h.book.who
	case "active":
		return h.personName(headunit.ID(text(h.session["Profile"])))
	}
	return ""
}

// personName is the name of a person as the head unit knows it.
func (h *hmi) personName(id string) string {
	if id == "guest" {
		return id
	}
	return h.names[id]
}

// append tells an event of the head unit if it is another than before.
func (h *hmi) append(kind string, data any) {
	if before, told := h.said[kind]; told && equal(before, data) {
		return
	}
	h.said[kind] = data
	h.feed.log.Append(kind, "", []string{"hmi"}, data)
}
