package scenario_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/sim"
	"glovebox/sim/cloud"
	"glovebox/sim/scenario"
)

// noon is when the world of the checks begins; at is so many seconds later.
func at(seconds float64) time.Time {
	return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC).Add(time.Duration(seconds * float64(time.Second)))
}

const lampDBC = "VERSION \"\"\n\nBU_: CAR\n\nBO_ 256 LAMP: 2 CAR\n SG_ LEVEL : 0|8@1+ (0.5,0) [0|127.5] \"\" CAR\n SG_ MODE : 8|8@1+ (1,0) [0|255] \"\" CAR\n"

const lampMapping = "[[signal]]\npath = \"Vehicle.Cabin.Lamp\"\nbus = \"body\"\ncan = \"LAMP.LEVEL\"\n"

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
		Wheel: sim.Session{State: "active", Profile: "1ea"},
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
		Newest:   []map[string]any{{"path": "Vehicle.Cabin.Lamp", "value": "2.5"}},
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
		w.Readings = append(w.Readings, fmt.Sprintf(`{"t":%d,"path":"Vehicle.Cabin.Lamp","value":%s}`, 100+i, v))
	}
	w.Messages = []cloud.Message{
		{At: at(41), Reader: "lea", Kind: "gaps", Time: at(41), Gap: &cloud.Gap{Kind: "position", From: at(15), To: at(35), Dropped: 3, Reason: "age"}},
		{At: at(42), Reader: "lea", Kind: "status", Time: at(20), Points: []cloud.Point{{Path: "Vehicle.Cabin.Lamp", Value: "2.5", Time: at(20)}}},
		{At: at(50), Reader: "lea", Kind: "alarms", Time: at(5), Alarm: &cloud.Alarm{Code: "brake", Active: true}, Repeat: true, Resend: true},
		{At: at(51), Reader: "lea", Kind: "alarms", Time: at(51), Alarm: &cloud.Alarm{Code: "airbag", Active: true}},
		{At: at(52), Reader: "lea", Kind: "alarms", Time: at(52), Alarm: &cloud.Alarm{Code: "airbag", Active: false}},
		{At: at(53), Reader: "anna", Kind: "status", Time: at(53)},
	}
	for _, p := range published(r) {
		p.Time = p.Time.Add(at(60).Sub(published(r)[0].Time)).Truncate(time.Millisecond)
		w.Messages = append(w.Messages, place(p))
	}
	fixed := w.Messages[len(w.Messages)-1].Points[0].Value
	if check == "state guest" {
		w.Wheel = sim.Session{State: "guest"}
	}
	write(t, w, "wire.jsonl", map[string]any{"dir": "out", "reader": "lea", "topic": "gb/1/a/to/b/position", "payload": []byte(`{"x":"` + fixed + `"}`)})
	return w
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

type wrongs map[string]func(*scenario.World)

