package main

import (
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/dbc"
	"glovebox/hal/mapping"
	"glovebox/hal/slcan"
	"glovebox/sim"
	"glovebox/sim/scenarios"
)

// From the adapter's bytes to the readings that changed, on the recorded drive,
// beside the stream decoder alone. Goal: 150 ns a frame or less, no allocation.
func BenchmarkDrive(b *testing.B) {
	stream, decoder := recorded(b)
	frames := 0
	var lines slcan.Decoder
	lines.Feed(stream, func(*can.Frame) { frames++ })
	perFrame := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(frames), "ns/frame")
	}
	b.Run("readings", func(b *testing.B) {
		b.ReportAllocs()
		var lines slcan.Decoder
		readings := make([]hal.Reading, 0, 1024)
		var at hal.Instant
		emit := func(f *can.Frame) { readings = decoder.Decode(f, at, readings) }
		for b.Loop() {
			for rest := stream; len(rest) > 0; {
				n := min(512, len(rest)) // what a busy port gives at once
				readings, at.Boot = readings[:0], at.Boot+27*time.Millisecond
				lines.Feed(rest[:n], emit)
				rest = rest[n:]
			}
		}
		perFrame(b)
	})
	b.Run("frames-only", func(b *testing.B) {
		b.ReportAllocs()
		var lines slcan.Decoder
		var sum uint32
		emit := func(f *can.Frame) { sum += f.ID }
		for b.Loop() {
			lines.Feed(stream, emit)
		}
		perFrame(b)
	})
}

// recorded is the powertrain bus of the drive as SLCAN bytes, and its decoder.
func recorded(b *testing.B) ([]byte, *mapping.Decoder) {
	b.Helper()
	drive, err := sim.RAV4Drive()
	if err != nil {
		b.Fatal(err)
	}
	var stream []byte
	for _, f := range drive.Frames {
		if f.Bus == "can0" {
			stream = slcan.Append(stream, f.Frame)
		}
	}
	read := func(name string) []byte {
		text, err := scenarios.Files.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		return text
	}
	file, err := mapping.Load("mapping.toml", read("rav4/mapping.toml"))
	if err != nil {
		b.Fatal(err)
	}
	powertrain, _ := dbc.Parse("powertrain", read(scenarios.DBCPowertrain))
	radar, _ := dbc.Parse("radar", read(scenarios.DBCRadar))
	plan, err := mapping.Compile(file, map[string]*dbc.File{"powertrain": powertrain, "radar": radar})
	if err != nil {
		b.Fatal(err)
	}
	return stream, plan.Bus("powertrain")
}
