package telemetry_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// Live messages are one deep, the newest wins, and without a line there are none:
// a gap is never filled.
func TestLive(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, nil)
		synctest.Wait()
		c.port.line().lose()
		c.port.set(func() { c.port.refuse = true })
		synctest.Wait()
		c.send(statusTo(t, anna, "missed"))
		time.Sleep(time.Minute)
		c.port.set(func() { c.port.refuse, c.port.hold = false, true })
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := list(c.port.mail()); got != "" {
			t.Errorf("after the gap: %s", got)
		}
		// The window is full of kept messages: live ones wait, one each.
		var kept []outside.Released
		for i := range 40 {
			kept = append(kept, alarmTo(t, anna, fmt.Sprint("code-", i)))
		}
		c.send(kept...)
		synctest.Wait()
		newest := statusTo(t, anna, "1234567")
		c.send(statusTo(t, anna, "1"), statusTo(t, lea, "1"))
		c.send(newest)
		synctest.Wait()
		before := len(c.port.mail())
		c.port.line().acknowledge(3)
		synctest.Wait()
		got := c.port.mail()[before:]
		if len(got) != 2 || got[0].Kind != "status" || got[1].Kind != "status" || got[0].Mailbox == got[1].Mailbox {
			t.Fatalf("handed over %s: want one status for each", list(got))
		}
		for _, m := range got {
			if want := `"value":"7"`; m.Mailbox == anna.Mailbox && !strings.Contains(m.text, want) {
				t.Errorf("status %s: want the newest, %s", m.text, want)
			}
		}
	})
}

// After a gap the newest state goes first, then what waited, in its order.
func TestNewestFirst(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		linked := make(chan func(), 1)
		c := drive(t, dir, func(c *car) {
			c.callbacks.Link = func(up bool) {
				if f := <-linked; up {
					f()
				}
			}
		})
		c.send(alarmTo(t, anna, "abs"), alarmTo(t, lea, "abs"), alarmTo(t, anna, "brake"))
		linked <- func() { c.send(statusTo(t, anna, "now"), statusTo(t, lea, "now")) }
		synctest.Wait()
		if got := list(c.port.mail()); got != "a1 status 1, b2 status 1, a1 alarmsabs 2, b2 alarmsabs 2, a1 alarmsbrake 3" {
			t.Errorf("sent %s", got)
		}
		close(linked)
	})
}

// A live message that was on the way when the line broke is not sent again; a
// kept one is, as a repeat, with the same number.
func TestBreak(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, func(c *car) { c.port.hold = true })
		synctest.Wait()
		c.send(statusTo(t, anna, "x"))
		synctest.Wait()
		c.send(alarmTo(t, anna, "abs"), alarmTo(t, lea, "abs"))
		synctest.Wait()
		c.port.line().acknowledge(3) // state, status, the first alarm
		synctest.Wait()
		c.port.line().lose()
		c.port.set(func() { c.port.hold = false })
		time.Sleep(time.Second)
		if got := list(c.port.line().mail()); got != "b2 alarmsabs 1r" {
			t.Errorf("after the break: %s", got)
		}
		c.send(alarmTo(t, anna, "brake"))
		synctest.Wait()
		if got := list(c.port.line().mail()); got != "b2 alarmsabs 1r, a1 alarmsbrake 3" {
			t.Errorf("then: %s", got)
		}
		if c.waiting() != 0 {
			t.Errorf("%d messages still wait", c.waiting())
		}
	})
}

// At most 32 messages are on the way, and they are stamped in batches.
func TestWindow(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		counting := &counter{}
		c := drive(t, dir, func(c *car) {
			counting.Outbox, c.options.Outbox, c.port.hold = c.options.Outbox, counting, true
		})
		synctest.Wait()
		var all []outside.Released
		for i := range 320 {
			all = append(all, alarmTo(t, anna, fmt.Sprint("code-", i)))
		}
		c.send(all...)
		synctest.Wait()
		if n := len(c.port.mail()); n != 31 { // and the state
			t.Errorf("%d on the way", n)
		}
		for range 1000 {
			c.port.line().acknowledge(1)
			synctest.Wait()
		}
		mail := c.port.mail()
		for i, m := range mail {
			if m.Alarm != fmt.Sprint("code-", i) || m.Seq != uint64(i+1) || m.Resend {
				t.Fatalf("message %d is %s", i, list(mail[i:i+1]))
			}
		}
		if len(mail) != 320 || c.waiting() != 0 {
			t.Errorf("%d sent, %d wait", len(mail), c.waiting())
		}
		if counting.commits > 25 {
			t.Errorf("%d commits for 320 messages: want about one for 16", counting.commits)
		}
	})
}

// counter counts the commits on the way to an outbox; it can fail.
type counter struct {
	telemetry.Outbox
	mu      sync.Mutex
	commits int
	broken  error
}

