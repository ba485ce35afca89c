package telemetry_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"glovebox/telemetry/internal/testbroker"
	"glovebox/telemetry/mqtt"
	"glovebox/telemetry/outside"
)

// online runs a Courier on a real line to address.
func online(t *testing.T, address string, before func(*car)) *car {
	t.Helper()
	d, err := mqtt.New("mqtt://"+address, mqtt.Files{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return drive(t, t.TempDir(), func(c *car) {
		c.options.Dial = d.Dial
		c.options.PauseMin, c.options.PauseMax = 10*time.Millisecond, 50*time.Millisecond
		if before != nil {
			before(c)
		}
	})
}

// received is what the broker took for mailboxes.
func received(t *testing.T, b *testbroker.Broker) (all []message) {
	t.Helper()
	for _, p := range b.Published() {
		if m, ok := parse(t, p.Topic, p.Payload); ok {
			all = append(all, m)
		}
	}
	return all
}

// states are the payloads of the state topic, wills marked.
func states(b *testbroker.Broker) (all []string) {
	for _, p := range b.Published() {
		if p.Topic != stateTopic || !p.Retained {
			continue
		}
		text := string(p.Payload)
		if p.Will {
			text = "will " + text
		}
		all = append(all, text)
	}
	return all
}

func body(online bool, n int) string {
	return fmt.Sprintf(`{"online":%v,"epoch":"%s","policy":0,"agent":"1.0.0"}`, online, epoch(n))
}

// On a real line: the state shows the car, a session's end closes with a goodbye
// and comes back once, half a second later, under a new epoch; a stop says so.
func TestRealLine(t *testing.T) {
	t.Parallel()
	broker := testbroker.Start(t, nil)
	inbound := make(chan string, 1)
	c := online(t, broker.Address(), func(c *car) {
		c.callbacks.Inbound = func(topic string, payload []byte) { inbound <- topic + " " + string(payload) }
	})
	broker.Wait("the state", func() bool { return len(states(broker)) == 1 })
	broker.Publish("gb/1/"+vid+"/policy", "a document", true)
	if got := <-inbound; got != "gb/1/"+vid+"/policy a document" {
		t.Errorf("inbound %s", got)
	}
	renewed := time.Now()
	c.Renew(epoch(2))
	broker.Wait("the new line", func() bool { return len(states(broker)) == 2 })
	<-inbound // the retained document again
	c.park()
	broker.Wait("the end", func() bool { return broker.Count("gone") == 2 })

	if got, want := states(broker), []string{body(true, 1), body(true, 2), body(false, 2)}; !slices.Equal(got, want) {
		t.Errorf("states %q, want %q", got, want)
	}
	if broker.Count("disconnect") != 2 || broker.Count("will") != 0 || broker.Count("connect") != 2 {
		t.Errorf("events %v", broker.Events())
	}
	connects := slices.DeleteFunc(broker.Events(), func(e testbroker.Event) bool { return e.What != "connect" })
	if gap := connects[1].At.Sub(renewed); gap < 500*time.Millisecond || gap > 3*time.Second {
		t.Errorf("back after %v, want 500 ms", gap)
	}
}

// Offline on a real line: the broker hears nothing and publishes the will when
// its patience ends; what was sent meanwhile arrives afterwards, as a repeat.
func TestRealSilence(t *testing.T) {
	t.Parallel()
	broker := testbroker.Start(t, nil)
	c := online(t, broker.Address(), func(c *car) { c.options.Keepalive, c.options.GiveUp = time.Second, time.Second })
	broker.Wait("the state", func() bool { return len(states(broker)) == 1 })
	c.Mute(true)
	muted := time.Now()
	c.send(alarmTo(t, anna, "abs"))
	broker.Wait("the will", func() bool { return broker.Count("will") == 1 })
	if waited := time.Since(muted); waited < 900*time.Millisecond {
		t.Errorf("the broker noticed after %v", waited)
	}
	time.Sleep(time.Second)
	if broker.Count("connect") != 1 || broker.Count("disconnect") != 0 {
		t.Errorf("not silent: %v", broker.Events())
	}
	c.Mute(false)
	broker.Wait("the alarm", func() bool { return len(received(t, broker)) == 1 })
	if got := list(received(t, broker)); got != "a1 alarmsabs 1r" {
		t.Errorf("afterwards %s", got)
	}
	if got, want := states(broker), []string{body(true, 1), "will " + body(false, 1), body(true, 1)}; !slices.Equal(got, want) {
		t.Errorf("states %q, want %q", got, want)
	}
}

// A broker that is restarted finds the car again, with its state.
func TestBrokerRestart(t *testing.T) {
	t.Parallel()
	broker := testbroker.Start(t, nil)
	c := online(t, broker.Address(), nil)
	broker.Wait("the state", func() bool { return len(states(broker)) == 1 })
	broker.Stop()
	c.send(alarmTo(t, anna, "abs"))
	time.Sleep(100 * time.Millisecond)
	broker.Run()
	broker.Wait("the alarm", func() bool { return len(received(t, broker)) == 1 })
	got := slices.DeleteFunc(states(broker), func(s string) bool { return strings.HasPrefix(s, "will") })
	if len(got) != 2 || got[1] != body(true, 1) {
		t.Errorf("states %q", got)
	}
}

// A line that is cut again and again while a thousand kept messages pass loses
// none and keeps each reader's order; a repeat has the same number and content.
// Live messages are never given later than they were.
func TestCutLine(t *testing.T) {
	const total, cutEvery = 1000, 125
	broker := testbroker.Start(t, nil)
	proxy := testbroker.NewProxy(broker)
	lines := 0
	c := online(t, proxy.Address(), func(c *car) {
		c.options.PauseMin, c.options.PauseMax = 2*time.Millisecond, 5*time.Millisecond
		c.callbacks.Link = func(up bool) {
			if up {
				lines++
				c.send(statusTo(t, anna, strings.Repeat("x", lines)))
			}
		}
		var batch []outside.Released
		for i := range total {
			batch = append(batch, alarmTo(t, []outside.Reader{anna, lea}[i%2], fmt.Sprintf("code-%04d", i)))
		}
		if _, err := c.queue.Put(batch); err != nil {
			t.Fatal(err)
		}
	})
	for n := cutEvery; n < total; n += cutEvery {
		broker.Wait(fmt.Sprint(n, " messages"), func() bool { return len(broker.Published()) >= n })
		proxy.Cut()
	}
	broker.Wait("all messages", func() bool { return c.waiting() == 0 })
	mail := received(t, broker)
	c.park()
	judge(t, mail, total)
	t.Logf("%d messages, %d on the wire, %d lines", total, len(mail), lines)
	if lines < 5 || len(mail) == total {
		t.Errorf("%d lines, %d messages: the cuts did not bite", lines, len(mail))
	}
}

// judge looks at everything the broker took: total kept messages and some live.
func judge(t *testing.T, mail []message, total int) {
	t.Helper()
	content, order, codes, newest := map[string]string{}, map[string]string{}, map[string]bool{}, 0
	for _, m := range mail {
		key := fmt.Sprintf("%s %s %d", m.Mailbox, m.Epoch, m.Seq)
		old, again := content[key]
		content[key] = m.text
		switch {
		case again && (old != m.text || m.Kind == "status" || !m.Resend):
			t.Fatalf("%s again, repeat %v:\n%s\nand\n%s", key, m.Resend, old, m.text)
		case again:
		case m.Kind == "status":
			value := statusValue(t, m.text)
			if value <= newest {
				t.Fatalf("status %d after %d", value, newest)
			}
			newest = value
		case m.Alarm <= order[m.Mailbox]:
			t.Fatalf("%s after %s", m.Alarm, order[m.Mailbox])
		default:
			order[m.Mailbox] = m.Alarm
			codes[m.Alarm] = true
		}
	}
	if len(codes) != total {
		t.Errorf("%d of %d arrived", len(codes), total)
	}
}

// statusValue is the number in a status of statusTo: the length of its mark.
func statusValue(t *testing.T, text string) int {
	t.Helper()
	_, after, _ := strings.Cut(text, `"value":"`)
	digits, _, _ := strings.Cut(after, `"`)
	n, err := strconv.Atoi(digits)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return n
}
