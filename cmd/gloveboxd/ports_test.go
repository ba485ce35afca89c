package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/dbc"
	"glovebox/hal/kernel"
	"glovebox/hal/mapping"
	"glovebox/hal/socketcan"
	"glovebox/sim/car"
)

// watcher is told what a bus says.
type watcher chan string

func (w watcher) Observe(bus string, frames int, readings []hal.Reading, _ hal.Instant, _ ...hal.Sighting) {
	for _, r := range readings {
		w <- bus + " " + r.Path + "=" + r.Value.String()
	}
}

// body is the plan of a bus with one signal.
func body(t *testing.T) *mapping.Plan {
	t.Helper()
	bus, _ := dbc.Parse("body.dbc", []byte("BO_ 256 SPEED: 2 X\n SG_ SPEED : 7|16@0+ (0.01,0) [0|0] \"km/h\" X\n"))
	file, err := mapping.Load("m.toml", []byte("[[signal]]\npath = \"Vehicle.Speed\"\nbus = \"body\"\ncan = \"SPEED.SPEED\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := mapping.Compile(file, map[string]*dbc.File{"body": bus})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// running reads a wire until the test ends.
func running(t *testing.T, w *wire) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.read(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// reads is a group that runs until the test ends.
func reads(t *testing.T) *kernel.Group {
	t.Helper()
	group, err := kernel.NewGroup()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- group.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return group
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not within 5 s: ", what)
		}
	}
}

// A bus behind an adapter: frames come in as readings, commands go out as lines,
// and while the adapter is missing nothing is sent.
func TestAdapter(t *testing.T) {
	pty, err := car.NewPty(t.TempDir(), "can")
	if err != nil {
		t.Fatal(err)
	}
	defer pty.Close()
	heard := ""
	pty.Listen(func(piece []byte) { heard += string(piece) })
	counts, said := newCounters(), make(watcher, 10)
	w := busWire(Bus{Name: "body", Port: pty.Name(), Baud: 115200, Bitrate: 500000, DataBitrate: 2000000}, reads(t), body(t).Bus("body"), said, counts, &health{}, slog.New(slog.DiscardHandler))
	speed := can.Frame{ID: 256, Len: 2, Data: can.Data{0x1C, 0x6B}}
	if err := w.send(speed); !errors.Is(err, errNotThere) {
		t.Errorf("sent before the port is open: %v", err)
	}
	running(t, w)
	eventually(t, "the port is open", func() bool { return w.send(speed) == nil })
	eventually(t, "set-up and frame", func() bool {
		_, err := pty.Write(nil) // it listens when it speaks
		return err == nil && heard == "C\rS6\rY2\rO\rt10021C6B\r"
	})
	if _, err := pty.Write([]byte("t10021C6B\r")); err != nil {
		t.Fatal(err)
	}
	if got := <-said; got != "body Vehicle.Speed=72.75" {
		t.Errorf("the bus said %q", got)
	}
	if err := w.send(can.Frame{ID: 256, FD: true, Len: 12, Data: can.Data{0x1C, 0x6B}}); err != nil {
		t.Error(err)
	}
	if _, err := pty.Write([]byte("b1009000102030405060708090A0B\rB10000001FF\rd10021C6C\r")); err != nil { // the second is no frame
		t.Fatal(err)
	}
	for _, want := range []string{"body Vehicle.Speed=0.01", "body Vehicle.Speed=72.76"} {
		if got := <-said; got != want {
			t.Errorf("the bus said %q, want %q", got, want)
		}
	}
	eventually(t, "a command of CAN FD", func() bool {
		_, err := pty.Write(nil)
		return err == nil && strings.HasSuffix(heard, "d10091C6B"+strings.Repeat("00", 10)+"\r")
	})
	if c := counts.copy(); c["bus.body.sent"] != 2 || c["bus.body.frames"] != 3 || c["bus.body.bad"] != 1 {
		t.Errorf("counted %v", c)
	}
}

// A CAN interface that is not there is looked for again, and costs nothing else.
func TestInterfaceThatIsMissing(t *testing.T) {
	counts := newCounters()
	w := busWire(Bus{Name: "body", Interface: "nocan9"}, reads(t), body(t).Bus("body"), make(watcher), counts, &health{}, slog.New(slog.DiscardHandler))
	running(t, w)
	eventually(t, "a second look", func() bool { return counts.copy()["bus.body.lost"] > 1 })
	if err := w.send(can.Frame{ID: 1}); !errors.Is(err, errNotThere) || errors.Is(err, socketcan.ErrClosed) {
		t.Errorf("sent on an interface that is missing: %v", err)
	}
}
