package outside_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"glovebox/telemetry/outside"
)

var update = flag.Bool("update", false, "write the golden files anew")

// everything is a car that has said something of each kind to each reader that
// may have it, the answer to an action and to an ask too.
func everything(t testing.TB) *car {
	c := asked(t)
	c.say(weight, 1700)
	c.fix(54.19, 6.62)
	c.light("abs", true)
	c.answer(boxMain, 7, outside.Done)
	c.answer(boxLimited, 8, outside.NotNow)
	c.ask(boxShared, "BBBBBBBBBBBBBBBBBBBBBB")
	c.at("12:02:03")
	c.link(false)
	c.at("12:12:00")
	c.link(true)
	c.at("12:15:00")
	return c
}

// What a message looks like on the wire, and the form in which it waits on disk,
// are contracts with phones and with the queue of yesterday.
func TestFormsStay(t *testing.T) {
	var out strings.Builder
	c := everything(t)
	for i, r := range c.released {
		stored := "never stored"
		if data, err := r.MarshalBinary(); err == nil {
			stored = string(data)
		} else if !r.Live() {
			t.Fatal(err)
		}
		w := c.sent[i]
		payload := strings.TrimRight(w.payload, " ")
		fmt.Fprintf(&out, "%s\n\tlive %t, %d bytes: %s\n\t%s\n", outside.Topic(vid, w.mailbox, w.suffix), r.Live(), len(w.payload), payload, stored)
	}
	const path = "testdata/forms.golden"
	if *update {
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, old := strings.Split(out.String(), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(got), len(old)) {
		if got[i] != old[i] {
			t.Fatalf("line %d:\n%s\nwas\n%s", i+1, got[i], old[i])
		}
	}
	if len(got) != len(old) {
		t.Errorf("%d lines, and it was %d", len(got), len(old))
	}
}

// A message that waited on disk since yesterday is sent as it was.
func TestOldRecordsOpen(t *testing.T) {
	text, err := os.ReadFile("testdata/forms.golden")
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[outside.Kind]int{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, `{"v":1`) {
			continue
		}
		r, err := outside.UnmarshalReleased([]byte(line))
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if again, err := r.MarshalBinary(); err != nil || string(again) != line {
			t.Errorf("%s, %v\nwas %s", again, err, line)
		}
		kinds[r.Kind()]++
	}
	if len(kinds) < 3 {
		t.Errorf("only %v were stored", kinds)
	}
}
