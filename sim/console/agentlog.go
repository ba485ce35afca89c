package console

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// logData is the event log.
type logData struct {
	T     string `json:"t"`
	Level string `json:"level"`
	Text  string `json:"text"`
}

// logEvery is how often the file of the agent's log is looked at. That asks no agent.
const logEvery = 500 * time.Millisecond

// agentLog follows the file to which every run of the agent appends.
func (f *Feed) agentLog(ctx context.Context) error {
	path := f.world.LogFile()
	tail := logTail{path: path, dropped: func() int64 { return f.world.Dropped(filepath.Base(path)) }}
	n, told := 0, map[string]bool{}
	tell := func(d logData) {
		n++
		f.log.Append("log", strconv.Itoa(n), nil, d)
	}
	return every(ctx, logEvery, func() {
		for _, line := range tail.read() {
			tell(logOf(line, time.Now()))
		}
		for _, name := range f.world.Shortened() {
			if !told[name] {
				told[name] = true
				tell(logData{stamp(time.Now()), "warn", "records: of " + name + " the oldest is dropped from now on"})
			}
		}
	})
}

// logTail reads what is new in a file that grows, and of which the oldest may be dropped.
type logTail struct {
	path    string
	dropped func() int64
	at      int64 // with what was dropped
	rest    []byte
}

// mostTail is how much is read at once; of more the beginning is left out.
const mostTail = 256 << 10

func (t *logTail) read() (lines []string) {
	dropped := t.dropped()
	file, err := os.Open(t.path)
	if err != nil {
		return nil // there is none yet
	}
	defer file.Close()
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil || t.dropped() != dropped {
		return nil // the next time
	}
	if size += dropped; size == t.at {
		return nil
	}
	if t.at < dropped || size-t.at > mostTail {
		t.at, t.rest = max(dropped, size-mostTail), nil
	}
	fresh := make([]byte, size-t.at)
	n, err := file.ReadAt(fresh, t.at-dropped)
	if err != nil && err != io.EOF {
		return nil
	}
	t.at += int64(n)
	t.rest = append(t.rest, fresh[:n]...)
	for {
		line, rest, whole := bytes.Cut(t.rest, []byte("\n"))
		if !whole {
			t.rest = bytes.Clone(t.rest)
			return lines
		}
		if len(line) > 0 {
			lines = append(lines, string(line))
		}
		t.rest = rest
	}
}

// logOf reads a line of slog's text form: time, level, and the rest as it stands.
func logOf(line string, now time.Time) logData {
	d := logData{T: stamp(now), Level: "info", Text: line}
	for field := range strings.FieldsSeq(line) {
		key, value, ok := strings.Cut(field, "=")
		switch {
		case !ok || key != "time" && key != "level":
			return d
		case key == "time":
			if at, err := time.Parse(time.RFC3339Nano, value); err == nil {
				d.T = stamp(at)
			}
		default:
			d.Level = strings.ToLower(value)
		}
		d.Text = strings.TrimSpace(strings.TrimPrefix(d.Text, field))
	}
	return d
}
