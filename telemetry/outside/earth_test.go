package outside_test

import (
	"math"
	"testing"

	"glovebox/telemetry/outside"
)

// The poles and the date line are places; what lies beyond, or is no number, is none.
func TestPlacesOnEarth(t *testing.T) {
	for _, row := range []struct {
		latitude, longitude float64
		place               bool
	}{
		{90, 6, true}, {-90, 6, true}, {54, 180, true}, {54, -180, true},
		{math.Nextafter(90, 91), 6, false}, {math.Nextafter(-90, -91), 6, false},
		{54, math.Nextafter(180, 181), false}, {54, math.Nextafter(-180, -181), false},
		{math.NaN(), 6, false}, {54, math.NaN(), false}, {math.Inf(1), 6, false},
	} {
		car := newCar(t, outside.Builtin(), outside.Options{})
		car.link(true)
		car.fix(row.latitude, row.longitude)
		car.at("12:02:00")
		if told := len(car.of(boxMain, outside.KindPosition)) > 0; told != row.place {
			t.Errorf("%v, %v: told %v", row.latitude, row.longitude, told)
		}
	}
}
