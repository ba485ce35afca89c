package outside_test

import (
	"os"
	"strings"
	"testing"

	"glovebox/telemetry/outside"
)

// Who has what of a trip that is assigned to nobody is the policy's to say, also one that
// is stricter than what ships.
func TestTripByThePolicy(t *testing.T) {
	text, err := os.ReadFile("policy.csv")
	if err != nil {
		t.Fatal(err)
	}
	const row = "trip-points,allow,allow,"
	if strings.Count(string(text), row) != 1 {
		t.Fatalf("no row %s", row)
	}
	for shared, cell := range map[string]string{"places": "allow", "exists": "withhold"} {
		policy, err := outside.Load(strings.Replace(string(text), row, "trip-points,allow,"+cell+",", 1), false)
		if err != nil {
			t.Fatal(err)
		}
		for column, want := range map[outside.Column]string{
			outside.ColumnMain: "places", outside.ColumnShared: shared, outside.ColumnLimited: "exists", outside.ColumnWorkshop: "", outside.ColumnBackend: "",
		} {
			got := ""
			switch places, exists := policy.Trip(column); {
			case places:
				got = "places"
			case exists:
				got = "exists"
			}
			if got != want {
				t.Errorf("%s, %v: %q, want %q", cell, column, got, want)
			}
		}
	}
}
