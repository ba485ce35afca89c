package telemetry_test

import (
	"testing"
	"testing/synctest"
	"time"
)

// A session ends just as the line is about to open anew for another document: half a second
// later comes exactly one line, as at any session's end.
func TestSessionEndsAsTheLineReopens(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, func(c *car) {
			ended := false
			c.callbacks.Link = func(up bool) {
				if !up && !ended {
					ended = true
					c.Renew(epoch(2))
				}
			}
		})
		synctest.Wait()
		c.DocumentVersion(7)
		time.Sleep(time.Minute)
		if got := c.port.seen(); got != "0s dial, 700ms close, 1.2s dial" {
			t.Errorf("seen: %s", got)
		}
	})
}
