package outside_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glovebox/telemetry/outside"
)

var update = flag.Bool("update", false, "write the golden files anew")

// everything is a car that has said something of each kind to each reader that
// may have it, the answer to an action and to an ask too, and a change made at the wheel.
func everything(t testing.TB) *car {
	c := asked(t)
	c.say(weight, 1700)
	c.fix(54.19, 6.62)
	c.light("abs", true)
	c.answer(boxMain, 7, outside.Done)
	c.answer(boxLimited, 8, outside.NotNow)
	c.ask(boxShared, "BBBBBBBBBBBBBBBBBBBBBB")
	c.change("a document")
	c.write("chat", "lea", boxShared, boxShop)
	c.write("booking", "jonas", boxLimited, boxShop, boxBack)
	c.at("12:02:03")
	c.drive(12, 36)
	c.park()
	c.out.Assign(outside.Assignment{Trip: c.trips[0], All: []string{"jonas"}, New: []string{"jonas"}}, c.now)
	c.drive(12, 36)
	c.park()
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

// Each row of the table of forms is whole: decided by a class that the policy puts
// on its topic, kept with a content of its own or live without, made by this
// package, and, when it is kept, in the golden file above.
func TestEachForm(t *testing.T) {
	made, kept := map[int]bool{}, map[string]bool{}
	for _, r := range everything(t).released {
		made[r.Form()] = true
	}
	for i, f := range outside.Forms() {
		if i == 0 {
			continue
		}
		if !made[i] {
			t.Errorf("no message of %s (form %d) is made by the car of this test", f.Kind, i)
		}
		if f.Class != "" && outside.Builtin().Detail(string(f.Class), "topic") != string(f.Kind) {
			t.Errorf("%s: the policy has class %s on another topic", f.Kind, f.Class)
		}
		if f.Class == "" && !f.Live {
			t.Errorf("%s: what is kept is decided by one class", f.Kind)
		}
		if f.Live != (f.Member == "") {
			t.Errorf("%s: live is %t, its member on disk is %q", f.Kind, f.Live, f.Member)
		}
		if f.Beside == slices.Contains(outside.Kinds(), f.Kind) {
			t.Errorf("%s: beside the mailbox is %t, listed %v", f.Kind, f.Beside, outside.Kinds())
		}
		want, series := vid+"/to/"+boxMain+"/"+string(f.Kind), boxMain
		if f.Beside {
			want, series = vid+"/"+string(f.Kind)+"/"+boxMain, boxMain+"/"+string(f.Kind)
		}
		if got := outside.Topic(vid, boxMain, string(f.Kind)); got != "gb/1/"+want {
			t.Errorf("%s: topic %s, want gb/1/%s", f.Kind, got, want)
		}
		if got := outside.Series(boxMain, f.Kind); got != series {
			t.Errorf("%s: counted in %s, want %s", f.Kind, got, series)
		}
		if f.Live {
			continue
		}
		if kept[string(f.Kind)+f.Member] {
			t.Errorf("%s: two rows are stored alike", f.Kind)
		}
		kept[string(f.Kind)+f.Member] = true
		empty, err := outside.Empty(i)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := outside.UnmarshalReleased(empty); err == nil {
			t.Errorf("%s: an empty content was taken from disk: %s", f.Kind, empty)
		}
	}
}

// Topics are written in one file.
func TestTopicsStandOnce(t *testing.T) {
	for _, dir := range []string{".", "..", "../mqtt", "../outbox", "../../agent", "../../agent/cloud", "../../agent/hmi", "../../cmd/gloveboxd"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", dir, len(files), err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(file, "_test.go") && file != "topic.go" && strings.Contains(string(text), `"gb/1`) {
				t.Errorf("%s writes a topic", file)
			}
		}
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
	for _, f := range outside.Forms()[1:] {
		if !f.Live && kinds[f.Kind] == 0 {
			t.Errorf("no %s was stored", f.Kind)
		}
	}
}
