package telemetry_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/telemetry"
)

// counting is how often the queue was looked at.
type counting struct {
	telemetry.Outbox
	looks atomic.Int64
}

func (q *counting) Next(after uint64, n int) ([]telemetry.Kept, error) {
	q.looks.Add(1)
	return q.Outbox.Next(after, n)
}

// What is live of a reader was set aside, and its turn comes while there is nothing of it
// to try: the line waits for the next one and does not look for it all the while.
func TestNothingToTryIsWaitedFor(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		queue := &counting{}
		c := drive(t, dir, func(c *car) {
			queue.Outbox, c.options.Outbox = c.options.Outbox, queue
			c.port.rude = at(`"status"`)
		})
		for range 3 {
			synctest.Wait()
			c.send(statusTo(t, anna, "x"))
			time.Sleep(5 * time.Second)
		}
		time.Sleep(2 * time.Minute)
		lines, before := c.port.opened(), queue.looks.Load()
		time.Sleep(10 * time.Second)
		if looks := queue.looks.Load() - before; looks > 10 {
			t.Errorf("with nothing to send the queue was looked at %d times in ten seconds", looks)
		}
		c.port.set(func() { c.port.rude = nil })
		c.send(statusTo(t, anna, "x"))
		synctest.Wait()
		if got := list(c.port.line().mail()); got != "a1 status 4" || c.port.opened() != lines {
			t.Errorf("once there is one: %s", got)
		}
	})
}
