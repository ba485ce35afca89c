package telemetry_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Where one message of a reader and kind is set aside, the next at which the broker ends
// the connection is so at once. They are tried in turn: the first a minute later, then one an hour.
func TestTwoAreSetAside(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, func(c *car) { c.port.rude = at(`"poison`) })
		synctest.Wait()
		c.send(alarmTo(t, anna, "poison-a"), alarmTo(t, anna, "poison-b"), alarmTo(t, anna, "last"), alarmTo(t, lea, "last"))
		time.Sleep(50 * time.Second)
		if n := c.port.opened(); n != 5 {
			t.Errorf("%d connections at first, want 5: %s", n, c.port.seen())
		}
		begun := time.Now()
		time.Sleep(4*time.Hour + 10*time.Minute)
		var tried []string
		for _, m := range c.port.since(begun) {
			tried = append(tried, m.Alarm)
		}
		got := strings.Join(tried, " ")
		if got != "poison-a poison-b poison-a poison-b poison-a" && got != "poison-b poison-a poison-b poison-a poison-b" {
			t.Errorf("in four hours were tried: %s", got)
		}
		c.port.set(func() { c.port.rude = nil })
		begun = time.Now()
		time.Sleep(time.Hour)
		if n := len(c.port.since(begun)); n != 2 {
			t.Errorf("once the broker takes them %d go within the hour, want both: %s", n, list(c.port.since(begun)))
		}
	})
}
