package headunit_test

import (
	"testing"

	"glovebox/headunit"
)

// Why something was decided so stands in words, by its rule.
func TestReasons(t *testing.T) {
	for _, tt := range []struct{ rule, outcome, want string }{
		{"position/main", "published", "The main user may have it"},
		{"odometer/shared", "reduced", "Coarser for shared users"},
		{"position/limited", "withheld", "Not for limited users"},
		{"trip-points/limited_assigned", "published", "A limited user whose trip it is may have it"},
		{"position/shared", "purged", "Taken back before it was sent to shared users"},
		{"position/guest_driving", "withheld", "A guest drives: as from a car without a fix"},
		{"position/no_position", "withheld", "No position was chosen, or there was no fix for a minute"},
		{"position/offline", "withheld", "Offline was chosen"},
		{"position/waiting", "withheld", "A place begins later in this drive"},
		{"default-deny", "withheld", "No rule lets it out"},
		{"restricted", "withheld", "The main user took this away"},
		{"unheard/of", "withheld", "By the rule unheard/of"},
	} {
		if got := headunit.Reason(tt.rule, tt.outcome); got != tt.want {
			t.Errorf("%s %s: %q, want %q", tt.rule, tt.outcome, got, tt.want)
		}
	}
}
