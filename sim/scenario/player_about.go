package scenario

// Scenario is what plays. It is only to be read.
func (p *Player) Scenario() *Scenario { return p.scenario }
