package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// newLog writes to the journal where systemd has given it the standard error, else as
// text. Whoever has it flushes it at the end.
func newLog(stderr io.Writer) (log *slog.Logger, flush func()) {
	var to slog.Handler = slog.NewTextHandler(stderr, nil)
	if isJournal(stderr) {
		if j, err := openJournal(journalSocket); err == nil {
			to = journalHandler{journal: j}
		}
	}
	s := &sparing{Handler: to, causes: map[string]*cause{}}
	return slog.New(s), s.flush
}

// isJournal reports whether w is the stream that systemd has made the journal's
// (systemd.exec(5), $JOURNAL_STREAM). The variable alone says nothing: it is inherited.
func isJournal(w io.Writer) bool {
	f, ok := w.(*os.File)
	var info unix.Stat_t
	return ok && unix.Fstat(int(f.Fd()), &info) == nil && os.Getenv("JOURNAL_STREAM") == fmt.Sprintf("%d:%d", info.Dev, info.Ino)
}

// sparing lets a few lines of each cause a minute through, and then says how many it kept
// back: a cause in a loop fills no disk. Causes are told apart by the words of a line and
// by its first value, such as the name of a bus, unless that is an error.
type sparing struct {
	slog.Handler
	mu     sync.Mutex
	causes map[string]*cause // guarded by mu: those of the last minute
}

// cause is the lines of one cause since its first one.
type cause struct {
	words string
	first slog.Attr // of the line; none where that is an error
	level slog.Level
	lines int
	over  *time.Timer
}

const (
	linesPerMinute = 10
	causesMost     = 256 // beyond that all others are one
)

func (s *sparing) Handle(ctx context.Context, r slog.Record) error {
	if !s.lets(r) {
		return nil
	}
	return s.Handler.Handle(ctx, r)
}

// lets counts a line and reports whether it is one of the first.
func (s *sparing) lets(r slog.Record) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := firstOf(r)
	key := r.Message + "\x00" + first.Value.String()
	if s.causes[key] == nil && len(s.causes) >= causesMost {
		key = ""
	}
	c := s.causes[key]
	if c == nil {
		c = &cause{words: r.Message, first: first, level: r.Level}
		c.over = time.AfterFunc(time.Minute, func() { s.settle(key, c) })
		s.causes[key] = c
	}
	c.lines++
	return c.lines <= linesPerMinute
}

// settle ends the minute of a cause.
func (s *sparing) settle(key string, c *cause) {
	s.mu.Lock()
	open := s.causes[key] == c
	if open {
		delete(s.causes, key)
	}
	s.mu.Unlock()
	if open {
		s.say(c)
	}
}

// say says what was kept back.
func (s *sparing) say(c *cause) {
	if kept := c.lines - linesPerMinute; kept > 0 {
		r := slog.NewRecord(time.Now(), c.level, "more of the same", 0)
		r.Add("words", c.words)
		if c.first.Key != "" {
			r.AddAttrs(c.first)
		}
		r.Add("lines", kept)
		_ = s.Handler.Handle(context.Background(), r)
	}
}

// flush says all that was kept back.
func (s *sparing) flush() {
	s.mu.Lock()
	kept := s.causes
	s.causes = map[string]*cause{}
	s.mu.Unlock()
	for _, c := range kept {
		c.over.Stop()
		s.say(c)
	}
}

// firstOf is the first value of a line, empty where that is an error.
func firstOf(r slog.Record) (first slog.Attr) {
	r.Attrs(func(a slog.Attr) bool {
		if !slices.Contains([]string{"error", "err"}, a.Key) {
			first = a
		}
		return false
	})
	return first
}

// undumpable keeps this process's memory from other users and from core dumps.
func undumpable() error { return unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }
