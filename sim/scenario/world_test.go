package scenario

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"glovebox/hal/candump"
	"glovebox/headunit"
	"glovebox/sim"
	"glovebox/sim/car"
	"glovebox/sim/cloud"
	"glovebox/telemetry/outside"
)

// World is one that a test wrote: what the checks look at, by hand.
type World struct {
	At       time.Time // when it is looked at
	Silent   bool      // the agent does not answer
	Absent   bool      // the agent does not own its name
	Wheel    headunit.Session
	Faces    map[string]map[string]any // properties by interface
	Settings map[string]map[string]any // by group
	Allowed  map[string]bool           // functions
	Entries  []map[string]any          // of the ledger
	Newest   []map[string]any          // values of signals
	Lights   []map[string]any
	Notes    []map[string]any // at the wheel, none of them read
	Counters map[string]any
	Set      map[string]string // what lea set and the agent acknowledged, by group and key
	Maybe    map[string]string // what it never answered
	Readings []string          // lines of Watch

	People   []cloud.Reader
	Messages []cloud.Message
	Letters  []cloud.Letter
	Shown    cloud.State
	Broken   []string
	Outages  []Outage
	Offline  []Outage // spells at the level offline

	Gone     map[string]int64 // bytes dropped of a record
	Dir      string           // wire.bin, wire.jsonl, can-body.log
	StateDir string
	Made     bool  // the receiver's places stand in gnss.log
	Unread   error // no file can be read
	Unsound  error // what the agent's own check says
	DBC      string
	Mapping  string
	Frames   []string // of the drive, as candump writes them
	Drive    *RAV4    // its fixes; nil: none was played

	kept  *moment
	reads string // what of it was looked at last
}

// Judge lets a check look at the world, at what happened since it was as then; nil is
// the beginning. reads is what it looked at, the head unit or files,
// and pace how soon it would look again.
func (w *World) Judge(t testing.TB, check string, then *World) (ok bool, got string, reads string, pace time.Duration, err error) {
	t.Helper()
	c := readCheck(check)
	since := moment{}
	if then != nil {
		since = then.now(t)
	}
	w.reads = ""
	ok, got, err = c.what.(condition).holds(t.Context(), w.stage(t), since)
	return ok, got, w.reads, c.pace, err
}

// Why is why an expectation of the world does not hold, in the words that its line gets.
func (w *World) Why(t testing.TB, check string) string {
	t.Helper()
	s := w.stage(t)
	s.world = &sim.World{}
	s.turn.Lock()
	_, err := (&expect{what: readCheck(check)}).do(t.Context(), s)
	return fmt.Sprint(err)
}

// Waits is how long an expectation waits that never holds.
func (w *World) Waits(t testing.TB, check string, within time.Duration, patience int) time.Duration {
	t.Helper()
	s := w.stage(t)
	s.world, s.up, s.patience = &sim.World{}, false, Options{Patience: patience}.patience()
	s.turn.Lock()
	begun := time.Now()
	if got, err := (&expect{what: readCheck(check), within: within}).do(t.Context(), s); err == nil {
		t.Fatalf("%s holds: %s", check, got)
	}
	return time.Since(begun)
}

func (w *World) now(t testing.TB) moment {
	t.Helper()
	if w.kept != nil {
		return *w.kept
	}
	_, keyless := os.Stat(filepath.Join(w.StateDir, "keys"))
	m, err := w.stage(t).now(t.Context(), keyless == nil)
	if err != nil {
		t.Fatal(err)
	}
	m.at, m.boot = w.At, time.Duration(w.At.Unix())*time.Second
	return m
}

func (w *World) stage(t testing.TB) *stage {
	t.Helper()
	s := &stage{Scenario: &Scenario{Head: Head{Speed: 1, Made: w.Made}}, up: true, patience: 1, pace: car.NewPace(1), policy: outside.Builtin(), names: map[string]string{"body": "body"}, set: map[string]map[string]*kept{}}
	s.evidence = evidence{(*worldHMI)(w), (*worldBack)(w), (*worldFiles)(w), w.Dir, (*worldAgent)(w)}
	s.buses, s.mapped = []sim.CANBus{{Name: "body", DBC: []byte(w.DBC)}}, []byte(w.Mapping)
	for _, o := range w.Outages {
		s.outages = append(s.outages, &outage{o.From, o.To})
	}
	for _, o := range w.Offline {
		s.spells = append(s.spells, spell{outage{o.From, o.To}, true})
	}
	if w.Set != nil {
		s.set["lea"] = map[string]*kept{}
	}
	for name, v := range w.Set {
		s.set["lea"][name] = &kept{acked: v}
	}
	for name, v := range w.Maybe {
		s.set["lea"][name].maybe = append(s.set["lea"][name].maybe, v)
	}
	for _, line := range w.Readings {
		s.seen.line([]byte(line))
	}
	if w.Drive != nil {
		d := &car.Drive{Sentences: w.Drive.drive.Sentences}
		for _, line := range w.Frames {
			bus, f, at, err := candump.Parse([]byte(line))
			if err != nil {
				t.Fatal(err)
			}
			d.Frames = append(d.Frames, car.Frame{Bus: bus, Frame: f, At: at})
		}
		s.last, s.fixes, s.playback = d, w.Drive.fixes, &playback{pace: s.pace}
	}
	return s
}

