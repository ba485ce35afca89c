package telemetry_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// wheel is a gate with a clock and a car that drives due north.
type wheel struct {
	gate   telemetry.Gate
	now    hal.Instant
	metres float64
}

func newWheel(fact string) *wheel {
	return &wheel{gate: telemetry.NewGate(outside.Builtin().Numbers(), fact)}
}

// metresPerDegree of latitude on the mean sphere.
const metresPerDegree = 111_195.08

// fix is a fix where the car is; it returns whether it passed.
func (w *wheel) fix() bool {
	var p *hal.Position
	p, w.gate = w.gate.Fix(&hal.Position{Latitude: w.metres / metresPerDegree}, w.now)
	return p != nil
}

// drive goes a distance in a time, with a fix a second, and returns where and
// when the first fix passed, or "never".
func (w *wheel) drive(metres float64, d time.Duration) string {
	w.gate = w.gate.Motion(false, true)
	step, passed := metres/d.Seconds(), "never"
	for at := time.Duration(0); at < d; at += time.Second {
		w.now.Boot += time.Second
		w.metres += step
		w.gate = w.gate.Drove(step)
		if w.fix() && passed == "never" {
			passed = fmt.Sprintf("%.0f m %s", step*float64(at/time.Second+1), at+time.Second)
		}
	}
	return passed
}

func (w *wheel) park() bool {
	w.gate = w.gate.Motion(true, false)
	w.now.Boot += time.Minute
	return w.fix()
}

func (w *wheel) level(l telemetry.Level, inUse bool) { w.gate = w.gate.SetLevel(l, inUse) }

const (
	share      = telemetry.LevelShare
	noPosition = telemetry.LevelNoPosition
	offline    = telemetry.LevelOffline
)

// The table of docs/privacy.md, The pipeline.
func TestGateTable(t *testing.T) {
	begin := func(guest bool) func(*wheel) { return func(w *wheel) { w.gate = w.gate.Begin(guest) } }
	level := func(l telemetry.Level, guest bool) func(*wheel) {
		return func(w *wheel) { w.gate = w.gate.Begin(guest).SetLevel(l, false) }
	}
	for _, c := range []struct {
		name          string
		driver        func(*wheel)
		parked, moves bool // a fix passes while parked, while moving
		muted         bool
		effective     string
		cause         outside.State
	}{
		{"a person at share", begin(false), true, true, false, "share", outside.Open},
		{"nobody", func(*wheel) {}, true, false, false, "share", outside.Open},
		{"a person at no-position", level(noPosition, false), false, false, false, "no-position level", outside.NoPosition},
		{"a guest", begin(true), false, false, false, "no-position guest", outside.GuestDriving},
		{"a guest at no-position", level(noPosition, true), false, false, false, "no-position level guest", outside.GuestDriving},
		{"a person offline", level(offline, false), false, false, true, "offline level", outside.Offline},
		{"a guest offline", level(offline, true), false, false, true, "offline level", outside.Offline},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWheel("open")
			w.gate = w.gate.Motion(true, false)
			c.driver(w)
			if got := w.fix(); got != c.parked {
				t.Errorf("parked: passes %v: want %v", got, c.parked)
			}
			effective, by := w.gate.Effective()
			if got := strings.Join(append([]string{effective.String()}, by...), " "); got != c.effective || w.gate.Cause() != c.cause || w.gate.Muted() != c.muted {
				t.Errorf("effective %q, cause %s, muted %v", got, w.gate.Cause(), w.gate.Muted())
			}
			if got := w.drive(1000, time.Minute) != "never"; got != c.moves {
				t.Errorf("moving: passes %v: want %v", got, c.moves)
			}
		})
	}
}

// Found moving with nobody at the wheel, as after a restart, the place stays
// closed until the car is parked.
func TestNobodyOnTheMove(t *testing.T) {
	w := newWheel("open")
	if got := w.drive(5000, 10*time.Minute); got != "never" {
		t.Errorf("passes at %s", got)
	}
	w.park()
	w.gate = w.gate.Begin(false).Motion(false, true).End(true)
	if w.fix() {
		t.Error("passes though the driver is gone and the car moves")
	}
	w.gate = w.gate.Motion(false, false) // still rolling, ignition off
	if w.fix() {
		t.Error("passes before the car is parked")
	}
	if !w.park() {
		t.Error("does not pass though parked")
	}
}

