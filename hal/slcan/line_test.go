package slcan_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"glovebox/hal/can"
	"glovebox/hal/slcan"

	"pgregory.net/rapid"
)

func TestDecode(t *testing.T) {
	tests := []struct {
		name string
		line string
		want can.Frame
		at   int // of the mistake, -1 for none
	}{
		{"speed frame", "t1A0203E8", can.Frame{ID: 0x1A0, Len: 2, Data: can.Data{0x03, 0xE8}}, -1},
		{"empty frame", "t0000", can.Frame{}, -1},
		{"largest standard identifier", "t7FF1ff", can.Frame{ID: 0x7FF, Len: 1, Data: can.Data{0xFF}}, -1},
		{"eight bytes, lower case", "t1008deadbeef00112233", can.Frame{ID: 0x100, Len: 8,
			Data: can.Data{0xDE, 0xAD, 0xBE, 0xEF, 0x00, 0x11, 0x22, 0x33}}, -1},
		{"extended", "T18DAF1101AA", can.Frame{ID: 0x18DAF110, Extended: true, Len: 1, Data: can.Data{0xAA}}, -1},
		{"small identifier, extended", "T000000070", can.Frame{ID: 7, Extended: true}, -1},
		{"remote asks for four bytes", "r1234", can.Frame{ID: 0x123, Remote: true, Len: 4}, -1},
		{"remote, extended", "R1FFFFFFF8", can.Frame{ID: 0x1FFFFFFF, Extended: true, Remote: true, Len: 8}, -1},
		{"time stamp is left out", "t1A0203E8EA5F", can.Frame{ID: 0x1A0, Len: 2, Data: can.Data{0x03, 0xE8}}, -1},
		{"CAN FD", "d1A0203E8", can.Frame{ID: 0x1A0, FD: true, Len: 2, Data: can.Data{0x03, 0xE8}}, -1},
		{"CAN FD without data", "d1A00", can.Frame{ID: 0x1A0, FD: true}, -1},
		{"twelve bytes", "d1A09000102030405060708090a0b", can.Frame{ID: 0x1A0, FD: true, Len: 12, Data: can.Data{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}}, -1},
		{"64 bytes at the data bit rate, extended", "B18DAF110F" + strings.Repeat("00", 63) + "5A",
			can.Frame{ID: 0x18DAF110, Extended: true, FD: true, BRS: true, Len: 64, Data: can.Data{63: 0x5A}}, -1},
		{"a length code of either case", "b1A0a" + strings.Repeat("00", 16), can.Frame{ID: 0x1A0, FD: true, BRS: true, Len: 16}, -1},
		{"extended, CAN FD", "D000000070", can.Frame{ID: 7, Extended: true, FD: true}, -1},
		{"time stamp after CAN FD", "b1A01FFEA5F", can.Frame{ID: 0x1A0, FD: true, BRS: true, Len: 1, Data: can.Data{0xFF}}, -1},
		{"time stamp after a remote frame", "r12340001", can.Frame{ID: 0x123, Remote: true, Len: 4}, -1},

		{"empty line", "", can.Frame{}, 0},
		{"a reply is no frame", "V1013", can.Frame{}, 0},
		{"line feed before", "\nt1A00", can.Frame{}, 0},
		{"identifier cut", "t1A", can.Frame{}, 3},
		{"identifier cut and wrong at once", "tG", can.Frame{}, 1},
		{"identifier no hex", "t1G0203E8", can.Frame{}, 2},
		{"standard identifier over 7FF", "t8000", can.Frame{}, 1},
		{"extended identifier over 29 bits", "T200000000", can.Frame{}, 1},
		{"length cut", "t1A0", can.Frame{}, 4},
		{"length over 8", "t1239", can.Frame{}, 4},
		{"length no digit", "t123A", can.Frame{}, 4},
		{"a classic frame of twelve bytes", "t1239000102030405060708090A0B", can.Frame{}, 4},
		{"a remote frame with a code of CAN FD", "r123F", can.Frame{}, 4},
		{"length code no hex digit", "d123G", can.Frame{}, 4},
		{"length code cut", "D1A012345", can.Frame{}, 9},
		{"CAN FD, standard identifier over 7FF", "b8000", can.Frame{}, 1},
		{"CAN FD, extended identifier over 29 bits", "B200000000", can.Frame{}, 1},
		{"CAN FD, data cut in byte 11", "d1239000102030405060708090A0", can.Frame{}, 28},
		{"CAN FD, data cut and wrong", "d1239000102030405060708090x", can.Frame{}, 26},
		{"CAN FD, data no hex", "d1239000102030405060708090A0x", can.Frame{}, 28},
		{"CAN FD, a byte too many", "d1239000102030405060708090A0B0C", can.Frame{}, 29},
		{"CAN FD, 64 bytes and no time stamp", "bFFFF", can.Frame{}, 1},
		{"data shorter than said", "t1A0203E", can.Frame{}, 8},
		{"data shorter than said and wrong", "t1A020xE", can.Frame{}, 6},
		{"data shorter than said and wrong at once", "t1A02xE", can.Frame{}, 5},
		{"data no hex", "t1A0203g8", can.Frame{}, 7},
		{"data longer than said", "t1A0203E8A", can.Frame{}, 9},
		{"no time stamp", "t1A0203E8EA5x", can.Frame{}, 9},
		{"remote with data", "r123200", can.Frame{}, 5},
		{"two frames without a line end", "t1A0203E8t1A0203E8", can.Frame{}, 9},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := slcan.Decode([]byte(tt.line))
			if got != tt.want {
				t.Errorf("frame %+v, want %+v", got, tt.want)
			}
			at := -1
			if e, ok := errors.AsType[*slcan.Error](err); ok {
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

func TestErrorSaysWhere(t *testing.T) {
	_, err := slcan.Decode([]byte("t1239"))
	if got, want := err.Error(), `slcan: "t1239" at byte 4: want a length of 0 to 8`; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	long := append([]byte("t123"), bytes.Repeat([]byte("A"), 1<<20)...)
	if _, err = slcan.Decode(long); len(err.Error()) > 200 {
		t.Errorf("an error of %d bytes", len(err.Error()))
	}
}

func frames() *rapid.Generator[can.Frame] {
	return rapid.Custom(func(t *rapid.T) can.Frame {
		f := can.Frame{
			Extended: rapid.Bool().Draw(t, "extended"),
			Remote:   rapid.Bool().Draw(t, "remote"),
			Len:      rapid.Uint8Max(can.MaxClassic).Draw(t, "len"),
		}
		if f.FD = !f.Remote && rapid.Bool().Draw(t, "fd"); f.FD {
			f.BRS, f.Len = rapid.Bool().Draw(t, "brs"), can.Length(rapid.Uint8Max(15).Draw(t, "code"))
		}
		limit := uint32(can.MaxStandardID)
		if f.Extended {
			limit = can.MaxExtendedID
		}
		f.ID = rapid.Uint32Max(limit).Draw(t, "id")
		if !f.Remote {
			copy(f.Data[:], rapid.SliceOfN(rapid.Byte(), int(f.Len), int(f.Len)).Draw(t, "data"))
		}
		return f
	})
}

// Every frame comes back from its line as it was.
func TestFrameToLineAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := frames().Draw(t, "frame")
		line := slcan.Append(nil, want)
		got, err := slcan.Decode(bytes.TrimSuffix(line, []byte("\r")))
		if err != nil || got != want {
			t.Fatalf("%q: %+v, %v, want %+v", line, got, err, want)
		}
	})
}