// Acknowledged is whether the settings are the acknowledged ones, while one of them is
// each of these values in turn.
func (w *World) Acknowledged(t testing.TB, group, key string, values ...int64) (all []bool) {
	t.Helper()
	s := w.stage(t)
	for _, v := range values {
		w.Settings[group][key] = v
		ok, _, err := (&acknowledged{}).holds(t.Context(), s, moment{})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, ok)
	}
	return all
}

// worldHMI answers as the head unit.
type worldHMI World

var errSilent = errors.New("nobody answers")

func answered[T any](w *worldHMI, v T) (T, error) {
	w.reads = "head unit"
	if w.Silent {
		return *new(T), errSilent
	}
	return v, nil
}

func (w *worldHMI) Present(context.Context) (bool, error)             { return answered(w, !w.Absent) }
func (w *worldHMI) Session(context.Context) (headunit.Session, error) { return answered(w, w.Wheel) }
func (w *worldHMI) Properties(_ context.Context, face string) (map[string]any, error) {
	return answered(w, w.Faces[face])
}
func (w *worldHMI) Get(_ context.Context, group string) (map[string]any, error) {
	return answered(w, w.Settings[group])
}
func (w *worldHMI) Permits(_ context.Context, function string) (bool, string, error) {
	yes, err := answered(w, w.Allowed[function])
	return yes, "", err
}
func (w *worldHMI) Ledger(_ context.Context, filter map[string]any) ([]map[string]any, error) {
	entries := slices.DeleteFunc(slices.Clone(w.Entries), func(e map[string]any) bool {
		return filter != nil && (e["class"] != filter["class"] || e["outcome"] != filter["outcome"])
	})
	return answered(w, entries)
}
func (w *worldHMI) Signals(context.Context) ([]map[string]any, error) { return answered(w, w.Newest) }
func (w *worldHMI) ListMessages(context.Context, map[string]any) ([]map[string]any, error) {
	return answered(w, w.Notes)
}

func (w *worldHMI) Health(context.Context) ([]map[string]any, error) { return answered(w, w.Lights) }
func (w *worldHMI) Statistics(context.Context) (map[string]any, error) {
	return answered(w, w.Counters)
}

// worldBack is the back end.
type worldBack World

func (w *worldBack) Readers() []cloud.Reader { return w.People }
func (w *worldBack) Reader(name string) (cloud.Reader, bool) {
	i := slices.IndexFunc(w.People, func(r cloud.Reader) bool { return r.Name == name })
	return w.People[max(i, 0)], i >= 0
}
func (w *worldBack) Since(reader string, n int) []cloud.Message {
	all := slices.DeleteFunc(slices.Clone(w.Messages), func(m cloud.Message) bool { return m.Reader != reader })
	return all[min(n, len(all)):]
}
func (w *worldBack) Count(reader string) int { return len(w.Since(reader, 0)) }
func (w *worldBack) Outbox() []cloud.Letter  { return w.Letters }
func (w *worldBack) State() cloud.State      { return w.Shown }
func (w *worldBack) Breaches() []string      { return w.Broken }

// worldFiles are the records.
type worldFiles World

func (w *worldFiles) Flush() error              { w.reads = "files"; return w.Unread }
func (w *worldFiles) Dropped(name string) int64 { return w.Gone[name] }
func (w *worldFiles) CopyState(to string) error {
	if w.reads = "files"; w.Unread != nil {
		return w.Unread
	}
	return os.CopyFS(to, os.DirFS(w.StateDir))
}
func (w *worldFiles) LogFile() string { return filepath.Join(w.Dir, "agent.log") }

type worldAgent World

func (w *worldAgent) CheckStore(context.Context, string) error { return w.Unsound }
func (w *worldAgent) ClockShift() time.Duration                { return 0 }

// Keep takes down what the world is, before it changes.
func (w *World) Keep(t testing.TB) {
	t.Helper()
	m := w.now(t)
	w.kept = &m
}

// UsageOf is the row that reads a check.
func UsageOf(check string) string {
	return readCheck(check).usage
}

func readCheck(check string) Command {
	line := "expect " + check
	if check == "sent" || check == "disk unchanged" {
		line += " since dusk"
	}
	c, err := Behind("users anna:main lea:shared jonas:limited\nfault offline\nmark dusk\n").parser().command(line)
	if err != nil {
		panic(err)
	}
	return c.what.(*expect).what
}

// AsksSince reports whether a check takes since LABEL.
func AsksSince(check string) bool { return readCheck(check).rules&since != 0 }
