package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

const journalSocket = "/run/systemd/journal/socket"

// journal is systemd-journald, in its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL):
// a datagram is a record. Nobody ever waits for it: while it takes nothing, as where its
// disk hangs, records are lost, and it is told how many once it does.
type journal struct {
	fd   int // never closed
	to   *unix.SockaddrUnix
	lost atomic.Int64
}

// openJournal fails where nobody listens.
func openJournal(path string) (*journal, error) {
	j := &journal{to: &unix.SockaddrUnix{Name: path}}
	const kind = unix.SOCK_DGRAM | unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK
	try, err := unix.Socket(unix.AF_UNIX, kind, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(try)
	if err := unix.Connect(try, j.to); err != nil {
		return nil, err
	}
	j.fd, err = unix.Socket(unix.AF_UNIX, kind, 0) // not connected: it outlives a journald
	return j, err
}

func (j *journal) send(record []byte) {
	if !j.takes(record) {
		j.lost.Add(1)
		return
	}
	if n := j.lost.Swap(0); n > 0 {
		count := strconv.FormatInt(n, 10)
		if !j.takes(entry(slog.LevelWarn, "lines lost count="+count, []field{{"GLOVEBOX_COUNT", count}})) {
			j.lost.Add(n)
		}
	}
}

// takes reports whether the journal has taken a record.
func (j *journal) takes(record []byte) bool {
	return unix.Sendto(j.fd, record, unix.MSG_NOSIGNAL, j.to) == nil
}

// journalHandler sends records to the journal, with keys as fields.
type journalHandler struct {
	journal *journal
	attrs   []slog.Attr // with their whole names
	group   string
}

func (h journalHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelInfo }

func (h journalHandler) Handle(_ context.Context, r slog.Record) error {
	var fields []field
	text := r.Message
	add := func(name string, v slog.Value) {
		value := short(v.Resolve().String())
		fields = append(fields, field{fieldName(name), value})
		text += fmt.Sprintf(" %s=%q", name, value)
	}
	for _, a := range h.attrs {
		add(a.Key, a.Value)
	}
	r.Attrs(func(a slog.Attr) bool { add(h.group+a.Key, a.Value); return true })
	h.journal.send(entry(r.Level, text, fields))
	return nil
}

func (h journalHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.attrs = slices.Clone(h.attrs)
	for _, a := range attrs {
		h.attrs = append(h.attrs, slog.Attr{Key: h.group + a.Key, Value: a.Value})
	}
	return h
}

func (h journalHandler) WithGroup(name string) slog.Handler {
	h.group += name + "."
	return h
}

type field struct{ name, value string }

// entry is a record on the wire:
//
//	NAME=VALUE\n, or where the value has a line end: NAME\n ┬ its length, 8 bytes, little endian ┬ VALUE\n
func entry(l slog.Level, text string, fields []field) []byte {
	var b []byte
	for _, f := range append([]field{{"MESSAGE", text}, {"PRIORITY", priority(l)}, {"SYSLOG_IDENTIFIER", "gloveboxd"}}, fields...) {
		b = append(b, f.name...)
		if strings.Contains(f.value, "\n") {
			b = binary.LittleEndian.AppendUint64(append(b, '\n'), uint64(len(f.value)))
		} else {
			b = append(b, '=')
		}
		b = append(append(b, f.value...), '\n')
	}
	return b
}

// priority is that of syslog(3).
func priority(l slog.Level) string {
	switch {
	case l >= slog.LevelError:
		return "3"
	case l >= slog.LevelWarn:
		return "4"
	}
	return "6"
}

// fieldName makes a key one that the journal takes: A to Z, digits and _, 64 at most.
func fieldName(key string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToUpper("glovebox_"+key))
	return name[:min(len(name), 64)]
}

// valueMost is how much of a value is sent: with all fields far less than a datagram holds.
const valueMost = 4096

func short(value string) string {
	if len(value) <= valueMost {
		return value
	}
	n := valueMost
	for n > 0 && !utf8.RuneStart(value[n]) {
		n--
	}
	return value[:n] + "…"
}
