package telemetry_test

import (
	"testing"
	"testing/synctest"
	"time"
)

// A car that is erased empties its state, and shows none any more until a new epoch; where
// the driver wants silence, or there is no line, it says nothing.
func TestForget(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, nil)
		synctest.Wait()
		w := c.port.line()
		if !c.Forget(time.Second) {
			t.Error("the broker did not forget")
		}
		c.Renew(epoch(2))
		time.Sleep(100 * time.Millisecond)
		if got := w.states(); len(got) != 2 || got[1] != "" {
			t.Errorf("states %q", got)
		}
		if !c.Forget(2*time.Second) || c.port.line() == w { // the next line is waited for
			t.Error("the broker did not forget over the next line")
		}
	})
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, nil)
		synctest.Wait()
		w := c.port.line()
		c.Mute(true)
		if c.Forget(time.Second) || len(w.states()) != 1 {
			t.Errorf("states %q while muted", w.states())
		}
	})
}
