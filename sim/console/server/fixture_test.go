package server_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"glovebox/sim/console"
	"glovebox/sim/console/server"
	"glovebox/sim/scenario"
)

// world notes what was said and does nothing.
type world struct {
	mu   sync.Mutex
	said []string // guarded by mu
	hold chan struct{}
}

func (w *world) note(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = append(w.said, line)
}

func (w *world) lines() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.said...)
}

func (w *world) Do(ctx context.Context, line string) (scenario.StepResult, error) {
	switch line {
	case "lgin anna":
		return scenario.StepResult{}, fmt.Errorf("%w: %w", scenario.ErrLine, &scenario.Unmeant{Text: `unknown command "lgin": did you mean "login"?`, Near: "login"})
	case "login jonas":
		return scenario.StepResult{Text: line, OK: true, Refused: true, Got: "The car is not parked."}, nil
	case "wait 60s":
		select {
		case <-w.hold:
		case <-ctx.Done():
			return scenario.StepResult{}, ctx.Err()
		}
	}
	w.note(line)
	return scenario.StepResult{Text: line, OK: true, Got: "well"}, nil
}

func (w *world) Play(word, name string) error {
	w.note(strings.TrimSpace("play " + word + " " + name))
	return nil
}

func (*world) Export() []byte { return []byte("car Taycan 2024\nend\n") }
func (*world) Scenarios() []server.Scenario {
	return []server.Scenario{{Name: "guest-test-drive", Title: "A guest <b>drives</b>"}}
}
func (*world) Runs() []server.Run {
	return []server.Run{{Run: 1, Scenario: "first-minute", Seed: 42, OK: true}}
}

// fixture is a server that runs, and a browser that may or may not have its cookie.
type fixture struct {
	*testing.T
	*world
	server *server.Server
	log    *console.Log
	base   string // http://127.0.0.1:PORT
	token  string
	client http.Client
}

func start(t *testing.T, o server.Options) *fixture {
	t.Helper()
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.Files == nil {
		o.Files = os.DirFS("testdata/page")
	}
	f := &fixture{T: t, world: &world{hold: make(chan struct{})}, log: console.NewLog()}
	var err error
	if f.server, err = server.New(f.world, o); err != nil {
		t.Fatal(err)
	}
	f.server.Show(f.log)
	address, err := url.Parse(f.server.URL())
	if err != nil {
		t.Fatal(err)
	}
	f.base, f.token = "http://"+address.Host, address.Query().Get("t")
	f.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.server.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return f
}

// request is one as the page makes it: with cookie and, if it says something, the header.
func (f *fixture) request(method, path, body string) *http.Request {
	f.Helper()
	r, err := http.NewRequestWithContext(f.Context(), method, f.base+path, strings.NewReader(body))
	if err != nil {
		f.Fatal(err)
	}
	_, port, _ := strings.Cut(strings.TrimPrefix(f.base, "http://"), ":")
	r.AddCookie(&http.Cookie{Name: "glovebox-" + port, Value: f.token})
	if body != "" {
		r.Header.Set("X-Glovebox", f.token)
	}
	return r
}

// do sends a request and reads the whole answer.
func (f *fixture) do(r *http.Request) (*http.Response, string) {
	f.Helper()
	answer, err := f.client.Do(r)
	if err != nil {
		f.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		f.Fatal(err)
	}
	return answer, string(text)
}

func (f *fixture) get(path string) (*http.Response, string) {
	f.Helper()
	return f.do(f.request(http.MethodGet, path, ""))
}

func (f *fixture) post(path, body string) (*http.Response, string) {
	f.Helper()
	return f.do(f.request(http.MethodPost, path, body))
}

// window is an open stream.
type window struct {
	f      *fixture
	status int
	lines  *bufio.Scanner
	close  func()
}

// event is one of a stream.
type event struct{ id, kind, data string }

// open opens a stream; after is the id to go on from, in the header.
func (f *fixture) open(path, after string) *window {
	f.Helper()
	ctx, cancel := context.WithCancel(f.Context())
	r := f.request(http.MethodGet, path, "").WithContext(ctx)
	if after != "" {
		r.Header.Set("Last-Event-ID", after)
	}
	answer, err := f.client.Do(r)
	if err != nil {
		cancel()
		f.Fatal(err)
	}
	w := &window{f: f, status: answer.StatusCode, lines: bufio.NewScanner(answer.Body)}
	w.close = func() { cancel(); answer.Body.Close() }
	w.lines.Buffer(nil, 1<<20)
	f.Cleanup(w.close)
	return w
}

// next reads one event; at the end of the stream there is none.
func (w *window) next() (e event, there bool) {
	for w.lines.Scan() {
		name, value, _ := strings.Cut(w.lines.Text(), ": ")
		switch name {
		case "id":
			e.id = value
		case "event":
			e.kind = value
		case "data":
			e.data = value
		case "":
			if e.kind != "" {
				return e, true
			}
		}
	}
	return e, false
}

// until reads events up to the first of a kind.
func (w *window) until(kind string) (all []event) {
	w.f.Helper()
	for {
		e, there := w.next()
		if !there {
			w.f.Fatalf("the stream ended before %s, after %v", kind, all)
		}
		if all = append(all, e); e.kind == kind {
			return all
		}
	}
}
