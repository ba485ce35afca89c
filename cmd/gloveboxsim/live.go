package main

import (
	"cmp"
	"time"

	"glovebox/sim"
	"glovebox/sim/console"
	"glovebox/sim/scenario"
)

// livePlayer is a scenario that plays, as a feed of the console looks at it.
type livePlayer struct {
	live     *scenario.Live
	scenario *scenario.Scenario
}

func (p livePlayer) World() *sim.World { return p.live.World() }

func (p livePlayer) Built() <-chan struct{} {
	built := make(chan struct{})
	close(built)
	return built
}

// Changed is closed soon: a Live says nothing when it comes further.
func (p livePlayer) Changed() <-chan struct{} {
	soon := make(chan struct{})
	time.AfterFunc(drawEvery, func() { close(soon) })
	return soon
}

func (p livePlayer) Progress() console.Progress {
	now, s := p.live.Progress(), p.scenario
	all := console.Progress{Title: cmp.Or(s.Title, "scenario "+s.Name), Scenario: s.Name, Seed: s.Seed, Model: s.Model, Year: s.Year, Speed: s.Speed, Note: now.Note}
	all.Drive = console.Drive{N: now.Playback, Length: now.Of}
	if now.Phase == "driving" {
		all.Drive.Since = time.Now().Add(-now.At).Truncate(time.Second)
	} else if now.Phase != "" {
		all.Steps = []console.Step{{N: 1, Text: now.Phase, State: "running"}}
	}
	return all
}
