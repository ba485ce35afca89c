package slcan_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"glovebox/hal/can"
	"glovebox/hal/slcan"

	"pgregory.net/rapid"
)

// feed decodes pieces and gathers the frames.
func feed(d *slcan.Decoder, pieces ...[]byte) (frames []can.Frame) {
	for _, p := range pieces {
		d.Feed(p, func(f *can.Frame) { frames = append(frames, *f) })
	}
	return frames
}

func TestStream(t *testing.T) {
	good := "t1A0203E8\r"
	frame := can.Frame{ID: 0x1A0, Len: 2, Data: can.Data{0x03, 0xE8}}
	tests := []struct {
		name   string
		stream string
		frames int
		want   slcan.Stats
	}{
		{"replies to the set-up", "\r\r\rV1013\rNA123\rF00\rz\rZ\r" + good, 1, slcan.Stats{Frames: 1}},
		{"refused commands", "\x07\x07" + good, 1, slcan.Stats{Frames: 1, Refused: 2}},
		{"begins within a line", "0203E8\r" + good, 1, slcan.Stats{Frames: 1, Garbage: 1}},
		{"ends within a line", good + "t1A0203E8", 1, slcan.Stats{Frames: 1}},
		{"binary", "\x00\xff\x80\r" + good, 1, slcan.Stats{Frames: 1, Garbage: 1}},
		{"line feeds are none of ours", good + "\nt1A0203E8\r", 1, slcan.Stats{Frames: 1, Garbage: 1}},
		{"cut frame", "t1A0203\r" + good, 1, slcan.Stats{Frames: 1, Bad: 1}},
		{"bell within a frame", "t1A0203E8\x07\r" + good, 1, slcan.Stats{Frames: 1, Garbage: 1, Refused: 1}},
		{"lost line end", "t1A0203E8t1A0203E8\r" + good, 1, slcan.Stats{Frames: 1, Bad: 1}},
		{"overlong", "t1A08" + strings.Repeat("A", 5000) + "\r" + good, 1, slcan.Stats{Frames: 1, Overlong: 1}},
		{"longest frame is not overlong", "B1FFFFFFFF" + strings.Repeat("5A", 64) + "EA5F\r", 1, slcan.Stats{Frames: 1}},
		{"a byte longer is", "B1FFFFFFFF" + strings.Repeat("5A", 64) + "EA5F0\r" + good, 1, slcan.Stats{Frames: 1, Overlong: 1}},
		{"a long frame leaves nothing behind", "b1239112233445566778899AABBCC\r" + good, 2, slcan.Stats{Frames: 2}},
		{"nor does half of one", "b1239112233445566778899AABB\r" + good, 1, slcan.Stats{Frames: 1, Bad: 1}},
		{"overlong with a frame at its end", strings.Repeat("A", 150) + good, 0, slcan.Stats{Overlong: 1}},
		{"overlong cut by a bell", strings.Repeat("A", 150) + "\x07" + good, 1, slcan.Stats{Frames: 1, Garbage: 1, Refused: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d slcan.Decoder
			got := feed(&d, []byte(tt.stream))
			if d.Stats() != tt.want {
				t.Errorf("%+v, want %+v", d.Stats(), tt.want)
			}
			if len(got) != tt.frames || len(got) > 0 && strings.HasSuffix(tt.stream, good) && got[len(got)-1] != frame {
				t.Errorf("frames %+v", got)
			}
		})
	}
}

// The two ends of a cut line make no frame once the port was opened anew.
func TestResetKeepsEndsApart(t *testing.T) {
	var d slcan.Decoder
	if got := feed(&d, []byte("t1A02")); len(got) != 0 {
		t.Fatalf("half a line gave %+v", got)
	}
	d.Reset()
	if got := feed(&d, []byte("03E8\r")); len(got) != 0 {
		t.Errorf("invented %+v", got)
	}
	if want := (slcan.Stats{Garbage: 2}); d.Stats() != want {
		t.Errorf("%+v, want %+v", d.Stats(), want)
	}
}

// A byte too many before a frame makes no frame of it, wherever the stream is cut.
func TestFirstByteTooMany(t *testing.T) {
	const stream = "tt1A0203E8\r"
	for cut := range stream {
		var d slcan.Decoder
		got := feed(&d, []byte(stream[:cut]), []byte(stream[cut:]))
		if want := (slcan.Stats{Bad: 1}); len(got) != 0 || d.Stats() != want {
			t.Errorf("cut after %d bytes: %+v %+v, want %+v", cut, got, d.Stats(), want)
		}
	}
}

