package outside_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"glovebox/telemetry/outside"
)

// matrix is policy.csv as it stands there, row by row and column by column, and nothing else.
func matrix(t *testing.T) map[string]map[string]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(outside.PolicyCSV()))
	r.Comment = '#'
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]string{}
	for _, rec := range records[1:] {
		all[rec[0]] = map[string]string{}
		for i, cell := range rec[1:10] {
			all[rec[0]][records[0][i+1]] = cell
		}
	}
	return all
}

// strict is how much a cell as written lets through, 2 for nothing.
func strict(cell string) int {
	rule, coarse := strings.CutPrefix(cell, "coarsen:")
	switch {
	case cell == "allow":
		return 0
	case coarse && outside.Built()[rule]:
		return 1
	}
	return 2
}

// Every class for every reader, every kind of trip and every state is decided as the two cells
// say that stand for it: the stricter of them wins, and each one that is as strict is named.
func TestEveryDecision(t *testing.T) {
	columnOf := map[outside.State]string{outside.Open: "", outside.GuestDriving: "guest_driving", outside.NoPosition: "no_position", outside.Offline: "offline"}
	text := matrix(t)
	decisions := 0
	for _, class := range outside.Builtin().Classes() {
		for _, reader := range readers {
			for _, trip := range []outside.TripState{outside.Unassigned, outside.Assigned} {
				for _, state := range states {
					column := reader
					if reader == outside.ColumnLimited && trip == outside.Assigned {
						column = outside.ColumnLimitedAssigned
					}
					rule, limitedBy := string(class)+"/"+string(column), []string{string(class) + "/" + string(column)}
					cell := text[string(class)][string(column)]
					if name := columnOf[state]; name != "" {
						other := text[string(class)][name]
						switch own, its := strict(cell), strict(other); {
						case its > own:
							rule, cell = string(class)+"/"+name, other
							limitedBy = []string{rule}
						case its == own:
							limitedBy = append(limitedBy, string(class)+"/"+name)
						}
					}
					want := []outside.Verdict{outside.Allow, outside.Coarsen, outside.Withhold}[strict(cell)]
					if cell == "own" {
						want = outside.Own
					}
					got := outside.Builtin().Decide(class, reader, trip, state)
					if got.Verdict != want || got.Rule != rule || !slices.Equal(got.LimitedBy, limitedBy) {
						t.Errorf("%s to %s, trip %d, %s: %s by %s, limited by %q; want %s by %s, limited by %q",
							class, reader, trip, state, got.Verdict, got.Rule, got.LimitedBy, want, rule, limitedBy)
					}
					decisions++
				}
			}
		}
	}
	if want := len(outside.Builtin().Classes()) * 6 * 2 * 4; decisions != want || decisions < 2000 {
		t.Errorf("%d decisions, want %d", decisions, want)
	}
	t.Logf("%d decisions", decisions)
}
