package socketcan_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glovebox/hal/can"
	"glovebox/hal/socketcan"
)

// bus is a virtual interface of the kernel that takes CAN FD, up, for the length of a test. The test is skipped,
// and says what it wants, where the kernel has none or we may not make one.
func bus(t *testing.T) string {
	t.Helper()
	name := fmt.Sprintf("gb%d", os.Getpid())
	said, err := exec.Command("ip", "link", "add", name, "type", "vcan").CombinedOutput()
	if err != nil {
		t.Skipf("no virtual CAN interface can be made here; this test wants root, ip and the kernel's vcan: %v: %s", err, said)
	}
	t.Cleanup(func() { _ = exec.Command("ip", "link", "del", name).Run() }) // a test may have deleted it
	ip(t, "link", "set", name, "mtu", "72")
	ip(t, "link", "set", name, "up")
	return name
}

func ip(t *testing.T, args ...string) {
	t.Helper()
	if said, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, said)
	}
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

// next is the next frame that a port has.
func next(t *testing.T, p *socketcan.Port) (got can.Frame) {
	t.Helper()
	var counts socketcan.Counts
	if err := receive(p, func(f *can.Frame) { got = *f }, &counts); err != nil {
		t.Fatal(err)
	}
	return got
}

// What one station of a bus sends, another one receives: every kind of frame, in every
// length. What is no frame is counted, and what there is no room for as well.
func TestTwoStations(t *testing.T) {
	name := bus(t)
	one, two := open(t, name), open(t, name)
	frames := []can.Frame{speed, {ID: 0}, {ID: 0x7FF, Len: 1}, {ID: 0x18FEEE15, Extended: true, Len: 3, Data: can.Data{1, 2, 3}},
		{ID: 5, Extended: true}, {ID: 5, Remote: true, Len: 4}, {ID: 0x1FFFFFFF, Extended: true, Remote: true, Len: 8}}
	for code := range uint8(16) {
		f := can.Frame{ID: 0x100 + uint32(code), FD: true, Len: can.Length(code), BRS: code&1 != 0, ESI: code&2 != 0}
		for i := range f.Len {
			f.Data[i] = 0xA0 + i
		}
		frames = append(frames, f)
		f.ID, f.Extended = 0x18FEEE00+uint32(code), true
		frames = append(frames, f)
	}
	for _, f := range frames {
		if err := one.Write(f); err != nil {
			t.Fatalf("%+v: %v", f, err)
		}
		if got := next(t, two); got != f {
			t.Errorf("%+v, want %+v", got, f)
		}
	}
	t.Run("error frames", func(t *testing.T) { errorFrames(t, name, two) })
	t.Run("flood", func(t *testing.T) { flood(t, name) })
	t.Run("no CAN FD", func(t *testing.T) {
		ip(t, "link", "set", name, "down")
		ip(t, "link", "set", name, "mtu", "16")
		ip(t, "link", "set", name, "up")
		one, two := open(t, name), open(t, name)
		if fd, known := socketcan.FD(name); fd || !known {
			t.Errorf("CAN FD: %v, known: %v", fd, known)
		}
		if err := one.Write(wide); !errors.Is(err, socketcan.ErrNoFD) {
			t.Errorf("CAN FD to an interface without it: %v", err)
		}
		if err := one.Write(speed); err != nil || next(t, two) != speed {
			t.Errorf("a classic frame: %v", err)
		}
		closing(t, two)
	})
}

// errorFrames writes error frames as a controller makes them.
func errorFrames(t *testing.T, name string, p *socketcan.Port) {
	fd, err := unix.Socket(unix.AF_CAN, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.CAN_RAW)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	link, err := unix.NewIfreq(name)
	if err == nil {
		err = unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, link)
	}
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrCAN{Ifindex: int(link.Uint32())})
	}
	if err != nil {
		t.Fatal(err)
	}
	var counts socketcan.Counts
	for _, record := range [][]byte{errorFrame(0x40, 0), errorFrame(0x4, 0x10), errorFrame(0x4, 0x01), errorFrame(0x100, 0)} {
		if _, err := unix.Write(fd, record); err != nil {
			t.Fatal(err)
		}
		if err := receive(p, func(f *can.Frame) { t.Errorf("an error frame is %+v", f) }, &counts); err != nil {
			t.Fatal(err)
		}
	}
	if want := (socketcan.Counts{socketcan.ErrorFrame: 4, socketcan.BusOff: 1, socketcan.Passive: 1, socketcan.Overflow: 1, socketcan.Restarted: 1}); counts != want {
		t.Errorf("counted %v, want %v", counts, want)
	}
}

