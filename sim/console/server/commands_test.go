package server_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"glovebox/sim/console/server"
)

// A line is done, or it is said why not, in a sentence.
func TestCommand(t *testing.T) {
	f := start(t, server.Options{})
	for _, tt := range []struct{ name, line, want string }{
		{"done", "login anna", `{"ok":true,"got":"well"}`},
		{"with the line's end", "logout\n", `{"ok":true,"got":"well"}`},
		{"that cannot be meant", "lgin anna", `{"ok":false,"line":"lgin anna","error":"unknown command \"lgin\": did you mean \"login\"?","near":"login"}`},
		{"refused by the car", "login jonas", `{"ok":false,"line":"login jonas","error":"The car is not parked.","refused":true}`},
	} {
		answer, text := f.post("/api/cmd", tt.line)
		if answer.StatusCode != http.StatusOK || text != tt.want || answer.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s, want %s", tt.name, answer.StatusCode, text, tt.want)
		}
	}
	if want := []string{"login anna", "logout"}; !reflect.DeepEqual(f.lines(), want) {
		t.Errorf("played %q, want %q", f.lines(), want)
	}
}

// One line of 4 KiB at most is all that a request may say.
func TestOneLine(t *testing.T) {
	f := start(t, server.Options{})
	for _, tt := range []struct {
		name, body string
		want       int
	}{
		{"4 KiB", "app anna chat " + strings.Repeat("a", 4<<10-14), http.StatusOK},
		{"a byte more", "app anna chat " + strings.Repeat("a", 4<<10-13), http.StatusRequestEntityTooLarge},
		{"5 KiB", strings.Repeat("a", 5<<10), http.StatusRequestEntityTooLarge},
		{"5 KiB of blanks", "login anna" + strings.Repeat(" ", 5<<10), http.StatusRequestEntityTooLarge},
		{"two lines", "login anna\nlogin lea", http.StatusBadRequest},
		{"two lines, as old systems end them", "login anna\rlogin lea", http.StatusBadRequest},
		{"no line", " \n", http.StatusBadRequest},
	} {
		before := len(f.lines())
		answer, _ := f.post("/api/cmd", tt.body)
		if done := len(f.lines()) - before; answer.StatusCode != tt.want || (done > 0) != (tt.want == http.StatusOK) {
			t.Errorf("%s: %d and %d lines done", tt.name, answer.StatusCode, done)
		}
		if answer, _ = f.post("/api/play", tt.body); answer.StatusCode != tt.want {
			t.Errorf("play, %s: %d", tt.name, answer.StatusCode)
		}
	}
}

// A line goes on when the page that said it is closed.
func TestClosedPage(t *testing.T) {
	f := start(t, server.Options{})
	ctx, closed := withCancel(t)
	said := make(chan struct{})
	go func() {
		defer close(said)
		if answer, err := f.client.Do(f.request(http.MethodPost, "/api/cmd", "wait 60s").WithContext(ctx)); err == nil {
			answer.Body.Close()
		}
	}()
	time.Sleep(50 * time.Millisecond) // so that it most likely began; else the test passes for nothing
	closed()
	<-said
	close(f.hold)
	for give := time.Now().Add(10 * time.Second); len(f.lines()) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(give) {
			t.Fatal("the line ended with the page")
		}
	}
}

// Of the scenario that plays a page may do this, and start those that are listed: a name
// is never a path.
func TestPlay(t *testing.T) {
	f := start(t, server.Options{})
	for _, tt := range []struct {
		line string
		ok   bool
	}{
		{"pause", true}, {"go", true}, {"next", true}, {"restart", true}, {"restart guest-test-drive", true},
		{"stop", false}, {"pause now", false}, {"restart nowhere", false}, {"restart ../guest-test-drive", false},
		{"restart /etc/passwd", false}, {"restart guest-test-drive.txtar", false},
	} {
		before := len(f.lines())
		_, text := f.post("/api/play", tt.line)
		if ok := strings.HasPrefix(text, `{"ok":true`); ok != tt.ok || (len(f.lines()) > before) != tt.ok {
			t.Errorf("%s: %s", tt.line, text)
		}
	}
}

// What was played, what can be, and the words of the language.
func TestRecords(t *testing.T) {
	f := start(t, server.Options{Town: func() []byte { return []byte("<svg/>") }})
	for path, want := range map[string]string{
		"/api/export":    "car Taycan 2024\nend\n",
		"/api/scenarios": `[{"name":"guest-test-drive","title":"A guest \u003cb\u003edrives\u003c/b\u003e"}]`,
		"/api/runs":      `[{"run":1,"scenario":"first-minute","seed":42,"ok":true,"over":false,"t":""}]`,
		"/api/town.svg":  "<svg/>",
	} {
		if answer, text := f.get(path); answer.StatusCode != http.StatusOK || text != want {
			t.Errorf("%s: %d %s", path, answer.StatusCode, text)
		}
	}
	_, text := f.get("/api/words")
	for _, want := range []string{`{"word":"login","usage":"login NAME [pin=PIN] [wait]"}`, `"check":[`, `"app":[`, `"hmi":[`, `"workshop":[`} {
		if !strings.Contains(text, want) {
			t.Errorf("the words are %s, want %s", text, want)
		}
	}
	if answer, _ := start(t, server.Options{}).get("/api/town.svg"); answer.StatusCode != http.StatusNotFound {
		t.Errorf("no town: %d", answer.StatusCode)
	}
	f.log.Append("ledger", "anna 1", nil, map[string]any{"id": 1, "count": 1})
	f.log.Append("ledger", "anna 2", nil, map[string]any{"id": 2, "count": 1})
	f.log.Append("truth", "", nil, map[string]any{"lat": 54.19})
	f.log.Append("ledger", "anna 1", nil, map[string]any{"id": 1, "count": 2})
	if _, text := f.get("/api/ledger"); text != `{"count":1,"id":2}`+"\n"+`{"count":2,"id":1}`+"\n" {
		t.Errorf("the rows are %q", text)
	}
}
