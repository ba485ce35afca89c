package scenario_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/headunit"
	"glovebox/sim/cloud"
	"glovebox/sim/scenario"
)

// at is so many seconds after the world of the checks begins.
func at(seconds float64) time.Time {
	return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC).Add(time.Duration(seconds * float64(time.Second)))
}

const lampDBC = "VERSION \"\"\n\nBU_: CAR\n\nBO_ 256 LAMP: 2 CAR\n SG_ LEVEL : 0|8@1+ (0.5,0) [0|127.5] \"\" CAR\n SG_ MODE : 8|8@1+ (1,0) [0|255] \"\" CAR\n"

const lampMapping = "[[signal]]\npath = \"Vehicle.Cabin.Light.PerceivedAmbientLight\"\nbus = \"body\"\ncan = \"LAMP.LEVEL\"\n"

// trueWorld is one of which every check of checkControls holds: Lea drives; the line
// was cut from second 10 to 40; from 60 on the recorded drive played.
func trueWorld(t *testing.T, check string) *scenario.World {
	t.Helper()
	r := rav4(t)
	stateDir := t.TempDir()
	if strings.HasPrefix(check, "disk ") || strings.HasPrefix(check, "stores ") {
		stateDir, _ = store(t, "Canary Wharf 4471")
	}
	w := &scenario.World{
		At:    at(200),
		Wheel: headunit.Session{State: "active", Profile: "1ea"},
		Faces: map[string]map[string]any{
			"Privacy1": {"LocationInUse": true, "Level": "no-position", "EffectiveLevel": "no-position"},
			"Vehicle1": {"CAN": "up", "GNSS": "degraded", "Cloud": "off"},
		},
		Settings: map[string]map[string]any{"radio": {"volume": int64(27), "last": ""}},
		Allowed:  map[string]bool{"chat": true},
		Entries: []map[string]any{
			{"class": "doors", "outcome": "withheld", "rule": "doors/limited", "reader": "10a5", "count": uint64(3)},
			{"class": "doors", "outcome": "withheld", "rule": "doors/shared", "reader": "1ea", "count": uint64(1)},
			{"class": "position", "outcome": "sent", "rule": "position/shared", "reader": "1ea", "count": uint64(1)},
		},
		Newest:   []map[string]any{{"path": "Vehicle.Cabin.Light.PerceivedAmbientLight", "value": "2.5"}},
		Notes:    []map[string]any{{"from": "", "role": "car", "text": "The brakes"}, {"from": "Nord", "role": "workshop", "text": "come at nine"}},
		Lights:   []map[string]any{{"code": "brake", "active": true}, {"code": "airbag", "active": false}},
		Counters: map[string]any{"documents.applied": uint64(2), "bus.body.bad": uint64(0)},
		Set:      map[string]string{"radio volume": "27"},
		People: []cloud.Reader{
			{Name: "anna", ID: "a44a", Role: cloud.Main}, {Name: "lea", ID: "1ea", Role: cloud.Shared}, {Name: "jonas", ID: "10a5", Role: cloud.Limited},
			{Name: "workshop", ID: "workshop", Role: "workshop"},
		},
		Letters: []cloud.Letter{
			{At: at(5), To: "lea", Kind: cloud.Mail, Subject: "Anna invites you", Text: "to her car"},
			{At: at(5), To: "lea", Kind: cloud.SMS, Text: "The code is 12AB34"},
			{At: at(5), To: "lea", Kind: cloud.App, Subject: "Removed", Text: "Anna removed Jonas"},
		},
		Shown:    cloud.State{Online: true, Policy: 3},
		Outages:  []scenario.Outage{{From: at(10), To: at(40)}},
		StateDir: stateDir,
		Dir:      wireFiles(t, []byte("CONNECT gb-sealed"), []byte(`{"speed":"4711"}`)),
		DBC:      lampDBC,
		Mapping:  lampMapping,
		Frames:   []string{"(1795262500.000000) body 100#0500", "(1795262500.100000) body 100#0700"},
		Drive:    r,
	}
	log := fmt.Sprintf("(%d.000000) body 100#0501\n(%d.000000) body 100#0701\n", at(100).Unix(), at(101).Unix())
	if err := os.WriteFile(filepath.Join(w.Dir, "can-body.log"), []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, v := range []string{`"2.5"`, `"3.5"`, "null", `"2.5"`} {
		w.Readings = append(w.Readings, fmt.Sprintf(`{"t":%d,"path":"Vehicle.Cabin.Light.PerceivedAmbientLight","value":%s}`, 100+i, v))
	}
	w.Messages = []cloud.Message{
		{At: at(41), Reader: "lea", Kind: "gaps", Time: at(41), Gap: &cloud.Gap{Kind: "position", From: at(15), To: at(35), Dropped: 3, Reason: "age"}},
		{At: at(42), Reader: "lea", Kind: "status", Time: at(20), Points: []cloud.Point{{Path: "Vehicle.Cabin.Light.PerceivedAmbientLight", Value: "2.5", Time: at(20)}}},
		{At: at(50), Reader: "lea", Kind: "alarms", Time: at(5), Alarm: &cloud.Alarm{Code: "brake", Active: true}, Repeat: true, Resend: true},
		{At: at(51), Reader: "lea", Kind: "alarms", Time: at(51), Alarm: &cloud.Alarm{Code: "airbag", Active: true}},
		{At: at(52), Reader: "lea", Kind: "alarms", Time: at(52), Alarm: &cloud.Alarm{Code: "airbag", Active: false}},
		{At: at(53), Reader: "anna", Kind: "status", Time: at(53)},
		{At: at(54), Reader: "workshop", Kind: "messages", Note: &cloud.Note{From: "Lea", Role: "secondary", Text: "the brake squeaks", Wish: []byte(`{"day":1}`)}},
	}
	switch check {
	case "trip for lea assigned=lea with endpoints":
		w.Messages = append(w.Messages, cloud.Message{At: at(54), Reader: "lea", Kind: "trips", Trip: &cloud.Trip{ID: "t", Assigned: []string{"1ea"}, Start: &cloud.End{}, End: &cloud.End{}}})
	case "trip for lea without endpoints":
		w.Messages = append(w.Messages, cloud.Message{At: at(54), Reader: "lea", Kind: "trips", Trip: &cloud.Trip{ID: "t", Band: "0-10"}})
	}
	for _, p := range published(r) {
		p.Time = p.Time.Add(at(60).Sub(published(r)[0].Time)).Truncate(time.Millisecond)
		w.Messages = append(w.Messages, place(p))
	}
	fixed := w.Messages[len(w.Messages)-1].Points[0].Value
	w.Messages = append(w.Messages, cloud.Message{At: at(130), Reader: "jonas", Kind: "status", Plain: []byte(fixed)})
	if check == "indicator off" {
		w.Faces["Privacy1"]["LocationInUse"] = false
	}
	switch check {
	case "suggested lea":
		w.Wheel.Suggested = "1ea"
	case "state guest":
		w.Wheel = headunit.Session{State: "guest"}
	case "state leaving", "reason left", "wipe failed":
		w.Wheel = headunit.Session{State: "leaving", Reason: "left", WipeState: "failed"}
	}
	keepFile(w, "Heron Quay 4471")
	write(t, w, "wire.jsonl", map[string]any{"dir": "out", "reader": "lea", "topic": "gb/1/a/to/b/position", "payload": []byte(`{"x":"` + fixed + `"}`)})
	return w
}

// keepFile has an app keep a text below the directory of a session.
func keepFile(w *scenario.World, text string) {
	dir := filepath.Join(w.Dir, "run", "4471")
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "kept"), []byte(text), 0o600)
	}
	if err != nil {
		panic(err)
	}
}

