package scenario_test

import (
	"context"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/sim/scenario"
)

// played is a player that runs until the test ends it.
type played struct {
	*scenario.Player
	t     *testing.T
	end   context.CancelFunc
	ended chan error
}

// player is one of a scenario; nothing runs yet.
func player(t *testing.T, source string, o scenario.Options) *played {
	t.Helper()
	if _, err := exec.LookPath("dbus-daemon"); err != nil {
		t.Skip("dbus-daemon is not installed")
	}
	program, err := gloveboxd()
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenario.Parse("played.txtar", []byte(source), nil)
	if err != nil {
		t.Fatal(err)
	}
	o.Gloveboxd = program
	return &played{Player: scenario.NewPlayer(s, o), t: t, ended: make(chan error, 1)}
}

func (p *played) run() {
	ctx, cancel := context.WithCancel(p.t.Context())
	p.end = cancel
	go func() { p.ended <- p.Run(ctx) }()
	p.t.Cleanup(cancel)
}

// close ends the world.
func (p *played) close() {
	p.t.Helper()
	p.end()
	select {
	case err := <-p.ended:
		if err != nil {
			p.t.Error(err)
		}
	case <-time.After(time.Minute):
		p.t.Fatal("it does not end")
	}
}

// until waits for a progress.
func (p *played) until(what string, is func(scenario.PlayerProgress) bool) scenario.PlayerProgress {
	p.t.Helper()
	late := time.After(time.Minute)
	for {
		changed := p.Changed()
		now := p.Progress()
		if is(now) {
			return now
		}
		select {
		case <-changed:
		case <-time.After(10 * time.Millisecond): // how far a drive is
		case <-late:
			p.t.Fatalf("never: %s: %+v", what, now)
		}
	}
}

// state of the newest line with that text, empty if there is none.
func state(now scenario.PlayerProgress, text string) string {
	for _, s := range slices.Backward(now.Steps) {
		if s.Text == text {
			return s.State
		}
	}
	return ""
}

func (p *played) reaches(text, want string) scenario.PlayerProgress {
	p.t.Helper()
	return p.until(text+" is "+want, func(now scenario.PlayerProgress) bool { return state(now, text) == want })
}

// do says a line that goes well, or is refused.
func (p *played) do(text string) scenario.StepResult {
	p.t.Helper()
	r, err := p.Do(p.t.Context(), text)
	if err != nil || !r.OK {
		p.t.Errorf("%s: %+v, %v", text, r, err)
	}
	return r
}

// byAndBy is a scenario in which something is said by hand while its lines wait.
const byAndBy = `seed 7
car Taycan 2024
users anna:main lea:shared jonas:limited
boot
login lea pin=1111
expect error WrongPIN
never state guest
wait 1s
expect state active anna within 20s
expect state idle
set radio volume 27
ignition on
gear D
drive block.gpx
at 2s alarm cruise-fault on
sync
ignition off
fault can off
wait 100ms
guest
end
`