// checkControls are a check for each row of the language, which holds of the true
// world, and what makes it wrong, one by one. late is set where it holds of what
// happened before a label too.
var checkControls = []struct {
	check string
	late  bool
	wrong wrongs
}{
	{check: "state guest", wrong: wrongs{
		"somebody": func(w *scenario.World) { w.Wheel.State = "active" },
		"nobody":   func(w *scenario.World) { w.Wheel = sim.Session{State: "idle"} },
	}},
	{check: "state active lea", wrong: wrongs{
		"another":    func(w *scenario.World) { w.Wheel.Profile = "a44a" },
		"a stranger": func(w *scenario.World) { w.Wheel.Profile = "" },
		"leaving":    func(w *scenario.World) { w.Wheel.State = "leaving" },
	}},
	{check: "setting radio volume 27", wrong: wrongs{
		"another value": func(w *scenario.World) { w.Settings["radio"]["volume"] = int64(28) },
		"no value":      func(w *scenario.World) { delete(w.Settings["radio"], "volume") },
	}},
	{check: "settings acknowledged", wrong: wrongs{
		"another value": func(w *scenario.World) { w.Set["radio volume"] = "28" },
		"neither of both": func(w *scenario.World) {
			w.Set["radio volume"], w.Maybe = "28", map[string]string{"radio volume": "29"}
		},
		"nothing was set": func(w *scenario.World) { w.Set = nil },
		"another person":  func(w *scenario.World) { w.Wheel.Profile = "a44a" },
		"a guest":         func(w *scenario.World) { w.Wheel.State = "guest" },
	}},
	{check: "permits chat yes", wrong: wrongs{"it does not": func(w *scenario.World) { w.Allowed["chat"] = false }}},
	{check: "permits purchase no", wrong: wrongs{"it does": func(w *scenario.World) { w.Allowed["purchase"] = true }}},
	{check: "mail lea invites you", wrong: letterWrongs(0)},
	{check: "sms lea 12AB34", wrong: letterWrongs(1)},
	{check: "message lea removed Jonas", wrong: letterWrongs(2)},
	{check: "frame body LAMP", wrong: wrongs{
		"silence":         empty("can-body.log"),
		"another frame":   replace("can-body.log", " 100#", " 101#"),
		"29 bits":         replace("can-body.log", " 100#", " 00000100#"),
		"no such message": func(w *scenario.World) { w.DBC = strings.ReplaceAll(w.DBC, "LAMP", "LIGHT") },
		"no bus recorded": func(w *scenario.World) { _ = os.Remove(filepath.Join(w.Dir, "can-body.log")) },
		"no such bus":     func(w *scenario.World) { w.DBC = "" },
		"another bus file": func(w *scenario.World) {
			_ = os.Rename(filepath.Join(w.Dir, "can-body.log"), filepath.Join(w.Dir, "can-radar.log"))
		},
	}},
	{check: "frame body LAMP.LEVEL 3.5", wrong: wrongs{
		"another value":  replace("can-body.log", "#07", "#08"),
		"another signal": replace("can-body.log", "#0701", "#0107"),
		"no such signal": func(w *scenario.World) { w.DBC = strings.ReplaceAll(w.DBC, "LEVEL", "POWER") },
	}},
	{check: "publish lea status", wrong: wrongs{
		"nothing":        none("status"),
		"a repeat":       harm("status", func(m *cloud.Message) { m.Repeat = true }),
		"not understood": harm("status", func(m *cloud.Message) { m.Err = errors.New("malformed") }),
	}},
	{check: "publish lea status Vehicle.Cabin.Lamp 2.5", wrong: wrongs{
		"another value": harm("status", func(m *cloud.Message) {
			for i := range m.Points {
				m.Points[i].Value = "2.6"
			}
		}),
		"another path": harm("status", func(m *cloud.Message) {
			for i := range m.Points {
				m.Points[i].Path = "Vehicle.Speed"
			}
		}),
	}},
	{check: "publish lea alarms airbag off", wrong: wrongs{
		"on again":  harm("alarms", func(m *cloud.Message) { m.Alarm = &cloud.Alarm{Code: m.Alarm.Code, Active: true} }),
		"another":   harm("alarms", func(m *cloud.Message) { m.Alarm = &cloud.Alarm{Code: "oil"} }),
		"no alarms": none("alarms"),
	}},
	{check: "publish lea gaps position", wrong: wrongs{
		"of another kind": harm("gaps", func(m *cloud.Message) { m.Gap = &cloud.Gap{Kind: "status"} }),
		"no gaps":         none("gaps"),
	}},
	{check: "messages lea alarms 2", wrong: wrongs{
		"one":       func(w *scenario.World) { w.Messages = slices.Delete(w.Messages, 3, 4) },
		"a repeat":  func(w *scenario.World) { w.Messages[3].Repeat = true },
		"no alarms": none("alarms"),
	}},
	{check: "points lea 20", wrong: wrongs{
		"fewer": func(w *scenario.World) { w.Messages = w.Messages[:25] },
		"nine":  harm("position", func(m *cloud.Message) { m.Kind = "status" }),
		"of one time": harm("position", func(m *cloud.Message) {
			for i := range m.Points {
				m.Points[i].Time = at(60)
			}
		}),
	}},
	{check: "recorded lea", wrong: wrongs{
		"no receiver": func(w *scenario.World) { w.Made = true },
		"none":        none("position"),
		"elsewhere":   oneElsewhere,
		"a word":      oneWord,
	}},
	{check: "track lea length=1011m", wrong: wrongs{
		"no receiver": func(w *scenario.World) { w.Made = true },
		"none":        none("position"),
		"elsewhere":   oneElsewhere,
		"a word":      oneWord,
		"holes":       func(w *scenario.World) { w.Messages = slices.Delete(w.Messages, 20, 24) },
		"two at one time": harm("position", func(m *cloud.Message) {
			for i := range m.Points {
				m.Points[i].Time = at(60)
			}
		}),
		"no drive": func(w *scenario.World) { w.Drive = nil },
	}},
	{check: "place lea", wrong: wrongs{
		"a word":            replace("wire.jsonl", fmt.Sprintf(`"reader":%q`, "lea"), `"reader":"jonas"`),
		"no recording":      func(w *scenario.World) { _ = os.Remove(filepath.Join(w.Dir, "wire.jsonl")) },
		"no receiver":       func(w *scenario.World) { w.Made = true },
		"to the car":        replace("wire.jsonl", `"dir":"out"`, `"dir":"in"`),
		"no drive":          func(w *scenario.World) { w.Drive = nil },
		"nothing to anyone": empty("wire.jsonl"),
	}},
	{check: "first lea gaps", wrong: wrongs{
		"another kind": func(w *scenario.World) { w.Messages[0].Kind = "status" },
		"one before":   func(w *scenario.World) { w.Messages[0].At = at(39) },
		"still cut":    func(w *scenario.World) { w.Outages[0].To = time.Time{} },
		"never cut":    func(w *scenario.World) { w.Outages = nil },
		"nothing came": func(w *scenario.World) { w.Messages = nil },
	}},
	{check: "gap lea position dropped=3", wrong: wrongs{
		"none":            none("gaps"),
		"of another kind": harm("gaps", func(m *cloud.Message) { m.Gap = &cloud.Gap{Kind: "status"} }),
		"another count":   harm("gaps", func(m *cloud.Message) { g := *m.Gap; g.To, g.Dropped = at(45), 4; m.Gap = &g }),
		"miscounted":      harm("gaps", func(m *cloud.Message) { g := *m.Gap; g.From, g.To = at(15), at(15); m.Gap = &g }),
		"one that is had": func(w *scenario.World) { w.Messages = append(w.Messages, place(scenario.Spot{Time: at(25)})) },
		"before the line": harm("gaps", func(m *cloud.Message) { m.At = at(30) }),
		"still cut":       func(w *scenario.World) { w.Outages[0].To = time.Time{} },
		"never cut":       func(w *scenario.World) { w.Outages = nil },
		"back much later": func(w *scenario.World) {
			w.Messages[0].At, w.Messages[1].At = at(80), at(80)
			w.Messages = w.Messages[:2]
		},
		"cut at other time": func(w *scenario.World) { w.Outages[0].From = at(2) },
	}},
	{check: "backfill lea", wrong: wrongs{
		"of before":  func(w *scenario.World) { w.Messages[1].Time = at(9) },
		"not late":   func(w *scenario.World) { w.Messages[1].At = at(39) },
		"of another": func(w *scenario.World) { w.Messages[1].Reader = "anna" },
		"never cut":  func(w *scenario.World) { w.Outages = nil },
	}},
	{check: "repeats consistent", wrong: wrongs{
		"not said":      func(w *scenario.World) { w.Messages[2].Resend = false },
		"live":          func(w *scenario.World) { w.Messages[2].Kind = "status" },
		"other content": func(w *scenario.World) { w.Broken = []string{"seq 3 to lea came before with other content"} },
		"no messages":   func(w *scenario.World) { w.Messages = nil },
	}},
	{check: "withheld doors for jonas rule=doors/limited", wrong: wrongs{
		"sent":           func(w *scenario.World) { w.Entries[0]["outcome"] = "sent" },
		"another class":  func(w *scenario.World) { w.Entries[0]["class"] = "position" },
		"another reader": func(w *scenario.World) { w.Entries[0]["reader"] = "1ea" },
		"another rule":   func(w *scenario.World) { w.Entries[0]["rule"] = "doors/shared" },
	}},
	{check: "indicator on", wrong: wrongs{
		"off":     func(w *scenario.World) { w.Faces["Privacy1"]["LocationInUse"] = false },
		"nowhere": func(w *scenario.World) { delete(w.Faces, "Privacy1") },
	}},
	{check: "level no-position", wrong: wrongs{
		"share":   func(w *scenario.World) { w.Faces["Privacy1"]["Level"] = "share" },
		"nowhere": func(w *scenario.World) { delete(w.Faces, "Privacy1") },
	}},
	{check: "warning brake on", wrong: wrongs{
		"off":     func(w *scenario.World) { w.Lights[0]["active"] = false },
		"another": func(w *scenario.World) { w.Lights[0]["code"] = "oil" },
		"none":    func(w *scenario.World) { w.Lights = nil },
	}},
	{check: "warning airbag off", wrong: wrongs{"on": func(w *scenario.World) { w.Lights[1]["active"] = true }}},
	{check: "port can up", wrong: wrongs{
		"down":    func(w *scenario.World) { w.Faces["Vehicle1"]["CAN"] = "down" },
		"nowhere": func(w *scenario.World) { delete(w.Faces, "Vehicle1") },
	}},
	{check: "port gnss degraded", wrong: wrongs{"up": func(w *scenario.World) { w.Faces["Vehicle1"]["GNSS"] = "up" }}},
	{check: "port cloud off", wrong: wrongs{"up": func(w *scenario.World) { w.Faces["Vehicle1"]["Cloud"] = "up" }}},
	{check: "document 3", wrong: wrongs{
		"older":   func(w *scenario.World) { w.Shown.Policy = 2 },
		"newer":   func(w *scenario.World) { w.Shown.Policy = 4 },
		"offline": func(w *scenario.World) { w.Shown.Online = false },
	}},
	{check: "signal Vehicle.Cabin.Lamp 2.5", late: true, wrong: wrongs{
		"another value": func(w *scenario.World) { w.Newest[0]["value"] = "2.51" },
		"another path":  func(w *scenario.World) { w.Newest[0]["path"] = "Vehicle.Speed" },
		"none":          func(w *scenario.World) { w.Newest = nil },
	}},
	{check: "signal Vehicle.Cabin.Lamp 3.5 at=101s", late: true, wrong: wrongs{
		"another value":   func(w *scenario.World) { w.Readings[1] = strings.ReplaceAll(w.Readings[1], "3.5", "3.51") },
		"another time":    func(w *scenario.World) { w.Readings[1] = strings.ReplaceAll(w.Readings[1], "101", "102.5") },
		"nothing decoded": func(w *scenario.World) { w.Readings = nil },
		"no drive":        func(w *scenario.World) { w.Drive = nil },
	}},
	{check: "signal Vehicle.Cabin.Lamp min=2.5 max=3.5", wrong: wrongs{
		"lower":  func(w *scenario.World) { w.Readings[0] = strings.ReplaceAll(w.Readings[0], "2.5", "2.49") },
		"higher": func(w *scenario.World) { w.Readings[3] = strings.ReplaceAll(w.Readings[3], "2.5", "3.51") },
		"not so low": func(w *scenario.World) {
			w.Readings = w.Readings[1:3]
		},
		"not so high": func(w *scenario.World) { w.Readings = w.Readings[:1] },
		"nothing":     func(w *scenario.World) { w.Readings = nil },
	}},
	{check: "signals mapped", late: true, wrong: wrongs{
		"one more": func(w *scenario.World) { w.Newest = append(w.Newest, map[string]any{"path": "Vehicle.Speed"}) },
		"none":     func(w *scenario.World) { w.Newest = nil },
		"no drive": func(w *scenario.World) { w.Drive = nil },
	}},
	{check: "signals recorded", late: true, wrong: wrongs{
		"another value": func(w *scenario.World) { w.Readings[0] = strings.ReplaceAll(w.Readings[0], "2.5", "2") },
		"another path":  func(w *scenario.World) { w.Readings[0] = strings.ReplaceAll(w.Readings[0], "Lamp", "Lamb") },
		"nothing":       func(w *scenario.World) { w.Readings = nil },
		"no drive":      func(w *scenario.World) { w.Drive = nil },
	}},
	{check: "statistic documents.applied 2", wrong: wrongs{
		"one":             func(w *scenario.World) { w.Counters["documents.applied"] = uint64(1) },
		"no such counter": func(w *scenario.World) { delete(w.Counters, "documents.applied") },
		"no counters":     func(w *scenario.World) { w.Counters = nil },
	}},
	{check: "sent", wrong: wrongs{"nothing": empty("wire.bin")}},
	{check: "wire gb-sealed", wrong: wrongs{
		"another text": replace("wire.bin", "gb-sealed", "gb-sealer"),
		"nothing":      empty("wire.bin"),
		"no recording": func(w *scenario.World) { _ = os.Remove(filepath.Join(w.Dir, "wire.bin")) },
	}},
	{check: "disk unchanged", wrong: wrongs{
		"no people": func(w *scenario.World) { _ = os.Remove(filepath.Join(w.StateDir, "profiles.db")) },
		"no keys":   func(w *scenario.World) { _ = os.Remove(filepath.Join(w.StateDir, "keys")) },
	}},
	{check: "disk Canary Wharf 4471", wrong: wrongs{
		"gone":     func(w *scenario.World) { _ = os.Remove(filepath.Join(w.StateDir, "profiles.db")) },
		"no state": func(w *scenario.World) { w.StateDir = filepath.Join(w.StateDir, "nowhere") },
	}},
	{check: "stores whole", wrong: wrongs{
		"unsound":  func(w *scenario.World) { w.Unsound = errors.New("page 3 is torn") },
		"no state": func(w *scenario.World) { w.StateDir = filepath.Join(w.StateDir, "nowhere") },
	}},
	{check: "ready", wrong: wrongs{"gone": func(w *scenario.World) { w.Absent = true }}},
}

