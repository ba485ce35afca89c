package car_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/hal/mapping"
	"glovebox/hal/slcan"
	"glovebox/sim/car"
	"glovebox/sim/scenarios"
)

// A message that its DBC file makes longer than eight bytes is said as CAN FD, and an
// order as long is obeyed; the others stay classic.
func TestCarOfCANFD(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		said := strings.NewReplacer("BO_ 256 MOTION: 8", "BO_ 256 MOTION: 24", "BO_ 530 LOCK_STATE: 1", "BO_ 530 LOCK_STATE: 50",
			"BO_ 1280 LOCK_COMMAND: 1", "BO_ 1280 LOCK_COMMAND: 12").Replace(string(ownFile(t, scenarios.MadeDBC)))
		v, l := liveBy(t, car.Setup{}, []byte(said))
		time.Sleep(time.Second)
		for id, length := range map[uint32]uint8{256: 24, 530: 64, 262: 8, 528: 2} {
			l.mu.Lock()
			if f := l.last[id]; f.FD != (length > 8) || f.Len != length || f.BRS {
				t.Errorf("message %d is %+v, want %d bytes", id, f, length)
			}
			l.mu.Unlock()
		}
		l.want(t, "Speed", "0")
		l.want(t, "Cabin.Door.Row1.DriverSide.IsLocked", "true")
		lock := mapping.Actuator{CAN: mapping.Ref{Message: "LOCK_COMMAND", Signal: "LOCK"}}
		f := l.command(t, lock, 0)
		if f.Len != 12 || !f.FD {
			t.Fatalf("the order is %+v", f)
		}
		v.Hear("body", slcan.Append(nil, f))
		time.Sleep(time.Second)
		l.want(t, "Cabin.Door.Row1.DriverSide.IsLocked", "false")
	})
}
