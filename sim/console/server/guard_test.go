package server_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"glovebox/sim/console/server"
)

// Without the token of the printed address nothing is given out, and nothing is done: not
// for a name of elsewhere that leads here, not for a page of another origin.
func TestWhoGetsIn(t *testing.T) {
	f := start(t, server.Options{})
	host := strings.TrimPrefix(f.base, "http://")
	_, port, _ := strings.Cut(host, ":")
	for _, tt := range []struct {
		name string
		how  func(r *http.Request)
		want int
	}{
		{"as the page does", func(*http.Request) {}, http.StatusOK},
		{"by the other name of this machine", func(r *http.Request) { r.Host = "localhost:" + port }, http.StatusOK},
		{"the page's own origin", func(r *http.Request) { r.Header.Set("Origin", f.base) }, http.StatusOK},
		{"a name of elsewhere", func(r *http.Request) { r.Host = "console.example:" + port }, http.StatusForbidden},
		{"another port", func(r *http.Request) { r.Host = "127.0.0.1:1" }, http.StatusForbidden},
		{"no port", func(r *http.Request) { r.Host = "127.0.0.1" }, http.StatusForbidden},
		{"another origin", func(r *http.Request) { r.Header.Set("Origin", "http://console.example:"+port) }, http.StatusForbidden},
		{"an origin of no name", func(r *http.Request) { r.Header.Set("Origin", "null") }, http.StatusForbidden},
		{"another port's origin", func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:1") }, http.StatusForbidden},
		{"an origin with TLS", func(r *http.Request) { r.Header.Set("Origin", "https://"+host) }, http.StatusForbidden},
		{"no cookie", func(r *http.Request) { r.Header.Del("Cookie") }, http.StatusForbidden},
		{"a wrong cookie", func(r *http.Request) { r.Header.Set("Cookie", "glovebox-"+port+"="+strings.Repeat("A", 22)) }, http.StatusForbidden},
		{"an empty cookie", func(r *http.Request) { r.Header.Set("Cookie", "glovebox-"+port+"=") }, http.StatusForbidden},
		{"another world's cookie", func(r *http.Request) { r.Header.Set("Cookie", "glovebox-1="+f.token) }, http.StatusForbidden},
	} {
		for _, path := range []string{"/", "/view/hmi", "/app.js", "/api/events", "/api/token", "/api/export", "/api/ledger", "/api/cmd", "/api/play"} {
			method, body := http.MethodGet, ""
			switch path {
			case "/api/cmd":
				method, body = http.MethodPost, "login anna"
			case "/api/play":
				method, body = http.MethodPost, "pause"
			case "/api/events":
				if tt.want == http.StatusOK {
					continue // it does not end
				}
			}
			before := len(f.lines())
			r := f.request(method, path, body)
			tt.how(r)
			answer, text := f.do(r)
			if answer.StatusCode != tt.want {
				t.Errorf("%s: %s %s: %d, want %d: %s", tt.name, method, path, answer.StatusCode, tt.want, text)
			}
			if tt.want != http.StatusOK && (strings.Contains(text, f.token) || len(f.lines()) > before) {
				t.Errorf("%s: %s: it answers %q and did %q", tt.name, path, text, f.lines()[before:])
			}
		}
	}
}

// A form or a link of another page has the cookie at most, never the header.
func TestCommandsNeedTheHeader(t *testing.T) {
	f := start(t, server.Options{})
	for _, path := range []string{"/api/cmd", "/api/play"} {
		for name, token := range map[string]string{"none": "", "a wrong one": strings.Repeat("A", 22)} {
			r := f.request(http.MethodPost, path, "restart")
			if r.Header.Set("X-Glovebox", token); token == "" {
				r.Header.Del("X-Glovebox")
			}
			if answer, _ := f.do(r); answer.StatusCode != http.StatusForbidden {
				t.Errorf("%s with %s: %d", path, name, answer.StatusCode)
			}
		}
		r := f.request(http.MethodGet, path, "")
		if answer, _ := f.do(r); answer.StatusCode != http.StatusNotFound && answer.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("GET %s: %d", path, answer.StatusCode)
		}
	}
	if said := f.lines(); len(said) > 0 {
		t.Errorf("done all the same: %q", said)
	}
}

