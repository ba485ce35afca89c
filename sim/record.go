package sim

import (
	"bufio"
	"encoding/json"
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
	mu  sync.Mutex
	f   *os.File      // guarded by mu; nil after close
	w   *bufio.Writer // guarded by mu
	err error         // guarded by mu
}

func create(dir, name string) (*file, error) {
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	return &file{f: f, w: bufio.NewWriter(f)}, nil
}

// Write appends; after close it drops.
func (r *file) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.f == nil || r.err != nil {
		return len(p), nil
	}
	_, r.err = r.w.Write(p)
	return len(p), nil
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
