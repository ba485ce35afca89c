package car_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"glovebox/hal/kernel"
	"glovebox/hal/serial"

	"golang.org/x/sys/unix"
)

// hal/serial on the simulator's ports.

// A Close on this side ends Each, and its error is not that of a device that is gone.
func TestCloseEndsEach(t *testing.T) {
	port := open(t, newPty(t))
	time.Sleep(20 * time.Millisecond) // so that it waits
	if err := port.Close(); err != nil {
		t.Fatal(err)
	}
	if err := soon(t, port.ended); !errors.Is(err, serial.ErrClosed) || errors.Is(err, serial.ErrGone) {
		t.Errorf("ended with %v", err)
	}
	group, err := kernel.NewGroup()
	if err != nil {
		t.Fatal(err)
	}
	if err := port.Each(group, make([]byte, 10), nil); !errors.Is(err, serial.ErrClosed) {
		t.Errorf("after close: %v", err)
	}
	if _, err := port.Write([]byte("x")); !errors.Is(err, serial.ErrClosed) {
		t.Errorf("write after close: %v", err)
	}
	if err := port.Close(); !errors.Is(err, serial.ErrClosed) {
		t.Errorf("second close: %v", err)
	}
}

// A device that takes nothing fails a Write within its patience; Close ends it
// before.
func TestWriteToStuckDevice(t *testing.T) {
	port := open(t, newPty(t))
	begun := time.Now()
	n, err := port.Write(make([]byte, 1<<20)) // the port swallows only when it is asked
	if !errors.Is(err, os.ErrDeadlineExceeded) || n == 1<<20 {
		t.Errorf("%d, %v", n, err)
	}
	if took := time.Since(begun); took < 900*time.Millisecond || took > 4*time.Second {
		t.Errorf("took %v", took)
	}
	wrote := make(chan error, 1)
	go func() {
		_, err := port.Write(make([]byte, 1<<20))
		wrote <- err
	}()
	time.Sleep(20 * time.Millisecond)
	if err := port.Close(); err != nil {
		t.Fatal(err)
	}
	if err := soon(t, wrote); !errors.Is(err, serial.ErrClosed) {
		t.Errorf("write: %v", err)
	}
}

// A write after a close never reaches another file, whatever its number is.
func TestWriteAfterCloseGoesNowhere(t *testing.T) {
	p := newPty(t)
	dir := t.TempDir()
	for range 50 {
		port := open(t, p)
		var wg sync.WaitGroup
		wg.Go(func() {
			for {
				if _, err := port.Write([]byte("stray")); err != nil {
					return
				}
				p.Attached() // make room
			}
		})
		if err := port.Close(); err != nil {
			t.Fatal(err)
		}
		other, err := os.CreateTemp(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		if info, err := other.Stat(); err != nil || info.Size() != 0 {
			t.Fatalf("%d bytes in another file (%v)", info.Size(), err)
		}
		other.Close()
	}
}

// A port begins with the present, not with what the device said before.
func TestOpenDropsThePast(t *testing.T) {
	p := newPty(t)
	plainOpen(t, p)
	say(t, p, "past")
	port := open(t, p)
	say(t, p, "present")
	hear(t, port, "present")
}

func TestOneHolderAtATime(t *testing.T) {
	p := newPty(t)
	port := open(t, p)
	if _, err := serial.Open(p.Name(), 115200); !errors.Is(err, serial.ErrBusy) {
		t.Errorf("second open: %v", err)
	}
	say(t, p, "the first one still reads")
	hear(t, port, "the first one still reads")
	if err := port.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, p)
}

// holdPort makes the test program hold a port until it is killed.
const holdPort = "GLOVEBOX_TEST_HOLD_PORT"

func TestMain(m *testing.M) {
	if name := os.Getenv(holdPort); name != "" {
		port, err := serial.Open(name, 115200)
		for errors.Is(err, serial.ErrBusy) { // the test looks whether it is held by opening it
			time.Sleep(time.Millisecond)
			port, err = serial.Open(name, 115200)
		}
		if err != nil {
			panic(err)
		}
		time.Sleep(time.Minute)
		port.Close()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// After a holder was killed, the port opens again, with nothing left that
// keeps others off.
func TestHolderKilled(t *testing.T) {
	p := newPty(t)
	holder := exec.Command(os.Args[0])
	holder.Env = append(os.Environ(), holdPort+"="+p.Name())
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the port is held", func() bool {
		port, err := serial.Open(p.Name(), 115200)
		if err == nil {
			port.Close()
		}
		return errors.Is(err, serial.ErrBusy)
	})
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	holder.Wait() // reports the kill
	eventually(t, "the port is free", func() bool { return !p.Attached() })
	port := open(t, p)
	slave, err := os.OpenFile(p.Name(), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	exclusive, err := unix.IoctlGetInt(int(slave.Fd()), unix.TIOCGEXCL)
	if err != nil || exclusive != 0 {
		t.Errorf("exclusive %d, %v", exclusive, err)
	}
	say(t, p, "again")
	hear(t, port, "again")
}

func TestOpenRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p := newPty(t)
	tests := []struct {
		name   string
		device string
		baud   int
		is     error
	}{
		{"no such device", file + "2", 115200, serial.ErrGone},
		{"no serial port", file, 115200, nil},
		{"no such speed", p.Name(), -1, nil},
	}
	for _, tt := range tests {
		port, err := serial.Open(tt.device, tt.baud)
		if err == nil {
			port.Close()
			t.Errorf("%s: opened", tt.name)
		}
		if tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	eventually(t, "nothing stays open", func() bool { return !p.Attached() })
}
