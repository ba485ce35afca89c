package agent

import (
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/telemetry/outside"
)

// Each chattering warning has a time of its own, and those that are due together are
// told in the order of their codes.
func TestWarningsChatterApart(t *testing.T) {
	at := func(s int) hal.Instant { return hal.Instant{Boot: time.Duration(s) * time.Second} }
	v := newVehicle(Needs{}, at(0))
	flicker := func(code string, from int) {
		for i := range 3 {
			v.alarm(AlarmRule{Code: code}, i%2 == 0, at(from+i))
		}
	}
	flicker("engine", 1)
	flicker("brake", 11)
	flicker("abs", 11)
	told := map[int][]outside.Alarm{}
	for s := 15; s < 200; s++ {
		if all := v.alarmsDue(at(s)); len(all) > 0 {
			told[s] = all
		}
	}
	if len(told) != 2 || len(told[62]) != 1 || told[62][0].Code != "engine" || len(told[72]) != 2 || told[72][0].Code != "abs" || told[72][1].Code != "brake" {
		t.Errorf("told %+v", told)
	}
}
