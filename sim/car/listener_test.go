package car_test

import (
	"context"
	"io"
	"sync"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/dbc"
	"glovebox/hal/mapping"
	"glovebox/hal/nmea"
	"glovebox/hal/slcan"
	"glovebox/sim/car"
	"glovebox/sim/scenarios"
)

// line is a wire in memory that hands what is said to a listener.
type line func([]byte)

func (l line) Write(p []byte) (int, error) { l(p); return len(p), nil }

// listener is an agent's ears: what it heard of a car, decoded by the car's own
// mapping file.
type listener struct {
	mu     sync.Mutex // guards all
	begun  time.Time
	plan   *mapping.Plan
	file   *dbc.File
	values map[string]hal.Value
	frames map[uint32][]time.Time // when each message came
	last   map[uint32]can.Frame
	fixes  []*hal.Position
	said   []hal.Reading
	nmea   nmea.Decoder
	told   []byte // by the receiver
}

func ownFile(t *testing.T, name string) []byte {
	t.Helper()
	text, err := scenarios.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// live runs a made car for the length of a test's bubble.
func live(t *testing.T, s car.Setup) (*car.Vehicle, *listener) {
	t.Helper()
	return liveBy(t, s, ownFile(t, scenarios.MadeDBC))
}

// liveBy is live of a car that speaks by another DBC file.
func liveBy(t *testing.T, s car.Setup, said []byte) (*car.Vehicle, *listener) {
	t.Helper()
	mapped := ownFile(t, scenarios.MadeMapping)
	file, problems := dbc.Parse("car.dbc", said)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	rules, err := mapping.Load("mapping.toml", mapped)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := mapping.Compile(rules, map[string]*dbc.File{"powertrain": file, "body": file})
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{begun: time.Now(), plan: plan, file: file, values: map[string]hal.Value{},
		frames: map[uint32][]time.Time{}, last: map[uint32]can.Frame{}}
	buses := map[string]io.Writer{}
	for _, bus := range plan.Buses() {
		stream := &slcan.Decoder{}
		buses[bus] = line(func(p []byte) { l.bus(t, bus, stream, p) })
	}
	v, err := car.NewVehicle(s, said, mapped, buses, line(l.receiver))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- v.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return v, l
}

func (l *listener) bus(t *testing.T, bus string, stream *slcan.Decoder, p []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := hal.Instant{UTC: time.Now(), Boot: time.Since(l.begun)}
	stream.Feed(p, func(f *can.Frame) {
		l.frames[f.ID] = append(l.frames[f.ID], at.UTC)
		l.last[f.ID] = *f
		for _, r := range l.plan.Bus(bus).Decode(f, at, nil) {
			l.values[r.Path] = r.Value
			l.said = append(l.said, r)
		}
	})
	if s := stream.Stats(); s.Bad+s.Garbage+s.Overlong+s.Refused > 0 {
		t.Errorf("%s: %+v in %q", bus, s, p)
	}
}

func (l *listener) receiver(p []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, p...)
	l.nmea.Feed(p, func(fix *hal.Position) { l.fixes = append(l.fixes, fix) })
}

// value is the newest value of a path.
func (l *listener) value(path string) hal.Value {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.values["Vehicle."+path]
}

// want complains unless a path has a value, in the form of the wire.
func (l *listener) want(t *testing.T, path, value string) {
	t.Helper()
	if got := l.value(path).String(); got != value {
		t.Errorf("%s is %q, want %q", path, got, value)
	}
}
