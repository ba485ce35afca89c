package server_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"glovebox/sim/console"
	"glovebox/sim/console/server"
)

func withCancel(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	return ctx, cancel
}

func kinds(all []event) (words []string) {
	for _, e := range all {
		words = append(words, e.kind)
	}
	return words
}

// A page begins with what is known, and then hears what happens, with ids.
func TestStream(t *testing.T) {
	f := start(t, server.Options{})
	f.log.Append("clock", "", []string{console.All}, map[string]any{"since": 1})
	f.log.Append("wheel", "", []string{"hmi"}, map[string]any{"state": "idle"})
	f.log.Append("clock", "", []string{console.All}, map[string]any{"since": 2})
	w := f.open("/api/events", "")
	first := w.until("ready")
	want := []event{{kind: "reset", data: "{}"}, {"2", "wheel", `{"state":"idle"}`}, {"3", "clock", `{"since":2}`}, {kind: "ready", data: "{}"}}
	if !slices.Equal(first, want) {
		t.Errorf("it begins with %v, want %v", first, want)
	}
	f.log.Append("wheel", "", []string{"hmi"}, map[string]any{"state": "active"})
	if e, _ := w.next(); e != (event{"4", "wheel", `{"state":"active"}`}) {
		t.Errorf("then comes %v", e)
	}
}

// A page that was there before anything happened does not begin twice.
func TestStreamOfNothing(t *testing.T) {
	f := start(t, server.Options{})
	w := f.open("/api/events", "")
	if got := w.until("ready"); fmt.Sprint(kinds(got)) != "[reset ready]" {
		t.Errorf("it begins with %v", got)
	}
	for i := range 3 {
		f.log.Append("wire", strconv.Itoa(i), nil, i)
		if e, _ := w.next(); e != (event{strconv.Itoa(i + 1), "wire", strconv.Itoa(i)}) {
			t.Errorf("then comes %v", e)
		}
	}
}