// place is a message with one place.
func place(p scenario.Spot) cloud.Message {
	return cloud.Message{At: p.Time.Add(time.Second), Reader: "lea", Kind: "position", Time: p.Time, Points: []cloud.Point{
		{Path: "Vehicle.CurrentLocation.Latitude", Value: fmt.Sprintf("%.7f", p.Latitude), Time: p.Time},
		{Path: "Vehicle.CurrentLocation.Longitude", Value: fmt.Sprintf("%.7f", p.Longitude), Time: p.Time},
	}}
}

// write appends lines to a file of the world.
func write(t *testing.T, w *scenario.World, name string, lines ...any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.Dir, name))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if raw, ok := l.(string); ok {
			text = append(text, raw...)
			continue
		}
		line, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		text = append(append(text, line...), '\n')
	}
	if err := os.WriteFile(filepath.Join(w.Dir, name), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// empty makes a file of the world hold nothing.
func empty(name string) func(*scenario.World) {
	return func(w *scenario.World) { _ = os.WriteFile(filepath.Join(w.Dir, name), nil, 0o600) }
}

// replace changes a text in a file of the world.
func replace(name, before, after string) func(*scenario.World) {
	return func(w *scenario.World) {
		text, _ := os.ReadFile(filepath.Join(w.Dir, name))
		_ = os.WriteFile(filepath.Join(w.Dir, name), bytes.ReplaceAll(text, []byte(before), []byte(after)), 0o600)
	}
}

// harm changes each message of a kind.
func harm(kind string, change func(*cloud.Message)) func(*scenario.World) {
	return func(w *scenario.World) {
		for i := range w.Messages {
			if m := &w.Messages[i]; m.Kind == kind {
				m.Points = slices.Clone(m.Points)
				change(m)
			}
		}
	}
}

// nobody got a message of that kind.
func none(kind string) func(*scenario.World) {
	return harm(kind, func(m *cloud.Message) { m.Reader = "jonas" })
}
