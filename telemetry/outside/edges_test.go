package outside_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/telemetry/outside"
)

// assigned is a policy that gives everything to who has a trip assigned, and a limited
// reader nothing.
func assigned(t *testing.T) *outside.Policy {
	t.Helper()
	text := csvHeader
	for _, line := range strings.Split(outside.PolicyCSV(), "\n") {
		cells := strings.SplitN(line, ",", 10)
		if len(cells) < 10 || line[0] == '#' || line[0] == '@' || cells[0] == "class" {
			continue
		}
		cells[3] = "withhold"
		if cells[4] = "allow"; cells[8] == "coarsen:hold" {
			cells[4] = "withhold"
		}
		text += strings.Join(cells, ",") + "\n"
	}
	p, err := outside.Load(text, true)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What a trip would free is not free without one: in no kind of message.
func TestAssignedIsNotLimited(t *testing.T) {
	policy := assigned(t)
	car := newCar(t, policy, outside.Options{})
	car.link(true)
	for range 3 {
		car.say(weight, 1500)
		car.say(ignition, "ON")
		car.fix(54, 6)
		car.light("abs", car.now.Boot%2 == 0)
		car.write("chat", "workshop", boxMain, boxLimited)
		car.run(car.now.Boot + 10*time.Second)
	}
	car.drive(60, 36)
	car.park()
	car.link(false)
	car.run(car.now.Boot + 11*time.Minute)
	car.link(true)
	car.run(car.now.Boot + 11*time.Minute)
	car.out.Answer(boxLimited, "key", epoch, 1, outside.Done, car.now)
	car.fix(54, 6)
	if i := slices.IndexFunc(car.decided, func(d outside.Decision) bool {
		return d.Class == "trip-exists" && d.Reader == "jonas" && d.Outcome == outside.Withheld
	}); i < 0 {
		t.Error("no trip was withheld from limited")
	}
	before := len(car.decided)
	if car.out.Locate(boxLimited, car.now) {
		t.Error("located for a limited reader")
	}
	if d := car.decided[before:]; len(d) != 1 || d[0].Kind != outside.KindPosition || d[0].Reader != "jonas" || d[0].Outcome != outside.Withheld {
		t.Errorf("the ledger says %+v", d)
	}
	car.run(car.now.Boot + 11*time.Minute)
	for _, w := range car.sent {
		if w.mailbox == boxLimited && (w.suffix != string(outside.KindStatus) || len(w.values(t)) > 0) {
			t.Errorf("limited got %s %.200s", w.suffix, w.payload)
		}
	}
	if got := policy.Receives(family[2], outside.Open); len(got) != 0 {
		t.Errorf("limited is said to receive %q", got)
	}
	for _, kind := range outside.Kinds() {
		if len(car.of(boxMain, kind)) == 0 {
			t.Errorf("main got no %s: nothing was tried", kind)
		}
	}
	want := map[outside.Kind]outside.Class{outside.KindAlarms: "alarm", outside.KindMessages: "chat", outside.KindPosition: "position", outside.KindGaps: "gap-record"}
	for kind, class := range want {
		if !slices.ContainsFunc(car.decided, func(d outside.Decision) bool {
			return d.Reader == "jonas" && d.Kind == kind && d.Class == class && d.Outcome == outside.Withheld && d.Rule == string(class)+"/limited"
		}) {
			t.Errorf("the ledger does not say that %s was withheld", kind)
		}
	}
}

// Each number of the matrix can be made stricter by an override, and looser only by a
// test policy.
func TestEachNumberHasADirection(t *testing.T) {
	for _, n := range []struct{ row, is, stricter, looser string }{
		{"position", "every=10s", "every=20s", "every=9s"},
		{"position", "sample=1s", "sample=2s", ""},
		{"position", "max_age=20s", "max_age=10s", "max_age=21s"},
		{"@slot.limited", "alarms=1m", "alarms=2m", "alarms=30s"},
		{"@slot.limited", "pad=1024", "pad=2048", "pad=512"},
		{"@seal", "position_pad=4096", "position_pad=8192", "position_pad=2048"},
		{"@seal", "trip_pad=2048", "trip_pad=4096", "trip_pad=1024"},
		{"@fix", "stale=60s", "stale=59s", "stale=61s"},
		{"@trip", "max_fix_gap=120s", "max_fix_gap=1m", "max_fix_gap=3m"},
		{"@hold.hidden_end", "distance=2km", "distance=3km", "distance=1km"},
		{"@hold.hidden_end", "time=300s", "time=6m", "time=4m"},
		{"@queue.kept", "max_age=30d", "max_age=29d", "max_age=31d"},
		{"@queue.kept", "max_bytes=4MiB", "max_bytes=3MiB", "max_bytes=5MiB"},
		{"@policy", "fresh=30d", "fresh=29d", "fresh=31d"},
		{"@retention", "trips=90d", "trips=89d", "trips=91d"},
		{"@retention", "ledger=30d", "ledger=29d", "ledger=31d"},
		{"@retention", "ledger_bytes=1MiB", "ledger_bytes=512KiB", "ledger_bytes=2MiB"},
		{"@rule.soc5", "floor=5%", "floor=10%", "floor=4%"},
		{"@rule.min15", "ceil=15m", "ceil=30m", "ceil=10m"},
		{"@rule.grid5", "every=5m", "every=10m", "every=4m"},
	} {
		if rowOf(n.row) == rowOf(n.row, n.is, "") {
			t.Errorf("%s has no %s", n.row, n.is)
		}
		if _, err := outside.Load(csvHeader+rowOf(n.row, n.is, n.stricter), false); err != nil {
			t.Errorf("%s: %s: %v", n.row, n.stricter, err)
		}
		if n.looser == "" {
			continue
		}
		if _, err := outside.Load(csvHeader+rowOf(n.row, n.is, n.looser), false); err == nil || !strings.Contains(err.Error(), "is wider than") {
			t.Errorf("%s: %s: %v", n.row, n.looser, err)
		}
		if p, err := outside.Load(csvHeader+rowOf(n.row, n.is, n.looser), true); err != nil || !p.Test() {
			t.Errorf("%s: %s in a test policy: %v", n.row, n.looser, err)
		}
	}
}

// A number in another dimension is wider, however large; what no grid, no rule and no
// column can be is refused even in a test policy.
func TestOverridesThatAreNone(t *testing.T) {
	for name, c := range map[string]struct {
		row   string
		wider bool // a test policy may have it
		says  string
	}{
		"kilometres for per cent": {rowOf("@rule.soc5", "floor=5%", "floor=6km"), true, "floor=6km is wider"},
		"slots for seconds":       {rowOf("position", "max_age=20s", "max_age=1slot"), true, "max_age=1slot is wider"},
		"half a second":           {rowOf("position", "every=10s", "every=10.5s"), false, "position: 10.5s: want whole seconds"},
		"half a sample":           {rowOf("position", "sample=1s", "sample=1.5s"), false, "position: 1.5s: want whole seconds"},
		"another when":            {rowOf("@rule.parked", "when=not-in-use", "when=in-use"), false, "when=in-use: want not-in-use"},
		"doors to who has a trip": {rowOf("doors", "doors,allow,allow,coarsen:parked,coarsen:parked", "doors,allow,allow,coarsen:parked,allow"), false, "limited_assigned would show a missing fix"},
		"doors to a workshop":     {rowOf("doors", "coarsen:parked,coarsen:parked,withhold", "coarsen:parked,coarsen:parked,allow"), false, "workshop would show a missing fix"},
		"doors to the back end":   {rowOf("doors", "coarsen:parked,coarsen:parked,withhold,withhold", "coarsen:parked,coarsen:parked,withhold,allow"), false, "backend would show a missing fix"},
	} {
		_, err := outside.Load(csvHeader+c.row, false)
		if c.wider && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
		if _, err = outside.Load(csvHeader+c.row, true); (err == nil) != c.wider || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s in a test policy: %v", name, err)
		}
	}
}