// A stream is not kept, and is never one answer for two.
func TestStreamHeaders(t *testing.T) {
	f := start(t, server.Options{})
	answer, err := f.client.Do(f.request(http.MethodGet, "/api/events", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if h := answer.Header; h.Get("Content-Type") != "text/event-stream" || h.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", h)
	}
}

// A panel's page hears its own events alone, in every byte.
func TestViews(t *testing.T) {
	f := start(t, server.Options{})
	w := f.open("/api/events?view=phone/jonas", "")
	w.until("ready")
	f.log.Append("truth", "", nil, map[string]any{"lat": 54.1942424})
	f.log.Append("phone", "anna", []string{"phone/anna"}, map[string]any{"name": "anna"})
	f.log.Append("phone", "jonas", []string{"phone/jonas"}, map[string]any{"name": "jonas"})
	for _, e := range w.until("phone") {
		if e.kind == "truth" || e.kind == "phone" && e.data != `{"name":"jonas"}` {
			t.Errorf("jonas's page hears %v", e)
		}
	}
}

// Wherever a stream is cut, the page goes on without gap or repeat: in the header as a
// browser says it by itself, in the address as a page that was hidden says it.
func TestResume(t *testing.T) {
	f := start(t, server.Options{})
	const all = 300
	go func() {
		for i := range all {
			f.log.Append("wire", strconv.Itoa(i), nil, i)
			time.Sleep(200 * time.Microsecond)
		}
	}()
	var got []string
	after := ""
	for cuts := 0; len(got) < all; cuts++ {
		path, header := "/api/events", after
		if cuts%2 == 1 {
			path, header = "/api/events?after="+after, ""
		}
		w := f.open(path, header)
		for range 20 + cuts {
			e, there := w.next()
			if !there {
				t.Fatal("the stream ended by itself")
			}
			if e.kind == "reset" && after != "" {
				t.Fatalf("it began anew after %s", after)
			}
			if e.kind == "wire" {
				got, after = append(got, e.data), e.id
			}
			if len(got) == all {
				break
			}
		}
		w.close()
	}
	for i, data := range got {
		if data != strconv.Itoa(i) {
			t.Fatalf("event %d is %s", i, data)
		}
	}
}

// The header counts: an address may still say where the page was first opened.
func TestHeaderBeforeAddress(t *testing.T) {
	f := start(t, server.Options{})
	for i := range 5 {
		f.log.Append("wire", strconv.Itoa(i), nil, i)
	}
	if got := f.open("/api/events?after=1", "4").until("ready"); fmt.Sprint(kinds(got)) != "[wire ready]" || got[0].id != "5" {
		t.Errorf("after 4 comes %v", got)
	}
	for _, id := range []string{"-1", "one", "1.5"} {
		if w := f.open("/api/events?after="+id, ""); w.status != http.StatusBadRequest {
			t.Errorf("after %s: %d", id, w.status)
		}
	}
}

// Who is too far behind begins anew.
func TestBehindTheRing(t *testing.T) {
	f := start(t, server.Options{})
	for i := range 10_500 {
		f.log.Append("truth", "", nil, i)
	}
	if got := f.open("/api/events", "7").until("ready"); fmt.Sprint(kinds(got)) != "[reset truth ready]" || got[1].id != "10500" {
		t.Errorf("after the 7th comes %v", got)
	}
}

// Another world is another beginning, for a page that looks on and for one that comes
// back: no id stands for two events.
func TestAnotherWorld(t *testing.T) {
	f := start(t, server.Options{})
	f.log.Append("wheel", "", []string{"hmi"}, map[string]any{"state": "guest"})
	w := f.open("/api/events", "")
	before := w.until("ready")
	again := console.NewLog()
	for range 20 {
		again.Append("wheel", "", []string{"hmi"}, map[string]any{"state": "idle"})
	}
	f.server.Show(again)
	after := w.until("ready")
	if fmt.Sprint(kinds(after)) != "[reset wheel ready]" || after[1].data != `{"state":"idle"}` {
		t.Errorf("then comes %v", after)
	}
	if after[1].id == before[1].id {
		t.Errorf("both have the id %s", after[1].id)
	}
	if got := f.open("/api/events", before[1].id).until("ready"); fmt.Sprint(kinds(got)) != "[reset wheel ready]" {
		t.Errorf("who comes back after it gets %v", got)
	}
	again.Append("wheel", "", []string{"hmi"}, map[string]any{"state": "active"})
	if got := f.open("/api/events", after[1].id).until("ready"); fmt.Sprint(kinds(got)) != "[wheel ready]" {
		t.Errorf("who was there gets %v", got)
	}
}

// A browser opens six connections to a host: the sixth stream is told so, and commands
// still pass. One that is closed makes room.
func TestSixWindows(t *testing.T) {
	f := start(t, server.Options{})
	var open []*window
	for range 5 {
		w := f.open("/api/events", "")
		if w.until("ready"); w.status != http.StatusOK {
			t.Fatalf("window %d: %d", len(open)+1, w.status)
		}
		open = append(open, w)
	}
	answer, text := f.get("/api/events?view=workshop")
	if answer.StatusCode != http.StatusServiceUnavailable || strings.TrimSpace(text) != "Too many windows: close one" {
		t.Errorf("the sixth: %d %q", answer.StatusCode, text)
	}
	if _, text := f.post("/api/cmd", "login anna"); text != `{"ok":true,"got":"well"}` {
		t.Errorf("a command with all windows open: %s", text)
	}
	open[2].close()
	for give := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		w := f.open("/api/events", "")
		if w.status == http.StatusOK {
			break
		}
		if w.close(); time.Now().After(give) {
			t.Fatal("a window that was closed makes no room")
		}
	}
}

// A page that does not read is cut off once it is 1,000 events behind, and finds all that
// it missed when it comes back.
func TestSlowPage(t *testing.T) {
	f := start(t, server.Options{})
	f.log.Append("log", "0", nil, "the first")
	w := f.open("/api/events", "")
	w.until("ready")
	text := strings.Repeat("a", 10<<10)
	const all = 2500
	for i := 1; i < all; i++ { // more than the buffers of a connection take, and it is not read
		f.log.Append("log", strconv.Itoa(i), nil, text)
		if i%100 == 0 {
			time.Sleep(5 * time.Millisecond)
		}
	}
	last, n := "", 1
	for e, there := w.next(); there; e, there = w.next() { // what lay in the buffers
		last, n = e.id, n+1
		if n == all {
			t.Fatal("it was never cut off")
		}
	}
	back := f.open("/api/events", last)
	for e, there := back.next(); there && e.kind == "log"; e, there = back.next() {
		if e.id != strconv.Itoa(n+1) {
			t.Fatalf("after %d events comes %s", n, e.id)
		}
		n++
	}
	if n != all {
		t.Errorf("%d events of %d", n, all)
	}
}
