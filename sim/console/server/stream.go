package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"glovebox/sim/console"
)

// A browser opens six connections to a host and no more: with five streams one is left
// for commands.
const mostWindows = 5

const (
	mostBehind = 1000                  // events for which a page may not have had time yet
	keepAlive  = 15 * time.Second      // a comment as often, where nothing happens
	gather     = 20 * time.Millisecond // what comes within goes out together
	comeBack   = 500                   // ms after which a page that was cut off returns
)

// errBehind ends the stream of a page that does not read. It comes back with its id.
var errBehind = errors.New("too far behind")

// events is the stream of a page: what is known, `ready`, and then all that happens.
// Server-sent events, HTML standard, 9.2.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	after, err := resume(r)
	if err != nil {
		http.Error(w, "The id is no number.", http.StatusBadRequest)
		return
	}
	select {
	case s.windows <- struct{}{}:
		defer func() { <-s.windows }()
	default:
		http.Error(w, "Too many windows: close one", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	out := &stream{w: w, control: http.NewResponseController(w)}
	view := r.URL.Query().Get("view")
	if view == "" {
		view = console.Console
	}
	jobs, ctx := errgroup.WithContext(r.Context())
	// A write to a page that does not read ends here.
	defer context.AfterFunc(ctx, func() { _ = out.control.SetWriteDeadline(time.Now()) })()
	f := &follower{server: s, view: view, last: after}
	first := f.next()
	buffer := make(chan console.Event, mostBehind)
	jobs.Go(func() error {
		defer close(buffer)
		return f.follow(ctx, buffer)
	})
	jobs.Go(func() error {
		out.raw("retry: " + strconv.Itoa(comeBack) + "\n\n")
		if err := out.send(first...); err != nil {
			return err
		}
		return out.drain(buffer)
	})
	_ = jobs.Wait() // whoever is gone, or was cut off, comes back
}

// resume is after which event a page goes on. A browser that comes back by itself says it
// in a header, while the address still has what it was opened with.
func resume(r *http.Request) (uint64, error) {
	said := r.Header.Get("Last-Event-ID")
	if said == "" {
		said = r.URL.Query().Get("after")
	}
	if said == "" {
		return 0, nil
	}
	return strconv.ParseUint(said, 10, 64)
}

// follower reads the log of the world that is shown.
type follower struct {
	server *Server
	view   string
	last   uint64 // the newest id that it has, as a page knows it

	log     *console.Log
	wait    <-chan struct{} // closed when there is more
	changed <-chan struct{} // closed when it is another log
}

// next is what came since, with `reset` before what is known if that is where a page
// begins, and `ready` behind it. The first time there is always a `ready`.
func (f *follower) next() []console.Event {
	log, before, changed := f.server.shown()
	if f.changed = changed; log == nil {
		return nil
	}
	var after uint64
	if f.last > before { // else it is of another world
		after = f.last - before
	}
	fresh := f.log == nil
	events, reset, wait := log.Since(after, f.view)
	if f.log == log && after == 0 { // it began already, when there was nothing to be known
		reset = false
	}
	f.log, f.wait = log, wait
	all := make([]console.Event, 0, len(events)+2)
	if reset {
		all = append(all, console.Event{Kind: "reset", Data: nothing})
		f.last = before
	}
	for _, e := range events {
		e.ID += before
		f.last = e.ID
		all = append(all, e)
	}
	if reset || fresh {
		all = append(all, console.Event{Kind: "ready", Data: nothing})
	}
	return all
}

var nothing = json.RawMessage("{}")

// follow puts what happens into a buffer until ctx ends; one that is full ends it.
func (f *follower) follow(ctx context.Context, buffer chan<- console.Event) error {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-f.wait:
		case <-f.changed:
		}
		pause.Reset(gather)
		select {
		case <-ctx.Done():
			return nil
		case <-pause.C:
		}
		for _, e := range f.next() {
			select {
			case buffer <- e:
			default:
				return errBehind
			}
		}
	}
}

// stream writes events to a page.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	text    bytes.Buffer
}

// drain writes what is in a buffer until it is closed.
func (o *stream) drain(buffer <-chan console.Event) error {
	quiet := time.NewTimer(keepAlive)
	defer quiet.Stop()
	for {
		select {
		case e, more := <-buffer:
			if !more {
				return nil
			}
			o.event(e)
			for range len(buffer) { // nobody else takes from it
				if e, more = <-buffer; more {
					o.event(e)
				}
			}
		case <-quiet.C:
			o.raw(":\n\n")
		}
		if err := o.flush(); err != nil {
			return err
		}
		quiet.Reset(keepAlive)
	}
}

// send writes events at once.
func (o *stream) send(events ...console.Event) error {
	for _, e := range events {
		o.event(e)
	}
	return o.flush()
}

func (o *stream) raw(text string) { o.text.WriteString(text) }

// event writes one. `reset` and `ready` have no id: they happened to nobody.
func (o *stream) event(e console.Event) {
	if e.ID > 0 {
		o.raw("id: " + strconv.FormatUint(e.ID, 10) + "\n")
	}
	o.raw("event: " + e.Kind + "\ndata: ")
	o.text.Write(e.Data.(json.RawMessage)) // JSON, which has no line breaks
	o.raw("\n\n")
}

func (o *stream) flush() error {
	_, err := o.w.Write(o.text.Bytes())
	o.text.Reset()
	if err != nil {
		return err
	}
	return o.control.Flush()
}
