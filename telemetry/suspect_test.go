package telemetry_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// at is a message with that in its payload.
func at(text string) func(telemetry.Message) bool {
	return func(m telemetry.Message) bool { return strings.Contains(string(m.Payload), text) }
}

// since is what was handed over to mailboxes after a moment.
func (p *port) since(from time.Time) (all []message) {
	for _, m := range p.mail() {
		if m.At >= from.Sub(p.begun) {
			all = append(all, m)
		}
	}
	return all
}

// lines is a log that is read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// A message at which the broker ends the connection three times is set aside and named
// in the log; the others go on. It is tried again a minute later, then once an hour, and when the broker
// takes it nothing is lost and nothing comes twice under another number.
func TestPoisonIsSetAside(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		var log lines
		c := drive(t, dir, func(c *car) {
			c.port.rude = at(`"poison"`)
			c.options.Log = slog.New(slog.NewTextHandler(&log, nil))
		})
		synctest.Wait()
		c.send(alarmTo(t, anna, "first"), alarmTo(t, anna, "poison"), alarmTo(t, anna, "last"), alarmTo(t, lea, "last"))
		time.Sleep(50 * time.Second)
		if n := c.port.opened(); n != 4 {
			t.Errorf("%d connections at first, want 4: %s", n, c.port.seen())
		}
		if got := list(c.port.line().mail()); got != "a1 alarmslast 3r, b2 alarmslast 1r" && got != "a1 alarmslast 3, b2 alarmslast 1" {
			t.Errorf("the fourth connection: %s", got)
		}
		if n := strings.Count(log.String(), "message set aside"); n != 1 || strings.Contains(log.String(), "poison") {
			t.Errorf("the log names it %d times: %s", n, log.String())
		}
		begun := time.Now()
		time.Sleep(3*time.Hour + 10*time.Minute)
		if n := c.port.opened(); n != 8 || len(c.port.since(begun)) != 4 {
			t.Errorf("three hours on there were %d connections, want one more after a minute and each hour: %s", n, list(c.port.since(begun)))
		}
		c.port.set(func() { c.port.rude = nil })
		time.Sleep(time.Hour)
		if got := c.port.line().mail(); len(got) != 1 || got[0].Alarm != "poison" || got[0].Seq != 2 || !got[0].Resend {
			t.Errorf("once it is taken: %s", list(got))
		}
		if c.waiting() != 0 {
			t.Errorf("%d messages wait", c.waiting())
		}
	})
}

// What was acknowledged no more before the connection broke is not to blame: though a
// batch was on the way, the one message is found, and all others arrive.
func TestPoisonIsFoundInABatch(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, func(c *car) {
			c.port.hold, c.port.rude = true, at(`"code-5"`)
		})
		synctest.Wait()
		var all []outside.Released
		for i := range 10 {
			all = append(all, alarmTo(t, []outside.Reader{anna, lea}[i%2], fmt.Sprint("code-", i)))
		}
		c.port.line().acknowledge(1)
		synctest.Wait()
		c.send(all...)
		synctest.Wait()
		c.port.set(func() { c.port.hold = false })
		time.Sleep(5 * time.Minute)
		if kept, err := c.queue.Next(0, 100); err != nil || len(kept) != 1 || kept[0].Released.Code() != "code-5" {
			t.Errorf("%d messages wait (%v), want the poison: %s", len(kept), err, list(c.port.mail()))
		}
		if n := c.port.opened(); n > 6 {
			t.Errorf("%d connections", n)
		}
	})
}

// What only was beside a message that the broker did not take shows nothing when it is
// acknowledged: what was set aside is tried again when one comes through that alone was
// to blame.
func TestWhoWasBesideShowsNothing(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		var slot atomic.Bool // Lea's messages leave
		slot.Store(true)
		c := drive(t, dir, func(c *car) {
			c.port.rude = func(m telemetry.Message) bool { return strings.HasSuffix(m.Topic, "/alarms") }
			c.callbacks.Decide = func(r outside.Released) telemetry.Answer {
				if r.Reader() == lea.ID && !r.Live() && !slot.Load() {
					return telemetry.Wait
				}
				return telemetry.Send
			}
		})
		synctest.Wait()
		c.send(alarmTo(t, anna, "first"))
		time.Sleep(5 * time.Minute) // it is set aside, and was tried again
		c.port.set(func() { c.port.hold = true })
		c.send(statusTo(t, lea, "x"))
		synctest.Wait()
		c.send(alarmTo(t, lea, "second")) // the status is on the way, before it
		synctest.Wait()
		slot.Store(false)
		c.port.set(func() { c.port.hold = false })
		time.Sleep(10 * time.Second)
		slot.Store(true)
		c.send(statusTo(t, lea, "y"))
		synctest.Wait()
		if n := c.port.opened(); n != 6 {
			t.Fatalf("%d connections, want the sixth to end at an alarm", n)
		}
		c.port.set(func() { c.port.rude = nil })
		time.Sleep(2 * time.Minute)
		if c.waiting() != 0 {
			t.Errorf("%d messages wait, two minutes after the broker takes them again: %s", c.waiting(), list(c.port.line().mail()))
		}
	})
}

