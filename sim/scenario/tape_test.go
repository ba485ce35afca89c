package scenario

import (
	"strings"
	"testing"
	"time"

	"glovebox/headunit"
	"glovebox/sim/car"
)

// Tape is a recording without a world.
type Tape struct {
	t     testing.TB
	r     recording
	stage stage
}

// NewTape is one of a made car.
func NewTape(t testing.TB) *Tape {
	return &Tape{t: t, stage: stage{Scenario: &Scenario{Head: Head{Made: true}}, pace: car.NewPace(1)}}
}

// Recorded makes its car a recorded one.
func (p *Tape) Recorded() { p.stage.Made = false }

func (p *Tape) read(line string) Command {
	p.t.Helper()
	c, err := Behind("users anna:main\nboot\ndrive block.gpx\n").parser().command(line)
	if err != nil && strings.HasPrefix(line, "drive") || line == "boot" {
		c, err = Behind("users anna:main\n" + map[bool]string{true: "boot\n"}[line != "boot"]).parser().command(line)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

// Line is one that goes well, or more, each with ; behind it.
func (p *Tape) Line(lines string, took time.Duration) {
	p.t.Helper()
	for line := range strings.SplitSeq(lines, "; ") {
		p.During(line, took, func() {})
	}
}

// During is a line that waits for so long while do is done.
func (p *Tape) During(line string, took time.Duration, do func()) {
	p.t.Helper()
	e, begun := p.r.begin(p.read(line)), time.Now()
	do()
	time.Sleep(took - time.Since(begun))
	p.r.keep(e, nil)
}

// Fails is a line that fails.
func (p *Tape) Fails(line string) { p.r.drop(p.r.begin(p.read(line))) }

// Refused is one that somebody refuses while do is done.
func (p *Tape) Refused(line, name string, do func()) {
	e := p.r.begin(p.read(line))
	do()
	p.r.keep(e, &headunit.Refusal{Name: name})
}

// Hold makes the car stand still, or run again.
func (p *Tape) Hold(on bool) {
	p.stage.pace.Hold(on)
	p.r.hold(on, &p.stage)
}

// Speed is a line that says how fast the car's time runs.
func (p *Tape) Speed(factor float64) {
	p.stage.pace.Set(factor)
	p.Line("speed "+decimal(factor)+"x", 0)
}

// Lines are those that repeat it.
func (p *Tape) Lines() []string { return p.r.lines() }
