package telemetry_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/telemetry"
)

// asTheFirstOpens has something happen while the first line opens.
func asTheFirstOpens(do func(*car)) func(*car) {
	return func(c *car) {
		dial := c.options.Dial
		c.options.Dial = func(ctx context.Context, o telemetry.Opening) (telemetry.Connection, error) {
			line, err := dial(ctx, o)
			if c.port.opened() == 1 {
				do(c)
			}
			return line, err
		}
	}
}

// A document that comes while a line opens (a broker hands it out with the subscription)
// has those that follow it received as any other has, before the line opens anew.
func TestDocumentComesAsTheLineOpens(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, asTheFirstOpens(func(c *car) { c.DocumentVersion(7) }))
		time.Sleep(600 * time.Millisecond)
		c.DocumentVersion(8)
		time.Sleep(time.Minute)
		if got := c.port.seen(); got != "0s dial, 1.3s close, 1.3s dial" {
			t.Errorf("seen: %s", got)
		}
	})
}

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

// The driver chooses silence while a line opens, and it opens all the same: not one byte
// more leaves on it, and it closes when a tunnel's would.
func TestLineOpensIntoSilence(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, asTheFirstOpens(func(c *car) { c.Mute(true) }))
		c.send(alarmTo(t, anna, "abs"))
		time.Sleep(10 * time.Second)
		w := c.port.line()
		w.mu.Lock()
		for _, s := range w.sent {
			if !s.silent {
				t.Errorf("in silence %s went out", s.Topic)
			}
		}
		w.mu.Unlock()
		c.Mute(false)
		time.Sleep(10 * time.Minute)
		if got := c.port.seen(); got != "0s dial, 0s mute, 1m0s close, 1m0.5s dial" {
			t.Errorf("seen: %s", got)
		}
	})
}
