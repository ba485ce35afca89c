package scenario_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glovebox/sim/scenario"
)

// laps has a line that fails each time it plays: nobody is at the wheel.
const laps = `users anna:main
boot
replay can=rav4 for=300ms
set radio volume 30
never state idle
sync
`

// What is repeated boots once, goes on behind a line that fails, and keeps no record of what
// goes on for days. It is over when its agent is; the world is not.
func TestPlayerRepeats(t *testing.T) {
	t.Parallel()
	p := player(t, laps, scenario.Options{Repeat: true, Forget: true})
	p.run()
	<-p.Built()
	if _, err := os.Stat(filepath.Join(p.World().Dir, "wire.bin")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the wire is recorded: %v", err)
	}
	p.until("it drives", func(now scenario.PlayerProgress) bool {
		return now.Plays && now.At > 0 && now.Of > 200*time.Millisecond
	})
	now := p.reaches("set radio volume 30", scenario.Failed)
	agent := p.World().Agent.PID()
	for i := range 600 {
		if _, err := p.Do(t.Context(), fmt.Sprintf("mark lap-%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	now = p.until("a third lap", func(now scenario.PlayerProgress) bool { return now.Lap == 3 && now.Drives == 3 })
	if n := len(now.Steps); n != 506 || now.Paused || p.World().Agent.PID() != agent {
		t.Errorf("in the third lap %d lines are told of, the agent is %d and was %d: %+v", n, p.World().Agent.PID(), agent, now)
	}
	p.World().Kill()
	now = p.until("it pauses", func(now scenario.PlayerProgress) bool { return now.Paused })
	if !strings.Contains(now.Fell, "the agent ended by itself") {
		t.Errorf("the agent was killed: %q", now.Fell)
	}
	if p.do("boot"); p.Progress().Fell != "" {
		t.Errorf("it runs again: %q", p.Progress().Fell)
	}
	p.Go()
	p.until("another lap", func(now scenario.PlayerProgress) bool { return now.Drives == 5 })
	p.close()
}
