package scenario_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"glovebox/headunit"
	"glovebox/sim/cloud"
	"glovebox/sim/scenario"
)

type control struct {
	check string
	late  bool // it looks at now whatever label is said
	wrong wrongs
}

type wrongs map[string]func(*scenario.World)

// checkControls are a check for each row of the language, which holds of the true
// world, and what makes it wrong, one by one.
var checkControls = []control{
	{check: "state guest", wrong: wrongs{
		"somebody": func(w *scenario.World) { w.Wheel.State = "active" },
		"nobody":   func(w *scenario.World) { w.Wheel = headunit.Session{State: "idle"} },
	}},
	{check: "state leaving", wrong: wrongs{
		"it is over": func(w *scenario.World) { w.Wheel = headunit.Session{State: "idle"} },
		"somebody":   func(w *scenario.World) { w.Wheel.State = "active" },
	}},
	{check: "reason left", wrong: wrongs{
		"another": func(w *scenario.World) { w.Wheel.Reason = "logout" },
		"none":    func(w *scenario.World) { w.Wheel.Reason = "" },
	}},
	{check: "wipe failed", wrong: wrongs{
		"it is clean": func(w *scenario.World) { w.Wheel.WipeState = "clean" },
		"it goes on":  func(w *scenario.World) { w.Wheel.WipeState = "pending" },
	}},
	{check: "files Heron Quay 4471", wrong: wrongs{
		"another text": func(w *scenario.World) { keepFile(w, "Heron Quay 4472") },
		"the file is gone": func(w *scenario.World) {
			if err := os.RemoveAll(filepath.Join(w.Dir, "run")); err != nil {
				panic(err)
			}
		},
	}},
	{check: "state active lea", wrong: wrongs{
		"another":           func(w *scenario.World) { w.Wheel.Profile = "a44a" },
		"whoever has no id": func(w *scenario.World) { w.Wheel.Profile, w.People[1].ID = "", "" },
		"a stranger":        func(w *scenario.World) { w.Wheel.Profile = "" },
		"leaving":           func(w *scenario.World) { w.Wheel.State = "leaving" },
	}},
	{check: "suggested lea", wrong: wrongs{
		"another": func(w *scenario.World) { w.Wheel.Suggested = "a44a" },
		"nobody":  func(w *scenario.World) { w.Wheel.Suggested = "" },
	}},
	{check: "suggested nobody", wrong: wrongs{"somebody": func(w *scenario.World) { w.Wheel.Suggested = "1ea" }}},
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
	{check: "publish lea status Vehicle.Cabin.Light.PerceivedAmbientLight 2.5", wrong: wrongs{
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
	{check: "publish workshop messages Lea, secondary: the brake squeaks", wrong: wrongs{
		"another reader": func(w *scenario.World) { note(w).Reader = "lea" },
		"another text":   func(w *scenario.World) { note(w).Note.Text = "the brake sings" },
		"another role":   func(w *scenario.World) { note(w).Note.Role = "main" },
		"a repeat":       func(w *scenario.World) { note(w).Repeat = true },
		"not understood": func(w *scenario.World) { note(w).Err = errors.New("no id") },
	}},
	{check: "listed Nord, workshop: come at nine", wrong: wrongs{
		"another text": func(w *scenario.World) { w.Notes[1]["text"] = "come at ten" },
		"none":         func(w *scenario.World) { w.Notes = nil },
	}},
	{check: "unread 2", wrong: wrongs{"one": func(w *scenario.World) { w.Notes = w.Notes[:1] }, "none": func(w *scenario.World) { w.Notes = nil }}},
	{check: "messages lea alarms 2", wrong: wrongs{
		"one":       func(w *scenario.World) { w.Messages = slices.Delete(w.Messages, 3, 4) },
		"a repeat":  func(w *scenario.World) { w.Messages[3].Repeat = true },
		"no alarms": none("alarms"),
	}},
	{check: "trip for lea assigned=lea with endpoints", wrong: wrongs{
		"another reader's": harm("trips", func(m *cloud.Message) { m.Reader = "jonas" }),
		"for another":      harm("trips", func(m *cloud.Message) { m.Trip.Assigned = []string{"10a5"} }),
		"without ends":     harm("trips", func(m *cloud.Message) { m.Trip.Start = nil }),
		"a repeat":         harm("trips", func(m *cloud.Message) { m.Repeat = true }),
		"no trip":          none("trips"),
	}},
	{check: "trip for lea without endpoints", wrong: wrongs{
		"with them": harm("trips", func(m *cloud.Message) { m.Trip.Start, m.Trip.End = &cloud.End{}, &cloud.End{} }),
		"no trip":   none("trips"),
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
		"two at one time": harm("position", func(m *cloud.Message) {
			for i := range m.Points {
				m.Points[i].Time = at(60)
			}
		}),
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
		"as if sealed":      replace("wire.jsonl", "b/position", "b/position/hpke"),
		"to the car":        replace("wire.jsonl", `"dir":"out"`, `"dir":"in"`),
		"no drive":          func(w *scenario.World) { w.Drive = nil },
		"nothing to anyone": empty("wire.jsonl"),
	}},
	{check: "place jonas", wrong: wrongs{ // inside a seal
		"another text": func(w *scenario.World) { w.Messages[len(w.Messages)-1].Plain = []byte("{}") },
		"to another":   func(w *scenario.World) { w.Messages[len(w.Messages)-1].Reader = "anna" },
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
	{check: "indicator off", wrong: wrongs{
		"on":      func(w *scenario.World) { w.Faces["Privacy1"]["LocationInUse"] = true },
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
	{check: "signal Vehicle.Cabin.Light.PerceivedAmbientLight 2.5", late: true, wrong: wrongs{
		"another value": func(w *scenario.World) { w.Newest[0]["value"] = "2.51" },
		"another path":  func(w *scenario.World) { w.Newest[0]["path"] = "Vehicle.Speed" },
		"none":          func(w *scenario.World) { w.Newest = nil },
	}},
	{check: "signal Vehicle.Cabin.Light.PerceivedAmbientLight 3.5 at=101s", late: true, wrong: wrongs{
		"another value": func(w *scenario.World) { w.Readings[1] = strings.ReplaceAll(w.Readings[1], "3.5", "3.51") },
		"another time":  func(w *scenario.World) { w.Readings[1] = strings.ReplaceAll(w.Readings[1], "101", "102.5") },
		"over before": func(w *scenario.World) {
			w.Readings[1] = strings.ReplaceAll(w.Readings[1], "101", "100.1")
			w.Readings[2] = strings.ReplaceAll(w.Readings[0], "100", "100.5")
		},
		"nothing decoded": func(w *scenario.World) { w.Readings = nil },
		"no drive":        func(w *scenario.World) { w.Drive = nil },
	}},
	{check: "signal Vehicle.Cabin.Light.PerceivedAmbientLight min=2.5 max=3.5", wrong: wrongs{
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
		"another path": func(w *scenario.World) {
			w.Readings[0] = strings.ReplaceAll(w.Readings[0], "AmbientLight", "AmbientNight")
		},
		"nothing":  func(w *scenario.World) { w.Readings = nil },
		"no drive": func(w *scenario.World) { w.Drive = nil },
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
	m := &w.Messages[len(w.Messages)-10]
	m.Points = slices.Clone(m.Points)
	m.Points[0].Value = "54.1900000"
}

func oneWord(w *scenario.World) {
	m := &w.Messages[len(w.Messages)-10]
	m.Points = slices.Clone(m.Points)
	m.Points[0].Value = "north"
}

// note is the one message of the chat in the world.
func note(w *scenario.World) *cloud.Message {
	return &w.Messages[slices.IndexFunc(w.Messages, func(m cloud.Message) bool { return m.Kind == "messages" })]
}
