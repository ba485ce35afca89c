package agent_test

import (
	"strings"
	"testing"
	"time"

	"glovebox/hal"
)

// The car did what was wanted once it shows that, or what is nearest to it on its dial:
// half a step away, to either side. Else it is said not to have done it.
func TestShownWithinHalfAStep(t *testing.T) {
	for shown, done := range map[float64]bool{150: true, 150.5: true, 149.5: true, 150.51: false, 149.49: false, 151: false} {
		w, log := adjustable(t) // a seat of 300 in steps of 1
		w.actuator.disobey()
		w.login(anna)
		w.set("seat", map[string]any{"position": map[string]any{"length": uint32(500)}})
		if len(w.sets()) == 0 {
			t.Fatal("nothing was sent")
		}
		w.pass(time.Second, -1)
		w.say(seatLength, hal.Number(shown))
		w.pass(40*time.Second, -1)
		w.CarryOut()
		if missed := strings.Contains(log.String(), seatLength); missed == done {
			t.Errorf("%v is shown, 150 was wanted: missed %v", shown, missed)
		}
	}
}
