package agent_test

import (
	"testing"
	"testing/synctest"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
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

// What the disk did not take a moment ago is tried once more at the stop, and not lost.
func TestAStopTriesOnceMore(t *testing.T) {
	for _, why := range []agent.Reason{agent.Restart, agent.Suspend} {
		inBubble(t, func(t *testing.T, b *bubble) {
			b.login(anna)
			synctest.Wait()
			b.disk.make("SetCarFact gate", 0, errDisk)
			b.drive(time.Second)
			b.level(telemetry.LevelNoPosition)
			synctest.Wait()
			before, _ := b.store.CarFact("gate")
			b.disk.make("SetCarFact gate", 0, nil)
			b.halt() // nobody else tries
			if err := b.Stop(why); err != nil {
				t.Errorf("%s: %v", why, err)
			}
			if after, _ := b.store.CarFact("gate"); string(after) == string(before) {
				t.Errorf("%s: the disk has %q of the gate", why, after)
			}
		})
	}
}