// The token in the address becomes a cookie, and stands in the address no more.
func TestTokenBecomesACookie(t *testing.T) {
	f := start(t, server.Options{})
	if len(f.token) < 22 { // 128 bits, six to a letter
		t.Fatalf("the token is %q", f.token)
	}
	if other := start(t, server.Options{}); other.token == f.token {
		t.Error("two worlds have one token")
	}
	for _, tt := range []struct{ path, to string }{
		{"/?t=" + f.token, "/"},
		{"/view/phone/anna?t=" + f.token, "/view/phone/anna"},
		{"/?theme=dark&t=" + f.token, "/?theme=dark"},
	} {
		r := f.request(http.MethodGet, tt.path, "")
		r.Header.Del("Cookie")
		answer, text := f.do(r)
		if got := answer.Header.Get("Location"); answer.StatusCode != http.StatusSeeOther || got != tt.to {
			t.Errorf("%s leads to %q with %d", tt.path, got, answer.StatusCode)
		}
		if strings.Contains(text, f.token) {
			t.Errorf("the answer holds the token: %s", text)
		}
		set := answer.Header.Get("Set-Cookie")
		for _, want := range []string{"=" + f.token, "Path=/", "HttpOnly", "SameSite=Strict"} {
			if !strings.Contains(set, want) {
				t.Errorf("%s: the cookie is %q, want %s", tt.path, set, want)
			}
		}
		if strings.Contains(set, "Domain") {
			t.Errorf("other hosts get it: %q", set)
		}
		r = f.request(http.MethodGet, tt.to, "")
		r.Header.Set("Cookie", strings.SplitN(set, ";", 2)[0])
		if answer, _ := f.do(r); answer.StatusCode != http.StatusOK {
			t.Errorf("the cookie opens %s with %d", tt.to, answer.StatusCode)
		}
	}
	for _, path := range []string{"/?t=", "/?t=" + strings.Repeat("A", 22), "/api/token?t=" + f.token, "/app.js?t=" + f.token} {
		r := f.request(http.MethodGet, path, "")
		r.Header.Del("Cookie")
		if answer, _ := f.do(r); answer.StatusCode != http.StatusForbidden || answer.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
	}
	if _, text := f.get("/api/token"); text != f.token {
		t.Errorf("with the cookie the page learns %s", text)
	}
}

// Every answer, good or bad, says what a page may do.
func TestHeaders(t *testing.T) {
	f := start(t, server.Options{})
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; form-action 'none'; frame-ancestors 'self'; base-uri 'none'",
		"X-Content-Type-Options":  "nosniff",
		"Referrer-Policy":         "no-referrer",
	}
	for _, path := range []string{"/", "/app.js", "/view/hmi", "/nowhere.js", "/api/nowhere", "/api/token", "/api/export", "/api/words", "/?t=" + f.token} {
		for _, cookie := range []bool{true, false} {
			r := f.request(http.MethodGet, path, "")
			if !cookie {
				r.Header.Del("Cookie")
			}
			answer, _ := f.do(r)
			for name, value := range want {
				if got := answer.Header.Get(name); got != value {
					t.Errorf("%s, cookie %v: %s is %q", path, cookie, name, got)
				}
			}
			for name := range answer.Header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s lets another origin in: %s", path, name)
				}
			}
		}
	}
}

// Only this machine is listened to, unless it is said otherwise.
func TestWhereItListens(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "console.example:0", "8480", "[::1]:0"} {
		if s, err := server.New(&world{}, server.Options{Listen: address}); !errors.Is(err, server.ErrAddress) {
			t.Errorf("%s: %v, %v", address, s, err)
		}
	}
	if f := start(t, server.Options{Listen: "localhost:0"}); !strings.HasPrefix(f.base, "http://127.0.0.1:") {
		t.Errorf("localhost is %s", f.base)
	}
	f := start(t, server.Options{Listen: "0.0.0.0:0", Anywhere: true})
	r := f.request(http.MethodGet, "/", "")
	r.Host = "console.example:8480"
	if answer, _ := f.do(r); answer.StatusCode != http.StatusOK {
		t.Errorf("by the name of the machine: %d", answer.StatusCode)
	}
	r.Header.Set("Origin", f.base)
	if answer, _ := f.do(r); answer.StatusCode != http.StatusForbidden {
		t.Errorf("from another origin: %d", answer.StatusCode)
	}
	r.Header.Del("Origin")
	r.Header.Del("Cookie")
	if answer, _ := f.do(r); answer.StatusCode != http.StatusForbidden {
		t.Errorf("without the token: %d", answer.StatusCode)
	}
}
