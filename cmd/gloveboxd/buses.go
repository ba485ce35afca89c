package main

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/kernel"
	"glovebox/hal/mapping"
	"glovebox/hal/serial"
	"glovebox/hal/slcan"
	"glovebox/hal/socketcan"
)

// observer is told what a bus said at a moment: how many frames, the readings in them and
// what they say of fobs; no frames where it opened.
type observer interface {
	Observe(bus string, frames int, readings []hal.Reading, now hal.Instant, fobs ...hal.Sighting)
}

// busWire reads the frames of one bus, decodes them by the bus's own DBC and
// hands the readings to the cabin.
func busWire(b Bus, group *kernel.Group, decoder *mapping.Decoder, cabin observer, counts *counters, log *slog.Logger) *wire {
	w := &wire{name: "bus." + b.Name, counts: counts, log: log}
	if b.Interface != "" {
		w.open = openSocket(b, w.name, decoder, cabin, counts)
		w.await = awaitInterface
	} else {
		w.open = openAdapter(b, group, w.name, decoder, cabin, counts)
		w.await = func(ctx context.Context) { serial.Await(ctx, b.Port) }
	}
	return w
}

// adapter is an open line to an SLCAN adapter.
type adapter struct{ line }

func (a *adapter) Send(f can.Frame) error {
	_, err := a.Write(slcan.Append(nil, f))
	return err
}

// openAdapter opens the adapter and sets it up. Reading it allocates nothing.
func openAdapter(b Bus, group *kernel.Group, name string, decoder *mapping.Decoder, cabin observer, counts *counters) func() (device, error) {
	hello, _ := slcan.Open(b.Bitrate, 0) // checked with the configuration; none for 0: the adapter stays as it is
	var (
		stream   slcan.Decoder
		readings []hal.Reading
		fobs     []hal.Sighting
		at       hal.Instant
		stats    newest[slcan.Stats]
	)
	counts.stream(func(all map[string]uint64) {
		s := stats.get()
		all[name+".frames"], all[name+".bad"], all[name+".overlong"] = s.Frames, s.Bad, s.Overlong
		all[name+".garbage"], all[name+".refused"] = s.Garbage, s.Refused
	})
	emit := func(f *can.Frame) {
		readings = decoder.Decode(f, at, readings)
		fobs = decoder.Fobs(f, fobs)
	}
	take := func(p []byte) {
		before := stream.Stats().Frames
		at, readings, fobs = now(), readings[:0], fobs[:0]
		stream.Feed(p, emit)
		counted := stream.Stats()
		stats.set(counted)
		cabin.Observe(b.Name, int(counted.Frames-before), readings, at, fobs...)
	}
	return func() (device, error) {
		port, err := serial.Open(b.Port, b.Baud)
		if err != nil {
			return nil, err
		}
		stream.Reset()
		if len(hello) > 0 {
			if _, err := port.Write(hello); err != nil {
				return nil, errors.Join(err, port.Close())
			}
		}
		cabin.Observe(b.Name, 0, nil, now())
		return &adapter{line{port, group, take}}, nil
	}
}

// socket is an open CAN interface of the kernel.
type socket struct {
	*socketcan.Port
	take func(*can.Frame)
}

func (s *socket) Send(f can.Frame) error { return s.Write(f) }

func (s *socket) Each() error {
	for {
		f, err := s.Read()
		if err != nil {
			return err
		}
		s.take(&f)
	}
}

// awaitInterface waits a second: an interface that is missing or down is looked for so often.
func awaitInterface(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Second):
	}
}

// openSocket opens the interface; its bit rate is the system's to set.
func openSocket(b Bus, name string, decoder *mapping.Decoder, cabin observer, counts *counters) func() (device, error) {
	var (
		readings []hal.Reading
		fobs     []hal.Sighting
		frames   atomic.Uint64
	)
	counts.stream(func(all map[string]uint64) { all[name+".frames"] = frames.Load() })
	take := func(f *can.Frame) {
		at := now()
		readings, fobs = decoder.Decode(f, at, readings[:0]), decoder.Fobs(f, fobs[:0])
		frames.Add(1)
		cabin.Observe(b.Name, 1, readings, at, fobs...)
	}
	return func() (device, error) {
		port, err := socketcan.Open(b.Interface)
		if err != nil {
			return nil, err
		}
		cabin.Observe(b.Name, 0, nil, now())
		return &socket{port, take}, nil
	}
}
