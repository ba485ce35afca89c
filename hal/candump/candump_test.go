package candump_test

import (
	"bufio"
	"compress/gzip"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"glovebox/hal/can"
	"glovebox/hal/candump"

	"pgregory.net/rapid"
)

const micro = time.Microsecond

func TestParse(t *testing.T) {
	const start = 1533226488232073 * micro
	tests := []struct {
		name string
		line string
		bus  string
		want can.Frame
		when time.Duration
		at   int // of the mistake, -1 for none
	}{
		{"data", "(1533226488.232073) can0 260#08FF", "can0", can.Frame{ID: 0x260, Len: 2, Data: can.Data{0x08, 0xFF}}, start, -1},
		{"no data", "(1533226488.232073) can0 260#", "can0", can.Frame{ID: 0x260}, start, -1},
		{"extended", "(0000000000.000001) vcan12 18DAF110#ab", "vcan12",
			can.Frame{ID: 0x18DAF110, Extended: true, Len: 1, Data: can.Data{0xAB}}, micro, -1},
		{"remote without a length", "(1533226488.232073) can1 123#R", "can1", can.Frame{ID: 0x123, Remote: true}, start, -1},
		{"remote with a length", "(1533226488.232073) can1 00000123#R8", "can1",
			can.Frame{ID: 0x123, Extended: true, Remote: true, Len: 8}, start, -1},
		{"the last stamp of a Duration", "(9223372035.999999) c 7FF#", "c", can.Frame{ID: 0x7FF}, 9223372035999999 * micro, -1},

		{"CAN FD", "(1533226488.232073) can0 260##008FF", "can0", can.Frame{ID: 0x260, FD: true, Len: 2, Data: can.Data{0x08, 0xFF}}, start, -1},
		{"CAN FD without data", "(1533226488.232073) can0 260##1", "can0", can.Frame{ID: 0x260, FD: true, BRS: true}, start, -1},
		{"CAN FD, an error passive sender", "(1533226488.232073) can0 00000260##3AA R", "can0",
			can.Frame{ID: 0x260, Extended: true, FD: true, BRS: true, ESI: true, Len: 1, Data: can.Data{0xAA}}, start, -1},
		{"CAN FD as a newer kernel marks it", "(1533226488.232073) can0 260##6AA", "can0", can.Frame{ID: 0x260, FD: true, ESI: true, Len: 1, Data: can.Data{0xAA}}, start, -1},
		{"64 bytes", "(1533226488.232073) can0 260##5" + strings.Repeat("00", 63) + "5A T", "can0",
			can.Frame{ID: 0x260, FD: true, BRS: true, Len: 64, Data: can.Data{63: 0x5A}}, start, -1},
		{"twelve bytes with dots", "(1533226488.232073) can0 260##0" + strings.Repeat("01.", 12), "can0",
			can.Frame{ID: 0x260, FD: true, Len: 12, Data: can.Data{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}}, start, -1},

		{"unpadded seconds", "(12.020000) can0 260#08", "can0", can.Frame{ID: 0x260, Len: 1, Data: can.Data{0x08}}, 12020 * time.Millisecond, -1},
		{"nine decimals", "(1533226488.232073001) can0 260#", "can0", can.Frame{ID: 0x260}, start + 1, -1},
		{"one decimal", "(0.5) can0 260#", "can0", can.Frame{ID: 0x260}, 500 * time.Millisecond, -1},
		{"received", "(1533226488.232073) can0 260#08FF R", "can0", can.Frame{ID: 0x260, Len: 2, Data: can.Data{0x08, 0xFF}}, start, -1},
		{"transmitted", "(1533226488.232073) can0 260# T ", "can0", can.Frame{ID: 0x260}, start, -1},
		{"a remote frame, received", "(1533226488.232073) can0 260#R R", "can0", can.Frame{ID: 0x260, Remote: true}, start, -1},
		{"remote of length 0", "(1533226488.232073) can0 260#R0", "can0", can.Frame{ID: 0x260, Remote: true}, start, -1},
		{"a length code", "(1533226488.232073) can0 260#0102030405060708_B", "can0", can.Frame{ID: 0x260, Len: 8, Data: can.Data{1, 2, 3, 4, 5, 6, 7, 8}}, start, -1},
		{"a length code of a remote frame", "(1533226488.232073) can0 260#R8_f T", "can0", can.Frame{ID: 0x260, Len: 8, Remote: true}, start, -1},
		{"dots between bytes", "(1533226488.232073) can0 260#01.02", "can0", can.Frame{ID: 0x260, Len: 2, Data: can.Data{1, 2}}, start, -1},
		{"blanks behind it", "(1533226488.232073) can0 260#08FF\t ", "can0", can.Frame{ID: 0x260, Len: 2, Data: can.Data{0x08, 0xFF}}, start, -1},

		{"empty", "", "", can.Frame{}, 0, 0},
		{"no stamp", "can0 260#08FF", "", can.Frame{}, 0, 0},
		{"no seconds", "(.232073) can0 260#08FF", "", can.Frame{}, 0, 1},
		{"no decimals", "(12) can0 260#08FF", "", can.Frame{}, 0, 3},
		{"eleven digits of seconds", "(15332264889.232073) can0 260#", "", can.Frame{}, 0, 11},
		{"stamp after 2262", "(9223372036.000000) can0 260#", "", can.Frame{}, 0, 1},
		{"ten decimals", "(1533226488.2320730000) can0 260#", "", can.Frame{}, 0, 21},
		{"no bus", "(1533226488.232073)  260#", "", can.Frame{}, 0, 20},
		{"name too long", "(1533226488.232073) can0123456789abc 260#", "", can.Frame{}, 0, 35},
		{"as candump shows it", "(1533226488.232073)  can0  123   [2]  01 02", "", can.Frame{}, 0, 20},
		{"identifier of two digits", "(1533226488.232073) can0 26#", "", can.Frame{}, 0, 27},
		{"identifier of nine digits", "(1533226488.232073) can0 018DAF110#", "", can.Frame{}, 0, 33},
		{"identifier over 7FF", "(1533226488.232073) can0 800#", "", can.Frame{}, 0, 25},
		{"identifier of 31 bits", "(1533226488.232073) can0 40000004#0000", "", can.Frame{}, 0, 25},
		{"half a byte", "(1533226488.232073) can0 260#08F", "", can.Frame{}, 0, 32},
		{"nine bytes", "(1533226488.232073) can0 260#010203040506070809", "", can.Frame{}, 0, 45},
		{"remote with data", "(1533226488.232073) can0 260#R8AA", "", can.Frame{}, 0, 31},
		{"a length code behind seven bytes", "(1533226488.232073) can0 260#01020304050607_9", "", can.Frame{}, 0, 43},
		{"a length code that a length is", "(1533226488.232073) can0 260#0102030405060708_8", "", can.Frame{}, 0, 46},
		{"something after it", "(1533226488.232073) can0 260#08FF X", "", can.Frame{}, 0, 34},
		{"two directions", "(1533226488.232073) can0 260#08FF R T", "", can.Frame{}, 0, 36},
		{"CAN FD without flags", "(1533226488.232073) can0 260##", "", can.Frame{}, 0, 30},
		{"CAN FD of nine bytes", "(1533226488.232073) can0 260##1010203040506070809", "", can.Frame{}, 0, 49},
		{"CAN FD of 65 bytes", "(1533226488.232073) can0 260##1" + strings.Repeat("00", 65), "", can.Frame{}, 0, 159},
		{"CAN FD with a length code", "(1533226488.232073) can0 260##10102030405060708_9", "", can.Frame{}, 0, 47},
		{"CAN FD with an identifier over 7FF", "(1533226488.232073) can0 800##1", "", can.Frame{}, 0, 25},
		{"CAN FD with an identifier of 30 bits", "(1533226488.232073) can0 20000004##1", "", can.Frame{}, 0, 25},
		{"CAN FD, remote", "(1533226488.232073) can0 260##1R", "", can.Frame{}, 0, 31},
		{"CAN FD with half a byte", "(1533226488.232073) can0 260##1A", "", can.Frame{}, 0, 32},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bus, f, when, err := candump.Parse([]byte(tt.line))
			if bus != tt.bus || f != tt.want || when != tt.when {
				t.Errorf("%q %+v at %v, want %q %+v at %v", bus, f, when, tt.bus, tt.want, tt.when)
			}
			at := -1
			if e, ok := errors.AsType[*candump.Error](err); ok {
				at = e.At
			} else if err != nil {
				t.Errorf("error is a %T", err)
			}
			if at != tt.at {
				t.Errorf("mistake at byte %d, want %d (%v)", at, tt.at, err)
			}
		})
	}
}

