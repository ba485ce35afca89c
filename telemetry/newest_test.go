package telemetry_test

import (
	"fmt"
	"testing"

	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// One answer of the ledger is the newest 2,048 that the filter takes, whatever is asked
// for, or fewer if that is asked for.
func TestNewestOfTheLedger(t *testing.T) {
	l := telemetry.NewLedger(outside.Builtin().Numbers())
	for n := range 2100 {
		l.Add(withheld(outside.Class(fmt.Sprint("class", n)), "anna", noon))
	}
	for limit, want := range map[uint32]int{0: 2048, 1: 1, 2047: 2047, 2048: 2048, 2049: 2048, 1 << 31: 2048} {
		all := entries(t, l, telemetry.LedgerFilter{Limit: limit}, noon)
		if len(all) != want || all[0].ID != uint64(2101-want) || all[want-1].ID != 2100 {
			t.Errorf("%d are asked for: %d come, from %d", limit, len(all), all[0].ID)
		}
	}
}
