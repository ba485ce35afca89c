package hmi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"glovebox/hal"
)

const (
	maxWatchers = 16
	tapRoom     = 4096 // readings between the decoder and the watchers
	watchRoom   = 4096 // lines that wait for a slow reader beyond its pipe
)

// watcher is one reader of the stream. Its lines are shared with the others and
// shorter than PIPE_BUF, so that a write takes all of a line or nothing.
type watcher struct {
	fd      int // the pipe's end to write to; never blocks
	lines   [][]byte
	dropped uint64
}

// watch opens a pipe, hands its reading end over and leaves the other to Run.
func (f *Face) watch(_ context.Context, c *call) ([]any, error) {
	if f.watchers.Add(1) > maxWatchers {
		f.watchers.Add(-1)
		return nil, errLimits
	}
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		f.watchers.Add(-1)
		return nil, fmt.Errorf("open a pipe: %w", err)
	}
	defer unix.Close(ends[0]) // the reader has a copy once the reply is sent
	if err := unix.SetNonblock(ends[1], true); err != nil {
		return nil, f.give(ends[1], err)
	}
	select {
	case f.joining <- ends[1]: // first, so that nothing after the reply is missed
	case <-f.ctx.Done():
		return nil, f.give(ends[1], f.ctx.Err())
	}
	return nil, f.handOver(c, ends[0])
}

// give closes a pipe that nobody will write to.
func (f *Face) give(fd int, err error) error {
	f.watchers.Add(-1)
	return errors.Join(err, unix.Close(fd))
}

// stream is what Run keeps of the watchers.
type stream struct {
	face     *Face
	tap      *hal.Tap
	untap    func()
	watchers []*watcher
	batch    []hal.Reading
}

// join adds a watcher; the first one opens the tap.
func (s *stream) join(fd int) {
	s.watchers = append(s.watchers, &watcher{fd: fd})
	if s.tap == nil {
		s.tap = hal.NewTap(tapRoom)
		s.untap = s.face.cabin.Tap(s.tap)
	}
}

// ready has something to receive when readings wait; nobody watching is nil.
func (s *stream) ready() <-chan struct{} {
	if s.tap == nil {
		return nil
	}
	return s.tap.Ready()
}

// pour writes what waits to everybody who can take it.
func (s *stream) pour() {
	if s.tap == nil {
		return
	}
	var dropped uint64
	s.batch, dropped = s.tap.Take(s.batch[:0])
	for _, w := range s.watchers {
		w.dropped += dropped
	}
	for _, r := range s.batch {
		line := line(r)
		for _, w := range s.watchers {
			w.add(line)
		}
	}
	kept := s.watchers[:0]
	for _, w := range s.watchers {
		if w.flush() {
			kept = append(kept, w)
			continue
		}
		_ = unix.Close(w.fd)
		s.face.watchers.Add(-1)
	}
	clear(s.watchers[len(kept):])
	if s.watchers = kept; len(kept) == 0 {
		s.untap()
		s.tap, s.untap = nil, nil
	}
}

// again is when Run should pour once more without a new reading: soon if a reader
// is behind, else now and then to notice the readers that went away.
func (s *stream) again() <-chan time.Time {
	for _, w := range s.watchers {
		if len(w.lines) > 0 || w.dropped > 0 {
			return time.After(20 * time.Millisecond)
		}
	}
	if len(s.watchers) > 0 {
		return time.After(time.Second)
	}
	return nil
}

// end closes every pipe: the readers see the end of the stream.
func (s *stream) end() {
	if s.untap != nil {
		s.untap()
	}
	for _, w := range s.watchers {
		_ = unix.Close(w.fd)
		s.face.watchers.Add(-1)
	}
}

// add puts a line behind the others. A reader that is too slow loses the oldest.
func (w *watcher) add(line []byte) {
	if len(w.lines) == watchRoom {
		w.lines = w.lines[1:]
		w.dropped++
	}
	w.lines = append(w.lines, line)
}

// flush writes until the pipe is full; it is false when the reader is gone.
func (w *watcher) flush() bool {
	pipe := []unix.PollFd{{Fd: int32(w.fd)}}
	if n, err := unix.Poll(pipe, 0); err == nil && n > 0 && pipe[0].Revents&unix.POLLERR != 0 {
		return false
	}
	if w.dropped > 0 {
		if full, gone := w.write(fmt.Appendf(nil, "{\"dropped\":%d}\n", w.dropped)); full || gone {
			return !gone
		}
		w.dropped = 0
	}
	for len(w.lines) > 0 {
		if full, gone := w.write(w.lines[0]); full || gone {
			return !gone
		}
		w.lines = w.lines[1:]
	}
	w.lines = nil
	return true
}

func (w *watcher) write(line []byte) (full, gone bool) {
	for {
		_, err := unix.Write(w.fd, line)
		switch {
		case err == nil:
			return false, false
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			return true, false
		default:
			return false, true
		}
	}
}

// line is one reading as JSON, the value as on the wire.
func line(r hal.Reading) []byte {
	out := append([]byte(nil), `{"t":`...)
	out = strconv.AppendFloat(out, r.At.Boot.Seconds(), 'f', 6, 64)
	path, _ := json.Marshal(r.Path)
	value := []byte("null")
	if !r.Value.Absent() {
		value, _ = json.Marshal(r.Value.String())
	}
	return fmt.Appendf(out, ",\"path\":%s,\"value\":%s}\n", path, value)
}
