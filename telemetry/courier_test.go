package telemetry_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"glovebox/hal"
	"glovebox/profiles/keyring"
	"glovebox/telemetry"
	"glovebox/telemetry/outbox"
	"glovebox/telemetry/outside"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	vid        = "c0ffee00c0ffee00c0ffee00c0ffee00"
	stateTopic = "gb/1/" + vid + "/state"
)

// epoch is the n-th epoch of a test.
func epoch(n int) string { return fmt.Sprintf("%032x", n) }

var (
	anna     = outside.Reader{ID: "workshop", Mailbox: strings.Repeat("a1", 16), Column: outside.ColumnMain}
	lea      = outside.Reader{ID: "backend", Mailbox: strings.Repeat("b2", 16), Column: outside.ColumnShared}
	everyone = func(outside.Released) bool { return true }
)

// sendAll lets everything leave.
func sendAll(outside.Released) telemetry.Answer { return telemetry.Send }

var start = hal.Instant{UTC: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), Boot: time.Hour}

// released is what a car with one alarm on says to its readers: first the
// newest status of each, then the alarm to each.
func released(t testing.TB, to []outside.Reader, code string) (status, alarms []outside.Released) {
	t.Helper()
	o := outside.New(outside.Builtin(), start, outside.Options{})
	o.SetReaders(1, to, start)
	o.Signal(hal.Reading{Path: "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed", Value: hal.Number(float64(len(code))), At: start})
	o.Link(true, start)
	o.Alarm(outside.Alarm{Code: code, Severity: "warning", Active: true}, start)
	for _, r := range o.Tick(start) {
		switch r.Kind() {
		case outside.KindStatus:
			status = append(status, r)
		case outside.KindAlarms:
			alarms = append(alarms, r)
		}
	}
	if len(status) != len(to) || len(alarms) != len(to) {
		t.Fatalf("%d status and %d alarms to %d readers", len(status), len(alarms), len(to))
	}
	return status, alarms
}

func alarmTo(t testing.TB, to outside.Reader, code string) outside.Released {
	t.Helper()
	_, alarms := released(t, []outside.Reader{to}, code)
	return alarms[0]
}

func statusTo(t testing.TB, to outside.Reader, mark string) outside.Released {
	t.Helper()
	status, _ := released(t, []outside.Reader{to}, mark)
	return status[0]
}

// queue is a real outbox.
func queue(t testing.TB, dir string) *outbox.Outbox {
	t.Helper()
	ring, err := keyring.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	o := outbox.New(filepath.Join(dir, "outbox.db"), ring, outbox.Bounds{MaxBytes: 4 << 20, MaxAge: 720 * time.Hour}, func() hal.Instant { return start })
	if err := o.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(o.Close(), ring.Close()); err != nil {
			t.Error(err)
		}
	})
	return o
}

// message is one payload to a mailbox as its reader sees it.
type message struct {
	At            time.Duration // since the test began
	Mailbox, Kind string
	Epoch         string
	Seq           uint64
	Resend        bool
	Alarm         string
	text          string // the payload without resend
}

var (
	mailTopic  = regexp.MustCompile(`^gb/1/` + vid + `/to/([0-9a-f]{32})/([a-z]+)$`)
	resendWord = regexp.MustCompile(`"resend":(true|false)`)
)

// parse reads a message to a mailbox; ok is false for other topics.
func parse(t testing.TB, topic string, payload []byte) (m message, ok bool) {
	t.Helper()
	part := mailTopic.FindStringSubmatch(topic)
	if part == nil {
		return m, false
	}
	if err := json.Unmarshal(payload, &m); err != nil {
		t.Fatalf("%s: %v", topic, err)
	}
	m.Mailbox, m.Kind, m.text = part[1], part[2], resendWord.ReplaceAllString(string(payload), "")
	return m, true
}

// car is a Courier at work.
type car struct {
	*telemetry.Courier
	t         *testing.T
	options   telemetry.CourierOptions
	callbacks telemetry.Callbacks
	port      *port
	queue     *outbox.Outbox
	stop      context.CancelFunc
	ended     chan error

	mu     sync.Mutex
	handed int // guarded by mu
}

// drive runs a Courier until the test ends; before may alter options and port.
func drive(t *testing.T, dir string, before func(*car)) *car {
	t.Helper()
	c := &car{t: t, port: newPort(t), queue: queue(t, dir)}
	c.options = telemetry.CourierOptions{
		VID: vid, Agent: "1.0.0", Epoch: epoch(1), Outbox: c.queue, Dial: c.port.dial,
	}
	c.callbacks = telemetry.Callbacks{
		Decide: sendAll,
		Fate: func(_ outside.Released, f telemetry.Fate) {
			if f == telemetry.Handed {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.handed++
			}
		},
	}
	if before != nil {
		before(c)
	}
	c.start()
	t.Cleanup(c.park)
	return c
}

// start runs a new Courier on the same queue, as a restart does.
func (c *car) start() {
	c.Courier = telemetry.NewCourier(c.options)
	ctx, stop := context.WithCancel(c.t.Context())
	c.stop, c.ended = stop, make(chan error, 1)
	go func() { c.ended <- c.Deliver(ctx, c.callbacks) }()
}

// park stops the Courier and waits for it.
func (c *car) park() {
	c.stop()
	if err, ok := <-c.ended; ok {
		close(c.ended)
		if err != nil {
			c.t.Error(err)
		}
	}
}

// Send gives what is live and what is kept to the Courier, each its own way.
func (c *car) Send(messages []outside.Released) error {
	var kept []outside.Released
	for _, r := range messages {
		if r.Live() {
			c.Live([]outside.Released{r})
		} else {
			kept = append(kept, r)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	_, err := c.Keep(kept)
	return err
}

func (c *car) send(messages ...outside.Released) {
	c.t.Helper()
	if err := c.Send(messages); err != nil {
		c.t.Fatal(err)
	}
}

// waiting is how many messages wait on disk.
func (c *car) waiting() int {
	c.t.Helper()
	kept, err := c.queue.Next(0, 1<<20)
	if err != nil {
		c.t.Fatal(err)
	}
	return len(kept)
}

// count is how many messages were reported as handed over.
func (c *car) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.handed
}

// list is messages in short: mailbox, kind, alarm, seq, and r for a repeat.
func list(all []message) string {
	var out []string
	for _, m := range all {
		s := fmt.Sprintf("%s %s%s %d", m.Mailbox[:2], m.Kind, m.Alarm, m.Seq)
		if m.Resend {
			s += "r"
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

// within runs f in a bubble with its own time.
func within(t *testing.T, f func(t *testing.T, dir string)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) { f(t, dir) })
}
