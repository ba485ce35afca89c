package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/coreos/go-systemd/v22/journal"
	"golang.org/x/sys/unix"
)

// newLog writes to the journal under systemd, else as text.
func newLog(stderr io.Writer) *slog.Logger {
	if os.Getenv("JOURNAL_STREAM") != "" && journal.Enabled() {
		return slog.New(journalHandler{})
	}
	return slog.New(slog.NewTextHandler(stderr, nil))
}

// journalHandler sends records to the journal, keys as upper-case fields.
type journalHandler struct {
	attrs []slog.Attr
	group string
}

func (h journalHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelInfo }

func (h journalHandler) Handle(_ context.Context, r slog.Record) error {
	fields := map[string]string{}
	text := r.Message
	add := func(a slog.Attr) bool {
		name, value := h.group+a.Key, a.Value.Resolve().String()
		fields["GLOVEBOX_"+strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(name))] = value
		text += fmt.Sprintf(" %s=%q", name, value)
		return true
	}
	for _, a := range h.attrs {
		add(a)
	}
	r.Attrs(add)
	priority := journal.PriInfo
	switch {
	case r.Level >= slog.LevelError:
		priority = journal.PriErr
	case r.Level >= slog.LevelWarn:
		priority = journal.PriWarning
	}
	return journal.Send(text, priority, fields)
}

func (h journalHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.attrs = append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)
	return h
}

func (h journalHandler) WithGroup(name string) slog.Handler {
	h.group += name + "."
	return h
}

// undumpable keeps this process's memory from other users and from core dumps.
func undumpable() error { return unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }
