package car

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"glovebox/hal/candump"
)

// How far the stamps of a log may go astray. Buses are logged side by side, and then
// some frames come a moment late; what goes further is a clock that was set, as on a
// computer that has none of its own and learns the time later.
const (
	lateFrame = time.Second
	longPause = 24 * time.Hour
)

// canLog is a candump log while it is read.
type canLog struct {
	drive         *Drive
	newest        time.Duration            // of all stamps
	last          map[string]time.Duration // by bus
	shift         time.Duration            // what is added to stamps, since the clock was set
	late, set     int
	broken, other int
	first         error // of the other lines
}

// readFrames takes the frames of a log. Where its clock was set, what came before is
// moved to what came after.
func (d *Drive) readFrames(name string, text []byte) error {
	l := canLog{drive: d, last: map[string]time.Duration{}}
	for n, line := range bytes.Split(bytes.TrimPrefix(text, []byte("\uFEFF")), []byte("\n")) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			l.line(n+1, line)
		}
	}
	for i := range d.Frames {
		d.Frames[i].At -= l.shift
	}
	slices.SortStableFunc(d.Frames, func(a, b Frame) int { return cmp.Compare(a.At, b.At) })
	d.note(l.broken, "error frames left out")
	d.note(l.other, "lines are no frames, the first is %v", l.first)
	d.note(l.late, "stamps went back and are sorted")
	d.note(l.set, "times the log's clock was set")
	if len(d.Frames) == 0 {
		return fmt.Errorf("load drive: %s", strings.Join(append([]string{name + " has no frame"}, d.Notes...), "; "))
	}
	return nil
}

func (l *canLog) line(n int, line []byte) {
	bus, f, at, err := candump.Parse(line)
	switch {
	case errors.Is(err, candump.ErrError):
		l.broken++
		return
	case err != nil:
		if l.other++; l.first == nil {
			l.first = fmt.Errorf("line %d: %w", n, err)
		}
		return
	}
	begun := len(l.drive.Frames) > 0
	last, heard := l.last[bus]
	switch at += l.shift; {
	case begun && at > l.newest+longPause, heard && at < last-lateFrame:
		l.shift += l.newest - at
		at = l.newest
		l.set++
	case begun && at < l.newest:
		l.late++
	}
	l.newest, l.last[bus] = max(l.newest, at), max(last, at)
	l.drive.Frames = append(l.drive.Frames, Frame{At: at, Bus: bus, Frame: f})
}

// note adds what came n times.
func (d *Drive) note(n int, format string, args ...any) {
	if n > 0 {
		d.Notes = append(d.Notes, fmt.Sprintf("%d "+format, append([]any{n}, args...)...))
	}
}
