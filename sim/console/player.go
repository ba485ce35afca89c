package console

import (
	"glovebox/sim"
	"glovebox/sim/scenario"
)

// Player is what plays in a world, and what people say to it by hand: a scenario.Player.
type Player interface {
	World() *sim.World        // nil before it is built
	Built() <-chan struct{}   // closed when World is there
	Changed() <-chan struct{} // closed when Progress is another
	Progress() scenario.PlayerProgress
	Scenario() *scenario.Scenario // what plays
}