// Once all that was on the way is acknowledged that a broker ended the connection at, it has
// changed its mind, and what was set aside is tried again; not while one of them is left.
func TestAllThatWereOnTheWayShowIt(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, func(c *car) {
			c.port.rude = func(m telemetry.Message) bool { return strings.HasSuffix(m.Topic, "/alarms") }
		})
		synctest.Wait()
		c.send(alarmTo(t, anna, "first"))
		time.Sleep(5 * time.Minute) // it is set aside, and was tried again
		c.port.set(func() { c.port.hold = true })
		c.send(statusTo(t, anna, "x"))
		synctest.Wait()
		c.send(alarmTo(t, lea, "second")) // the status is on the way, before it
		synctest.Wait()
		c.port.set(func() { c.port.hold, c.port.rude = false, nil })
		time.Sleep(time.Minute)
		if mail := list(c.port.line().mail()); strings.Contains(mail, "first") {
			t.Errorf("tried again though one that was beside it may have been to blame: %s", mail)
		}
		c.send(statusTo(t, anna, "y"))
		time.Sleep(time.Minute)
		if c.waiting() != 0 {
			t.Errorf("%d messages wait, though all are taken again: %s", c.waiting(), list(c.port.line().mail()))
		}
	})
}

// Once the message is found at which the broker ended the connection, the next pauses are
// short again: two of them hold the others up for seconds and not for half a minute.
func TestFoundTheLineIsBackSoon(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, func(c *car) {
			c.port.rude = func(m telemetry.Message) bool { return strings.HasSuffix(m.Topic, "/alarms") }
		})
		synctest.Wait()
		c.send(alarmTo(t, anna, "first"))
		c.send(alarmTo(t, lea, "second"))
		time.Sleep(12 * time.Second)
		c.send(statusTo(t, anna, "z"))
		synctest.Wait()
		if mail := list(c.port.line().mail()); len(c.port.lines) != 7 || mail != "a1 status 2" {
			t.Errorf("%d connections, want 7: on the last one %s", len(c.port.lines), mail)
		}
	})
}

// A broker that takes nothing live of one reader and kind ends the connection three
// times, and then the others go on; it is tried again a minute later and an hour later.
func TestLivePoisonIsSetAside(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, func(c *car) {
			c.port.rude = func(m telemetry.Message) bool { return strings.HasSuffix(m.Topic, anna.Mailbox+"/status") }
		})
		synctest.Wait()
		minute := func() {
			for range 20 {
				c.send(statusTo(t, anna, "x"), statusTo(t, lea, "x"))
				time.Sleep(3 * time.Second)
			}
		}
		minute()
		opened := c.port.opened()
		if opened != 4 {
			t.Errorf("%d connections in the first minute, want 4", opened)
		}
		for range 58 {
			minute()
		}
		if n := c.port.opened(); n != opened+1 {
			t.Errorf("%d connections within the hour, want %d", n, opened+1)
		}
		c.port.set(func() { c.port.rude = nil })
		for range 3 {
			minute()
		}
		mail := c.port.line().mail()
		if last := mail[len(mail)-2]; last.Mailbox != anna.Mailbox || last.Kind != "status" {
			t.Errorf("two hours on the last but one is %s", list(mail[len(mail)-2:]))
		}
	})
}

// What is live of a reader at whose message the broker ended the connection goes alone
// the next time: nothing is on the way beside it, live or kept.
func TestLiveSuspectGoesAlone(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, func(c *car) {
			c.port.rude = func(m telemetry.Message) bool { return strings.HasSuffix(m.Topic, anna.Mailbox+"/status") }
		})
		synctest.Wait()
		c.send(statusTo(t, anna, "x"))
		time.Sleep(time.Minute)
		if n := c.port.opened(); n != 2 {
			t.Fatalf("%d connections: %s", n, c.port.seen())
		}
		c.port.set(func() { c.port.rude, c.port.hold = nil, true })
		c.send(statusTo(t, anna, "x"), statusTo(t, lea, "x"), alarmTo(t, lea, "abs"))
		synctest.Wait()
		if got := list(c.port.line().mail()); !strings.HasPrefix(got, "a1 status") || strings.Contains(got, ",") {
			t.Errorf("on the way: %s", got)
		}
		c.port.line().acknowledge(1)
		synctest.Wait()
		if n := len(c.port.line().mail()); n != 3 {
			t.Errorf("then: %s", list(c.port.line().mail()))
		}
	})
}

