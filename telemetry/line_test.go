package telemetry_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/hal"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// A line that opened although it had been called off is closed unused: not a byte
// goes over it, and the next one shows the new epoch.
func TestLineThatOpenedTooLate(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, func(c *car) {
			renewed := false
			c.options.Dial = func(ctx context.Context, o telemetry.Opening) (telemetry.Connection, error) {
				line, err := c.port.dial(ctx, o)
				if !renewed {
					renewed = true
					c.Renew(epoch(2))
				}
				return line, err
			}
		})
		time.Sleep(time.Minute)
		if got := c.port.seen(); got != "0s dial, 0s close, 500ms dial" {
			t.Errorf("seen: %s", got)
		}
		if first := c.port.lines[0]; len(first.sent) != 0 {
			t.Errorf("%d messages went over the line that was called off", len(first.sent))
		}
		if states := c.port.line().states(); len(states) != 1 || !strings.Contains(states[0], epoch(2)) {
			t.Errorf("states %q", states)
		}
	})
}

// However often a line cannot be opened, the log says it once; what was called off is
// no failure.
func TestFailedLineIsLoggedOnce(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		var text bytes.Buffer
		c := drive(t, dir, func(c *car) {
			c.options.Log = slog.New(slog.NewTextHandler(&text, nil))
			c.port.refuse = true
		})
		logged := func(what string, want int) {
			t.Helper()
			time.Sleep(10 * time.Minute)
			synctest.Wait()
			if got := strings.Count(text.String(), "line not opened"); got != want {
				t.Errorf("%s: the log says it %d times, want %d", what, got, want)
			}
		}
		logged("refused", 1)
		c.port.set(func() { c.port.refuse = false })
		logged("open", 1)
		c.port.set(func() { c.port.hang = true })
		c.port.line().lose()
		time.Sleep(time.Minute)
		c.Mute(true)
		logged("called off", 1)
		c.port.set(func() { c.port.hang, c.port.refuse = false, true })
		c.Mute(false)
		logged("refused again", 2)
	})
}

// The acknowledgement of a state forgets no message: not of the first one, not of one
// that shows another document.
func TestStateIsNoMessage(t *testing.T) {
	for _, another := range []bool{false, true} {
		within(t, func(t *testing.T, dir string) {
			c := drive(t, dir, func(c *car) { c.port.hold = true })
			synctest.Wait()
			if another {
				c.port.line().acknowledge(1)
				c.DocumentVersion(7)
				synctest.Wait()
			}
			c.send(alarmTo(t, anna, "abs"))
			synctest.Wait()
			c.port.line().acknowledge(1)
			synctest.Wait()
			c.port.set(func() { c.port.hold = false })
			c.port.line().lose()
			time.Sleep(time.Minute)
			if got := list(c.port.mail()); got != "a1 alarmsabs 1, a1 alarmsabs 1r" {
				t.Errorf("another document %v: after the break %q", another, got)
			}
		})
	}
}

// A stop waits a moment for what is on its way: what is acknowledged in that second
// does not come again.
func TestStopWaitsAMoment(t *testing.T) {
	for after, wait := range map[time.Duration]int{900 * time.Millisecond: 0, 1100 * time.Millisecond: 1} {
		within(t, func(t *testing.T, dir string) {
			c := drive(t, dir, func(c *car) { c.port.hold = true })
			c.send(alarmTo(t, anna, "abs"))
			synctest.Wait()
			line := c.port.line()
			time.AfterFunc(after, func() { line.acknowledge(1 << 10) })
			began := time.Now()
			c.park()
			if took := time.Since(began); took != min(after, time.Second) || c.waiting() != wait {
				t.Errorf("acknowledged after %s: stopped after %s, %d wait", after, took, c.waiting())
			}
			time.Sleep(time.Second)
		})
	}
}

// forgetting notes which messages the queue was told to forget.
type forgetting struct {
	telemetry.Outbox
	done []uint64
}

func (f *forgetting) Settle(done, send []uint64, stamp func(string) (string, uint64)) ([]telemetry.Kept, error) {
	f.done = append(f.done, done...)
	return f.Outbox.Settle(done, send, stamp)
}

// What the broker has is forgotten once.
func TestForgottenOnce(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		noting := &forgetting{}
		c := drive(t, dir, func(c *car) {
			noting.Outbox, c.options.Outbox, c.port.hold = c.options.Outbox, noting, true
		})
		c.send(alarmTo(t, anna, "abs"), alarmTo(t, anna, "brake"))
		synctest.Wait()
		c.port.line().acknowledge(2) // the state and the first
		synctest.Wait()
		c.send(alarmTo(t, anna, "airbag"))
		synctest.Wait()
		c.port.line().acknowledge(2)
		synctest.Wait()
		c.port.line().lose()
		time.Sleep(time.Minute)
		slices.Sort(noting.done)
		if !slices.Equal(noting.done, []uint64{1, 2, 3}) {
			t.Errorf("forgotten: %v", noting.done)
		}
	})
}

// What the gate holds back is entered as a position that was withheld from each reader
// who would have had it, and from nobody else.
func TestWithheldSaysWhat(t *testing.T) {
	gate := telemetry.NewGate(outside.Builtin().Numbers(), "").Begin(false).SetLevel(telemetry.LevelNoPosition, false)
	jonas := outside.Reader{ID: "jonas", Mailbox: strings.Repeat("c3", 16), Column: outside.ColumnLimited}
	at := hal.Instant{UTC: start.UTC, Boot: start.Boot + time.Second}
	got := gate.Withheld(outside.Builtin(), []outside.Reader{anna, lea, jonas}, at)
	if len(got) != 2 {
		t.Fatalf("%+v", got)
	}
	for i, reader := range []string{anna.ID, lea.ID} {
		d := got[i]
		if d.Reader != reader || d.Kind != outside.KindPosition || d.Class != outside.ClassPosition || d.Outcome != outside.Withheld || d.Rule != "position/no_position" || d.At != at {
			t.Errorf("%+v", d)
		}
	}
}
