package docs_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every message that a car sent in a scenario fits the page: those to readers as they could
// open them, its state, and what it answered. make scenarios names the directory of what was
// recorded; without it there is nothing to look at.
func TestScenarioMessagesFit(t *testing.T) {
	dir := os.Getenv("SCENARIOS")
	if dir == "" {
		t.Skip("make scenarios looks at what it recorded")
	}
	a := readAPI(t)
	fitted := map[string]int{}
	for file, fits := range map[string]func(t *testing.T, line []byte) (kind string){"opened.jsonl": a.fitsOpened, "wire.jsonl": a.fitsWire} {
		all, err := filepath.Glob(filepath.Join("..", dir, "*", file))
		if err != nil || len(all) == 0 {
			t.Fatalf("no %s in %s: %v", file, dir, err)
		}
		for _, name := range all {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			t.Run(filepath.Base(filepath.Dir(name))+"/"+file, func(t *testing.T) {
				for line := range bytes.Lines(text) {
					fitted[fits(t, line)]++
				}
			})
		}
	}
	delete(fitted, "")
	for _, kind := range []string{"status", "position", "position/hpke", "alarms", "state", "result", "facts", "change"} {
		if fitted[kind] == 0 {
			t.Errorf("no %s in all the scenarios", kind)
		}
	}
	t.Logf("fitted %v", fitted)
}

// fitsOpened holds a message to a reader against the page.
func (a api) fitsOpened(t *testing.T, line []byte) string {
	t.Helper()
	var m struct {
		Topic string
		Plain json.RawMessage
	}
	if err := json.Unmarshal(line, &m); err != nil {
		t.Fatal(err)
	}
	parts := strings.SplitN(m.Topic, "/", 6)                                 // gb/1/VID/to/MAILBOX/SUFFIX
	schema := a.schemas(t)[strings.TrimSuffix(parts[len(parts)-1], "/hpke")] // the reader has taken aud off
	if schema == nil || len(parts) != 6 {
		t.Errorf("no channel for %s", m.Topic)
		return ""
	}
	a.fits(t, parts[5], schema, decode(t, m.Plain), false)
	return parts[5]
}

// fitsWire holds what a car says of itself and answers against the page.
func (a api) fitsWire(t *testing.T, line []byte) string {
	t.Helper()
	var m struct {
		Dir, Topic string
		Retain     bool
		Payload    []byte
	}
	if err := json.Unmarshal(line, &m); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(m.Topic, "/")
	if m.Dir != "out" || len(parts) < 4 || len(m.Payload) == 0 {
		return ""
	}
	switch channel := parts[3]; channel {
	case "state":
		a.fits(t, "state", a.at(t, "channels", "state", "messages", "state", "payload"), decode(t, m.Payload), false)
		return "state"
	case "ack":
		kind, payload := "result", bytes.TrimSpace(m.Payload)
		if payload[0] != '{' { // signed: its type says what it is
			head, rest, _ := strings.Cut(string(payload), ".")
			claims, _, _ := strings.Cut(rest, ".")
			header, err := base64.RawURLEncoding.DecodeString(head)
			if err != nil {
				t.Fatal(err)
			}
			if payload, err = base64.RawURLEncoding.DecodeString(claims); err != nil {
				t.Fatal(err)
			}
			if kind = "facts"; bytes.Contains(header, []byte("gb-policy")) {
				kind = "change"
			}
		}
		a.fits(t, "ack "+kind, a.at(t, "channels", "ack", "messages", kind, "payload"), decode(t, payload), false)
		return kind
	}
	return ""
}
