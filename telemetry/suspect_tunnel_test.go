package telemetry_test

import (
	"testing"
	"testing/synctest"
	"time"

	"glovebox/telemetry/outside"
)

// Tunnels are not the broker's word: a message that is on the way in each of ten is
// sent again after each.
func TestTunnelsSetNothingAside(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, func(c *car) { c.port.hold = true })
		synctest.Wait()
		c.send(alarmTo(t, anna, "abs"))
		for range 10 {
			time.Sleep(2 * time.Minute)
			c.port.line().acknowledge(1) // the state
			time.Sleep(40 * time.Second)
			c.port.line().lose() // the ping went unanswered
		}
		c.port.set(func() { c.port.hold = false })
		time.Sleep(2 * time.Minute)
		if c.waiting() != 0 {
			t.Errorf("%d messages wait: %s", c.waiting(), list(c.port.mail()))
		}
	})
}

// A connection that the driver has silent ends as one in a tunnel does: what was on the
// way just before goes alone the next time after both, so that nobody can tell them apart.
func TestSilenceLeavesWhatATunnelLeaves(t *testing.T) {
	var after []string
	for _, silent := range []bool{true, false} {
		within(t, func(t *testing.T, dir string) {
			c := drive(t, dir, func(c *car) {
				c.callbacks.Link = func(up bool) {
					if up {
						c.Live([]outside.Released{statusTo(t, anna, "newest"), statusTo(t, lea, "newest")})
					}
				}
			})
			synctest.Wait()
			c.port.set(func() { c.port.hold = true })
			if silent {
				c.Mute(true)
			}
			time.Sleep(52 * time.Second)
			c.send(statusTo(t, anna, "lost"), alarmTo(t, lea, "abs"))
			time.Sleep(8 * time.Second)
			if !silent {
				c.port.line().lose()
			}
			c.Mute(false)
			time.Sleep(700 * time.Millisecond)
			after = append(after, list(c.port.line().mail()))
		})
	}
	if after[0] != after[1] || after[0] == "" {
		t.Errorf("on the way after silence: %s\n   and after a tunnel: %s", after[0], after[1])
	}
}

// A session's end in a spell of silence is followed by as many tries as one in a tunnel: the
// next connection opens at the same instant.
func TestAnEndInSilenceIsAsInATunnel(t *testing.T) {
	var opened []time.Duration
	for _, silent := range []bool{true, false} {
		within(t, func(t *testing.T, dir string) {
			c := drive(t, dir, nil)
			synctest.Wait()
			begun := time.Now()
			c.Mute(silent)
			c.port.set(func() { c.port.refuse = !silent })
			time.Sleep(20*time.Second + 300*time.Millisecond)
			c.Mute(false)
			c.Renew(epoch(2))
			time.Sleep(time.Until(begun.Add(time.Minute)))
			c.port.set(func() { c.port.refuse = false })
			for c.port.opened() < 2 && time.Since(begun) < 5*time.Minute {
				time.Sleep(100 * time.Millisecond)
				synctest.Wait()
			}
			opened = append(opened, time.Since(begun))
		})
	}
	if opened[0] != opened[1] || opened[0] > 63*time.Second {
		t.Errorf("after silence the connection opens %v after its beginning, after a tunnel %v", opened[0], opened[1])
	}
}
