package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"glovebox/agent"
	"glovebox/hal/can"
	"glovebox/hal/kernel"
	"glovebox/hal/nmea"
	"glovebox/hal/serial"
	"glovebox/hal/socketcan"
)

// device is an open port of the car: a serial line or a CAN interface.
type device interface {
	// Each hands on whatever comes until the device is gone or closed, and says so.
	Each() error
	// Close ends Each.
	Close() error
}

// sender is a device of a CAN bus. It may send while another goroutine takes.
type sender interface{ Send(can.Frame) error }

// errNotThere is a wire whose device is missing now, or is no bus: nothing was sent.
var errNotThere = errors.New("the device is not there")

// wire is one device that is read as long as the daemon runs.
type wire struct {
	name   string                               // in Statistics and the log
	open   func() (device, error)               // a fresh device each time
	await  func(ctx context.Context, tries int) // returns when it is worth while to open it again
	counts *counters
	log    *slog.Logger

	mu  sync.Mutex
	now device // guarded by mu; nil while there is none
}

// steady is how long a device has to stay open until it counts as found.
const steady = 2 * time.Second

// read keeps the device open until ctx ends. A device that is missing or
// disappears is no error: it is counted, said once for each cause, and looked for
// again, ever less often where that is asked for again and again.
func (w *wire) read(ctx context.Context) error {
	said, tries := "", 0
	for ctx.Err() == nil {
		d, err := w.open()
		if err == nil {
			opened := time.Now()
			w.log.Info("port open", "wire", w.name)
			said = ""
			w.counts.add(w.name+".opened", 1)
			if err = w.drain(ctx, d); time.Since(opened) >= steady {
				tries = 0
			}
		}
		if ctx.Err() != nil {
			break
		}
		if why := absence(err); why != said {
			w.log.Warn("port lost", "wire", w.name, "error", err)
			said = why
		}
		w.counts.add(w.name+".lost", 1)
		w.await(ctx, tries)
		tries++
	}
	return nil
}

// absence is why there is no device, in the same words while nothing has changed.
func absence(err error) string {
	for _, known := range []error{socketcan.ErrDown, socketcan.ErrGone, socketcan.ErrForbidden, socketcan.ErrNoCAN} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return "missing"
}

// drain reads until the device is gone or ctx ends.
func (w *wire) drain(ctx context.Context, d device) error {
	defer context.AfterFunc(ctx, func() { d.Close() })()
	defer d.Close()
	w.keep(d)
	defer w.keep(nil)
	return d.Each()
}

func (w *wire) keep(d device) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = d
}

// send writes a frame to the bus, if its device is there: else errNotThere.
// After any other error the frame may have been sent.
func (w *wire) send(f can.Frame) error {
	w.mu.Lock()
	bus, ok := w.now.(sender)
	w.mu.Unlock()
	if !ok {
		return errNotThere
	}
	if err := bus.Send(f); err != nil {
		return err
	}
	w.counts.add(w.name+".sent", 1)
	return nil
}

// line is an open serial line.
type line struct {
	*serial.Port
	group *kernel.Group
	take  func([]byte)
}

func (l *line) Each() error { return l.Port.Each(l.group, make([]byte, 4096), l.take) }

// gnssWire reads NMEA sentences and hands positions to the cabin.
func gnssWire(g GNSS, group *kernel.Group, cabin *agent.Cabin, counts *counters, log *slog.Logger) *wire {
	var (
		stream nmea.Decoder
		stats  newest[nmea.Stats]
	)
	counts.stream(func(all map[string]uint64) {
		s := stats.get()
		all["gnss.good"], all["gnss.bad"], all["gnss.unchecked"] = s.Good, s.Bad, s.None
		all["gnss.cut"], all["gnss.stray"] = s.Cut, s.Stray
		all["gnss.fixes"], all["gnss.refused"] = s.Fixes, s.Refused
	})
	take := func(p []byte) {
		stream.Feed(p, cabin.Fix)
		stats.set(stream.Stats())
	}
	await := func(ctx context.Context, _ int) { serial.Await(ctx, g.Port) }
	return &wire{name: "gnss", await: await, counts: counts, log: log, open: func() (device, error) {
		port, err := serial.Open(g.Port, g.Baud)
		if err != nil {
			return nil, err
		}
		stream.Reset()
		return &line{port, group, take}, nil
	}}
}
