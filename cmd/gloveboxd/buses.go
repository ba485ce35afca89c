package main

import (
	"context"
	"errors"
	"log/slog"
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
func busWire(b Bus, group *kernel.Group, decoder *mapping.Decoder, cabin observer, counts *counters, health *health, log *slog.Logger) *wire {
	w := &wire{name: "bus." + b.Name, counts: counts, log: log}
	if b.Interface != "" {
		w.open = openSocket(b, decoder, cabin, counts, newBusHealth(health, w.name, log))
		w.await = awaitInterface
	} else {
		w.open = openAdapter(b, group, w.name, decoder, cabin, counts)
		w.await = func(ctx context.Context, _ int) { serial.Await(ctx, b.Port) }
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
	hello, _ := slcan.Open(b.Bitrate, b.DataBitrate) // checked with the configuration; none for 0: the adapter stays as it is
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
	take   func(*can.Frame)
	more   func() bool
	counts *socketcan.Counts
}

func (s *socket) Send(f can.Frame) error { return s.Write(f) }

func (s *socket) Each() error { return s.Receive(s.take, s.more, s.counts) }

// Pauses between two looks for an interface that is missing or down.
const (
	lookFirst = 250 * time.Millisecond // doubled each time
	lookMost  = 2 * time.Second
)

// awaitInterface waits, the longer the more tries were in vain.
func awaitInterface(ctx context.Context, tries int) {
	select {
	case <-ctx.Done():
	case <-time.After(min(lookFirst<<min(tries, 8), lookMost)):
	}
}

// openSocket opens the interface; its bit rates are the system's to set. Receiving
// allocates nothing: all that came at once is one Observe.
func openSocket(b Bus, decoder *mapping.Decoder, cabin observer, counts *counters, health *busHealth) func() (device, error) {
	var (
		readings []hal.Reading
		fobs     []hal.Sighting
		at       hal.Instant
		frames   int
		stats    newest[socketStats]
		sum      socketStats
	)
	counts.stream(func(all map[string]uint64) { stats.get().put(health.wire, all) })
	take := func(f *can.Frame) {
		if frames == 0 {
			at = now()
		}
		frames++
		readings, fobs = decoder.Decode(f, at, readings), decoder.Fobs(f, fobs)
	}
	more := func() bool {
		if frames > 0 {
			sum.frames += uint64(frames)
			cabin.Observe(b.Name, frames, readings, at, fobs...)
			readings, fobs, frames = readings[:0], fobs[:0], 0
		}
		stats.set(sum)
		health.judge(&sum.events, kernel.BootTime())
		return true
	}
	return func() (device, error) {
		port, err := socketcan.Open(b.Interface)
		if err != nil {
			return nil, err
		}
		cabin.Observe(b.Name, 0, nil, now())
		return &socket{port, take, more, &sum.events}, nil
	}
}

// socketStats is what came on an interface since the start.
type socketStats struct {
	frames uint64
	events socketcan.Counts
}

// put names the counters; what never came has none, but for lost frames.
func (s socketStats) put(wire string, all map[string]uint64) {
	all[wire+".frames"] = s.frames
	for event, n := range s.events {
		if n > 0 || socketcan.Event(event) == socketcan.Lost {
			all[wire+"."+socketcan.Event(event).String()] = n
		}
	}
}