// The rest of an overlong line is no frame, though it comes alone and looks
// like one.
func TestRestOfOverlongLineIsNoFrame(t *testing.T) {
	var d slcan.Decoder
	got := feed(&d, []byte(strings.Repeat("A", 150)), []byte("t1A0203E8\r"))
	if want := (slcan.Stats{Overlong: 1}); len(got) != 0 || d.Stats() != want {
		t.Errorf("%+v %+v, want %+v", got, d.Stats(), want)
	}
}

// pieces of a stream: good lines, replies, bells, damage.
func pieces() *rapid.Generator[[]byte] {
	return rapid.OneOf(
		rapid.Map(frames(), func(f can.Frame) []byte { return slcan.Append(nil, f) }),
		rapid.Map(frames(), func(f can.Frame) []byte {
			line := bytes.TrimSuffix(slcan.Append(nil, f), []byte("\r"))
			return append(bytes.ToLower(line), "0001\r"...)
		}),
		rapid.SampledFrom([][]byte{[]byte("\r"), []byte("z\r"), []byte("\x07"), []byte("V1013\r"), []byte("t1A0203E8"), []byte("t")}),
		rapid.SliceOfN(rapid.Byte(), 0, 50),
		rapid.SliceOfN(rapid.SampledFrom([]byte("tTrRdDbB0123456789ABCDEFabcdef\r\x07")), 0, 50),
	)
}

// However the bytes are cut, the stream gives the frames and the counts that
// its lines give one by one.
func TestCutsDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stream := bytes.Join(rapid.SliceOf(pieces()).Draw(t, "stream"), nil)
		want, wantStats := byLine(stream)
		var d slcan.Decoder
		var got []can.Frame
		for rest := stream; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "cut")
			got = append(got, feed(&d, rest[:n])...)
			rest = rest[n:]
		}
		if !slices.Equal(got, want) || d.Stats() != wantStats {
			t.Fatalf("%q\n%+v %+v\nby line\n%+v %+v", stream, got, d.Stats(), want, wantStats)
		}
	})
}

// The same for any bytes and two cuts.
func FuzzDecodeStream(f *testing.F) {
	f.Add([]byte("t1A0203E8\r\r\x07T18DAF1101AA\rt1A0203E8EA5F\rt9\r"), uint16(3), uint16(20))
	f.Add([]byte(strings.Repeat("A", 40)+"\rt0000\r"), uint16(31), uint16(1))
	f.Add([]byte("b123F"+strings.Repeat("5A", 64)+"\rD123456789\rt0000\r"), uint16(70), uint16(70))
	f.Fuzz(func(t *testing.T, stream []byte, a, b uint16) {
		i := min(int(a), len(stream))
		j := min(i+int(b), len(stream))
		want, wantStats := byLine(stream)
		var d slcan.Decoder
		got := feed(&d, stream[:i], stream[i:j], stream[j:])
		if !slices.Equal(got, want) || d.Stats() != wantStats {
			t.Fatalf("%q\n%+v %+v\nby line\n%+v %+v", stream, got, d.Stats(), want, wantStats)
		}
	})
}

func TestSetUp(t *testing.T) {
	for rates, want := range map[[2]int]string{
		{10_000, 0}: "C\rS0\rO\r", {500_000, 0}: "C\rS6\rO\r", {1_000_000, 0}: "C\rS8\rO\r",
		{500_000, 2_000_000}: "C\rS6\rY2\rO\r", {1_000_000, 5_000_000}: "C\rS8\rY5\rO\r",
	} {
		if got, err := slcan.Open(rates[0], rates[1]); err != nil || string(got) != want {
			t.Errorf("%d: %q, %v, want %q", rates, got, err, want)
		}
	}
	for _, rates := range [][2]int{{333_000, 0}, {0, 0}, {500_000, 3_000_000}, {500_000, 500_000}, {333_000, 2_000_000}} {
		if got, err := slcan.Open(rates[0], rates[1]); err == nil {
			t.Errorf("%d: %q", rates, got)
		}
	}
}