// What was logged is read back as it was.
func TestFrameToLogAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := can.Frame{
			Extended: rapid.Bool().Draw(t, "extended"),
			Remote:   rapid.Bool().Draw(t, "remote"),
			Len:      rapid.Uint8Max(can.MaxClassic).Draw(t, "len"),
		}
		f.ID = rapid.Uint32Max(can.MaxStandardID).Draw(t, "id")
		if f.Extended {
			f.ID = rapid.Uint32Max(can.MaxExtendedID).Draw(t, "extended id")
		}
		if !f.Remote {
			if f.FD = rapid.Bool().Draw(t, "fd"); f.FD {
				f.BRS, f.ESI = rapid.Bool().Draw(t, "brs"), rapid.Bool().Draw(t, "esi")
				f.Len = can.Length(rapid.Uint8Max(15).Draw(t, "code"))
			}
			copy(f.Data[:], rapid.SliceOfN(rapid.Byte(), int(f.Len), int(f.Len)).Draw(t, "data"))
		}
		bus := rapid.StringMatching(`[a-z0-9._-]{1,15}`).Draw(t, "bus")
		at := micro * time.Duration(rapid.Int64Range(0, 9223372035999999).Draw(t, "at"))

		line := candump.Append(nil, bus, f, at)
		bus2, f2, at2, err := candump.Parse(line)
		if err != nil || bus2 != bus || f2 != f || at2 != at {
			t.Fatalf("%q: %q %+v %v %v", line, bus2, f2, at2, err)
		}
	})
}

