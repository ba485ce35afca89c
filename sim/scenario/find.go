package scenario

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// forms are the ways in which a text may stand among bytes: as it is, in hex,
// and in base64 at each of the three places it may begin at.
func forms(text string) [][]byte {
	all := [][]byte{
		[]byte(text),
		[]byte(hex.EncodeToString([]byte(text))),
		bytes.ToUpper([]byte(hex.EncodeToString([]byte(text)))),
	}
	for before := range 3 {
		// The letters that other bytes share are left out at both ends.
		coded := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), text...))
		start, end := (before*8+5)/6, (before+len(text))*8/6
		if inner := coded[start:end]; len(inner) > 4 {
			all = append(all, []byte(inner))
		}
	}
	return all
}

// finder looks for one text in all its forms.
type finder struct{ forms [][]byte }

func find(text string) finder { return finder{forms(text)} }

// in reports whether the text is in data, or in what data unzips to.
func (f finder) in(data []byte) bool {
	for _, form := range f.forms {
		if bytes.Contains(data, form) {
			return true
		}
	}
	if plain := unzip(data); plain != nil {
		return f.in(plain)
	}
	return false
}

// unzip is what data unzips to, nil if it is not zipped.
func unzip(data []byte) []byte {
	zipped, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	const most = 16 << 20
	plain, err := io.ReadAll(io.LimitReader(zipped, most))
	if err != nil && len(plain) == 0 {
		return nil
	}
	return plain
}

// message is a line of wire.jsonl.
type wireMessage struct {
	Dir     string
	Reader  string
	Topic   string
	Payload []byte
}

// wireMessages is what passed on the line since a moment, of both sides.
func (s *stage) wireMessages(since moment) ([]wireMessage, error) {
	text, err := s.behind("wire.jsonl", since.lines)
	if err != nil {
		return nil, err
	}
	var all []wireMessage
	for dec := json.NewDecoder(bytes.NewReader(text)); dec.More(); {
		var m wireMessage
		if err := dec.Decode(&m); err != nil {
			return nil, fmt.Errorf("wire.jsonl: %w", err)
		}
		all = append(all, m)
	}
	return all, nil
}

// onWire looks for a text in every byte the agent sent since a moment, and in what its messages
// unzip to. It says where it is, empty if nowhere.
func (s *stage) onWire(text string, since moment) (string, error) {
	f := find(text)
	raw, err := s.behind("wire.bin", since.sent)
	if err != nil {
		return "", err
	}
	messages, err := s.wireMessages(since)
	if err != nil {
		return "", err
	}
	for _, m := range messages {
		if m.Dir == "out" && (f.in(m.Payload) || f.in([]byte(m.Topic))) {
			return fmt.Sprintf("a message to %s on %s", m.Reader, m.Topic), nil
		}
	}
	if f.in(raw) {
		return fmt.Sprintf("among the %d bytes that were sent", len(raw)), nil
	}
	return "", nil
}

// inFiles looks for a text in every file below a directory.
func inFiles(dir, text string) (string, error) {
	f := find(text)
	found := ""
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || found != "" || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil && f.in(data) {
			found = filepath.Base(path)
		}
		return err
	})
	return found, err
}
