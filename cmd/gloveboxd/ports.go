package main

import (
	"context"
	"log/slog"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/mapping"
	"glovebox/hal/nmea"
	"glovebox/hal/serial"
	"glovebox/hal/slcan"
)

const reopenAfter = 500 * time.Millisecond // a device that disappeared is looked for so often

// wire is one serial device that is read as long as the daemon runs.
type wire struct {
	name   string // in Statistics and the log
	port   string
	baud   int
	hello  []byte       // written after each opening
	reset  func()       // the stream was cut
	take   func([]byte) // the next bytes
	counts *counters
	log    *slog.Logger
}

// read keeps the device open until ctx ends. A device that is missing or
// disappears is no error: it is counted, said once, and looked for again.
func (w *wire) read(ctx context.Context) error {
	var missing bool
	for ctx.Err() == nil {
		port, err := serial.Open(w.port, w.baud)
		if err == nil {
			w.log.Info("port open", "wire", w.name)
			missing = false
			w.counts.add(w.name+".opened", 1)
			err = w.drain(ctx, port)
		}
		if ctx.Err() != nil {
			break
		}
		if !missing {
			w.log.Warn("port lost", "wire", w.name, "error", err)
			missing = true
		}
		w.counts.add(w.name+".lost", 1)
		select {
		case <-ctx.Done():
		case <-time.After(reopenAfter):
		}
	}
	return nil
}

// drain reads until the device is gone or ctx ends.
func (w *wire) drain(ctx context.Context, port *serial.Port) error {
	defer context.AfterFunc(ctx, func() { port.Close() })()
	defer port.Close()
	w.reset()
	if _, err := port.Write(w.hello); len(w.hello) > 0 && err != nil {
		return err
	}
	buf := make([]byte, 4096)
	for {
		n, err := port.Read(buf)
		if err != nil {
			return err
		}
		w.take(buf[:n])
	}
}

// canWire reads SLCAN frames of one bus, decodes them by the bus's own DBC and
// hands the readings to the cabin. It allocates nothing while it runs.
func canWire(b Bus, decoder *mapping.Decoder, cabin *agent.Cabin, counts *counters, log *slog.Logger) *wire {
	hello, _ := slcan.Open(b.Bitrate) // checked with the configuration; none for 0: the adapter stays as it is
	name := "bus." + b.Name
	var (
		stream   slcan.Decoder
		readings []hal.Reading
		at       hal.Instant
	)
	emit := func(f can.Frame) { readings = decoder.Decode(f, at, readings) }
	show := countStats(name, counts)
	return &wire{
		name: name, port: b.Port, baud: b.Baud, hello: hello, counts: counts, log: log,
		reset: stream.Reset,
		take: func(p []byte) {
			before := stream.Stats().Frames
			at, readings = now(), readings[:0]
			stream.Feed(p, emit)
			stats := stream.Stats()
			show(stats)
			cabin.Observe(b.Name, int(stats.Frames-before), readings)
		},
	}
}

// countStats returns what shows an SLCAN stream's counters.
func countStats(name string, counts *counters) func(slcan.Stats) {
	frames, bad, overlong, garbage, refused := name+".frames", name+".bad", name+".overlong", name+".garbage", name+".refused"
	return func(s slcan.Stats) {
		counts.set(frames, s.Frames)
		counts.set(bad, s.Bad)
		counts.set(overlong, s.Overlong)
		counts.set(garbage, s.Garbage)
		counts.set(refused, s.Refused)
	}
}

// gnssWire reads NMEA sentences and hands positions to the cabin.
func gnssWire(g GNSS, cabin *agent.Cabin, counts *counters, log *slog.Logger) *wire {
	var stream nmea.Decoder
	return &wire{
		name: "gnss", port: g.Port, baud: g.Baud, counts: counts, log: log,
		reset: stream.Reset,
		take: func(p []byte) {
			stream.Feed(p, cabin.Fix)
			s := stream.Stats()
			counts.set("gnss.good", s.Good)
			counts.set("gnss.bad", s.Bad)
			counts.set("gnss.unchecked", s.None)
			counts.set("gnss.cut", s.Cut)
			counts.set("gnss.stray", s.Stray)
			counts.set("gnss.fixes", s.Fixes)
			counts.set("gnss.refused", s.Refused)
		},
	}
}