// A column without a grid gets nothing, at no time, and is said to receive nothing.
func TestNoGridNothingLeaves(t *testing.T) {
	p, err := outside.Load(csvHeader+rowOf("@slot.main", "every=60s", "")+rowOf("@slot.limited", "every=5m", "", "alarms=1m", ""), false)
	if err != nil {
		t.Fatal(err)
	}
	car := newCar(t, p, outside.Options{})
	kept := alarmTo(t, boxLimited)
	car.link(true)
	for range 20 {
		car.say(weight, 1500)
		car.run(car.now.Boot + time.Minute)
		if car.out.Timely(kept, car.now) {
			t.Fatalf("timely at %s", car.now.UTC)
		}
	}
	for _, w := range car.sent {
		if w.mailbox == boxLimited || w.mailbox == boxMain && w.at > start.Boot {
			t.Errorf("%s… got %s", w.mailbox[:2], w.suffix)
		}
	}
	if got := p.Receives(family[2], outside.Open); got != nil {
		t.Errorf("receives %q", got)
	}
}

// alarmTo is an alarm that waits for a reader of the built-in policy.
func alarmTo(t *testing.T, mailbox string) outside.Released {
	t.Helper()
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.light("abs", true)
	car.at("12:02:00")
	i := slices.IndexFunc(car.released, func(r outside.Released) bool { return r.Mailbox() == mailbox && r.Kind() == outside.KindAlarms })
	return car.released[i]
}

