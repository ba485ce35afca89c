package scenario_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"glovebox/sim"
	"glovebox/sim/scenario"
)

// programs is where gloveboxd is built, once for all tests here.
var programs string

var gloveboxd = sync.OnceValues(func() (string, error) {
	return sim.Find(context.Background(), "gloveboxd", "", programs)
})

func TestMain(m *testing.M) {
	var err error
	if programs, err = os.MkdirTemp("", "gloveboxd"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(programs)
	os.Exit(code)
}

// run plays a scenario with the real agent.
func run(t *testing.T, source string) (scenario.Result, string) {
	t.Helper()
	if _, err := exec.LookPath("dbus-daemon"); err != nil {
		t.Skip("dbus-daemon is not installed")
	}
	program, err := gloveboxd()
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenario.Parse("x.txtar", []byte(source), nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var all []scenario.Result
	done := func(r scenario.Result) { all = append(all, r) }
	if err := scenario.RunAll(t.Context(), []*scenario.Scenario{s}, dir, 1, scenario.Options{Gloveboxd: program}, done); err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 || all[0].Err != nil {
		t.Fatalf("%d results, %+v", len(all), all)
	}
	return all[0], filepath.Join(dir, "x")
}

// lies are lines that are true of the world they make, and lines that are not,
// which end in FAIL.
const lies = `users anna:main lea:shared jonas:limited
boot
expect ready
expect not ready FAIL
login anna
expect error WrongPIN FAIL
login anna pin=1357
expect error WrongPIN
expect state idle FAIL
expect state active lea FAIL
set radio volume 27
expect setting radio volume 28 FAIL
expect setting radio volume default FAIL
set navigation home {"name":"Heron Quay 4471","latitude":54.19,"longitude":6.62}
expect disk Heron Quay 4471
expect not disk Heron Quay 4471 FAIL
never disk Heron Quay 4471 FAIL
never disk Heron Quay 4472
never wire gb-sealed
never wire /state FAIL
never state active anna FAIL
never state guest
mark here
expect disk unchanged since here
set radio volume 26
expect not disk unchanged since here
expect disk unchanged since here FAIL
expect permits purchase no FAIL
expect document 3 FAIL
document fresh
expect document 3
expect publish lea status FAIL
expect messages lea status 1 FAIL
expect points lea 1 FAIL
expect recorded lea FAIL
expect track lea FAIL
expect indicator on FAIL
expect level offline FAIL
expect warning brake on FAIL
expect port can up FAIL
expect signal Vehicle.Speed 3 FAIL
expect signals mapped FAIL
expect signals recorded FAIL
expect statistic documents.applied 3 FAIL
expect statistic documents.applied 2
expect statistic no-such-counter 1 FAIL
expect withheld position FAIL
expect settings acknowledged
app lea invite kai shared
expect error Refused
app anna invite kai shared
expect mail kai invites you
expect mail kai gb-nothing FAIL
expect sms kai code FAIL
app kai code
expect sms kai code
expect message anna gb-nothing FAIL
expect frame powertrain SPEED FAIL
expect frame powertrain SPEED.SPEED 3 FAIL
hmi link-fob anna
expect error InvalidArgument
assign trip-1 lea
expect error UnknownMethod FAIL
level offline
mark silent
expect sent since silent FAIL
expect stores whole
replay can=rav4 nmea=rav4 for=2s
at 1s expect signal Vehicle.Speed 99 at=500ms FAIL
at 1s expect port can up
sync
logout
expect settings acknowledged FAIL
end
`

// Every check that is false fails in its own line, and no other line does; a
// scenario with one fails, and says so in its result.
func TestChecksFail(t *testing.T) {
	t.Parallel()
	wrong := map[int]bool{}
	var lines []string
	for i, l := range strings.Split(lies, "\n") {
		text, fails := strings.CutSuffix(l, " FAIL")
		wrong[i+1] = fails
		lines = append(lines, text)
	}
	r, dir := run(t, strings.Join(lines, "\n"))
	if r.OK {
		t.Error("the scenario passed")
	}
	if len(r.Steps) < len(lines)-2 {
		t.Errorf("%d steps of %d lines", len(r.Steps), len(lines))
	}
	for _, s := range r.Steps {
		if s.OK == wrong[s.Line] && s.Text != "(end)" {
			t.Errorf("line %d: %s: ok %t, got %s", s.Line, s.Text, s.OK, s.Got)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	var kept scenario.Result
	if err := json.Unmarshal(text, &kept); err != nil || kept.OK || kept.Name != "x" || kept.Seed != 1 || len(kept.Steps) != len(r.Steps) {
		t.Errorf("result.json: %+v, %v", kept, err)
	}
	for _, name := range []string{"wire.jsonl", "wire.bin", "agent.log", "dbus.jsonl", "can-powertrain.log", "gnss.log", "state/profiles.db", "env"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// A command that fails ends the scenario in its line.
func TestCommandFails(t *testing.T) {
	t.Parallel()
	r, _ := run(t, "users anna:main\nboot\nlogin anna pin=1357\nexpect ready\n")
	if r.OK || len(r.Steps) != 4 || r.Steps[2].OK || r.Steps[3].Text != "(end)" {
		t.Errorf("%+v", r)
	}
}

// The readings of a fresh process, which takes over after a guest, are followed too.
func TestReadingsAfterAGuest(t *testing.T) {
	r, _ := run(t, "car Taycan 2024\n"+people+"boot\nguest\nlogout\nexpect wipe clean within 20s\n"+
		"signal Vehicle.Speed 33\nexpect signal Vehicle.Speed 33 within 20s\nmark fresh\nexpect signal Vehicle.Speed min=33 max=33 since fresh within 20s\n")
	for _, s := range r.Steps {
		if !s.OK {
			t.Errorf("%d: %s: %s", s.Line, s.Text, s.Got)
		}
	}
}
