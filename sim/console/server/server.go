// Package server serves the console's page on a port of this machine: its files, one
// stream of events a page, and one door for commands. docs/console.md, Requests, has
// what there is; nobody gets anything without the token of the address that is printed.
package server

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"glovebox/sim/console"
	"glovebox/sim/scenario"
)

// Player plays lines in the world that is shown. It may be asked from several
// goroutines.
type Player interface {
	// Do plays a line that is said by hand, and takes as long as the line does.
	Do(ctx context.Context, line string) (scenario.StepResult, error)
	// Play is pause, go or next, of the scenario, or restart, which may be with another
	// one by its name.
	Play(word, name string) error
}

// Records are what was played and what can be. They may be asked from several
// goroutines.
type Records interface {
	// Export is what was played and said, as a scenario.
	Export() []byte
	// Scenarios are those that can be started.
	Scenarios() []Scenario
	// Runs are those so far, the oldest first.
	Runs() []Run
}

// World is what a page works with.
type World interface {
	Player
	Records
}

// Scenario is one that can be started.
type Scenario struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

// Run is a world from its beginning to its end.
type Run struct {
	Run      int    `json:"run"` // counts from 1
	Scenario string `json:"scenario"`
	Seed     uint64 `json:"seed"`
	OK       bool   `json:"ok"`
	Over     bool   `json:"over"`             // all lines were played
	Failed   string `json:"failed,omitempty"` // the first line that failed
	Dir      string `json:"dir,omitempty"`    // of its outputs
	T        string `json:"t"`                // when it began
}

// Options say where and what is served.
type Options struct {
	Listen   string        // an address of this machine; port 0 is any that is free
	Anywhere bool          // it may be another one
	Files    fs.FS         // of the page
	Live     bool          // they change while it runs
	Town     func() []byte // draws the town, as SVG; nil if there is none
}

// Server answers pages.
type Server struct {
	world    World
	options  Options
	listener net.Listener
	token    string
	hosts    []string      // by which it may be called
	windows  chan struct{} // one in it for each stream
	files    files

	mu      sync.Mutex
	log     *console.Log  // guarded by mu; of the world that is shown, nil before the first
	before  uint64        // guarded by mu; ids up to this are of worlds before it
	changed chan struct{} // guarded by mu; closed when it is another log
}

// tokenBytes are 128 bits.
const tokenBytes = 16

// New takes the port; Serve answers on it.
func New(w World, o Options) (*Server, error) {
	address, err := o.address()
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	secret := make([]byte, tokenBytes)
	rand.Read(secret) // never fails
	s := &Server{
		world: w, options: o, listener: listener, token: base64.RawURLEncoding.EncodeToString(secret),
		windows: make(chan struct{}, mostWindows), files: files{from: o.Files, live: o.Live},
		changed: make(chan struct{}),
	}
	for _, name := range []string{loopback, "localhost"} {
		s.hosts = append(s.hosts, net.JoinHostPort(name, s.port()))
		if s.port() == "80" { // which a browser leaves out
			s.hosts = append(s.hosts, name)
		}
	}
	return s, nil
}

// loopback is where it listens, unless it is told otherwise.
const loopback = "127.0.0.1"

// ErrAddress is the error of an address that another machine could reach.
var ErrAddress = errors.New("want a port of this machine alone, such as 127.0.0.1:8480")

// address is where to listen.
func (o Options) address() (string, error) {
	host, port, err := net.SplitHostPort(o.Listen)
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: %w", o.Listen, ErrAddress)
	case o.Anywhere:
		return o.Listen, nil
	case host != loopback && host != "localhost":
		return "", fmt.Errorf("%s: %w", o.Listen, ErrAddress)
	}
	return net.JoinHostPort(loopback, port), nil
}

func (s *Server) port() string {
	_, port, _ := net.SplitHostPort(s.listener.Addr().String())
	return port
}

// URL is the address of the page, with the token.
func (s *Server) URL() string {
	host, _, _ := net.SplitHostPort(s.listener.Addr().String())
	if ip := net.ParseIP(host); ip.IsUnspecified() {
		host = loopback
	}
	return "http://" + net.JoinHostPort(host, s.port()) + "/?t=" + s.token
}

// Show shows another world: each page forgets the one before.
func (s *Server) Show(log *console.Log) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.log != nil {
		s.before += apart
	}
	s.log = log
	close(s.changed)
	s.changed = make(chan struct{})
}

// shown is the log of the world that is shown, nil if there is none yet.
func (s *Server) shown() (log *console.Log, before uint64, changed <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log, s.before, s.changed
}

// apart is how far the ids of two worlds are apart, so that none stands for two events.
const apart = 1 << 32

// Serve answers until ctx ends.
func (s *Server) Serve(ctx context.Context) error {
	web := &http.Server{
		Handler: s.guarded(s.routes(ctx)), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	jobs, running := errgroup.WithContext(ctx)
	jobs.Go(func() error {
		if err := web.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	jobs.Go(func() error {
		<-running.Done()
		soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if web.Shutdown(soon) != nil {
			return web.Close()
		}
		return nil
	})
	return jobs.Wait()
}

// routes are the requests of docs/console.md. A line that was said goes on until ctx ends,
// also when the page that said it is closed.
func (s *Server) routes(ctx context.Context) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/events", s.events)
	mux.HandleFunc("POST /api/cmd", func(w http.ResponseWriter, r *http.Request) { s.command(ctx, w, r) })
	mux.HandleFunc("POST /api/play", s.play)
	mux.HandleFunc("GET /api/export", s.export)
	mux.HandleFunc("GET /api/ledger", s.ledger)
	mux.HandleFunc("GET /api/scenarios", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.world.Scenarios()) })
	mux.HandleFunc("GET /api/runs", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.world.Runs()) })
	mux.HandleFunc("GET /api/words", words)
	mux.HandleFunc("GET /api/town.svg", s.town)
	mux.HandleFunc("GET /api/token", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, s.token) })
	mux.HandleFunc("GET /view/", func(w http.ResponseWriter, r *http.Request) { s.files.serve(w, r, page) })
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { s.files.serve(w, r, page) })
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		s.files.serve(w, r, strings.TrimPrefix(r.URL.Path, "/"))
	})
	return mux
}