// A message may be sent until it is as old as may be, and not a nanosecond longer.
func TestTooLateToSend(t *testing.T) {
	for kind, age := range map[outside.Kind]time.Duration{outside.KindStatus: time.Minute, outside.KindPosition: 20 * time.Second} {
		car := newCar(t, outside.Builtin(), outside.Options{})
		car.link(true)
		car.at("12:02:00")
		car.say(weight, 1500)
		car.fix(54, 6)
		car.step(at("12:03:00").Boot - time.Second) // between the slots of both
		car.out.Tick(car.now)
		car.fix(54, 6)
		car.step(at("12:03:00").Boot)
		var made outside.Released
		for _, r := range car.out.Tick(car.now) {
			if r.Mailbox() == boxMain && r.Kind() == kind {
				made = r
			}
		}
		begun := car.now
		if kind == outside.KindPosition {
			begun.Boot -= time.Second // its oldest fix
		}
		for _, c := range []struct {
			after time.Duration
			want  bool
		}{{age, true}, {age + 1, false}} {
			if got := car.out.Recheck(made, hal.Instant{UTC: begun.UTC.Add(c.after), Boot: begun.Boot + c.after}); got != c.want {
				t.Errorf("%s after %s: %v", kind, c.after, got)
			}
		}
	}
}

// A place that is handed over after it closed lights nothing, and what was collected
// is entered as a position that was purged.
func TestClosedPlaceLightsNothing(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	car.link(true)
	car.at("12:02:00")
	car.fix(54, 6)
	car.step(at("12:02:10").Boot)
	made := car.out.Tick(car.now)
	car.fix(54, 6)
	car.out.PurgePlace(car.now)
	car.out.Handed(made[0], car.now)
	if car.out.LocationInUse(car.now) {
		t.Error("the indicator is on")
	}
	purged := 0
	for _, d := range car.decided {
		if d.Outcome != outside.Purged {
			continue
		}
		if purged++; d.Class != outside.ClassPosition || d.Kind != outside.KindPosition || d.At != car.now || d.Rule == "" {
			t.Errorf("%+v", d)
		}
	}
	if purged != 2 {
		t.Errorf("%d entries, want one for main and one for shared", purged)
	}
}

// However many paths a class has, the ledger hears of it once a minute.
func TestWithheldClassIsReportedOnce(t *testing.T) {
	car := newCar(t, outside.Builtin(), outside.Options{})
	for i := range 5 {
		car.say(fmt.Sprintf("Vehicle.Acceleration.%s", []string{"Lateral", "Longitudinal", "Vertical", "Lateral", "Vertical"}[i]), 1)
	}
	n := 0
	for _, d := range car.decided {
		if d.Reader == "anna" && d.Class == outside.Classify("Vehicle.Acceleration.Lateral") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d entries", n)
	}
}

// What was latched before two restarts is still held after the second, though the car
// said nothing in between.
func TestLatchOverSilentRestarts(t *testing.T) {
	data := `{"version":1,"held":[],"latched":[` +
		`{"rule":"odo-day","path":"` + odometer + `","value":"512300000","at":"2026-11-20T12:00:00Z","next":false},` +
		`{"rule":"odo-day","path":"` + odometer + `","value":"512400000","at":"2026-11-21T11:00:00Z","next":true}],"alarms":[]}`
	for range 3 {
		car := newCar(t, outside.Builtin(), outside.Options{})
		if err := car.out.Restore([]byte(data)); err != nil {
			t.Fatal(err)
		}
		if held := string(car.out.Held()); held != data {
			t.Fatalf("held %s\nwant %s", held, data)
		}
		data = string(car.out.Held())
	}
}

// A pipeline that nobody reads has nothing to do; a state that is none is closed.
func TestNothingIsStrict(t *testing.T) {
	if next := outside.New(outside.Builtin(), start, outside.Options{}).Next(); next != outside.Never {
		t.Errorf("next is %s", next)
	}
	for state, want := range map[outside.State]string{0: "closed", outside.Open: "open", outside.Offline: "offline", outside.Offline + 1: "closed", 255: "closed"} {
		if got := state.String(); got != want {
			t.Errorf("state %d is %q, want %q", uint8(state), got, want)
		}
	}
}

// The rules over paths are numbered as they stand, and each rule is built or withholds.
func TestListsAreWhole(t *testing.T) {
	for i, r := range outside.Rules() {
		if r.Order != i+1 {
			t.Errorf("rule %d stands as number %d", r.Order, i+1)
		}
	}
	for name, built := range outside.Built() {
		if later := slices.Contains([]string{"climate-own"}, name); built == later {
			t.Errorf("%s is built: %v", name, built)
		}
	}
}