// A level holds from the next sample on, both ways, and leaves no mark if it
// was raised before the end.
func TestLevelWithinADrive(t *testing.T) {
	for _, l := range []telemetry.Level{noPosition, offline} {
		w := newWheel("open")
		w.gate = w.gate.Begin(false)
		w.drive(1000, time.Minute)
		w.level(l, true)
		if w.fix() {
			t.Errorf("%s: the next sample passes", l)
		}
		w.drive(1000, time.Minute)
		w.level(share, true)
		if !w.fix() {
			t.Errorf("%s: the sample after raising is held", l)
		}
		if w.gate.Fact() != "open" || !w.park() {
			t.Errorf("%s: a mark is left", l)
		}
	}
}

// After a drive that ended at a chosen level the place stays closed, parked
// too, until 2 km and 300 s into the next drive: both, whichever comes last.
func TestHiddenEnd(t *testing.T) {
	end := map[string]func(*wheel){
		"parked, then logged out": func(w *wheel) { w.park(); w.gate = w.gate.End(false) },
		"logged out in use":       func(w *wheel) { w.gate = w.gate.Motion(true, true).End(true) },
		"lowered before the drive": func(w *wheel) {
			w.park()
			w.level(share, false)
			w.level(noPosition, false)
			w.drive(9000, time.Hour)
			w.park()
			w.level(share, false)
		},
		"parked, then raised":   func(w *wheel) { w.park(); w.level(share, false) },
		"the power fails":       func(w *wheel) { *w = wheel{newWheel(w.gate.Fact()).gate, w.now, w.metres} },
		"the power fails later": func(w *wheel) { w.park(); *w = wheel{newWheel(w.gate.Fact()).gate, w.now, w.metres} },
	}
	for name, end := range end {
		for _, guest := range []bool{false, true} {
			for _, l := range []telemetry.Level{noPosition, offline} {
				w := newWheel("open")
				w.gate = w.gate.Begin(guest)
				w.drive(30_000, 20*time.Minute)
				w.level(l, true)
				end(w)
				if w.fix() || w.park() || w.gate.Fact() == "open" {
					t.Errorf("%s, guest %v, %s: the end is shown", name, guest, l)
				}
				w.gate = w.gate.Begin(false)
				if got := w.drive(20_000, 20*time.Minute); got != "5017 m 5m1s" { // slow clock: 300 s after the first fix
					t.Errorf("%s, guest %v, %s: the next drive is shown from %s", name, guest, l, got)
				}
				if w.gate.Fact() != "open" || !w.park() {
					t.Errorf("%s: closed after that", name)
				}
			}
		}
	}
}

// Distance decides where time is long past; a short hop clears nothing, nor
// does a receiver's noise at a standstill, a jump, or a drive with nobody.
func TestHiddenEndIsFarAway(t *testing.T) {
	hidden := func() *wheel {
		w := newWheel("hidden-end")
		w.gate = w.gate.Motion(true, false).Begin(false)
		return w
	}
	w := hidden()
	if got := w.drive(4000, 2000*time.Second); got != "2002 m 16m41s" { // from the first fix on
		t.Errorf("slow: shown from %s", got)
	}
	w = hidden()
	for range 5 {
		if got := w.drive(1500, 10*time.Minute); got != "never" || w.park() {
			t.Error("a short hop clears the hidden end")
		}
	}
	w = hidden()
	w.gate = w.gate.Motion(true, true)
	for i := range 3600 { // an hour of noise of 20 m
		w.metres = float64(i%2) * 20
		w.now.Boot += time.Second
		if w.fix() {
			t.Fatal("noise clears the hidden end")
		}
	}
	for i := range 600 { // a fix that jumps between two towns
		w.metres = float64(i%2) * 30_000
		w.now.Boot += time.Second
		if w.fix() {
			t.Fatal("a jump clears the hidden end")
		}
	}
	w = hidden()
	w.gate = w.gate.Motion(false, true)
	for i := range 3600 { // out of a garage at walking pace, under a fix that jumps
		w.metres = float64(i%2) * 55
		w.now.Boot += time.Second
		w.gate = w.gate.Drove(0.5)
		if w.fix() {
			t.Fatal("a jump while rolling clears the hidden end")
		}
	}
	w = newWheel("hidden-end")
	w.gate = w.gate.Motion(true, true)
	for range 600 { // on a ferry, ignition on, nobody at the wheel
		w.metres += 20
		w.now.Boot += time.Second
		if w.fix() {
			t.Fatal("a ferry clears the hidden end")
		}
	}
	w = newWheel("hidden-end")
	if w.drive(50_000, time.Hour) != "never" || w.park() {
		t.Error("a drive with nobody at the wheel clears the hidden end")
	}
}

// After a start with nobody at the wheel the place stays closed until the car was seen
// parked. Somebody at the wheel has it meanwhile, and it closes again behind them.
func TestNobodyAfterAStart(t *testing.T) {
	w := newWheel("open")
	if w.fix() {
		t.Error("passes before anything is known of the car")
	}
	w.gate = w.gate.Motion(false, false).Begin(false)
	if !w.fix() {
		t.Error("does not pass for a person at share")
	}
	w.gate = w.gate.End(false)
	if w.fix() {
		t.Error("passes behind them, the car was never seen parked")
	}
	if !w.park() || w.gate.Fact() != "open" {
		t.Error("does not pass once the car was seen parked")
	}
}

