package kernel_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glovebox/hal/kernel"
)

// pipe is a reader, the file under it, and the end that is written to.
func pipe(t *testing.T) (*kernel.Reader, *os.File, *os.File) {
	t.Helper()
	out, in, err := os.Pipe() // does not block and is polled
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close(); in.Close() })
	r, err := kernel.NewReader(out)
	if err != nil {
		t.Fatal(err)
	}
	return r, out, in
}

func say(t *testing.T, in *os.File, text string) {
	t.Helper()
	if _, err := in.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// What was written is read, in pieces as large as there is room, and whoever
// comes before it waits.
func TestRead(t *testing.T) {
	r, _, in := pipe(t)
	time.AfterFunc(20*time.Millisecond, func() { say(t, in, "position") })
	for _, want := range []string{"pos", "iti", "on"} {
		b := make([]byte, 3)
		if n, err := r.Read(b); err != nil || string(b[:n]) != want {
			t.Fatalf("read %q, %v, want %q", b[:n], err, want)
		}
	}
	if n, err := r.Read(nil); n != 0 || err != nil {
		t.Errorf("a read of nothing: %d, %v", n, err)
	}
	in.Close()
	if n, err := r.Read(make([]byte, 3)); n != 0 || err != io.EOF {
		t.Errorf("after the other end went: %d, %v", n, err)
	}
}

// The other end of a terminal that hangs up is an error of the system.
func TestHangUp(t *testing.T) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here: ", err)
	}
	master := os.NewFile(uintptr(fd), "ptmx")
	defer master.Close()
	r, err := kernel.NewReader(master)
	if err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err = errors.Join(err, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)); err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("terminal %d: %v", n, err)
	}
	time.AfterFunc(20*time.Millisecond, func() { slave.Close() })
	if _, err := r.Read(make([]byte, 3)); !errors.Is(err, unix.EIO) {
		t.Errorf("hung up: %v, want EIO", err)
	}
}

// A close ends a waiting read, and nothing that has the number of its
// descriptor afterwards is read in its place.
func TestCloseWhileReading(t *testing.T) {
	for range 200 {
		r, out, _ := pipe(t)
		type result struct {
			text string
			err  error
		}
		done := make(chan result, 1)
		go func() {
			b := make([]byte, 10)
			n, err := r.Read(b)
			done <- result{string(b[:n]), err}
		}()
		time.Sleep(100 * time.Microsecond)
		out.Close()
		other, in, err := os.Pipe() // takes the number that has become free
		if err != nil {
			t.Fatal(err)
		}
		say(t, in, "others'")
		if got := <-done; got.text != "" || !errors.Is(got.err, os.ErrClosed) {
			t.Fatalf("read %q, %v, want %v", got.text, got.err, os.ErrClosed)
		}
		if _, err := r.Read(make([]byte, 10)); !errors.Is(err, os.ErrClosed) {
			t.Fatalf("read after close: %v", err)
		}
		b := make([]byte, 10)
		if n, _ := other.Read(b); string(b[:n]) != "others'" {
			t.Fatalf("of the other file only %q is left", b[:n])
		}
		other.Close()
		in.Close()
	}
}

// A busy port allocates nothing.
func TestReadAllocatesNothing(t *testing.T) {
	r, _, in := pipe(t)
	say(t, in, strings.Repeat("x", 1000))
	b := make([]byte, 5)
	if n := testing.AllocsPerRun(100, func() { _, _ = r.Read(b) }); n != 0 {
		t.Errorf("%v allocations a read", n)
	}
}

// The boot clock is that of the system.
func TestBootTime(t *testing.T) {
	var before, after unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &before); err != nil {
		t.Fatal(err)
	}
	now := kernel.BootTime()
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &after); err != nil {
		t.Fatal(err)
	}
	if now < time.Duration(before.Nano()) || now > time.Duration(after.Nano()) {
		t.Errorf("%v is not between %v and %v", now, before.Nano(), after.Nano())
	}
}