// What no adapter could send is cut to size, or filled up to the next length.
func TestLengthsThatNoFrameHas(t *testing.T) {
	for want, f := range map[string]can.Frame{
		"t12380000000000000000\r":                      {ID: 0x123, Len: 9},
		"r1238\r":                                      {ID: 0x123, Remote: true, Len: 200},
		"d1239010000000000000000000000\r":              {ID: 0x123, FD: true, Len: 9, Data: can.Data{1}},
		"D00000123A" + strings.Repeat("00", 16) + "\r": {ID: 0x123, Extended: true, FD: true, Len: 13},
		"b123F" + strings.Repeat("00", 64) + "\r":      {ID: 0x123, FD: true, BRS: true, Len: 255},
		"d1231FF\r":                                    {ID: 0x123, FD: true, Remote: true, Len: 1, Data: can.Data{0xFF}},
	} {
		if got := slcan.Append(nil, f); string(got) != want {
			t.Errorf("%+v is sent as %q, want %q", f, got, want)
		}
	}
}

// A line is accepted if and only if its frame gives the same line again, but
// for letter case and a time stamp; a line cut short is never accepted; and a
// mistake is at the first byte with which no frame's line goes on (identifiers
// over their width are found out at their end).
func FuzzDecodeLine(f *testing.F) {
	for _, s := range []string{"t1A0203E8", "T18DAF1101AA", "r1234", "R1FFFFFFF8", "t1A0203E8EA5F", "t1239", "z", "", "d1A0203E8", "B18DAF1109000102030405060708090A0B", "b123Fxx"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		frame, err := slcan.Decode(line)
		if err != nil {
			e, ok := errors.AsType[*slcan.Error](err)
			if !ok || e.Want == "" || e.At < 0 || e.At > len(line) {
				t.Fatalf("%q: %#v", line, err)
			}
			// Where only the end may stand, a hex digit may open a time stamp;
			// an identifier is judged as a whole.
			open := strings.HasPrefix(e.Want, "the end") || strings.HasPrefix(e.Want, "an identifier")
			if !opens(line[:e.At]) || e.At < len(line) && !open && opens(line[:e.At+1]) {
				t.Fatalf("%q: the mistake is not at byte %d", line, e.At)
			}
			if simple(line) {
				t.Fatalf("%q refused: %v", line, err)
			}
			return
		}
		if !simple(line) {
			t.Fatalf("%q accepted", line)
		}
		again := bytes.TrimSuffix(slcan.Append(nil, frame), []byte("\r"))
		stamp := len(line) - len(again)
		if stamp != 0 && stamp != 4 || !sameFrame(again, line[:len(again)]) {
			t.Fatalf("%q gives %q", line, again)
		}
		if _, err := slcan.Decode(line[:len(again)-1]); err == nil {
			t.Fatalf("%q cut by a byte is accepted", line)
		}
	})
}

// sameFrame compares all but the first letter without regard to case.
func sameFrame(a, b []byte) bool {
	return a[0] == b[0] && bytes.EqualFold(a[1:], b[1:])
}