// What Fact did not say is no proof that nothing is hidden.
func TestUnknownFactHides(t *testing.T) {
	for _, fact := range []string{"", "Open", "open ", "hidden-end", "\x00"} {
		w := newWheel(fact)
		w.gate = w.gate.Begin(false)
		if w.park() || w.gate.Fact() != "hidden-end" {
			t.Errorf("%q: the place is shown, the fact is %q", fact, w.gate.Fact())
		}
	}
}

// One word says that the place begins later, whatever it waits for.
func TestWaiting(t *testing.T) {
	for name, g := range map[string]telemetry.Gate{
		"after a start":        newWheel("open").gate,
		"nobody on the move":   newWheel("open").gate.Motion(true, false).Motion(false, true),
		"after a hidden drive": newWheel("hidden-end").gate.Motion(true, false).Begin(false),
	} {
		level, by := g.Effective()
		withheld := g.Withheld(outside.Builtin(), family, hal.Instant{})
		if level != noPosition || !slices.Equal(by, []string{"waiting"}) || len(withheld) != 2 || withheld[0].Rule != "position/waiting" {
			t.Errorf("%s: %s by %v, withheld %+v", name, level, by, withheld)
		}
	}
	level, by := newWheel("hidden-end").gate.Begin(false).SetLevel(noPosition, false).Effective()
	if level != noPosition || !slices.Equal(by, []string{"level", "waiting"}) {
		t.Errorf("lowered over a hidden end: %s by %v", level, by)
	}
}

// A guest who chose nothing leaves no mark: the owner finds the parked car.
func TestGuestWhoChoseNothing(t *testing.T) {
	w := newWheel("open")
	w.gate = w.gate.Begin(true)
	w.drive(30_000, 20*time.Minute)
	if w.park() || w.gate.Fact() != "open" {
		t.Error("the guest's place is shown, or a mark is left")
	}
	w.gate = w.gate.End(false)
	if !w.park() {
		t.Error("the parked car is not found")
	}
}

// Without the numbers of the policy a hidden end never clears.
func TestHiddenEndWithoutNumbers(t *testing.T) {
	w := &wheel{gate: telemetry.NewGate(outside.Numbers{}, "hidden-end").Begin(false)}
	if got := w.drive(50_000, time.Hour); got != "never" {
		t.Errorf("shown from %s", got)
	}
}

// What the gate held back is in the ledger with its cause, for the readers who
// would have had it.
func TestGateWithheld(t *testing.T) {
	g := newWheel("open").gate.Begin(true)
	got := g.Withheld(outside.Builtin(), family, hal.Instant{})
	if len(got) != 2 || got[0].Rule != "position/guest_driving" || got[0].Reader != "anna" || got[0].Outcome != outside.Withheld {
		t.Errorf("guest: %+v", got)
	}
	if got := g.Begin(false).SetLevel(noPosition, false).Withheld(outside.Builtin(), family, hal.Instant{}); len(got) != 2 || got[1].Rule != "position/no_position" {
		t.Errorf("no-position: %+v", got)
	}
	if got := g.Begin(false).Withheld(outside.Builtin(), family, hal.Instant{}); len(got) != 0 {
		t.Errorf("open: %+v", got)
	}
	d := outside.Decision{Rule: "fuel-level/no_position", LimitedBy: []string{"odometer/main", "odometer/no_position"}}
	if n := g.Name(d); n.Rule != "fuel-level/guest_driving" || n.LimitedBy[1] != "odometer/guest_driving" || d.LimitedBy[1] != "odometer/no_position" {
		t.Errorf("named %+v, was %+v", n, d)
	}
	if n := g.Begin(false).Name(d); n.Rule != d.Rule {
		t.Errorf("named %+v for a person", n)
	}
}

func TestParseLevel(t *testing.T) {
	for _, word := range []string{"share", "no-position", "offline"} {
		if l, err := telemetry.ParseLevel(word); err != nil || l.String() != word {
			t.Errorf("%s: %v, %v", word, l, err)
		}
	}
	for _, word := range []string{"", "Share", "offline ", "no_position", "\xff"} {
		if l, err := telemetry.ParseLevel(word); err == nil || l != offline {
			t.Errorf("%q: %v, %v", word, l, err)
		}
	}
	if s := telemetry.Level(9).String(); s != "offline" {
		t.Errorf("a level nobody knows is %s", s)
	}
}