// letterWrongs are those of letter i.
func letterWrongs(i int) wrongs {
	return wrongs{
		"to another":     func(w *scenario.World) { w.Letters[i].To = "anna" },
		"in another way": func(w *scenario.World) { w.Letters[i].Kind = "pigeon" },
		"another text":   func(w *scenario.World) { w.Letters[i].Subject, w.Letters[i].Text = "Hello", "there" },
		"none":           func(w *scenario.World) { w.Letters = nil },
	}
}

func oneElsewhere(w *scenario.World) {
	m := &w.Messages[len(w.Messages)-9]
	m.Points = slices.Clone(m.Points)
	m.Points[0].Value = "54.1900000"
}

func oneWord(w *scenario.World) {
	m := &w.Messages[len(w.Messages)-9]
	m.Points = slices.Clone(m.Points)
	m.Points[0].Value = "north"
}

// Every check holds of a world in which it is true, and of no world in which one thing
// is otherwise; one that says it could not look does not hold.
func TestEveryCheckFails(t *testing.T) {
	for _, c := range checkControls {
		t.Run(c.check, func(t *testing.T) {
			w := trueWorld(t, c.check)
			then := *w
			if ok, got, _, _, err := w.Judge(t, c.check, before(c.check, &then)); !ok || err != nil {
				t.Errorf("of the true world it does not hold: %s, %v", got, err)
			}
			for _, name := range slices.Sorted(maps.Keys(c.wrong)) {
				w := trueWorld(t, c.check)
				then := *w
				since := before(c.check, &then)
				if since != nil {
					since.Keep(t)
				}
				c.wrong[name](w)
				if ok, got, _, _, _ := w.Judge(t, c.check, since); ok {
					t.Errorf("%s: holds, got %s", name, got)
				}
			}
		})
	}
}

