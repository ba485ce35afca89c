package docs_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

const phone = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"

// What the car sends on ack fits its schema, and the topic is its channel's.
func TestAcksFitTheirSchemas(t *testing.T) {
	a := readAPI(t)
	box := strings.Repeat("a1", 16)
	out := outside.New(outside.Builtin(), start, outside.Options{
		VID: vid, Sign: ed25519.NewKeyFromSeed(make([]byte, 32)),
		Freshness: func(string, hal.Instant) outside.Freshness {
			return outside.Freshness{Epoch: epoch, Now: 1200, Ctr: 41, DocumentVersion: document}
		},
	})
	out.SetReaders(document, []outside.Reader{{ID: "main", Mailbox: box, Column: outside.ColumnMain}}, start)
	out.Link(true, start)
	results := []outside.Result{
		outside.Done, outside.Uncertain, outside.Expired, outside.NotPermitted, outside.BadRequest, outside.NotNow, outside.Busy,
	}
	for i, r := range results {
		out.Answer(box, phone, epoch, uint64(i+1), r, start)
	}
	out.Ask(box, phone, strings.Repeat("ab", 16), start)
	var reasons []string
	seen := 0
	for _, r := range out.Tick(start) {
		suffix, payload, err := r.Encode(outside.Seq{Epoch: epoch, N: 1})
		if err != nil {
			t.Fatal(err)
		}
		address := a.at(t, "channels", "ack")["address"].(string)
		if got := strings.NewReplacer("{vid}", vid, "{mailbox}", box).Replace(address); got != outside.Topic(vid, box, suffix) {
			t.Errorf("topic %s, the page says %s", outside.Topic(vid, box, suffix), got)
		}
		seen++
		message := "result"
		if payload[0] != '{' {
			message = "facts"
			if payload, err = base64.RawURLEncoding.DecodeString(strings.Split(string(payload), ".")[1]); err != nil {
				t.Fatal(err)
			}
		}
		value := decode(t, payload)
		a.fits(t, message, a.at(t, "components", "messages", message, "payload"), value, message == "facts")
		if reason, there := value.(map[string]any)["reason"]; there {
			reasons = append(reasons, reason.(string))
		}
	}
	if seen != len(results)+1 {
		t.Errorf("%d acks", seen)
	}
	var listed []string
	for _, word := range a.at(t, "components", "schemas", "Result", "properties", "reason")["enum"].([]any) {
		listed = append(listed, word.(string))
	}
	same(t, "reasons", listed, reasons)
}

// The car reads the examples of what it is sent, and misses what the page requires.
func TestOrdersAreRead(t *testing.T) {
	a := readAPI(t)
	for message, read := range map[string]func([]byte) error{
		"action": func(text []byte) error {
			action, err := profiles.DecodeAction(text)
			if err == nil {
				_, err = action.Arguments()
			}
			return err
		},
		"ask": func(text []byte) error { _, err := profiles.DecodeAsk(text); return err },
	} {
		schema := a.at(t, "components", "messages", message, "payload")
		example := a.at(t, "components", "messages", message)["examples"].([]any)[0].(map[string]any)["payload"].(map[string]any)
		for name := range schema["properties"].(map[string]any) {
			if _, there := example[name]; !there {
				t.Errorf("the example of %s has no %s", message, name)
			}
			without := maps.Clone(example)
			delete(without, name)
			text, err := json.Marshal(without)
			if err != nil {
				t.Fatal(err)
			}
			required := slices.Contains(schema["required"].([]any), any(name)) || name == "args" // of climate-start
			if err := read(text); (err != nil) != required {
				t.Errorf("%s without %s: %v", message, name, err)
			}
		}
		text, err := json.Marshal(example)
		if err != nil {
			t.Fatal(err)
		}
		if err := read(text); err != nil {
			t.Errorf("the example of %s: %v", message, err)
		}
	}
}
