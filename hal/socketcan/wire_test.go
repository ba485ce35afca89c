package socketcan_test

import (
	"encoding/binary"
	"testing"

	"glovebox/hal/can"
	"glovebox/hal/socketcan"
	"pgregory.net/rapid"
)

// A frame comes back as it was sent.
func TestFrameToRecordAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := can.Frame{ID: rapid.Uint32Max(can.MaxExtendedID).Draw(t, "id"), Extended: true, Len: rapid.Uint8Max(8).Draw(t, "len"), Remote: rapid.Bool().Draw(t, "remote")}
		if rapid.Bool().Draw(t, "standard") {
			f.ID, f.Extended = f.ID&can.MaxStandardID, false
		}
		if f.FD = !f.Remote && rapid.Bool().Draw(t, "fd"); f.FD {
			f.Len, f.BRS, f.ESI = can.Length(rapid.Uint8Max(15).Draw(t, "code")), rapid.Bool().Draw(t, "brs"), rapid.Bool().Draw(t, "esi")
		}
		for i := range f.Len {
			if !f.Remote {
				f.Data[i] = rapid.Byte().Draw(t, "data")
			}
		}
		got := can.Frame{Len: 64, Data: can.Data{63: 1}} // whatever it held before
		if ok := socketcan.Decode(socketcan.Append(nil, f), &got); !ok || got != f {
			t.Fatalf("%+v comes back as %+v, %v", f, got, ok)
		}
	})
}

// What the kernel has is taken if and only if it is a frame that there can be, and is
// what that frame is sent as, whatever stands in its padding.
func FuzzRecord(f *testing.F) {
	f.Add(socketcan.Append(nil, speed))
	f.Add(socketcan.Append(nil, wide))
	f.Add(socketcan.Append(nil, can.Frame{ID: 0x18FEEE15, Extended: true, Remote: true, Len: 3}))
	f.Add(errorFrame(0x4, 0xFF))
	f.Add(make([]byte, 72))
	f.Add(append(binary.NativeEndian.AppendUint32(nil, 1<<30|5), make([]byte, 68)...)) // CAN FD has no remote frames
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, record []byte) {
		var frame can.Frame
		good := false
		if len(record) == 16 || len(record) == 72 {
			word, n := binary.NativeEndian.Uint32(record), record[4]
			good = word>>29&1 == 0 && (word>>31 == 1 || word&0x1FFFFFFF <= 0x7FF) && n <= 64 && (len(record) == 16 && n <= 8 ||
				len(record) == 72 && word>>30&1 == 0 && (n <= 8 || n <= 24 && n%4 == 0 || n%16 == 0))
		}
		if ok := socketcan.Decode(record, &frame); ok != good {
			t.Fatalf("% x is taken: %v", record, ok)
		}
		if !good {
			return
		}
		used := 8
		if !frame.Remote {
			used += int(frame.Len)
		}
		again := socketcan.Append(nil, frame)
		copy(again[6:8], record[6:8]) // padding
		if again[5] = record[5]; len(again) != len(record) || string(again[:used]) != string(record[:used]) {
			t.Fatalf("% x is read as %+v, which is % x", record, frame, again)
		}
		if frame.BRS != (frame.FD && record[5]&1 != 0) || frame.ESI != (frame.FD && record[5]&2 != 0) {
			t.Fatalf("% x is read as %+v", record, frame)
		}
		for _, b := range frame.Data[used-8:] {
			if b != 0 {
				t.Fatalf("behind %d bytes of %+v stands something", frame.Len, frame)
			}
		}
	})
}

// An error frame is counted under each cause that it names, once, whatever else it says.
func TestErrorFrames(t *testing.T) {
	type counts = socketcan.Counts
	for _, test := range []struct {
		name    string
		classes uint32
		control byte
		want    counts
	}{
		{"no cause", 0, 0, counts{}},
		{"a counter alone", 0x200, 0, counts{}},
		{"bus-off", 0x40, 0xFF, counts{socketcan.BusOff: 1}},
		{"error passive, receiving", 0x4, 0x10, counts{socketcan.Passive: 1}},
		{"error passive, sending", 0x4, 0x20, counts{socketcan.Passive: 1}},
		{"both", 0x4, 0x30, counts{socketcan.Passive: 1}},
		{"error active again", 0x4, 0x40, counts{}},
		{"warning", 0x4, 0x0C, counts{socketcan.Warning: 1}},
		{"overflow", 0x4, 0x01, counts{socketcan.Overflow: 1}},
		{"overflow, sending, and passive", 0x4, 0x12, counts{socketcan.Overflow: 1, socketcan.Passive: 1}},
		{"the control byte of another class", 0x20, 0x33, counts{socketcan.NoAck: 1}},
		{"protocol and bus error are one", 0x88, 0, counts{socketcan.BusError: 1}},
		{"a protocol error alone", 0x08, 0, counts{socketcan.BusError: 1}},
		{"restarted", 0x100, 0, counts{socketcan.Restarted: 1}},
		{"all others", 0x13, 0, counts{socketcan.Timeout: 1, socketcan.Arbitration: 1, socketcan.Transceiver: 1}},
	} {
		p, kernel := pair(t, false)
		if _, err := kernel.Write(errorFrame(test.classes, test.control)); err != nil {
			t.Fatal(err)
		}
		var got counts
		if err := receive(p, func(f *can.Frame) { t.Errorf("%s: a frame %+v", test.name, f) }, &got); err != nil {
			t.Fatal(err)
		}
		if test.want[socketcan.ErrorFrame] = 1; got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
	for event := range socketcan.Event(len(counts{})) {
		if event.String() == "" || event.String() == "unknown" {
			t.Errorf("event %d has no name", event)
		}
	}
}