// before is what a check compares with: itself, where it asks whether something
// changed, else the beginning.
func before(check string, w *scenario.World) *scenario.World {
	if check == "disk unchanged" {
		return w
	}
	return nil
}

// Each row of the table of checks has such a control.
func TestEveryCheckHasAControl(t *testing.T) {
	for _, row := range scenario.Rows() {
		if row.Before != "expect " {
			continue
		}
		if !slices.ContainsFunc(checkControls, func(c struct {
			check string
			late  bool
			wrong wrongs
		}) bool {
			return scenario.UsageOf(c.check) == row.Usage && len(c.wrong) > 0
		}) {
			t.Errorf("expect %s: no control", row.Usage)
		}
	}
}

// What happened before a label does not count behind it, nor before its line for a
// never.
func TestEarlierDoesNotCount(t *testing.T) {
	for _, c := range checkControls {
		w := trueWorld(t, c.check)
		word, _, _ := strings.Cut(c.check, " ")
		if event := slices.Contains([]string{"place", "first", "backfill"}, word); !event && !scenario.AsksSince(c.check) || c.late {
			continue
		}
		then := *w
		then.Keep(t)
		if ok, got, _, _, err := w.Judge(t, c.check, &then); ok != (c.check == "disk unchanged") {
			t.Errorf("%s: holds %t of what was before: %s, %v", c.check, ok, got, err)
		}
	}
}

