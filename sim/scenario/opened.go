package scenario

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
)

// openedLine is a line of opened.jsonl: a message to a reader, as it was before it was zipped
// or sealed.
type openedLine struct {
	Reader string          `json:"reader"`
	Topic  string          `json:"topic"`
	Plain  json.RawMessage `json:"plain"`
}

// writeOpened writes what the readers could open, which wire.jsonl holds as it went over the
// connection: a test holds it against docs/asyncapi.yaml.
func (s *stage) writeOpened() error {
	var text bytes.Buffer
	lines := json.NewEncoder(&text)
	var all []error
	for _, r := range s.back.Readers() {
		for _, m := range s.back.Since(r.Name, 0) {
			if m.Err == nil {
				all = append(all, lines.Encode(openedLine{r.Name, m.Topic, m.Plain}))
			}
		}
	}
	return errors.Join(append(all, os.WriteFile(filepath.Join(s.dir, "opened.jsonl"), text.Bytes(), 0o644))...)
}