// flood sends more than any socket has room for: what a port receives, and what it
// counts as lost, are all of them, whether it listens meanwhile or not.
func flood(t *testing.T, name string) {
	const sent = 30_000
	from, quick, slow := open(t, name), open(t, name), open(t, name)
	count := func(p *socketcan.Port) (frames, lost uint64) {
		var counts socketcan.Counts
		for end := time.Now().Add(time.Minute); frames+counts[socketcan.Lost] < sent && time.Now().Before(end); {
			if err := p.Receive(func(*can.Frame) { frames++ }, once, &counts); err != nil {
				t.Error(err)
				break
			}
		}
		return frames, counts[socketcan.Lost]
	}
	listened := make(chan [2]uint64)
	go func() { frames, lost := count(quick); listened <- [2]uint64{frames, lost} }()
	for i := range uint32(sent) {
		if err := from.Write(can.Frame{ID: i & 0x7FF, Len: 4, Data: can.Data{byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)}}); err != nil {
			t.Fatal(err)
		}
	}
	frames, lost := count(slow)
	t.Logf("a port that did not listen received %d frames and counted %d lost", frames, lost)
	if frames+lost != sent || lost == 0 {
		t.Errorf("a port that did not listen received %d and counted %d of %d", frames, lost, sent)
	}
	got := <-listened
	t.Logf("a port that listened received %d frames and counted %d lost", got[0], got[1])
	if got[0]+got[1] != sent {
		t.Errorf("a port that listened received %d and counted %d of %d", got[0], got[1], sent)
	}
}

// An interface that goes down, vanishes, gets another name or is made again ends the
// port with its cause, and can be opened once it is there.
func TestInterfaceComesAndGoes(t *testing.T) {
	name := bus(t)
	ends := func(p *socketcan.Port, want error, how ...string) {
		t.Helper()
		ip(t, how...)
		var counts socketcan.Counts
		err := error(nil)
		for end := time.Now().Add(time.Minute); err == nil && time.Now().Before(end); {
			err = p.Receive(func(f *can.Frame) { t.Errorf("%+v came", f) }, once, &counts)
		}
		if !errors.Is(err, want) && !errors.Is(err, socketcan.ErrGone) { // by its name it is gone, whenever that is looked for
			t.Errorf("ip %s: %v, want %v", strings.Join(how, " "), err, want)
		}
		p.Close()
	}
	missing := func(want error) {
		t.Helper()
		if p, err := socketcan.Open(name); !errors.Is(err, want) {
			t.Errorf("open: %v, want %v", err, want)
			if err == nil {
				p.Close()
			}
		}
	}
	works := func() {
		t.Helper()
		one, two := open(t, name), open(t, name)
		if err := one.Write(speed); err != nil || next(t, two) != speed {
			t.Errorf("a frame: %v", err)
		}
		one.Close()
		two.Close()
	}
	works()
	ends(open(t, name), socketcan.ErrDown, "link", "set", name, "down")
	missing(socketcan.ErrDown)
	ip(t, "link", "set", name, "up")
	works()

	other := name + "x"
	held := open(t, name)
	ip(t, "link", "set", name, "down")
	ip(t, "link", "set", name, "name", other)
	ip(t, "link", "set", other, "up")
	ends(held, socketcan.ErrDown, "link", "show", other)
	missing(socketcan.ErrGone)
	ip(t, "link", "set", other, "down")
	ip(t, "link", "set", other, "name", name)
	ip(t, "link", "set", name, "up")
	works()

	if said, err := exec.Command("ip", "link", "set", name, "name", other).CombinedOutput(); err != nil { // not before Linux 6.8
		t.Logf("an interface that is up keeps its name: %v: %s", err, said)
	} else {
		ip(t, "link", "set", other, "name", name)
		ends(open(t, name), socketcan.ErrGone, "link", "set", name, "name", other)
		ip(t, "link", "set", other, "name", name)
	}

	held = open(t, name)
	ip(t, "link", "del", name)
	missing(socketcan.ErrGone)
	ip(t, "link", "add", name, "type", "vcan")
	ip(t, "link", "set", name, "up")
	var counts socketcan.Counts
	if err := receive(held, func(*can.Frame) {}, &counts); !errors.Is(err, socketcan.ErrGone) && !errors.Is(err, socketcan.ErrDown) {
		t.Errorf("its interface was made again: %v", err)
	}
	works()
}
