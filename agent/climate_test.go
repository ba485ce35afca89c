package agent_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/agent"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// Climate that was ordered for ten minutes ends, whatever became of the commands: where it
// only may have begun too, where an order to stop it did not reach the car, and where the
// car could not be told the first time.
func TestClimateEndsAllTheSame(t *testing.T) {
	maybe := errors.New("written, and not acknowledged")
	for name, row := range map[string]struct {
		do     func(w *world)
		result outside.Result // of the last order
	}{
		"it may have begun": {func(w *world) {
			w.actuator.fail(air, maybe)
		}, outside.Uncertain},
		"it does not hear to stop": {func(w *world) {
			w.order(fresh(lea, 1, profiles.ClimateStart))
			w.actuator.fail(air, agent.ErrNotSent)
		}, outside.NotNow},
		"it does not hear at the end": {func(w *world) {
			w.order(fresh(lea, 1, profiles.ClimateStart))
			w.turn(10 * time.Minute)
			w.actuator.fail(air, agent.ErrNotSent)
			if _, done, _ := w.Execute(t.Context()); done {
				t.Error("an order was carried out")
			}
		}, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := enrolled(t)
			row.do(w)
			if order := fresh(lea, 2, profiles.ClimateStart); row.result != "" {
				if row.result == outside.NotNow {
					order.act, order.args = profiles.ClimateStop, "{}"
				}
				if got := w.order(order); got.Result != row.result {
					t.Errorf("%s: %+v", name, got)
				}
			}
			w.actuator.fail("", nil)
			w.actuator.take()
			w.turn(11 * time.Minute)
			w.Execute(t.Context())
			equal(t, name, w.actuator.take(), air+"=false")
			w.turn(11 * time.Minute)
			w.Execute(t.Context())
			equal(t, name+", once", w.actuator.take())
		})
	}
}

// Lights that may flash are switched off, whatever is answered.
func TestFlashEndsAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := enrolled(t)
		w.actuator.once = true
		w.actuator.fail(hazard, errors.New("written, and not acknowledged"))
		if got := w.order(fresh(lea, 1, profiles.Flash)); got.Result != outside.Uncertain {
			t.Errorf("%+v", got)
		}
		equal(t, "sent", w.actuator.take(), hazard+"=false")
	})
}
