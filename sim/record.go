package sim

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// stamp is how a moment stands in the files: UTC to the microsecond.
const stamp = "2006-01-02T15:04:05.000000Z"

// file is something that is written while the world runs. The first error is
// kept and returned by close.
type file struct {
	path   string
	most   int64 // bytes of it that are kept at most, the newest; 0 is all
	prompt bool  // what is written is in the file at once

	mu      sync.Mutex
	f       *os.File      // guarded by mu; nil after close
	w       *bufio.Writer // guarded by mu
	size    int64         // guarded by mu; with what waits in w
	dropped int64         // guarded by mu; bytes that are kept no more
	err     error         // guarded by mu
}

func create(dir, name string, most int64) (*file, error) {
	path := filepath.Join(dir, name)
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	return &file{path: path, most: most, f: f, w: bufio.NewWriter(f)}, nil
}

// Write appends; after close it drops.
func (r *file) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.f == nil || r.err != nil {
		return len(p), nil
	}
	if r.most > 0 && r.size+int64(len(p)) > r.most {
		if r.err = r.trim(min(r.most/2, max(0, r.most-int64(len(p))))); r.err != nil {
			return len(p), nil
		}
	}
	_, r.err = r.w.Write(p)
	r.size += int64(len(p))
	if r.prompt && r.err == nil {
		r.err = r.w.Flush()
	}
	return len(p), nil
}

// trim keeps so many bytes at most, the newest, from the beginning of a line on. Who reads the
// file sees all of it or what is kept. It expects mu.
func (r *file) trim(keep int64) error {
	if err := r.w.Flush(); err != nil {
		return err
	}
	rest := make([]byte, min(keep, r.size))
	if _, err := r.f.ReadAt(rest, r.size-int64(len(rest))); err != nil {
		return err
	}
	if _, lines, found := bytes.Cut(rest, []byte("\n")); found {
		rest = lines
	}
	next := r.path + ".next"
	fresh, err := os.Create(next)
	if err != nil {
		return err
	}
	_, err = fresh.Write(rest)
	if err = errors.Join(err, os.Rename(next, r.path)); err != nil {
		return errors.Join(err, fresh.Close(), os.Remove(next))
	}
	err = r.f.Close()
	r.f = fresh
	r.w.Reset(fresh)
	r.dropped += r.size - int64(len(rest))
	r.size = int64(len(rest))
	return err
}

// before is how many bytes are kept no more.
func (r *file) before() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dropped
}

// line appends one JSON object.
func (r *file) line(v any) {
	text, err := json.Marshal(v)
	if err != nil {
		text, _ = json.Marshal(map[string]string{"error": err.Error()})
	}
	_, _ = r.Write(append(text, '\n'))
}

// flush brings everything written to where a reader of the file sees it.
func (r *file) flush() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.f == nil || r.err != nil {
		return r.err
	}
	r.err = r.w.Flush()
	return r.err
}

func (r *file) close() error {
	err := r.flush()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.f == nil {
		return err
	}
	f := r.f
	r.f = nil
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// wireLine is a line of wire.jsonl.
type wireLine struct {
	T       string `json:"t"`
	Dir     string `json:"dir"`    // out: from the car; in: to the car
	Reader  string `json:"reader"` // by name; empty if the topic is nobody's
	Topic   string `json:"topic"`
	QoS     byte   `json:"qos"`
	Retain  bool   `json:"retain"`
	Payload []byte `json:"payload"` // base64
}

// wire writes a message as a line of wire.jsonl. owner names a mailbox's reader.
func (r *file) wire(p Publish, owner func(mailbox string) string) {
	l := wireLine{T: p.At.UTC().Format(stamp), Dir: "in", Topic: p.Topic, QoS: p.QoS, Retain: p.Retain, Payload: p.Payload}
	if p.Out {
		l.Dir = "out"
	}
	if parts := strings.Split(p.Topic, "/"); len(parts) > 4 && (parts[3] == "to" || parts[3] == "ack") {
		l.Reader = owner(parts[4])
	}
	r.line(l)
}
