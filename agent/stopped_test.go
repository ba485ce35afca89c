package agent_test

import (
	"testing"
	"testing/synctest"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
)

// A stop comes while somebody who waited for the car to park waits for a delay lock too,
// whose holder never lets go: the loops end, and the stop ends the rest.
func TestAStopWhileAPendingRequestWaitsForLocks(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.login(anna)
		b.drive(2 * time.Second)
		if _, err := b.Login(t.Context(), lea, profiles.PIN{}, true); err != nil {
			t.Fatal(err)
		}
		b.inhibit()
		b.observe("Vehicle.Speed", hal.Number(0))
		b.observe("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
		time.Sleep(time.Second)
		halted := false
		go func() { b.halt(); halted = true }()
		synctest.Wait()
		if v := b.SessionView(); !halted || v.State != "leaving" {
			t.Errorf("the loops ended: %v; %+v", halted, v)
		}
		begun := time.Now()
		if err := b.Stop(agent.Restart); err != nil || time.Since(begun) != 3*time.Second {
			t.Errorf("the stop took %v, %v", time.Since(begun), err)
		}
		synctest.Wait()
	})
}
