package docs_test

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"glovebox/hal/mapping"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// Each kind of message has a channel, and the channels below a mailbox are exactly
// the topics that the pipeline makes.
func TestEveryTopicIsDescribed(t *testing.T) {
	a := readAPI(t)
	described := slices.Collect(maps.Keys(a.schemas(t)))
	for _, kind := range outside.Kinds() {
		if !slices.Contains(described, string(kind)) {
			t.Errorf("no channel for %s", kind)
		}
	}
	var made []string
	for _, s := range drive(t) {
		made = append(made, s.suffix)
	}
	same(t, "topics below a mailbox", described, made)
	for name := range a.at(t, "channels") {
		var of []string
		for operation := range a.at(t, "operations") {
			if reflect.DeepEqual(a.at(t, "operations", operation, "channel"), a.at(t, "channels", name)) {
				of = append(of, operation)
			}
		}
		if len(of) != 1 {
			t.Errorf("channel %s has the operations %q", name, of)
		}
	}
}

// What the pages say of topics is so.
func TestPagesNameTopics(t *testing.T) {
	a := readAPI(t)
	var addresses []string
	for name := range a.at(t, "channels") {
		address, _ := a.at(t, "channels", name)["address"].(string)
		addresses = append(addresses, address)
	}
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, page := range pages {
		for _, topic := range regexp.MustCompile(`gb/1/\{vid\}/[^ `+"`"+`]+`).FindAllString(read(t, "docs/"+page), -1) {
			named++
			start, all := strings.CutSuffix(strings.Replace(topic, "{inbox}", "{mailbox}", 1), "…")
			if !slices.ContainsFunc(addresses, func(a string) bool { return a == start || all && strings.HasPrefix(a, start) }) {
				t.Errorf("%s names %s, which is no channel", page, topic)
			}
		}
	}
	if named < 10 {
		t.Errorf("only %d topics were found", named)
	}
}

// Every message of a drive fits its schema, and has each member that the schema names.
func TestMessagesFitTheirSchemas(t *testing.T) {
	a := readAPI(t)
	schemas := a.schemas(t)
	for _, s := range drive(t) {
		if schema := schemas[s.suffix]; schema != nil {
			a.fits(t, s.reader+" "+s.suffix, schema, decode(t, s.body), true)
		}
	}
	online, will := states(t)
	for _, payload := range [][]byte{online, will} {
		a.fits(t, "state", a.at(t, "channels", "state", "messages", "state", "payload"), decode(t, payload), true)
	}
}

// The examples are messages of the drive, word for word.
func TestExamplesAreReal(t *testing.T) {
	a := readAPI(t)
	online, will := states(t)
	real := map[string][]any{"state": {decode(t, online), decode(t, will)}}
	for _, s := range drive(t) {
		for name, suffix := range map[string]string{"status": "status", "position": "position", "alarm": "alarms", "message": "messages", "gap": "gaps", "trip": "trips"} {
			if s.suffix == suffix {
				real[name] = append(real[name], decode(t, s.body))
			}
		}
	}
	for name, messages := range real {
		examples, _ := a.at(t, "components", "messages", name)["examples"].([]any)
		if len(examples) == 0 {
			t.Errorf("message %s has no example", name)
		}
		for _, e := range examples {
			payload := e.(map[string]any)["payload"]
			if !slices.ContainsFunc(messages, func(m any) bool { return reflect.DeepEqual(m, payload) }) {
				t.Errorf("no real %s is %v", name, payload)
			}
		}
	}
}

// The example of an access document is one that the car reads, and what the car
// writes back has the members of the schema.
func TestAccessDocument(t *testing.T) {
	a := readAPI(t)
	message := a.at(t, "components", "messages", "accessDocument")
	example := message["examples"].([]any)[0].(map[string]any)["payload"]
	schema := a.at(t, "components", "messages", "accessDocument", "payload")
	a.fits(t, "the example", schema, example, false)
	claims, err := json.Marshal(example)
	if err != nil {
		t.Fatal(err)
	}
	access, err := profiles.DecodeAccess(claims)
	if err != nil {
		t.Fatal(err)
	}
	again, err := access.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if back := decode(t, again); !reflect.DeepEqual(back, example) {
		t.Errorf("the car writes %v", back)
	}
	for name := range schema["properties"].(map[string]any) {
		if _, there := example.(map[string]any)[name]; !there && name != "contact" { // of a transfer, which has no users
			t.Errorf("the example has no %s", name)
		}
	}
}

// What is required is required by the car, and what is not may be absent.
func TestAccessDocumentRequires(t *testing.T) {
	a := readAPI(t)
	message := a.at(t, "components", "messages", "accessDocument")
	schema := a.at(t, "components", "messages", "accessDocument", "payload")
	for name := range schema["properties"].(map[string]any) {
		claims := maps.Clone(message["examples"].([]any)[0].(map[string]any)["payload"].(map[string]any))
		delete(claims, name)
		text, err := json.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		_, err = profiles.DecodeAccess(text)
		if required := slices.Contains(schema["required"].([]any), any(name)); required != (err != nil) {
			t.Errorf("without %s the car says %v; required is %v", name, err, required)
		}
	}
}

// The example of a message on the inbox is one that the car reads; what is required is
// required by the car, and what is not may be absent.
func TestInboxMessage(t *testing.T) {
	a := readAPI(t)
	example := a.at(t, "components", "messages", "inboxMessage")["examples"].([]any)[0].(map[string]any)["payload"].(map[string]any)
	schema := a.at(t, "components", "messages", "inboxMessage", "payload")
	a.fits(t, "the example", schema, example, false)
	for name := range schema["properties"].(map[string]any) {
		without := maps.Clone(example)
		delete(without, name)
		text, err := json.Marshal(without)
		if err != nil {
			t.Fatal(err)
		}
		_, err = profiles.DecodeLetter(text)
		if required := slices.Contains(schema["required"].([]any), any(name)); required != (err != nil) {
			t.Errorf("without %s the car says %v; required is %v", name, err, required)
		}
	}
}

// The lists of words are those of the code.
func TestWords(t *testing.T) {
	a := readAPI(t)
	enum := func(schema, member string) (all []string) {
		for _, word := range a.at(t, "components", "schemas", schema, "properties", member)["enum"].([]any) {
			all = append(all, word.(string))
		}
		return all
	}
	same(t, "alarm codes", enum("Alarm", "alarm"), append(mapping.Codes(), "store-recovered"))
	same(t, "gap reasons", enum("Gap", "reason"), []string{string(outside.ReasonAge), string(outside.ReasonBytes)})
	var kinds []string // a gap record leaves no gap of its own
	for _, kind := range outside.Kinds() {
		if kind != outside.KindGaps {
			kinds = append(kinds, string(kind))
		}
	}
	same(t, "kinds in a gap", enum("Gap", "kind"), append(kinds, string(outside.KindAck)))
	var verbs []string
	for _, v := range profiles.Verbs() {
		verbs = append(verbs, string(v))
	}
	same(t, "actions", enum("Action", "act"), verbs)
	var of []string
	for _, kind := range profiles.MessageKinds() {
		if kind != profiles.Booking {
			of = append(of, string(kind))
		}
	}
	same(t, "kinds on the inbox", enum("InboxMessage", "kind"), of)
	same(t, "kinds to a mailbox", enum("Message", "kind"), append(of, string(profiles.Booking)))
}
