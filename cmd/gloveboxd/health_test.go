package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/hal/socketcan"
)

// plainLog writes records without their time.
func plainLog(to *bytes.Buffer) *slog.Logger {
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
			return slog.Attr{}
		}
		return a
	}}))
}

// A bus is not well for ten seconds after the last trouble. Each cause is said once, and
// once that it is over; what is only counted makes no bus ill.
func TestBusHealth(t *testing.T) {
	var text bytes.Buffer
	var of health
	bus, other := newBusHealth(&of, "bus.body", plainLog(&text)), newBusHealth(&of, "bus.drive", plainLog(&text))
	var counts, others socketcan.Counts
	second := func(n int) time.Duration { return time.Hour + time.Duration(n)*time.Second }
	at := func(n int, events ...socketcan.Event) {
		for _, e := range events {
			counts[e]++
		}
		bus.judge(&counts, second(n))
	}
	at(0)
	at(1, socketcan.NoAck, socketcan.BusError, socketcan.Warning, socketcan.Restarted, socketcan.ErrorFrame, socketcan.Unreadable, socketcan.Arbitration)
	if of.ill(second(1)) || text.Len() > 0 {
		t.Errorf("ill of what is only counted: %s", &text)
	}
	at(2, socketcan.Lost)
	for n := 3; n < 8; n++ {
		at(n, socketcan.Lost, socketcan.Passive)
	}
	if !of.ill(second(2)) || !of.ill(second(17)-1) || of.ill(second(17)) {
		t.Error("want it ill until ten seconds after the last trouble")
	}
	others[socketcan.BusOff] = 1
	other.judge(&others, second(10))
	other.judge(&others, second(11))
	at(16)
	if !of.ill(second(19)) || of.ill(second(20)) {
		t.Error("want the other bus to count as well")
	}
	at(17)
	other.judge(&others, second(25))
	at(30, socketcan.Overflow)
	want := strings.Join([]string{
		`msg="bus degraded" wire=bus.body cause=lost-frames`, `msg="bus degraded" wire=bus.body cause=error-passive`,
		`msg="bus degraded" wire=bus.drive cause=bus-off`, `msg="bus well" wire=bus.body`, `msg="bus well" wire=bus.drive`,
		`msg="bus degraded" wire=bus.body cause=overflow`, ""}, "\n")
	if text.String() != want {
		t.Errorf("the log is\n%swant\n%s", &text, want)
	}
}

// gone is a device that ends after a time.
type gone struct {
	after time.Duration
	err   error
}

func (g gone) Each() error  { time.Sleep(g.after); return g.err }
func (g gone) Close() error { return nil }

// A wire says that its device is missing once for each cause, and is quiet while
// nothing changes, for however long that is.
func TestWireIsQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		down := fmt.Errorf("open CAN interface can0: %w", socketcan.ErrDown)
		read := fmt.Errorf("read can0: %w: network is down", socketcan.ErrDown)
		missing := fmt.Errorf("open CAN interface can0: %w", socketcan.ErrGone)
		turns := []error{down, down, down, missing, missing, down, nil, down, missing}
		counts, tries := newCounters(), []int{}
		ctx, stop := context.WithCancel(context.Background())
		w := &wire{name: "bus.body", counts: counts, log: plainLog(&text), open: func() (device, error) {
			if len(turns) == 0 {
				return nil, missing
			}
			err := turns[0]
			turns = turns[1:]
			if err != nil {
				return nil, err
			}
			return gone{time.Minute, read}, nil
		}, await: func(ctx context.Context, n int) {
			if tries = append(tries, n); len(tries) == 200 {
				stop()
			}
			awaitInterface(ctx, n)
		}}
		begun := time.Now()
		if err := w.read(ctx); err != nil {
			t.Fatal(err)
		}
		want := `msg="port lost" wire=bus.body error="open CAN interface can0: interface down"
msg="port lost" wire=bus.body error="open CAN interface can0: interface gone"
msg="port lost" wire=bus.body error="open CAN interface can0: interface down"
msg="port open" wire=bus.body
msg="port lost" wire=bus.body error="read can0: interface down: network is down"
msg="port lost" wire=bus.body error="open CAN interface can0: interface gone"
`
		if text.String() != want {
			t.Errorf("the log is\n%swant\n%s", &text, want)
		}
		if fmt.Sprint(tries[:9]) != "[0 1 2 3 4 5 0 1 2]" {
			t.Errorf("tries %v: want them anew after a device that stayed", tries[:9])
		}
		if past := time.Since(begun) - time.Minute; past < 370*time.Second || past > 400*time.Second {
			t.Errorf("200 looks within %v, want one every two seconds", past)
		}
	})
}

// An interface that opens and is lost at once is looked for ever less often.
func TestInterfaceThatFlaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := []int{}
		ctx, stop := context.WithCancel(context.Background())
		w := &wire{name: "bus.body", counts: newCounters(), log: slog.New(slog.DiscardHandler),
			open: func() (device, error) { return gone{0, socketcan.ErrDown}, nil },
			await: func(_ context.Context, n int) {
				if tries = append(tries, n); n == 5 {
					stop()
				}
			}}
		if err := w.read(ctx); err != nil || fmt.Sprint(tries) != "[0 1 2 3 4 5]" {
			t.Errorf("tries %v, %v", tries, err)
		}
	})
}
