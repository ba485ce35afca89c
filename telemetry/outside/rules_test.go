package outside_test

import (
	"strings"
	"testing"
	"time"

	"glovebox/telemetry/outside"
)

// Each coarsening at its edge: the last value on one side of a step and the first on the other,
// as the reader sees it whom the rule is for. What a latch holds is looked at after 02:00 UTC.
func TestRulesAtTheirEdges(t *testing.T) {
	looked := map[string]bool{}
	for _, c := range []struct {
		rule, path, box string
		value           any
		want            string
	}{
		{"odo-km", odometer, boxMain, 999.999, "0"}, {"odo-km", odometer, boxMain, 1000, "1000"}, {"odo-km", odometer, boxShared, 1999.999, "1000"},
		{"odo-km", service, boxMain, 0.999, "0"}, {"odo-km", service, boxMain, 1, "1"}, {"odo-km", service, boxMain, -0.001, "-1"},
		{"odo-day", odometer, boxLimited, 99_999.999, "0"}, {"odo-day", odometer, boxLimited, 100_000, "100000"}, {"odo-day", odometer, boxShop, 199_999, "100000"},
		{"svc500", service, boxLimited, 499.999, "0"}, {"svc500", service, boxLimited, 500, "500"}, {"svc500", service, boxBack, -0.001, "-500"},
		{"soc1", charge, boxMain, 61.999, "61"}, {"soc1", charge, boxMain, 62, "62"},
		{"soc5", charge, boxLimited, 64.999, "60"}, {"soc5", charge, boxLimited, 65, "65"}, {"soc5", charge, boxLimited, 100, "100"}, {"soc5", charge, boxLimited, 4.999, "0"},
		{"fuel8", fuel, boxLimited, 12.499, "0"}, {"fuel8", fuel, boxLimited, 12.5, "12.5"}, {"fuel8", fuel, boxLimited, 99.999, "87.5"}, {"fuel8", fuel, boxShop, 100, "100"},
		{"range50", rangeAll, boxLimited, 49_999.999, "0"}, {"range50", rangeAll, boxLimited, 50_000, "50000"}, {"range50", rangeAll, boxShop, 50_000, ""},
		{"min15", complete, boxLimited, 0.001, "900"}, {"min15", complete, boxLimited, 900, "900"}, {"min15", complete, boxLimited, 900.001, "1800"}, {"min15", complete, boxShop, 900, ""},
		{"tyre3", tyre, boxLimited, 180, "ok"}, {"tyre3", tyre, boxLimited, 179.999, "low"}, {"tyre3", tyre, boxShop, 150, "low"}, {"tyre3", tyre, boxShop, 149.999, "critical"},
		{"volt2", battery, boxLimited, 11.8, "ok"}, {"volt2", battery, boxLimited, 11.799, "low"}, {"volt2", battery, boxShop, 0, "low"},
		{"day1", pads, boxLimited, 31, "31"}, {"day1", pads, boxShop, 31.5, "31.5"},
		{"parked", door, boxLimited, true, "true"}, {"parked", door, boxShop, true, ""},
		{"grid5", ignition, boxLimited, "ACC", "OFF"}, {"grid5", ignition, boxLimited, "START", "OFF"},
		{"bare", faults, boxMain, "P0420 at 83 km/h", "P0420"}, {"bare", faults, boxShop, "p0420", ""}, {"bare", faults, boxLimited, "P042", ""},
	} {
		car := newCar(t, outside.Builtin(), outside.Options{})
		car.link(true)
		car.say(c.path, c.value)
		wait := 2 * time.Hour // past an hour of the workshop's
		if c.rule == "odo-day" || c.rule == "svc500" || c.rule == "day1" {
			wait = 15 * time.Hour // past 02:00
		}
		car.run(car.now.Boot + wait)
		if got := car.last(c.box)[strings.TrimPrefix(c.path, "Vehicle.")]; got != c.want {
			t.Errorf("%s: %v is shown to %.1s as %q: want %q", c.rule, c.value, c.box, got, c.want)
		}
		looked[c.rule] = true
	}
	for rule, built := range outside.Built() {
		if built && !looked[rule] && rule != "hold" && rule != "answer5" && rule != "climate-own" && !strings.HasPrefix(rule, "trip-") && rule != "distance-band" && rule != "self-row" {
			t.Errorf("%s is looked at nowhere here", rule)
		}
	}
}

// A new value waits for the car to stand: of what changes in use nothing is seen, under each
// rule that says so, until the slot after the use.
func TestRulesThatWaitForTheEndOfUse(t *testing.T) {
	for rule, c := range map[string]struct {
		path          string
		before, after any
		was, is       string
	}{
		"soc5": {charge, 81, 64, "80", "60"}, "fuel8": {fuel, 51, 24, "50", "12.5"}, "range50": {rangeAll, 260_000, 149_000, "250000", "100000"},
		"min15": {complete, 3600, 60, "3600", "900"}, "parked": {door, true, false, "true", "false"},
	} {
		car := newCar(t, outside.Builtin(), outside.Options{})
		car.link(true)
		car.say(c.path, c.before)
		short := strings.TrimPrefix(c.path, "Vehicle.")
		seen := func(clock, want string) {
			t.Helper()
			if car.at(clock); car.last(boxLimited)[short] != want {
				t.Errorf("%s: at %s limited sees %q: want %q", rule, clock, car.last(boxLimited)[short], want)
			}
		}
		seen("12:05:01", c.was)
		car.inUse(true)
		car.say(c.path, c.after)
		seen("12:10:00", c.was)
		seen("12:14:59.999999999", c.was)
		car.inUse(false)
		seen("12:14:59.999999999", c.was)
		seen("12:15:00", c.is)
	}
}