// A place from within a spell at a lower level is filled in too.
func TestBackfillFromALowerLevel(t *testing.T) {
	w := trueWorld(t, "backfill lea")
	w.Offline, w.Outages = w.Outages, nil
	if ok, got, _, _, err := w.Judge(t, "backfill lea", nil); !ok || err != nil {
		t.Errorf("does not hold: %s, %v", got, err)
	}
}

// A track says why it is none.
func TestTrackSays(t *testing.T) {
	w := trueWorld(t, "track lea")
	oneElsewhere(w)
	if _, got, _, _, _ := w.Judge(t, "track lea", nil); !strings.Contains(got, "is no recorded fix") {
		t.Error(got)
	}
}

// What cannot be asked or read makes no check hold. How long a check
// waits before it looks again is what those it asks can bear: the head unit may call
// twenty times a second, and files are large.
func TestLooking(t *testing.T) {
	for _, c := range checkControls {
		w := trueWorld(t, c.check)
		_, _, read, pace, _ := w.Judge(t, c.check, nil)
		want := map[string]time.Duration{"head unit": 150 * time.Millisecond, "files": 600 * time.Millisecond, "": 25 * time.Millisecond}[read]
		if strings.HasPrefix(c.check, "frame ") || strings.HasPrefix(c.check, "signal") {
			want = 150 * time.Millisecond // one bus; and what Watch has told
		}
		if pace != want {
			t.Errorf("%s: looks again after %v, want %v as it reads %q", c.check, pace, want, read)
		}
		w.Silent, w.Unread = true, errors.New("the disk is full")
		if ok, got, _, _, err := w.Judge(t, c.check, nil); ok && read != "" {
			t.Errorf("%s: holds, but its %s cannot be read: %s, %v", c.check, read, got, err)
		}
	}
}
