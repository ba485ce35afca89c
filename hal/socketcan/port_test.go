package socketcan_test

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glovebox/hal/can"
	"glovebox/hal/socketcan"
	"pgregory.net/rapid"
)

var speed = can.Frame{ID: 180, Len: 8, Data: can.Data{0x1C, 0x6B}}

// link returns the name of a virtual interface that is up, or skips the test
// and says what it wants.
func link(t *testing.T) string {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if strings.HasPrefix(i.Name, "vcan") && i.Flags&net.FlagUp != 0 {
			return i.Name
		}
	}
	t.Skip("no virtual CAN interface is up here; to run this test: ip link add vcan0 type vcan && ip link set vcan0 up")
	return ""
}

// What one station of a bus sends, another one reads.
func TestTwoStations(t *testing.T) {
	name := link(t)
	one, two := open(t, name), open(t, name)
	for _, f := range []can.Frame{speed, {ID: 0x18FEEE15, Extended: true, Len: 3, Data: can.Data{1, 2, 3}}, {ID: 5, Remote: true, Len: 4}, {ID: 0}} {
		if err := one.Write(f); err != nil {
			t.Fatal(err)
		}
		if got, err := two.Read(); err != nil || got != f {
			t.Errorf("%+v, %v, want %+v", got, err, f)
		}
	}
	closing(t, two)
}

func open(t *testing.T, name string) *socketcan.Port {
	t.Helper()
	p, err := socketcan.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// closing reads a silent port that is closed meanwhile.
func closing(t *testing.T, p *socketcan.Port) {
	t.Helper()
	read := make(chan error, 1)
	go func() { _, err := p.Read(); read <- err }()
	time.Sleep(20 * time.Millisecond)
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	select {
	case err := <-read:
		if !errors.Is(err, socketcan.ErrClosed) {
			t.Errorf("read of a closed port: %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("Close does not end a Read")
	}
	if err := p.Write(speed); !errors.Is(err, socketcan.ErrClosed) {
		t.Errorf("write to a closed port: %v", err)
	}
	if err := p.Close(); !errors.Is(err, socketcan.ErrClosed) {
		t.Errorf("second close: %v", err)
	}
}

// A name that no interface has is a device that is gone, also where there is no CAN at all.
func TestNoSuchInterface(t *testing.T) {
	p, err := socketcan.Open("nocan9")
	if err == nil {
		p.Close()
	}
	if !errors.Is(err, socketcan.ErrGone) && !errors.Is(err, socketcan.ErrNoCAN) {
		t.Errorf("open an interface that is not there: %v", err)
	}
	if errors.Is(err, socketcan.ErrNoCAN) {
		t.Log("this kernel has no CAN")
	}
}

// pair is a port and the other end of its socket, which hands over records as a
// CAN socket does: what a kernel without CAN can try of the port.
func pair(t *testing.T) (*socketcan.Port, *os.File) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	kernel := os.NewFile(uintptr(fds[1]), "kernel")
	p, err := socketcan.Over(os.NewFile(uintptr(fds[0]), "pair"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close(); kernel.Close() })
	return p, kernel
}

func TestPort(t *testing.T) {
	p, kernel := pair(t)
	failed := socketcan.Append(nil, can.Frame{ID: 4, Len: 8})
	failed[3] |= 0x20 // little-endian flag of an error frame; of no use on another machine
	for _, record := range [][]byte{failed, make([]byte, 72), make([]byte, 3), socketcan.Append(nil, speed)} {
		if _, err := kernel.Write(record); err != nil {
			t.Fatal(err)
		}
	}
	if f, err := p.Read(); err != nil || f != speed {
		t.Errorf("%+v, %v, want the one frame among an error frame, one of CAN FD and a fragment", f, err)
	}
	if err := p.Write(speed); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 100)
	if n, err := kernel.Read(got); err != nil || string(got[:n]) != string(socketcan.Append(nil, speed)) {
		t.Errorf("the kernel has % x, %v", got[:n], err)
	}
	closing(t, p)

	p, kernel = pair(t)
	kernel.Close()
	if _, err := p.Read(); !errors.Is(err, socketcan.ErrGone) || errors.Is(err, socketcan.ErrClosed) {
		t.Errorf("read after the other end went: %v", err)
	}
	if err := p.Write(speed); !errors.Is(err, socketcan.ErrGone) {
		t.Errorf("write after the other end went: %v", err)
	}
}

// A queue that nobody empties ends a Write after a second.
func TestWriteGivesUp(t *testing.T) {
	p, _ := pair(t)
	start := time.Now()
	for range 100_000 {
		if err := p.Write(speed); err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) < time.Second {
				t.Errorf("after %v: %v", time.Since(start), err)
			}
			return
		}
	}
	t.Error("a full queue takes everything")
}

// A frame comes back as it was sent, and a record that is read as a frame is
// what that frame is sent as, whatever stands in its padding.
func TestRecords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := can.Frame{ID: rapid.Uint32Max(can.MaxExtendedID).Draw(t, "id"), Extended: true, Len: rapid.Uint8Max(8).Draw(t, "len"), Remote: rapid.Bool().Draw(t, "remote")}
		if rapid.Bool().Draw(t, "standard") {
			f.ID, f.Extended = f.ID&can.MaxStandardID, false
		}
		for i := range f.Len {
			if !f.Remote {
				f.Data[i] = rapid.Byte().Draw(t, "data")
			}
		}
		if got, ok := socketcan.Decode(socketcan.Append(nil, f)); !ok || got != f {
			t.Fatalf("%+v comes back as %+v, %v", f, got, ok)
		}
		record := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "record")
		record[4] %= 10
		got, ok := socketcan.Decode(record)
		if !ok {
			return
		}
		again := socketcan.Append(nil, got)
		copy(again[5:8], record[5:8]) // padding
		used := 8 + int(got.Len)
		if got.Remote {
			used = 8
		}
		if string(again[:used]) != string(record[:used]) {
			t.Fatalf("% x is read as %+v, which is % x", record, got, again)
		}
	})
}