func (c *counter) Settle(done, send []uint64, stamp func(string) (string, uint64)) ([]telemetry.Kept, error) {
	c.mu.Lock()
	c.commits++
	broken := c.broken
	c.mu.Unlock()
	if broken != nil && len(send) > 0 {
		stamp(anna.Mailbox)
		return nil, broken
	}
	return c.Outbox.Settle(done, send, stamp)
}

// A disk that fails holds up what is kept, not what is live; when it is well
// again nothing is lost and no number is missing.
func TestDiskFails(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		disk := &counter{broken: errors.New("input/output error")}
		c := drive(t, dir, func(c *car) { disk.Outbox = c.options.Outbox; c.options.Outbox = disk })
		synctest.Wait()
		c.send(alarmTo(t, anna, "abs"))
		synctest.Wait()
		c.send(statusTo(t, anna, "x"))
		time.Sleep(30 * time.Second)
		disk.mu.Lock()
		disk.broken = nil
		disk.mu.Unlock()
		time.Sleep(30 * time.Second)
		if got := list(c.port.mail()); got != "a1 status 1, a1 alarmsabs 2" {
			t.Errorf("sent %s", got)
		}
	})
}

// In each epoch the numbers begin at 1, also where the disk failed at the first
// hand-over in it.
func TestNumbersBeginAnewAfterADiskError(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		disk := &counter{}
		c := drive(t, dir, func(c *car) { disk.Outbox = c.options.Outbox; c.options.Outbox = disk })
		synctest.Wait()
		c.send(alarmTo(t, anna, "one"), alarmTo(t, anna, "two"), alarmTo(t, lea, "one"))
		synctest.Wait()
		disk.mu.Lock()
		disk.broken = errors.New("no space left on device")
		disk.mu.Unlock()
		c.Renew(epoch(2))
		time.Sleep(time.Second)
		c.send(alarmTo(t, anna, "three"))
		time.Sleep(time.Second)
		disk.mu.Lock()
		disk.broken = nil
		disk.mu.Unlock()
		c.send(statusTo(t, lea, "x"))
		time.Sleep(30 * time.Second)
		mail := c.port.mail()
		if got := list(mail); got != "a1 alarmsone 1, a1 alarmstwo 2, b2 alarmsone 1, b2 status 1, a1 alarmsthree 1" || mail[4].Epoch != epoch(2) {
			t.Errorf("sent %s", got)
		}
	})
}

// What the decision refuses at sending is not sent, costs no number and does
// not wait any longer.
func TestDecideAgain(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, func(c *car) {
			c.callbacks.Decide = func(r outside.Released) telemetry.Answer {
				if r.Mailbox() == anna.Mailbox {
					return telemetry.Drop
				}
				return telemetry.Send
			}
		})
		synctest.Wait()
		c.send(statusTo(t, anna, "x"), alarmTo(t, anna, "abs"), statusTo(t, lea, "x"), alarmTo(t, lea, "abs"))
		synctest.Wait()
		if got := list(c.port.mail()); got != "b2 status 1, b2 alarmsabs 2" {
			t.Errorf("sent %s", got)
		}
		if c.waiting() != 0 {
			t.Errorf("%d messages wait", c.waiting())
		}
		if handed := c.count(); handed != 2 {
			t.Errorf("%d reported as handed over", handed)
		}
	})
}

// A line that gives no receipts for a minute is given up.
func TestNoReceipts(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, func(c *car) { c.port.hold = true })
		time.Sleep(61 * time.Second)
		if seen := c.port.seen(); seen != "0s dial, 1m0s close, 1m0.5s dial" {
			t.Errorf("seen %s", seen)
		}
	})
}

// A purge that falls between the decision and the hand-over wins, and leaves no
// number missing.
func TestPurgeBetween(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		var c *car
		purge := func(r outside.Released) telemetry.Answer {
			if r.Code() == "abs" || r.Kind() == outside.KindStatus {
				live := func(k outside.Released) bool { return k.Tag() != r.Tag() }
				if n, err := c.Purge(live, func(tag outside.Tag, _ int) bool { return tag != r.Tag() }); n != 1 || err != nil {
					t.Errorf("purged %d, %v", n, err)
				}
			}
			return telemetry.Send
		}
		ready := make(chan struct{})
		c = drive(t, dir, func(c *car) {
			c.callbacks.Decide = purge
			c.callbacks.Link = func(up bool) { <-ready }
		})
		close(ready)
		synctest.Wait()
		c.send(statusTo(t, anna, "x"), alarmTo(t, lea, "abs"), alarmTo(t, anna, "brake"))
		synctest.Wait()
		if got := list(c.port.mail()); got != "a1 alarmsbrake 1" {
			t.Errorf("sent %s", got)
		}
	})
}