// A script waits for no hand and a hand for no script, and each asks how its own line before
// was refused. A check that fails is told and a command that fails pauses; the world lives on.
// What was played and said is a scenario that goes well.
func TestPlayer(t *testing.T) {
	t.Parallel()
	p := player(t, byAndBy, scenario.Options{})
	p.Pause()
	p.run()
	<-p.Built()
	if now := p.Progress(); !now.Paused || slices.ContainsFunc(now.Steps, func(s scenario.PlayerStep) bool { return s.State != scenario.Waiting }) {
		t.Errorf("it is paused, and yet: %+v", now)
	}
	for _, text := range []string{"seed 7", "car Taycan 2024", "users anna:main lea:shared jonas:limited", "boot"} {
		p.Next()
		now := p.reaches(text, scenario.Well)
		if next := now.Steps[slices.IndexFunc(now.Steps, func(s scenario.PlayerStep) bool { return s.Text == text })+1]; next.State != scenario.Waiting {
			t.Errorf("after one line more: %+v", next)
		}
	}
	for text, near := range map[string]string{"lgin anna": `did you mean "login"`, "login kai": "kai", "seed 8": "before boot", "end": "lives on", "mark": "missing", "expect state idle since lap": "lap", "": "nothing"} {
		if _, err := p.Do(t.Context(), text); !errors.Is(err, scenario.ErrLine) || !strings.Contains(err.Error(), near) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if r := p.do("login jonas pin=2222"); !r.Refused {
		t.Errorf("a wrong PIN: %+v", r)
	}
	p.Next()
	p.reaches("login lea pin=1111", scenario.Refused)
	p.do("expect error WrongPIN") // of jonas
	p.do("set radio volume 3")    // nobody is at the wheel
	p.do("expect error NotPermitted")
	p.Go()
	p.reaches("expect error WrongPIN", scenario.Well) // of lea
	now := p.reaches("expect state active anna within 20s", scenario.Running)
	if i := slices.IndexFunc(now.Steps, func(s scenario.PlayerStep) bool { return s.State == scenario.Running }); now.Steps[i].Waits != "state active anna" {
		t.Errorf("it waits for %q", now.Steps[i].Waits)
	}
	p.do("login anna")
	p.reaches("expect state active anna within 20s", scenario.Well)
	p.reaches("expect state idle", scenario.Failed)

	now = p.until("a drive", func(now scenario.PlayerProgress) bool { return now.Plays && now.At > 500*time.Millisecond })
	if now.Drive != "block.gpx" || now.Drives != 1 || now.Paused {
		t.Errorf("it drives: %+v", now)
	}
	p.Pause()
	at := p.Progress().At
	p.do("fault gnss")
	p.do("fault offline for 1m")
	time.Sleep(300 * time.Millisecond)
	if now := p.Progress(); now.At != at || !now.Plays {
		t.Errorf("it stood still at %v and is at %v now", at, now.At)
	}
	if state(p.Progress(), "at 2s alarm cruise-fault on") == scenario.Well {
		t.Error("it went on while it was paused")
	}
	p.faults("gnss on, offline on until then")
	p.do("fault gnss off")
	p.do("fault offline off")
	p.faults("gnss off, offline off")
	if r, err := p.Do(t.Context(), "fault duplicate off"); err != nil || r.OK || !strings.Contains(r.Got, "not on") {
		t.Errorf("what is whole was mended: %+v, %v", r, err)
	}
	p.Go()
	p.reaches("at 2s alarm cruise-fault on", scenario.Well)
	p.do("speed 60x")
	if now := p.Progress(); now.Speed != 60 {
		t.Errorf("the car's time runs %v times as fast", now.Speed)
	}
	now = p.reaches("fault can off", scenario.Failed)
	if !now.Paused || now.Over || state(now, "wait 100ms") != scenario.Waiting {
		t.Errorf("a command failed: %+v", now)
	}
	p.do("set radio volume 12")
	p.Go()
	p.reaches("never state guest", scenario.Failed)
	p.reaches("end", scenario.Well)
	p.until("all lines are over", func(now scenario.PlayerProgress) bool { return now.Over })
	p.do("logout")
	for range 600 { // of lines by hand the newest are told of
		p.do("speed 60x")
	}
	if n := len(p.Progress().Steps); n != strings.Count(byAndBy, "\n")+500 {
		t.Errorf("%d lines are told of", n)
	}
	recording := p.Recording()
	p.World().Kill()
	now = p.until("it pauses", func(now scenario.PlayerProgress) bool { return now.Paused })
	if !strings.Contains(now.Fell, "the agent ended by itself") {
		t.Errorf("the agent was killed: %q", now.Fell)
	}
	if p.do("boot"); p.Progress().Fell != "" {
		t.Errorf("it runs again: %q", p.Progress().Fell)
	}
	p.close()
	if now := p.Progress(); now.End != "" {
		t.Errorf("the world ended with %s", now.End)
	}
	if _, err := p.Do(t.Context(), "logout"); err == nil || errors.Is(err, scenario.ErrLine) {
		t.Errorf("said too late: %v", err)
	}
	p.repeats(recording, "never state guest")
}

// faults compares those that were on.
func (p *played) faults(want string) {
	p.t.Helper()
	var all []string
	for _, f := range p.Progress().Faults {
		text := f.Name + map[bool]string{true: " on", false: " off"}[f.On]
		if f.On && f.To.After(f.From) {
			text += " until then"
		}
		if !f.On && f.To.IsZero() {
			text += " nobody knows when"
		}
		all = append(all, text)
	}
	if got := strings.Join(all, ", "); got != want {
		p.t.Errorf("faults: %s; want %s", got, want)
	}
}

// repeats plays the recording, in which all goes well but for the lines said here.
func (p *played) repeats(recording []byte, but ...string) {
	p.t.Helper()
	s, err := scenario.Parse("recorded.txtar", recording, nil)
	if err != nil {
		p.t.Fatalf("%v\n%s", err, recording)
	}
	program, err := gloveboxd()
	if err != nil {
		p.t.Fatal(err)
	}
	for _, step := range scenario.Run(p.t.Context(), s, scenario.Options{Gloveboxd: program}).Steps {
		if !step.OK && !slices.Contains(but, step.Text) {
			p.t.Errorf("again: line %d: %s: %s", step.Line, step.Text, step.Got)
		}
	}
	if p.t.Failed() {
		p.t.Logf("%s", recording)
	}
}
