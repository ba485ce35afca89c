package telemetry_test

import (
	"testing"
	"testing/synctest"
	"time"

	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// A change that was made at the wheel was set aside, for the connection ended at it three
// times. No newer one comes: it waits for its turn, and the back end has it then.
func TestChangeSetAsideIsTriedAgain(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		o := outside.New(outside.Builtin(), start, outside.Options{})
		back := lea
		back.Column, back.Inbox = outside.ColumnBackend, anna.Mailbox
		o.SetReaders(1, []outside.Reader{back}, start)
		o.SetChange([]byte("a change"), start)
		o.Link(true, start)
		change := o.Tick(start)
		c := drive(t, dir, func(c *car) {
			c.port.rude = at("a change")
			c.callbacks.Link = func(up bool) {
				if up {
					c.Live(change)
				}
			}
		})
		time.Sleep(10 * time.Second)
		if n := c.port.opened(); n != 4 {
			t.Fatalf("%d connections, want 4: %s", n, c.port.seen())
		}
		c.port.set(func() { c.port.rude = nil })
		time.Sleep(time.Minute)
		synctest.Wait()
		if !c.port.line().has(at("a change")) || c.port.opened() != 4 {
			t.Errorf("a minute later it was not tried, on connection %d", c.port.opened())
		}
	})
}

// has reports whether such a message was handed over on a line.
func (w *wire) has(such func(telemetry.Message) bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.sent {
		if such(s.Message) {
			return true
		}
	}
	return false
}
