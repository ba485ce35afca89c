package slcan_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"os"
	"slices"
	"testing"

	"glovebox/hal/can"
	"glovebox/hal/candump"
	"glovebox/hal/slcan"
)

// drive is what the adapters of the recorded drive's buses said, by bus.
func drive(tb testing.TB) (stream map[string][]byte, frames map[string][]can.Frame) {
	tb.Helper()
	file, err := os.Open("../../sim/scenarios/rav4/drive.candump.log.gz")
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	log, err := gzip.NewReader(file)
	if err != nil {
		tb.Fatal(err)
	}
	stream, frames = map[string][]byte{}, map[string][]can.Frame{}
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		bus, f, _, err := candump.Parse(lines.Bytes())
		if err != nil {
			tb.Fatal(err)
		}
		stream[bus] = slcan.Append(stream[bus], f)
		frames[bus] = append(frames[bus], f)
	}
	if err := lines.Err(); err != nil {
		tb.Fatal(err)
	}
	return stream, frames
}

// The recorded drive passes through an adapter unchanged. The numbers are
// those of sim/scenarios/rav4/truth.md.
func TestRecordedDrive(t *testing.T) {
	stream, frames := drive(t)
	for bus, want := range map[string]struct{ frames, bytes int }{"can0": {53_800, 1_116_578}, "can1": {45_000, 948_000}} {
		if len(stream[bus]) != want.bytes {
			t.Errorf("%s: %d bytes, want %d", bus, len(stream[bus]), want.bytes)
		}
		var d slcan.Decoder
		var got []can.Frame
		for piece := range slices.Chunk(stream[bus], 4093) {
			got = append(got, feed(&d, piece)...)
		}
		if s := (slcan.Stats{Frames: uint64(want.frames)}); d.Stats() != s {
			t.Errorf("%s: %+v, want %+v", bus, d.Stats(), s)
		}
		if !slices.Equal(got, frames[bus]) {
			t.Errorf("%s: other frames", bus)
		}
	}
}

func TestDecodingAllocatesNothing(t *testing.T) {
	stream := bytes.Repeat([]byte("t1A0203E8\rT18DAF1101AA\rb1239000102030405060708090A0B\rr1234\rt9\r\x07rubbish\r"), 20)
	var d slcan.Decoder
	var last can.Frame
	emit := func(f *can.Frame) { last = *f }
	if n := testing.AllocsPerRun(100, func() {
		for piece := range slices.Chunk(stream, 7) {
			d.Feed(piece, emit)
		}
	}); n != 0 {
		t.Errorf("Feed: %v allocations", n)
	}
	line, dst := []byte("t1A0203E8"), make([]byte, 0, 32)
	if n := testing.AllocsPerRun(100, func() {
		last, _ = slcan.Decode(line)
		dst = slcan.Append(dst[:0], last)
	}); n != 0 {
		t.Errorf("Decode and Append: %v allocations", n)
	}
}

// How long does a frame of the recorded drive take, read as a port gives it,
// and how long with the standard library, line by line?
func BenchmarkDecode(b *testing.B) {
	stream, frames := drive(b)
	bytesIn, count := stream["can0"], len(frames["can0"])
	perFrame := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(count), "ns/frame")
	}
	var sum uint32
	b.Run("stream", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(bytesIn)))
		var d slcan.Decoder
		for b.Loop() {
			for rest := bytesIn; len(rest) > 0; {
				n := min(len(rest), 1024)
				d.Feed(rest[:n], func(f *can.Frame) { sum += f.ID })
				rest = rest[n:]
			}
		}
		perFrame(b)
	})
	lines := bytes.SplitAfter(bytesIn, []byte("\r"))
	lines = lines[:len(lines)-1]
	b.Run("line", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(bytesIn)))
		for b.Loop() {
			for _, line := range lines {
				f, err := slcan.Decode(line[:len(line)-1])
				if err != nil {
					b.Fatal(err)
				}
				sum += f.ID
			}
		}
		perFrame(b)
	})
	b.Run("strconv", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(bytesIn)))
		for b.Loop() {
			for _, line := range lines {
				f, err := withStrconv(string(line[:len(line)-1]))
				if err != nil {
					b.Fatal(err)
				}
				sum += f.ID
			}
		}
		perFrame(b)
	})
}
