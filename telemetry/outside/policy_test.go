package outside_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/telemetry/outside"
)

var readers = []outside.Column{
	outside.ColumnMain, outside.ColumnShared, outside.ColumnLimited, outside.ColumnLimitedAssigned,
	outside.ColumnWorkshop, outside.ColumnBackend,
}

var states = []outside.State{outside.Open, outside.GuestDriving, outside.NoPosition, outside.Offline}

// The embedded tables are whole: a damaged one would withhold everything.
func TestEmbeddedDataIsWhole(t *testing.T) {
	if _, err := outside.Parse(outside.PolicyCSV()); err != nil {
		t.Error(err)
	}
	rules, names := outside.ReadTables()
	if rules != nil || names != nil {
		t.Errorf("rules: %v, names: %v", rules, names)
	}
	if n := len(outside.Rules()); n != 95 {
		t.Errorf("%d rules over paths: want 95", n)
	}
	last := outside.Rules()[94]
	if last.Class != outside.Unknown || last.Pattern != `.*` {
		t.Errorf("the last rule is %v: want default deny", last)
	}
}

// What the two lists say of a limited reader is what the matrix says, and
// every class they name is a row of it.
func TestListsAgreeWithTheMatrix(t *testing.T) {
	p := outside.Builtin()
	check := func(who string, class outside.Class, limited string) {
		if !slices.Contains(p.Classes(), class) {
			t.Errorf("%s: class %q is no row of the matrix", who, class)
		}
		if is := p.CellText(string(class), "limited"); is != limited {
			t.Errorf("%s: limited is %q here and %q in the matrix", who, limited, is)
		}
	}
	for _, r := range outside.Rules() {
		check(fmt.Sprintf("rule %d", r.Order), r.Class, r.Limited)
	}
	for _, n := range outside.Names() {
		check(n.Name, n.Class, n.Limited)
	}
}

// A guest and a missing fix look alike in every row.
func TestGuestEqualsNoPosition(t *testing.T) {
	p := outside.Builtin()
	for _, class := range p.Classes() {
		if a, b := p.CellText(string(class), "guest_driving"), p.CellText(string(class), "no_position"); a != b {
			t.Errorf("%s: guest_driving %s, no_position %s", class, a, b)
		}
		for _, c := range readers {
			a := p.Decide(class, c, outside.Unassigned, outside.GuestDriving)
			b := p.Decide(class, c, outside.Unassigned, outside.NoPosition)
			if a.Verdict != b.Verdict {
				t.Errorf("%s/%s: %s for a guest, %s without a fix", class, c, a.Verdict, b.Verdict)
			}
		}
	}
}

// The rules of docs/privacy.md, Rules, are the @rule rows.
func TestRuleNames(t *testing.T) {
	want := []string{
		"answer5", "bare", "climate-own", "day1", "distance-band", "fuel8", "grid5", "hold", "min15", "odo-day",
		"odo-km", "parked", "range50", "self-row", "soc1", "soc5", "svc500", "trip-stub", "tyre3", "volt2",
	}
	var have, built []string
	for _, name := range outside.Builtin().RowNames() {
		if rule, ok := strings.CutPrefix(name, "@rule."); ok {
			have = append(have, rule)
		}
	}
	for name := range outside.Built() {
		built = append(built, name)
	}
	slices.Sort(have)
	slices.Sort(built)
	if !slices.Equal(have, want) || !slices.Equal(built, want) {
		t.Errorf("rules in the matrix %v\nrules in the program %v\nwant %v", have, built, want)
	}
}

// The numbers that the text gives are those of the matrix.
func TestNumbers(t *testing.T) {
	p := outside.Builtin()
	day := 24 * time.Hour
	want := outside.Numbers{
		FixStale: time.Minute, PositionEvery: 10 * time.Second, PositionSample: time.Second,
		PositionMaxAge: 20 * time.Second, PositionPad: 4096, TripPad: 2048, MaxFixGap: 2 * time.Minute,
		HiddenDistance: 2000, HiddenTime: 5 * time.Minute, KeptMaxAge: 30 * day, KeptMaxBytes: 4 << 20,
		DocumentFresh: 30 * day, LedgerMaxAge: 30 * day, LedgerMaxBytes: 1 << 20, TripsMaxAge: 90 * day,
	}
	if got := p.Numbers(); got != want {
		t.Errorf("numbers\n%+v\nwant\n%+v", got, want)
	}
	for column, want := range map[outside.Column]outside.Slot{
		outside.ColumnMain:     {Every: time.Minute},
		outside.ColumnShared:   {Every: time.Minute},
		outside.ColumnLimited:  {Every: 5 * time.Minute, Alarms: time.Minute, Pad: 1024},
		outside.ColumnWorkshop: {Every: time.Hour},
		outside.ColumnBackend:  {Every: 5 * time.Minute},
	} {
		if got := p.Slot(column); got != want {
			t.Errorf("slot of %s: %+v: want %+v", column, got, want)
		}
	}
	if p.Test() {
		t.Error("the built-in policy calls itself a test policy")
	}
}

