package telemetry_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/telemetry"
)

// After a session's end a line opens at 500 ms and says its first word at 750 ms, however
// long the process that opens it takes between, and whichever process that is. Where the
// network takes longer it speaks once it can.
func TestFirstWord(t *testing.T) {
	for _, row := range []struct {
		name          string
		takes         time.Duration // until the line is ready
		another       bool          // process opens the line
		ends, starts  time.Duration // of the exchange
		dialed, spoke time.Duration // after the session's end
	}{
		{"this process", 0, false, 0, 0, 500 * time.Millisecond, 750 * time.Millisecond},
		{"and a slow one", 240 * time.Millisecond, false, 0, 0, 500 * time.Millisecond, 750 * time.Millisecond},
		{"a slow network", 300 * time.Millisecond, false, 0, 0, 500 * time.Millisecond, 800 * time.Millisecond},
		{"another process", 7 * time.Millisecond, true, 100 * time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond, 750 * time.Millisecond},
		{"one that starts late", 7 * time.Millisecond, true, 300 * time.Millisecond, 310 * time.Millisecond, 610 * time.Millisecond, 750 * time.Millisecond},
		{"one that starts too late", 7 * time.Millisecond, true, 500 * time.Millisecond, 410 * time.Millisecond, 910 * time.Millisecond, 917 * time.Millisecond},
	} {
		t.Run(row.name, func(t *testing.T) {
			within(t, func(t *testing.T, dir string) {
				takes := time.Duration(0)
				c := drive(t, dir, func(c *car) {
					c.options.Dial = func(ctx context.Context, o telemetry.Opening) (telemetry.Connection, error) {
						line, err := c.port.dial(ctx, o)
						time.Sleep(takes)
						return line, err
					}
				})
				time.Sleep(10 * time.Second)
				if first := c.port.line().sent[0]; first.at != 0 {
					t.Errorf("the first word of all came at %v: nobody's session had ended", first.at)
				}
				takes = row.takes
				end := time.Since(c.port.begun)
				if c.Renew(epoch(2)); row.another {
					c.takeOver(row.ends, row.starts)
				}
				time.Sleep(5 * time.Second)
				synctest.Wait()
				if seen, want := c.port.seen(), (end+row.dialed).String()+" dial"; !strings.HasSuffix(seen, want) {
					t.Errorf("seen %s, want %s", seen, want)
				}
				if at := c.port.line().sent[0].at - end; at != row.spoke {
					t.Errorf("the first word came %v after the end, want %v", at, row.spoke)
				}
			})
		})
	}
}

// A line that has not spoken yet says nothing where another session ends, and the goodbye
// where the agent stops.
func TestEndBeforeTheFirstWord(t *testing.T) {
	for _, stops := range []bool{false, true} {
		within(t, func(t *testing.T, dir string) {
			c := drive(t, dir, nil)
			time.Sleep(10 * time.Second)
			c.Renew(epoch(2))
			time.Sleep(600 * time.Millisecond)
			w := c.port.line()
			if stops {
				c.park()
			} else {
				c.Renew(epoch(3))
			}
			time.Sleep(10 * time.Second)
			synctest.Wait()
			states := w.states()
			if !stops && (len(states) > 0 || c.port.line().sent[0].at != 11350*time.Millisecond) {
				t.Errorf("states %q, and the next line spoke at %v", states, c.port.line().sent[0].at)
			}
			if stops && (len(states) != 2 || !strings.Contains(states[1], `"online":false`)) {
				t.Errorf("a stop says %q", states)
			}
		})
	}
}
