package outside_test

import (
	"regexp"
	"strings"
	"testing"

	"glovebox/hal/vss"
	"glovebox/telemetry/outside"
)

// Each leaf of the pinned list has a rule that somebody wrote for it: none is left to default
// deny. A newer list changes the counts, and fails until its new leaves are reviewed.
func TestEachLeafHasARule(t *testing.T) {
	type count struct{ allow, coarsen, withhold int }
	rules, families := outside.Rules(), outside.Families()
	patterns := make([]*regexp.Regexp, len(rules))
	for i, r := range rules {
		patterns[i] = regexp.MustCompile(`\A(?:` + r.Pattern + `)\z`)
	}
	got, used := map[string]count{}, make([]bool, len(rules))
	for path := range vss.All() {
		class, first := outside.Classify(path), -1
		for i, p := range patterns { // as written, all patterns compiled: the program takes a shorter way
			if first < 0 && p.MatchString(strings.TrimPrefix(path, "Vehicle.")) {
				first = i
			}
		}
		rule := rules[first]
		if used[first] = true; class == outside.Unknown || first == len(rules)-1 || class != rule.Class {
			t.Errorf("%s: class %s, by rule %d of class %s: a leaf that nobody has looked at", path, class, rule.Order, rule.Class)
		}
		n := got[families[first]]
		switch verdict, _, _ := strings.Cut(outside.Builtin().CellText(string(class), "limited"), ":"); verdict {
		case "allow":
			n.allow++
		case "coarsen":
			n.coarsen++
		default:
			n.withhold++
		}
		got[families[first]] = n
	}
	for family, want := range map[string]count{
		"location": {0, 0, 14}, "location-inferable": {0, 8, 427}, "identity": {0, 0, 23}, "driver-behaviour": {0, 0, 92},
		"cabin": {0, 63, 435 + 1}, "status": {142, 162, 24}, "alarm": {99 + 4, 11, 0}, // the five of the program's own overlay
	} {
		if got[family] != want {
			t.Errorf("%s: %+v for a limited reader: want %+v", family, got[family], want)
		}
	}
	for i, r := range rules[:len(rules)-1] {
		if !used[i] {
			t.Errorf("rule %d (%s) is for no leaf", r.Order, r.Pattern)
		}
	}
}

// Of all that stands below CurrentLocation only where the antenna is mounted is ever allowed,
// to any reader but main and shared, in any state; the three are constants of the model.
func TestThePlaceIsNeverAllowed(t *testing.T) {
	below := 0
	for path := range vss.All() {
		if !strings.HasPrefix(path, "Vehicle.CurrentLocation.") {
			continue
		}
		below++
		mounted := strings.HasPrefix(path, "Vehicle.CurrentLocation.GNSSReceiver.MountingPosition.")
		for _, column := range readers {
			for _, state := range states {
				cell := outside.Builtin().Decide(outside.Classify(path), column, outside.Assigned, state)
				open := mounted && state != outside.Offline || (column == outside.ColumnMain || column == outside.ColumnShared) && state == outside.Open
				if cell.Verdict.Releases() != open {
					t.Errorf("%s to %s in state %s: %s", path, column, state, cell.Verdict)
				}
			}
		}
	}
	if below != 11 {
		t.Errorf("%d leaves below CurrentLocation: want 11", below)
	}
	for _, path := range []string{"Vehicle.CurrentLocation.Town", "Vehicle.CurrentLocation.GNSSReceiver.MountingPosition.W", "Vehicle.CurrentLocation.GNSSReceiver.MountingPosition.X.Y"} {
		if class := outside.Classify(path); class != outside.ClassPosition {
			t.Errorf("%s, which a newer list may have: class %s", path, class)
		}
	}
}