func TestDecide(t *testing.T) {
	const (
		main, limited, workshop = outside.ColumnMain, outside.ColumnLimited, outside.ColumnWorkshop
		open, noFix             = outside.Open, outside.NoPosition
	)
	for _, c := range []struct {
		name    string
		class   outside.Class
		column  outside.Column
		trip    outside.TripState
		state   outside.State
		verdict outside.Verdict
		rule    string
		by      string
	}{
		{"place to main", "position", main, 0, open, outside.Allow, "position/main", "position/main"},
		{"place without a fix", "position", main, 0, noFix, outside.Withhold, "position/no_position", "position/no_position"},
		{"place to limited", "position", limited, 0, open, outside.Withhold, "position/limited", "position/limited"},
		{"place to limited, both strict", "position", limited, 0, noFix, outside.Withhold, "position/limited", "position/limited position/no_position"},
		{"assigned trip frees no live place", "position", limited, outside.Assigned, open, outside.Withhold, "position/limited_assigned", "position/limited_assigned"},
		{"assigned track", "trip-track", limited, outside.Assigned, open, outside.Allow, "trip-track/limited_assigned", "trip-track/limited_assigned"},
		{"own stays in the car", "navigation", main, 0, open, outside.Own, "navigation/main", "navigation/main"},
		{"coarse and coarse", "odometer", main, 0, noFix, outside.Coarsen, "odometer/main", "odometer/main odometer/no_position"},
		{"allow and hold", "fuel-level", main, 0, noFix, outside.Coarsen, "fuel-level/no_position", "fuel-level/no_position"},
		{"alarm to the workshop", "alarm", workshop, 0, noFix, outside.Coarsen, "alarm/workshop", "alarm/workshop"},
		{"a rule not built yet withholds", "climate", main, 0, open, outside.Withhold, "climate/main", "climate/main"},
		{"offline lets nothing out", "alarm", main, 0, outside.Offline, outside.Withhold, "alarm/offline", "alarm/offline"},
		{"no such class", "weather", main, 0, open, outside.Withhold, "default-deny", "default-deny"},
		{"no such reader", "alarm", "owner", 0, open, outside.Withhold, "default-deny", "default-deny"},
		{"no reader", "alarm", "", 0, open, outside.Withhold, "default-deny", "default-deny"},
		{"no state", "alarm", main, 0, 0, outside.Withhold, "default-deny", "default-deny"},
		{"a row of numbers is no class", "@slot.main", main, 0, open, outside.Withhold, "default-deny", "default-deny"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := outside.Builtin().Decide(c.class, c.column, c.trip, c.state)
			if got.Verdict != c.verdict || got.Rule != c.rule || strings.Join(got.LimitedBy, " ") != c.by {
				t.Errorf("%s by %s, limited by %v: want %s by %s, limited by %s",
					got.Verdict, got.Rule, got.LimitedBy, c.verdict, c.rule, c.by)
			}
		})
	}
}

// What nobody has looked at is withheld from everybody.
func TestInventedPathsAreWithheld(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		b := make([]byte, 3+random.IntN(9))
		for i := range b {
			b[i] = byte('a' + random.IntN(26))
		}
		b[0] -= 'a' - 'A'
		return string(b)
	}
	p := outside.Builtin()
	for range 10_000 {
		words := make([]string, 1+random.IntN(4))
		for i := range words {
			words[i] = word()
		}
		path := "Vehicle." + strings.Join(words, ".")
		for _, class := range []outside.Class{outside.Classify(path), outside.ClassifyName(strings.ToLower(path[8:])), outside.Class(word())} {
			if class == "" {
				t.Fatalf("%s has no class", path)
			}
			for _, c := range readers {
				for _, s := range states {
					if cell := p.Decide(class, c, outside.Assigned, s); cell.Verdict.Releases() {
						t.Fatalf("%s, class %s, leaves to %s: %s", path, class, c, cell.Rule)
					}
				}
			}
		}
	}
	for _, path := range []string{"", "Vehicle", "Vehicle.", "Speed", "vehicle.TraveledDistance", "Vehicle.TraveledDistance\n", "Vehicle.TraveledDistance.x"} {
		if class := outside.Classify(path); class != outside.Unknown {
			t.Errorf("%q is of class %s", path, class)
		}
	}
}

// A row that is missing releases nothing: whatever row is taken out, no cell
// gets wider, and a class without its row is withheld from all.
func TestEachRowDeletedDenies(t *testing.T) {
	whole := outside.Builtin()
	for _, name := range whole.RowNames() {
		p, err := outside.Parse(withoutRow(outside.PolicyCSV(), name))
		if err != nil {
			t.Fatalf("without %s: %v", name, err)
		}
		changed := false
		for _, class := range whole.Classes() {
			for _, c := range readers {
				for _, s := range states {
					was, is := whole.Decide(class, c, outside.Unassigned, s), p.Decide(class, c, outside.Unassigned, s)
					if is.Verdict > was.Verdict {
						t.Errorf("without %s: %s/%s is %s, was %s", name, class, c, is.Verdict, was.Verdict)
					}
					changed = changed || is.Verdict != was.Verdict || is.Rule != was.Rule
					if string(class) == name && (is.Verdict.Releases() || is.Rule != outside.DefaultDeny) {
						t.Errorf("without %s: it is %s by %s", name, is.Verdict, is.Rule)
					}
				}
			}
		}
		if rule, ok := strings.CutPrefix(name, "@rule."); ok && outside.Built()[rule] && !changed {
			t.Errorf("without %s nothing changed", name)
		}
		if column, ok := strings.CutPrefix(name, "@slot."); ok && p.Slot(outside.Column(column)) != (outside.Slot{}) {
			t.Errorf("without %s there is a slot", name)
		}
	}
}

func withoutRow(csv, name string) string {
	var out []string
	for _, line := range strings.Split(csv, "\n") {
		if !strings.HasPrefix(line, name+",") {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}
