package car_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"glovebox/hal/kernel"
	"glovebox/hal/serial"
	"glovebox/sim/car"

	"golang.org/x/sys/unix"
)

// newPty makes a port that ends with the test.
func newPty(t *testing.T) *car.Pty {
	t.Helper()
	p, err := car.NewPty(t.TempDir(), "can0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// opened is a port whose bytes are read one after the other, and then its end.
type opened struct {
	*serial.Port
	io.Reader
	ended chan error // what Each returned
	leave func()     // who would hand bytes on does not wait for a reader any more
}

func (o opened) Close() error {
	o.leave()
	return o.Port.Close()
}

func open(t *testing.T, p *car.Pty) opened {
	t.Helper()
	port, err := serial.Open(p.Name(), 115200)
	if err != nil {
		t.Fatal(err)
	}
	group, err := kernel.NewGroup()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	out, in := io.Pipe()
	var running sync.WaitGroup
	running.Go(func() {
		if err := group.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	o := opened{port, out, make(chan error, 1), func() { in.CloseWithError(serial.ErrClosed) }}
	running.Go(func() {
		err := port.Each(group, make([]byte, 4096), func(b []byte) { _, _ = in.Write(b) }) // nobody may be reading any more
		in.CloseWithError(err)
		o.ended <- err
	})
	t.Cleanup(func() {
		o.Close() // again, for tests that end early
		stop()
		running.Wait()
	})
	return o
}

func plainOpen(t *testing.T, p *car.Pty) *os.File {
	t.Helper()
	file, err := os.OpenFile(p.Name(), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

func say(t *testing.T, p *car.Pty, s string) {
	t.Helper()
	if n, err := p.Write([]byte(s)); err != nil || n != len(s) {
		t.Fatalf("say %q: %d, %v", s, n, err)
	}
}

// hear reads exactly as many bytes as want has.
func hear(t *testing.T, port io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(port, got); err != nil || string(got) != want {
		t.Fatalf("heard %q, %v, want %q", got, err, want)
	}
}

// Every byte passes in both directions as it is: no echo, no CR to LF, no
// control character.
func TestLineIsRaw(t *testing.T) {
	p := newPty(t)
	port := open(t, p)
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	say(t, p, string(all))
	hear(t, port, string(all))
	if n, err := port.Write(all); n != len(all) || err != nil {
		t.Fatalf("write: %d, %v", n, err)
	}
	var heard []byte
	p.Listen(func(piece []byte) { heard = append(heard, piece...) })
	eventually(t, "the port hears every byte", func() bool { p.Attached(); return bytes.Equal(heard, all) })
}

// While somebody reads, nothing is lost, though the reader is slow and the
// terminal holds a fraction of it.
func TestNothingIsLostOnASlowReader(t *testing.T) {
	p := newPty(t)
	port := open(t, p)
	want := bytes.Repeat([]byte("t1A0203E8\r"), 50_000)
	done := make(chan error, 1)
	go func() {
		_, err := p.Write(want)
		done <- err
	}()
	got := make([]byte, 0, len(want))
	buf := make([]byte, 1000)
	for len(got) < len(want) {
		if len(got)/50_000 != (len(got)-1)/50_000 {
			time.Sleep(5 * time.Millisecond)
		}
		n, err := port.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, buf[:n]...)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("other bytes")
	}
}

// What is said while nobody has the port open is lost, and so is what a reader
// left behind: the next one hears the present.
func TestNobodyListens(t *testing.T) {
	p := newPty(t)
	say(t, p, "before")
	if p.Attached() {
		t.Error("attached to nobody")
	}
	port := plainOpen(t, p) // drops nothing by itself, unlike hal/serial
	if !p.Attached() {
		t.Error("not attached")
	}
	say(t, p, "left behind")
	if err := port.Close(); err != nil {
		t.Fatal(err)
	}
	say(t, p, "between")
	port = plainOpen(t, p)
	say(t, p, "after")
	hear(t, port, "after")
}

// A reader that goes away while the port is full does not hold it up.
func TestReaderLeavesWhilePortIsFull(t *testing.T) {
	p := newPty(t)
	port := open(t, p)
	done := make(chan error, 1)
	go func() {
		_, err := p.Write(make([]byte, 1<<20))
		done <- err
	}()
	select {
	case err := <-done:
		t.Fatalf("nobody reads, and it does not wait: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	if err := port.Close(); err != nil {
		t.Fatal(err)
	}
	if err := soon(t, done); err != nil {
		t.Fatal(err)
	}
}

func TestMute(t *testing.T) {
	p := newPty(t)
	port := open(t, p)
	p.Mute(true)
	say(t, p, "silence")
	p.Mute(false)
	say(t, p, "sound")
	hear(t, port, "sound")
}

// An unplugged device is gone from its directory, its reader is told so, and
// it returns under the same name.
func TestUnplugAndPlug(t *testing.T) {
	p := newPty(t)
	for range 3 {
		port := open(t, p)
		slave, err := filepath.EvalSymlinks(p.Name())
		if err != nil {
			t.Fatal(err)
		}
		read := make(chan error, 1)
		go func() {
			_, err := port.Read(make([]byte, 10))
			read <- err
		}()
		if err := p.Unplug(); err != nil {
			t.Fatal(err)
		}
		if err := soon(t, read); !errors.Is(err, serial.ErrGone) || errors.Is(err, serial.ErrClosed) {
			t.Errorf("read: %v", err)
		}
		if _, err := port.Write([]byte("O\r")); !errors.Is(err, serial.ErrGone) {
			t.Errorf("write: %v", err)
		}
		if err := port.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if _, err := os.Stat(slave); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there (%v)", slave, err)
		}
		if _, err := serial.Open(p.Name(), 115200); !errors.Is(err, serial.ErrGone) {
			t.Errorf("open: %v", err)
		}
		say(t, p, "to nobody")
		if err := p.Plug(); err != nil {
			t.Fatal(err)
		}
		port = open(t, p)
		say(t, p, "back")
		hear(t, port, "back")
		if err := port.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestClosedPty(t *testing.T) {
	p := newPty(t)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write([]byte("x")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("write: %v", err)
	}
	if err := p.Plug(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("plug: %v", err)
	}
}

// eventually waits up to five seconds for what must become true.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not true after 5 s: %s", what)
		}
	}
}

// soon is what comes within five seconds.
func soon(t *testing.T, ch <-chan error) error {
	t.Helper()
	select {
	case err := <-ch:
		return err
	case <-time.After(5 * time.Second):
		t.Fatal("still waiting after 5 s")
		return nil
	}
}
