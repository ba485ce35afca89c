package console

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// Screen is a terminal that a picture fills: on the alternate screen, so that
// what stood there before stands there afterwards.
type Screen struct {
	out    *os.File
	in     *os.File // nil if the keyboard was left alone
	keys   unix.Termios
	colour bool
	width  int
	height int
}

// Xterm control sequences, ctlseqs: 1049 is the alternate screen, 25 the cursor,
// 7 the wrap at the right margin.
const (
	openScreen  = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"
	closeScreen = "\x1b[H\x1b[J\x1b[?7h\x1b[?25h\x1b[?1049l"
	home        = "\x1b[H"
	clearRight  = "\x1b[K"
	clearBelow  = "\x1b[J"
)

// IsScreen reports whether a picture can be shown on out.
func IsScreen(out io.Writer) bool {
	f, ok := out.(*os.File)
	kind := os.Getenv("TERM")
	return ok && term.IsTerminal(int(f.Fd())) && kind != "" && kind != "dumb"
}

// OpenScreen takes a terminal; in is its keyboard, whose keys are no longer
// echoed. NO_COLOR (no-color.org) is respected.
func OpenScreen(out, in *os.File) (*Screen, error) {
	s := &Screen{out: out, colour: os.Getenv("NO_COLOR") == ""}
	if keys, err := unix.IoctlGetTermios(int(in.Fd()), unix.TCGETS); err == nil {
		s.in, s.keys = in, *keys
		quiet := *keys
		quiet.Lflag &^= unix.ECHO | unix.ICANON
		quiet.Cc[unix.VSUSP] = 0 // a stopped simulator would leave its screen behind
		if err := unix.IoctlSetTermios(int(in.Fd()), unix.TCSETS, &quiet); err != nil {
			return nil, fmt.Errorf("terminal: %w", err)
		}
	}
	if _, err := io.WriteString(out, openScreen); err != nil {
		return nil, errors.Join(fmt.Errorf("terminal: %w", err), s.Close())
	}
	return s, nil
}

// Show draws a picture over the one before, in one write.
func (s *Screen) Show(p Picture) error {
	width, height, err := term.GetSize(int(s.out.Fd()))
	if err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	var b bytes.Buffer
	if width != s.width || height != s.height {
		s.width, s.height = width, height
		b.WriteString(home + clearBelow)
	}
	b.WriteString(home)
	for i, l := range Draw(p, width, height, s.colour) {
		if i > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString(l)
		if columns(l) < width { // beyond the last column there is nothing to clear
			b.WriteString(clearRight)
		}
	}
	b.WriteString(clearBelow)
	if _, err := s.out.Write(b.Bytes()); err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	return nil
}

// Close puts the terminal back; keys that were typed meanwhile are forgotten.
func (s *Screen) Close() error {
	_, err := io.WriteString(s.out, closeScreen)
	if s.in != nil {
		err = errors.Join(err, unix.IoctlSetTermios(int(s.in.Fd()), unix.TCSETSF, &s.keys))
	}
	return err
}