// A broker that goes on ending the connection at what is live is tried a minute later, then once an hour.
func TestLivePoisonOnceAnHour(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, func(c *car) {
			c.port.rude = func(m telemetry.Message) bool { return strings.HasSuffix(m.Topic, anna.Mailbox+"/status") }
		})
		synctest.Wait()
		for minute := range 3*60 + 10 {
			c.send(statusTo(t, anna, "x"))
			time.Sleep(time.Minute)
			if minute == 9 && c.port.opened() != 5 {
				t.Errorf("%d connections in ten minutes", c.port.opened())
			}
		}
		if n := c.port.opened(); n != 8 {
			t.Errorf("%d connections in three hours, want one more after a minute and each hour: %s", n, c.port.seen())
		}
	})
}

// onTheWay is what was handed over to a mailbox and has no receipt yet.
func (w *wire) onTheWay() (all []message) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.sent {
		select {
		case <-s.done:
		default:
			if m, ok := parse(w.port.t, s.Topic, s.Payload); ok {
				all = append(all, m)
			}
		}
	}
	return all
}

// What was set aside is tried with nothing beside it, however much there is to send when
// its hour is over.
func TestTrialGoesAlone(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, func(c *car) { c.port.rude = at(`"poison"`) })
		synctest.Wait()
		c.send(alarmTo(t, anna, "poison"))
		time.Sleep(time.Minute)
		c.port.set(func() { c.port.rude, c.port.hold = nil, true })
		tried := false
		for i := range 130 {
			c.send(alarmTo(t, lea, fmt.Sprint("code-", i)))
			for range 29 {
				time.Sleep(time.Second)
				flying := c.port.line().onTheWay()
				if poison := strings.Contains(fmt.Sprint(flying), "poison"); poison && len(flying) > 1 {
					t.Fatalf("half a minute %d: on the way %s", i, list(flying))
				} else if poison {
					tried = true
				}
			}
			c.port.line().acknowledge(100)
			time.Sleep(time.Second)
		}
		if !tried {
			t.Error("it was never tried again")
		}
	})
}

// A document that changes while the window is full is shown once there is room; the
// window is never over-full.
func TestDocumentChangesWhileTheWindowIsFull(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, func(c *car) { c.port.hold = true })
		synctest.Wait()
		var kept []outside.Released
		for i := range 40 {
			kept = append(kept, alarmTo(t, anna, fmt.Sprint("code-", i)))
		}
		c.send(kept...)
		synctest.Wait()
		for v := range 5 {
			c.DocumentVersion(uint64(v) + 7)
			c.send(statusTo(t, lea, "x"))
			synctest.Wait()
		}
		w := c.port.line()
		if n := len(w.mail()) + len(w.states()); n != 32 {
			t.Errorf("%d on the way", n)
		}
		w.acknowledge(1)
		synctest.Wait()
		if states := w.states(); len(states) != 2 || !strings.Contains(states[1], `"policy":11`) {
			t.Errorf("states %q", states)
		}
		c.port.set(func() { c.port.hold = false })
		w.acknowledge(100)
		time.Sleep(time.Second)
		if c.waiting() != 0 {
			t.Errorf("%d messages wait", c.waiting())
		}
	})
}

// A healthy line stays open, however late each acknowledgement comes within a minute,
// and whatever was acknowledged at full minutes.
func TestPatienceIsTheOldestMessages(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, func(c *car) { c.port.hold = true })
		synctest.Wait()
		c.port.line().acknowledge(1)
		for i := range 5 {
			c.send(statusTo(t, anna, fmt.Sprint(i)))
			late := 100*time.Millisecond + time.Duration(i)*10*time.Second
			time.Sleep(late)
			c.port.line().acknowledge(1)
			time.Sleep(time.Minute - late)
		}
		if n := c.port.opened(); n != 1 {
			t.Errorf("%d lines were opened: %s", n, c.port.seen())
		}
	})
}

// With a session's end all that was set aside is as if nothing had been: so it is where a
// fresh process takes over.
func TestASessionsEndForgetsSuspects(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, func(c *car) { c.port.rude = at(`"poison"`) })
		synctest.Wait()
		c.send(alarmTo(t, anna, "poison"))
		time.Sleep(time.Minute)
		before := c.port.opened()
		c.Renew(epoch(2))
		time.Sleep(time.Minute)
		if n := c.port.opened() - before; n != 4 {
			t.Errorf("after the end %d connections, want 4 as after a start: %s", n, c.port.seen())
		}
	})
}
