package console

import (
	"context"
	"reflect"
	"strconv"
	"time"
)

// worldData is the event world.
type worldData struct {
	Title     string  `json:"title"`
	Scenario  string  `json:"scenario"`
	Seed      uint64  `json:"seed"`
	Model     string  `json:"model"`
	Year      int     `json:"year"`
	Bus       string  `json:"bus"`
	Broker    string  `json:"broker"`
	Speed     float64 `json:"speed"`
	Paused    bool    `json:"paused"`
	Thinned   bool    `json:"thinned"`
	Recording bool    `json:"recording"`
	Over      bool    `json:"over"`
	Failed    int     `json:"failed"`
	OK        int     `json:"ok"`
	Run       int     `json:"run"`

	Lap    int    `json:"lap"`   // drives that have begun
	Phase  string `json:"phase"` // driving, or the line that runs
	Since  string `json:"drive_since,omitempty"`
	Length int64  `json:"drive_ms,omitempty"`
	Note   string `json:"note,omitempty"`
}

type stepData struct {
	Step
	T string `json:"t"`
}

type routeData struct {
	Points [][2]float64 `json:"points"`
	Name   string       `json:"name"`
}

type faultData struct {
	Name string `json:"name"`
	On   bool   `json:"on"`
	From string `json:"from"`
	To   string `json:"to"`
}

// follow tells how far the player has come, each time that it is another.
func (f *Feed) follow(ctx context.Context) error {
	var told playTold
	for {
		changed := f.player.Changed()
		f.told(&told, f.player.Progress())
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
	}
}

// playTold is what was told of a player.
type playTold struct {
	world  worldData
	steps  map[int]Step
	faults map[string]Fault
	drive  int
}

// told appends what is another in the progress.
func (f *Feed) told(before *playTold, p Progress) {
	if before.steps == nil {
		before.steps, before.faults = map[int]Step{}, map[string]Fault{}
	}
	w := worldOf(p)
	w.Bus, w.Broker, w.Run = f.world.DBus.Address, f.world.Broker.URL(), f.run
	if w != before.world {
		f.log.Append("world", "", nil, w)
		before.world = w
	}
	for _, s := range p.Steps {
		if old, known := before.steps[s.N]; !known || old != s {
			f.log.Append("step", strconv.Itoa(s.N), nil, stepData{s, stamp(s.T)})
			before.steps[s.N] = s
		}
	}
	if p.Drive.N != before.drive {
		f.log.Append("route", "", nil, routeData{append([][2]float64{}, p.Drive.Points...), p.Drive.Name})
		before.drive = p.Drive.N
	}
	for _, one := range changedFaults(before.faults, p.Faults, time.Now()) {
		f.log.Append("fault", one.Name, nil, one)
	}
}

// worldOf is what of a progress stands in the event.
func worldOf(p Progress) worldData {
	w := worldData{
		Title: p.Title, Scenario: p.Scenario, Seed: p.Seed, Model: p.Model, Year: p.Year, Speed: p.Speed,
		Paused: p.Paused, Thinned: p.Thinned, Recording: p.Recording, Over: p.Over, Note: p.Note,
		Lap: p.Drive.N, Since: stamp(p.Drive.Since), Length: p.Drive.Length.Milliseconds(),
	}
	for _, s := range p.Steps {
		switch s.State {
		case "failed":
			w.Failed++
		case "ok", "refused":
			w.OK++
		case "running":
			w.Phase = s.Text
		}
	}
	if !p.Drive.Since.IsZero() {
		w.Phase = "driving"
	}
	return w
}

// changedFaults are those that are on now and were not told so, and those that are over.
func changedFaults(told map[string]Fault, now []Fault, at time.Time) (all []faultData) {
	on := map[string]bool{}
	for _, one := range now {
		on[one.Name] = true
		if before, known := told[one.Name]; !known || !reflect.DeepEqual(before, one) {
			told[one.Name] = one
			all = append(all, faultData{one.Name, true, stamp(one.From), stamp(one.To)})
		}
	}
	for name, one := range told {
		if !on[name] {
			delete(told, name)
			all = append(all, faultData{name, false, stamp(one.From), stamp(at)})
		}
	}
	return all
}
