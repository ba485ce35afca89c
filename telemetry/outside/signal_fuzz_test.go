package outside_test

import (
	"math"
	"strings"
	"testing"

	"glovebox/telemetry/outside"
)

// Whatever a bus says of whatever path, each reader sees of it what the matrix lets through:
// nothing of a class that is withheld, codes alone of what is faulty, and always a message that
// can be read, of a size that tells nothing.
func FuzzSignalValue(f *testing.F) {
	for _, path := range []string{odometer, charge, fuel, tyre, battery, weight, speed, door, ignition, "Vehicle.OBD.DTCList", "Vehicle.CurrentLocation.Latitude", "Vehicle.\x00", ""} {
		f.Add(path, 1234567.89, "")
		f.Add(path, math.Inf(-1), "P0300 \"at\" 54.19\\")
	}
	f.Fuzz(func(t *testing.T, path string, number float64, word string) {
		car := newCar(t, outside.Builtin(), outside.Options{})
		car.link(true)
		var value any = number
		if word != "" {
			value = word
		}
		car.say(path, value)
		car.at("12:05:01")
		class := outside.Classify(path)
		for _, r := range family {
			cell := outside.Builtin().Decide(class, r.Column, outside.Unassigned, outside.Open)
			for _, w := range car.of(r.Mailbox, outside.KindStatus) {
				got, seen := w.values(t)[strings.TrimPrefix(path, "Vehicle.")]
				if seen && !cell.Verdict.Releases() {
					t.Fatalf("%q leaves to %s as %q: %s", path, r.ID, got, cell.Rule)
				}
				if seen && class == "fault-codes" && word != "" && strings.ContainsAny(got, " \"\\") {
					t.Fatalf("%q of %q leaves to %s as it is: %s", word, path, r.ID, cell.Rule)
				}
				if r.Column == outside.ColumnLimited && len(w.payload)%1024 != 0 {
					t.Fatalf("%d bytes to %s", len(w.payload), r.ID)
				}
			}
		}
	})
}