// An error frame is told apart from what is no line of a log.
func TestErrorFrames(t *testing.T) {
	for line, want := range map[string]error{
		"(1533226488.232073) can0 20000004#0000900000000000":                        candump.ErrError,
		"(1533226488.232073) can0 3FFFFFFF# R":                                      candump.ErrError,
		"(1533226488.232073) can0 20000004#0000900000000000000000 is no error line": nil,
	} {
		if _, _, _, err := candump.Parse([]byte(line)); err != want && want != nil || err == nil {
			t.Errorf("%s: %v, want %v", line, err, want)
		}
	}
}

// logLine is a second reading of the format; an error frame is in its second group.
var logLine = regexp.MustCompile(strings.ReplaceAll(strings.NewReplacer("DATA", `(?:(?:HH\.?){0,8}|(?:HH\.?){8}_[9A-Fa-f]|R[0-8]?(?:_[9A-Fa-f])?)`,
	"WIDE", `(?:(?:HH\.?){0,8}|(?:HH\.?){12}|(?:HH\.?){16}|(?:HH\.?){20}|(?:HH\.?){24}|(?:HH\.?){32}|(?:HH\.?){48}|(?:HH\.?){64})`).Replace(
	`^\(([0-9]{1,10})\.[0-9]{1,9}\) [!-~]{1,15} (?:(?:[0-7]HH|[01]HHHHHHH)(?:#DATA|##HWIDE)|([23]HHHHHHH#DATA))(?:[ \t]+(?:[RT][ \t]*)?)?$`), "H", "[0-9A-Fa-f]"))

// A line is understood if and only if it has the format, and a frame is one that
// written and read again is the same.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		"(1533226488.232073) can0 260#08FFFB0000001884", "(0000000000.000000) vcan0 18DAF110#R8",
		"(9223372036.000000) can0 260#", "(1533226488.232073) can0 123##0AA", "", "(1.5) can0 20000004#01.02_ T",
		"(12.020000) can0 123#0102030405060708_B R", "(1533226488.232073) can0 123##00102030405060708_9",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		bus, frame, at, err := candump.Parse(line)
		m := logLine.FindSubmatch(line)
		good := m != nil && (len(m[1]) < 10 || string(m[1]) <= "9223372035")
		other := errors.Is(err, candump.ErrError)
		if good != (err == nil || other) || good && other != (len(m[2]) > 0) {
			t.Fatalf("%q: %v", line, err)
		}
		if err == nil {
			again := candump.Append(nil, bus, frame, at)
			bus2, frame2, at2, err := candump.Parse(again)
			if err != nil || bus2 != bus || frame2 != frame || at2 != at.Truncate(micro) {
				t.Fatalf("%q gives %q: %v", line, again, err)
			}
		}
	})
}

// The recorded drive passes through unchanged, byte for byte.
func TestRecordedDrive(t *testing.T) {
	file, err := os.Open("../../sim/scenarios/rav4/drive.candump.log.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	log, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	n, dst := map[string]int{}, []byte(nil)
	for lines := bufio.NewScanner(log); lines.Scan(); {
		bus, f, at, err := candump.Parse(lines.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		dst = candump.Append(dst[:0], bus, f, at)
		if string(dst) != lines.Text() {
			t.Fatalf("%q gives %q", lines.Text(), dst)
		}
		n[bus]++
	}
	if n["can0"] != 53_800 || n["can1"] != 45_000 {
		t.Errorf("frames %v", n)
	}
}

func TestReadingAndWritingAllocateNothing(t *testing.T) {
	line := []byte("(1533226488.232073) can0 260#08FFFB0000001884")
	dst := make([]byte, 0, 64)
	if n := testing.AllocsPerRun(100, func() {
		bus, f, at, err := candump.Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		dst = candump.Append(dst[:0], bus, f, at)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// How long does a line of a log take? The frame's own cost is in slcan.
func BenchmarkParse(b *testing.B) {
	line := []byte("(1533226488.232073) can0 260#08FFFB0000001884")
	b.ReportAllocs()
	for b.Loop() {
		if _, _, _, err := candump.Parse(line); err != nil {
			b.Fatal(err)
		}
	}
}
