package telemetry_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/telemetry/outside"
)

// resultTo is what a car says to a reader of the action with this counter.
func resultTo(t testing.TB, to outside.Reader, ctr uint64) outside.Released {
	t.Helper()
	o := outside.New(outside.Builtin(), start, outside.Options{})
	o.SetReaders(1, []outside.Reader{to}, start)
	o.Answer(to.Mailbox, "k", epoch(1), ctr, outside.Done, start)
	all := o.Tick(start)
	if len(all) != 1 || all[0].Kind() != outside.KindAck {
		t.Fatalf("%d messages", len(all))
	}
	return all[0]
}

// A result goes beside the mailbox and takes no number from it; one that the broker
// did not acknowledge is sent again, the same.
func TestResultsBesideMailbox(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, nil)
		synctest.Wait()
		c.port.set(func() { c.port.hold = true })
		c.send(alarmTo(t, anna, "abs"), resultTo(t, anna, 7), alarmTo(t, anna, "brake"))
		synctest.Wait()
		results := func(w *wire) (all []string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			for _, s := range w.sent {
				if s.Topic == "gb/1/"+vid+"/ack/"+anna.Mailbox {
					all = append(all, string(s.Payload))
				}
			}
			return all
		}
		first := c.port.line()
		want := `{"key":"k","epoch":"` + epoch(1) + `","ctr":7,"result":"done"}`
		if got := results(first); len(got) != 1 || got[0] != want {
			t.Fatalf("results %q", got)
		}
		mail := first.mail()
		if len(mail) != 2 || mail[0].Seq != 1 || mail[1].Seq != 2 {
			t.Errorf("alarms %s", list(mail))
		}
		first.acknowledge(1) // the first alarm
		synctest.Wait()
		c.port.set(func() { c.port.hold = false })
		first.lose()
		time.Sleep(time.Second)
		synctest.Wait()
		if got := results(c.port.line()); len(got) != 1 || got[0] != want {
			t.Errorf("sent again: %q", got)
		}
		if mail := c.port.line().mail(); len(mail) != 1 || mail[0].Seq != 2 || !mail[0].Resend || strings.Contains(mail[0].text, "ctr") {
			t.Errorf("alarms sent again: %s", list(mail))
		}
	})
}
