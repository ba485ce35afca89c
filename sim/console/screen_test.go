package console_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"glovebox/sim/console"
)

// terminal is a pseudo-terminal of a size; what is written on it is read from
// the first file.
func terminal(t *testing.T, width, height uint16) (read, screen *os.File) {
	t.Helper()
	read, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { read.Close() })
	if err := unix.IoctlSetPointerInt(int(read.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(read.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if screen, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { screen.Close() })
	if err := unix.IoctlSetWinsize(int(screen.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: width, Row: height}); err != nil {
		t.Fatal(err)
	}
	return read, screen
}

// said reads until the terminal has been silent for a moment.
func said(t *testing.T, read *os.File) string {
	t.Helper()
	var all []byte
	buffer := make([]byte, 64<<10)
	for {
		ready := []unix.PollFd{{Fd: int32(read.Fd()), Events: unix.POLLIN}}
		if n, err := unix.Poll(ready, int(100*time.Millisecond/time.Millisecond)); err != nil || n == 0 {
			return string(all)
		}
		n, err := read.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, buffer[:n]...)
	}
}

var control = regexp.MustCompile("\x1b\\[[?0-9;]*[a-zA-Z]|\r")

// A screen fills the terminal, is drawn over itself, and leaves the terminal as
// it was: its content, its cursor, its keys.
func TestScreen(t *testing.T) {
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "")
	read, tty := terminal(t, 100, 30)
	if !console.IsScreen(tty) {
		t.Fatal("a terminal is no screen")
	}
	before, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	s, err := console.OpenScreen(tty, tty)
	if err != nil {
		t.Fatal(err)
	}
	if opened := said(t, read); !strings.HasPrefix(opened, "\x1b[?1049h") {
		t.Errorf("opened with %q", opened)
	}
	if keys, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS); err != nil || keys.Lflag&unix.ECHO != 0 || keys.Lflag&unix.ISIG == 0 {
		t.Errorf("keys are echoed, or Ctrl-C is none: %+v, %v", keys, err)
	}
	for n := range 2 {
		if err := s.Show(drive()); err != nil {
			t.Fatal(err)
		}
		drawn := said(t, read)
		if lines := strings.Count(drawn, "\n") + 1; lines != 30 || !strings.Contains(drawn, "\x1b[1mLEDGER\x1b[0m of Anna") {
			t.Errorf("drawing %d: %d lines: %q", n, lines, drawn)
		}
		if n > 0 && strings.Contains(drawn, "\x1b[2J") {
			t.Errorf("the screen was emptied between two pictures")
		}
		for l := range strings.SplitSeq(drawn, "\n") {
			// on a full line clearing to the right would take its last column
			full := utf8.RuneCountInString(control.ReplaceAllString(l, "")) == 100
			if clears := strings.Contains(l, "\x1b[K"); clears == full && !strings.HasSuffix(l, "\x1b[J") {
				t.Errorf("line %q", l)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if closed := said(t, read); !strings.HasSuffix(closed, "\x1b[?25h\x1b[?1049l") {
		t.Errorf("closed with %q", closed)
	}
	if after, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS); err != nil || *after != *before {
		t.Errorf("keys were %+v and are %+v: %v", before, after, err)
	}
}

// Where nothing can be drawn there is no screen, and who wants no colour gets
// none.
func TestNoScreen(t *testing.T) {
	t.Setenv("TERM", "xterm")
	file, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if console.IsScreen(file) || console.IsScreen(&strings.Builder{}) {
		t.Error("a file is a screen")
	}
	read, tty := terminal(t, 80, 24)
	t.Setenv("TERM", "dumb")
	if console.IsScreen(tty) {
		t.Error("a dumb terminal is a screen")
	}
	t.Setenv("NO_COLOR", "1")
	s, err := console.OpenScreen(tty, file)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Show(drive()); err != nil {
		t.Error(err)
	}
	if drawn := said(t, read); escape.MatchString(drawn) || !strings.Contains(drawn, "Position shared with Anna, Lea") {
		t.Errorf("colours in %q", drawn)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
