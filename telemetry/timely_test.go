package telemetry_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// What must wait for a slot waits on an open line too, also what was on its way
// when the line before broke; it leaves once, with the number it was given first.
func TestTimely(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		var slot atomic.Bool
		slot.Store(true)
		c := drive(t, dir, func(c *car) {
			c.callbacks.Decide = func(r outside.Released) telemetry.Answer {
				if r.Mailbox() == lea.Mailbox && !slot.Load() {
					return telemetry.Wait
				}
				return telemetry.Send
			}
			c.port.hold = true
		})
		synctest.Wait()
		c.send(alarmTo(t, lea, "abs"))
		synctest.Wait()
		slot.Store(false)
		c.port.line().lose()
		c.port.set(func() { c.port.hold = false })
		time.Sleep(2 * time.Second)
		c.send(alarmTo(t, lea, "brake"), alarmTo(t, anna, "abs"))
		synctest.Wait()
		if got := list(c.port.mail()); got != "b2 alarmsabs 1, a1 alarmsabs 1" {
			t.Errorf("before the slot: %s", got)
		}
		slot.Store(true)
		c.send(statusTo(t, anna, "x"))
		synctest.Wait()
		if got := list(c.port.mail()); got != "b2 alarmsabs 1, a1 alarmsabs 1, a1 status 2, b2 alarmsabs 1r, b2 alarmsbrake 2" {
			t.Errorf("at the slot: %s", got)
		}
		if c.waiting() != 0 {
			t.Errorf("%d messages wait", c.waiting())
		}
	})
}

// However much waits for a slot before it, what does not have to wait leaves at once.
func TestBehindWhatWaitsForASlot(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, func(c *car) {
			c.port.refuse = true
			c.callbacks.Decide = func(r outside.Released) telemetry.Answer {
				if r.Mailbox() == lea.Mailbox {
					return telemetry.Wait
				}
				return telemetry.Send
			}
		})
		var all []outside.Released
		for i := range 200 {
			all = append(all, alarmTo(t, lea, fmt.Sprint("code-", i)))
		}
		c.send(append(all, alarmTo(t, anna, "abs"))...)
		c.port.set(func() { c.port.refuse = false })
		time.Sleep(10 * time.Second)
		if got := list(c.port.mail()); got != "a1 alarmsabs 1" {
			t.Errorf("ten seconds later: %q", got)
		}
	})
}
