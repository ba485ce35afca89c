package vss_test

import (
	"slices"
	"strings"
	"testing"

	"glovebox/hal/vss"
)

// VSS 6.0 with its OBD overlay, the later tree, and this program's own overlay.
const pinned = 1267 + 119 + 114 + 5

// The list is the one that was reviewed: a newer one fails here and in telemetry/outside,
// until somebody has looked at what is new.
func TestPinned(t *testing.T) {
	all := slices.Collect(vss.All())
	if len(all) != pinned {
		t.Errorf("%d leaves: want %d", len(all), pinned)
	}
	if once := slices.Compact(slices.Sorted(vss.All())); len(once) != len(all) {
		t.Errorf("%d leaves stand twice", len(all)-len(once))
	}
	for _, path := range all {
		if !vss.Has(path) || !strings.HasPrefix(path, "Vehicle.") {
			t.Errorf("%s is in the list and is not found", path)
		}
	}
}

// Only a whole path, letter for letter, is a leaf.
func TestHas(t *testing.T) {
	for path, want := range map[string]bool{
		"Vehicle.Speed":                        true,
		"Vehicle.OBD.Speed":                    true,
		"Vehicle.Body.Hood.IsOpen":             true,
		"Vehicle.LowVoltageBattery.IsLevelLow": true,
		"Vehicle.speed":                        false,
		"vehicle.Speed":                        false,
		"Vehicle.Spee":                         false,
		"Vehicle.Speeds":                       false,
		"Vehicle.Body":                         false,
		"Vehicle.Body.Hood":                    false,
		"Vehicle.Body.Hood.IsOpen.":            false,
		"Vehicle.Body.Hood.":                   false,
		"Vehicle.Cabin.Speed":                  false,
		"Body.Hood.IsOpen":                     false,
		"Vehicle.":                             false,
		"Vehicle":                              false,
		".":                                    false,
		"":                                     false,
		"Vehicle.Speed\nVehicle.Body: IsOpen":  false,
		"Vehicle: Acceleration.Speed":          false,
	} {
		if got := vss.Has(path); got != want {
			t.Errorf("%q in the list: %t", path, got)
		}
	}
}

// A start looks for each path of a mapping file, and pays for no more.
func BenchmarkHas(b *testing.B) {
	for b.Loop() {
		vss.Has("Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed")
	}
}
