package socketcan_test

import (
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glovebox/hal/can"
	"glovebox/hal/socketcan"
)

var (
	speed = can.Frame{ID: 180, Len: 8, Data: can.Data{0x1C, 0x6B}}
	wide  = can.Frame{ID: 180, FD: true, BRS: true, Len: 12, Data: can.Data{11: 0x5A}}
)

// pair is a port and the other end of its socket, which hands over records as a
// CAN socket does: what a kernel without CAN can try of the port.
func pair(t testing.TB, fd bool) (*socketcan.Port, *os.File) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	kernel := os.NewFile(uintptr(fds[1]), "kernel")
	p, err := socketcan.Over(os.NewFile(uintptr(fds[0]), "pair"), fd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close(); kernel.Close() })
	return p, kernel
}

// errorFrame is one with these classes, and data[1].
func errorFrame(classes uint32, control byte) []byte {
	record := make([]byte, 16)
	binary.NativeEndian.PutUint32(record, 0x20000000|classes)
	record[4], record[9] = 8, control
	return record
}

func once() bool { return false }

// receive is p.Receive until something came: a look is nothing.
func receive(p *socketcan.Port, take func(*can.Frame), counts *socketcan.Counts) error {
	for before, n := *counts, 0; ; {
		err := p.Receive(func(f *can.Frame) { n++; take(f) }, once, counts)
		if err != nil || n > 0 || *counts != before {
			return err
		}
	}
}

// closing receives from a silent port that is closed meanwhile.
func closing(t *testing.T, p *socketcan.Port) {
	t.Helper()
	read := make(chan error, 1)
	go func() {
		var counts socketcan.Counts
		var err error
		for err == nil { // a look is no error
			err = p.Receive(func(*can.Frame) {}, once, &counts)
		}
		read <- err
	}()
	time.Sleep(20 * time.Millisecond)
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	select {
	case err := <-read:
		if !errors.Is(err, socketcan.ErrClosed) {
			t.Errorf("a closed port: %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("Close does not end a Receive")
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

// How long the records of an interface may be is known without a socket, where there
// is the interface.
func TestFDOfAName(t *testing.T) {
	if _, known := socketcan.FD("nocan9"); known {
		t.Error("an interface that is not there is known")
	}
	if fd, known := socketcan.FD("lo"); !known || !fd {
		t.Errorf("lo, with records of 64 KiB: %v, %v", fd, known)
	}
}

func TestPort(t *testing.T) {
	p, kernel := pair(t, true)
	for _, record := range [][]byte{
		socketcan.Append(nil, speed), errorFrame(0x40, 0), socketcan.Append(nil, wide), make([]byte, 80), make([]byte, 3), socketcan.Append(nil, speed),
	} {
		if _, err := kernel.Write(record); err != nil {
			t.Fatal(err)
		}
	}
	var got []can.Frame
	var counts socketcan.Counts
	if err := receive(p, func(f *can.Frame) { got = append(got, *f) }, &counts); err != nil || !slices.Equal(got, []can.Frame{speed, wide, speed}) {
		t.Errorf("%+v, %v, want the three frames among an error frame, a record too long and a fragment", got, err)
	}
	if want := (socketcan.Counts{socketcan.ErrorFrame: 1, socketcan.BusOff: 1, socketcan.Unreadable: 2}); counts != want {
		t.Errorf("counted %v, want %v", counts, want)
	}
	for _, f := range []can.Frame{speed, wide} {
		if err := p.Write(f); err != nil {
			t.Fatal(err)
		}
		record := make([]byte, 100)
		if n, err := kernel.Read(record); err != nil || string(record[:n]) != string(socketcan.Append(nil, f)) {
			t.Errorf("the kernel has % x, %v", record[:n], err)
		}
	}
	closing(t, p)

	p, kernel = pair(t, false)
	if err := p.Write(wide); !errors.Is(err, socketcan.ErrNoFD) {
		t.Errorf("CAN FD to an interface without it: %v", err)
	}
	kernel.Close()
	if err := receive(p, func(*can.Frame) {}, &counts); !errors.Is(err, socketcan.ErrGone) || errors.Is(err, socketcan.ErrClosed) {
		t.Errorf("receive after the other end went: %v", err)
	}
	if err := p.Write(speed); !errors.Is(err, socketcan.ErrGone) {
		t.Errorf("write after the other end went: %v", err)
	}
}

// A silent port looks at its interface now and then: that is no error, and it goes on.
func TestSilence(t *testing.T) {
	p, kernel := pair(t, false)
	var counts socketcan.Counts
	for range 2 {
		if err := p.Receive(func(f *can.Frame) { t.Errorf("%+v came", f) }, once, &counts); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := kernel.Write(socketcan.Append(nil, speed)); err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := receive(p, func(*can.Frame) { n++ }, &counts); err != nil || n != 1 {
		t.Errorf("%d frames, %v", n, err)
	}
}

// A queue that nobody empties ends a Write after a second.
func TestWriteGivesUp(t *testing.T) {
	p, _ := pair(t, false)
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

// Frames of any kind, one behind the other, leave nothing of themselves behind, and
// nothing is allocated for them.
func TestReceivingAllocatesNothing(t *testing.T) {
	p, kernel := pair(t, true)
	var counts socketcan.Counts
	records := [][]byte{socketcan.Append(nil, wide), socketcan.Append(nil, speed), errorFrame(0x4, 0x10), socketcan.Append(nil, can.Frame{ID: 1, Remote: true, Len: 2})}
	frames := 0
	take := func(f *can.Frame) {
		if *f != wide && *f != speed && *f != (can.Frame{ID: 1, Remote: true, Len: 2}) {
			t.Errorf("%+v", f)
		}
		frames++
	}
	if n := testing.AllocsPerRun(100, func() {
		for _, record := range records {
			if _, err := kernel.Write(record); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Receive(take, once, &counts); err != nil {
			t.Fatal(err)
		}
	}); n != 0 || frames < 300 || counts[socketcan.Passive] < 100 {
		t.Errorf("%v allocations, %d frames, %v", n, frames, counts)
	}
}

// What the socket says of its losses now is newer than what a frame says that waited in
// it: that a number comes after a greater one is no loss.
func TestAnOlderCountOfWhatWasLost(t *testing.T) {
	p, _ := pair(t, false)
	var counts socketcan.Counts
	for i, step := range []struct {
		lost uint32
		want uint64
	}{{3, 3}, {100, 100}, {90, 100}, {100, 100}, {101, 101}, {1 << 31, 1 << 31}, {1<<32 - 1, 1<<32 - 1}, {4, 1<<32 + 4}} {
		if p.Dropped(step.lost, &counts); counts[socketcan.Lost] != step.want {
			t.Errorf("step %d: lost %d, want %d", i, counts[socketcan.Lost], step.want)
		}
	}
}
