package main

import (
	"time"

	"glovebox/sim"
	"glovebox/sim/scenario"
)

// livePlayer is a scenario that plays, as a feed of the console looks at it.
type livePlayer struct {
	live     *scenario.Live
	scenario *scenario.Scenario
}

func (p livePlayer) World() *sim.World            { return p.live.World() }
func (p livePlayer) Scenario() *scenario.Scenario { return p.scenario }

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

func (p livePlayer) Progress() scenario.PlayerProgress {
	now := p.live.Progress()
	all := scenario.PlayerProgress{Drives: now.Playback, Plays: now.Phase == "driving", At: now.At, Of: now.Of, Speed: p.scenario.Speed}
	if now.Note != "" {
		all.Steps = append(all.Steps, scenario.PlayerStep{N: 1, Text: now.Note, State: scenario.Failed})
	}
	if !all.Plays && now.Phase != "" {
		all.Steps = append(all.Steps, scenario.PlayerStep{N: 2, Text: now.Phase, State: scenario.Running})
	}
	return all
}