// What the broker has acknowledged is no gap when it is purged; what is on the
// way is.
func TestPurgeCountsWhatIsOnTheWay(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		c := drive(t, dir, func(c *car) { c.port.hold = true })
		var kept []outside.Released
		for i := range 20 {
			kept = append(kept, alarmTo(t, anna, fmt.Sprint("code-", i)))
		}
		c.send(kept...)
		synctest.Wait()
		c.port.line().acknowledge(4) // the state and three alarms
		synctest.Wait()
		if n, err := c.Purge(everyone, func(tag outside.Tag, _ int) bool { return tag.Kind == outside.KindGaps }); n != 17 || err != nil {
			t.Errorf("purged %d, %v: want 17", n, err)
		}
		c.port.line().acknowledge(1000)
		synctest.Wait()
		mail := c.port.mail()
		if m := mail[len(mail)-1]; len(mail) != 21 || m.Kind != "gaps" || !strings.Contains(m.text, `"dropped":17`) {
			t.Errorf("the last of %d is %s", len(mail), m.text)
		}
	})
}

// slow lets a purge begin between the stamp and the hand-over.
type slow struct {
	telemetry.Outbox
	stamped chan struct{}
}

func (s *slow) Settle(done, send []uint64, stamp func(string) (string, uint64)) ([]telemetry.Kept, error) {
	kept, err := s.Outbox.Settle(done, send, stamp)
	if len(kept) > 0 {
		s.stamped <- struct{}{}
		time.Sleep(50 * time.Millisecond)
	}
	return kept, err
}

// A purge that begins while messages are handed over waits: when it returns all
// of them were handed over before.
func TestPurgeWaits(t *testing.T) {
	box := &slow{stamped: make(chan struct{})}
	c := drive(t, t.TempDir(), func(c *car) { box.Outbox = c.options.Outbox; c.options.Outbox = box })
	c.send(alarmTo(t, anna, "abs"), alarmTo(t, anna, "brake"))
	<-box.stamped
	if _, err := c.Purge(everyone, func(outside.Tag, int) bool { return false }); err != nil {
		t.Fatal(err)
	}
	before := len(c.port.mail())
	time.Sleep(100 * time.Millisecond)
	if after := len(c.port.mail()); after != before || after != 2 {
		t.Errorf("%d messages when the purge returned, %d later", before, after)
	}
}

// What was live on a line that was dead already is told as lost when the line is found
// dead, before the line is said to be down; what the broker took is told as taken.
func TestLostIsTold(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		var told []string
		c := drive(t, dir, func(c *car) {
			c.callbacks.Fate = func(r outside.Released, f telemetry.Fate) {
				told = append(told, fmt.Sprintf("%.2s %s %s", r.Mailbox(), r.Kind(), []string{"handed", "taken", "lost"}[f]))
			}
			c.callbacks.Link = func(up bool) { told = append(told, fmt.Sprint("link ", up)) }
			c.port.hold = true
		})
		synctest.Wait()
		c.send(statusTo(t, anna, "x"), alarmTo(t, anna, "abs"))
		synctest.Wait()
		c.port.line().acknowledge(3)
		synctest.Wait()
		c.Mute(true)
		c.send(statusTo(t, lea, "x"), alarmTo(t, lea, "abs"))
		synctest.Wait()
		c.port.line().lose()
		synctest.Wait()
		want := "link true, a1 status handed, a1 alarms handed, a1 status taken,   lost, b2 status lost, link false"
		if got := strings.Join(told, ", "); got != want {
			t.Errorf("told %s\nwant %s", got, want)
		}
	})
}

// slotTo is the status of a slot.
func slotTo(t *testing.T, to outside.Reader) outside.Released {
	o, now := outside.New(outside.Builtin(), start, outside.Options{}), start
	o.SetReaders(1, []outside.Reader{to}, now)
	o.Link(true, now)
	for range 10 {
		now.Boot, now.UTC = now.Boot+time.Minute, now.UTC.Add(time.Minute)
		for _, r := range o.Tick(now) {
			if r.Kind() == outside.KindStatus {
				return r
			}
		}
	}
	t.Fatal("there is no slot")
	return outside.Released{}
}

// However much is on the way to others, who gets theirs at slots gets it at the slot.
func TestSlotsWaitForNobody(t *testing.T) {
	within(t, func(t *testing.T, dir string) {
		limited := outside.Reader{ID: "jonas", Mailbox: strings.Repeat("c3", 16), Column: outside.ColumnLimited}
		c := drive(t, dir, func(c *car) { c.port.hold = true })
		synctest.Wait()
		var all []outside.Released
		for i := range 40 {
			all = append(all, alarmTo(t, anna, fmt.Sprint("code-", i)))
		}
		c.send(all...)
		synctest.Wait()
		c.send(statusTo(t, lea, "x"), slotTo(t, limited))
		synctest.Wait()
		got := c.port.mail()
		if n := len(got); n != 32 || got[31].Mailbox != limited.Mailbox {
			t.Errorf("%d on the way, the last %s", n, list(got[n-1:]))
		}
	})
}
