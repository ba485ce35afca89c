package console

import (
	"cmp"
	"context"
	"strconv"
	"time"

	"glovebox/sim/scenario"
)

// worldData is the event world.
type worldData struct {
	Title    string  `json:"title"`
	Scenario string  `json:"scenario"`
	Seed     uint64  `json:"seed"`
	Model    string  `json:"model"`
	Year     int     `json:"year"`
	Bus      string  `json:"bus"`
	Broker   string  `json:"broker"`
	Speed    float64 `json:"speed"`
	Paused   bool    `json:"paused"`
	Thinned  bool    `json:"thinned"`
	Over     bool    `json:"over"`
	Failed   int     `json:"failed"`
	OK       int     `json:"ok"`
	Run      int     `json:"run"`

	Lap    int    `json:"lap"`                   // drives that have begun
	Phase  string `json:"phase"`                 // driving, or the line that runs
	Since  string `json:"drive_since,omitempty"` // of the drive that plays
	Length int64  `json:"drive_ms,omitempty"`    // if it is known
	Note   string `json:"note,omitempty"`        // the newest line that failed
	End    string `json:"end,omitempty"`         // what was wrong when the world ended
}

// stepData is the event step.
type stepData struct {
	N     int    `json:"n"`
	After int    `json:"after"` // of a line by hand: the number of the line before it
	Line  int    `json:"line"`
	File  string `json:"file,omitempty"`
	Text  string `json:"text"`
	Note  string `json:"note,omitempty"` // the comment above the line
	State string `json:"state"`
	T     string `json:"t"`
	MS    int64  `json:"ms"`
	Got   string `json:"got"`
	Hand  bool   `json:"hand"`
	Waits string `json:"waits"`
}

// routeData is the event route.
type routeData struct {
	Points [][2]float64 `json:"points"`
	Name   string       `json:"name"`
}

// faultData is the event fault.
type faultData struct {
	Name string `json:"name"`
	On   bool   `json:"on"`
	From string `json:"from"`
	To   string `json:"to"`
}

// followAgain is how often the player is looked at where it says nothing: a fault that is
// over does not.
const followAgain = time.Second

// thinnedAbove is the factor from which cyclic frames are left out.
const thinnedAbove = 10

// follow tells how far the player has come, each time that it is another.
func (f *Feed) follow(ctx context.Context) error {
	told := playTold{steps: map[int]stepData{}, faults: map[string]faultData{}}
	for {
		changed := f.player.Changed()
		f.progress(&told, f.player.Progress(), time.Now())
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-time.After(followAgain):
		}
	}
}

// playTold is what was told of a player.
type playTold struct {
	world  worldData
	steps  map[int]stepData
	faults map[string]faultData
	drives int
	since  time.Time // of the newest drive
	routed bool

	moments map[time.Time]string // of ours, as the car's time had them when they were told
}

// mostMoments is how many are remembered: those of lines and faults that change once more.
const mostMoments = 2000

// simulated is a moment of ours in the car's time, which may run faster. It is asked for
// close to that moment, and stays as it was told.
func (t *playTold) simulated(f *Feed, at, now time.Time) string {
	if at.IsZero() {
		return ""
	}
	if told, known := t.moments[at]; known {
		return told
	}
	if t.moments == nil || len(t.moments) > mostMoments {
		t.moments = map[time.Time]string{}
	}
	factor := 1.0
	if f.world.Car != nil {
		factor = f.world.Car.Pace().Factor()
	}
	t.moments[at] = stamp(f.carTime(now).Add(-time.Duration(float64(now.Sub(at)) * factor)))
	return t.moments[at]
}

// progress appends what is another.
func (f *Feed) progress(told *playTold, p scenario.PlayerProgress, now time.Time) {
	if p.Drives != told.drives {
		told.drives, told.since, told.routed = p.Drives, now, false
	}
	w := worldOf(f.player.Scenario(), p)
	w.Bus, w.Broker, w.Run = f.world.DBus.Address, f.world.Broker.URL(), f.run
	if p.Plays {
		w.Since = stamp(told.since)
	}
	if w != told.world {
		f.log.Append("world", "", nil, w)
		told.world = w
	}
	for _, s := range p.Steps {
		if d := stepOf(s, told.simulated(f, s.At, now)); told.steps[s.N] != d {
			told.steps[s.N] = d
			f.log.Append("step", strconv.Itoa(s.N), nil, d)
		}
	}
	if len(told.steps) > 2*len(p.Steps)+100 { // lines by hand are forgotten in the end
		clear(told.steps)
		for _, s := range p.Steps {
			told.steps[s.N] = stepOf(s, told.simulated(f, s.At, now))
		}
	}
	for _, one := range p.Faults {
		d := faultData{one.Name, one.On, told.simulated(f, one.From, now), told.simulated(f, one.To, now)}
		if told.faults[one.Name] != d {
			told.faults[one.Name] = d
			f.log.Append("fault", one.Name, nil, d)
		}
	}
	if f.world.Car != nil && !told.routed {
		if name, points := f.world.Car.Way(); points != nil {
			told.routed = true
			f.log.Append("route", "", []string{"hmi"}, routeData{points, cmp.Or(name, p.Drive)})
		}
	}
}

// worldOf is what a scenario and its progress say of the world.
func worldOf(s *scenario.Scenario, p scenario.PlayerProgress) worldData {
	w := worldData{
		Title: cmp.Or(s.Title, "scenario "+s.Name), Scenario: s.Name, Seed: s.Seed, Model: s.Model, Year: s.Year,
		Speed: p.Speed, Paused: p.Paused, Thinned: s.Made && p.Speed > thinnedAbove, Over: p.Over, End: p.End,
		Lap: p.Drives, Length: p.Of.Milliseconds(),
	}
	for _, step := range p.Steps {
		switch step.State {
		case scenario.Failed:
			w.Failed++
			w.Note = step.Text + ": " + step.Got
		case scenario.Well, scenario.Refused:
			w.OK++
		case scenario.Running:
			w.Phase = step.Text
		}
	}
	if p.Plays {
		w.Phase = "driving"
	}
	return w
}

func stepOf(s scenario.PlayerStep, at string) stepData {
	return stepData{
		N: s.N, After: s.After, Line: s.Line, File: s.File, Text: s.Text, Note: s.Note, State: s.State, T: at, MS: s.Took.Milliseconds(), Got: s.Got, Hand: s.Hand, Waits: s.Waits,
	}
}
