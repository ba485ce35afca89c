package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"glovebox/telemetry"
)

// port is what the world outside sees of the car: it dials fake lines and
// writes down what happens when.
type port struct {
	t     testing.TB
	begun time.Time

	mu     sync.Mutex
	events []event
	lines  []*wire
	refuse bool                         // dials fail
	hang   bool                         // no machine answers: dials hang
	half   bool                         // the broker knows of a line by then
	hold   bool                         // lines give no receipts by themselves
	slow   time.Duration                // how long a line takes to close
	rude   func(telemetry.Message) bool // a line ends at such a message
}

// event is what was seen, at a time since the test began.
type event struct {
	at   time.Duration
	what string
}

func newPort(t testing.TB) *port { return &port{t: t, begun: time.Now()} }

func (p *port) see(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, event{time.Since(p.begun), what})
}

// seen is what happened so far, but for publishing.
func (p *port) seen() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for _, e := range p.events {
		all = append(all, fmt.Sprintf("%v %s", e.at, e.what))
	}
	return strings.Join(all, ", ")
}

func (p *port) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// opened is how many connections there were.
func (p *port) opened() (n int) {
	p.set(func() { n = len(p.lines) })
	return n
}

// dial is the Courier's Dial.
func (p *port) dial(ctx context.Context, o telemetry.Opening) (telemetry.Connection, error) {
	p.mu.Lock()
	refuse, hang, half := p.refuse, p.hang, p.half
	p.mu.Unlock()
	p.see("dial")
	w := &wire{port: p, opening: o, ended: make(chan struct{}), last: time.Now()}
	if hang {
		if o.Reach > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, o.Reach)
			defer cancel()
		}
		if <-ctx.Done(); half && context.Cause(ctx) == telemetry.ErrSilenced {
			w.end()
			return w, nil
		}
		return nil, ctx.Err()
	}
	if refuse {
		return nil, errors.New("no route")
	}
	p.set(func() { p.lines = append(p.lines, w) })
	return w, nil
}

// line is the newest line.
func (p *port) line() *wire {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.lines) == 0 {
		p.t.Fatal("no line was opened")
	}
	return p.lines[len(p.lines)-1]
}

// mail is every message to a mailbox that was handed over, on all lines.
func (p *port) mail() (all []message) {
	p.mu.Lock()
	lines := slices.Clone(p.lines)
	p.mu.Unlock()
	for _, w := range lines {
		all = append(all, w.mail()...)
	}
	return all
}

// wire is one fake line.
type wire struct {
	port    *port
	opening telemetry.Opening
	ended   chan struct{}

	mu     sync.Mutex
	muted  bool
	closed bool
	last   time.Time // the last byte
	sent   []*sent
}

// sent is one message on a wire and its receipt.
type sent struct {
	telemetry.Message
	at     time.Duration
	silent bool // swallowed: it did not leave
	done   chan struct{}
	err    error
}

func (s *sent) Done() <-chan struct{} { return s.done }
func (s *sent) Error() error          { return s.err }

var errLost = errors.New("connection lost before the receipt")

func (w *wire) Publish(m telemetry.Message) telemetry.Token {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := &sent{Message: m, at: time.Since(w.port.begun), silent: w.muted, done: make(chan struct{})}
	if !w.muted {
		w.last = time.Now()
	}
	w.sent = append(w.sent, s) // after the end too: the Courier cannot know
	select {
	case <-w.ended:
		s.err = errLost
		close(s.done)
		return s
	default:
	}
	w.port.mu.Lock()
	hold, rude := w.port.hold, w.port.rude
	w.port.mu.Unlock()
	if rude != nil && rude(m) {
		w.end()
		return s
	}
	if !hold && !w.muted {
		close(s.done)
	}
	return s
}

func (w *wire) Ended() <-chan struct{} { return w.ended }

func (w *wire) Written() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

func (w *wire) Mute() {
	w.port.see("mute")
	w.mu.Lock()
	defer w.mu.Unlock()
	w.muted = true
}

func (w *wire) Close() {
	var slow time.Duration
	w.port.set(func() { slow = w.port.slow })
	time.Sleep(slow)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	w.closed = true
	if !w.muted {
		w.last = time.Now() // its DISCONNECT
	}
	w.port.see("close")
	w.end()
}

// lose breaks the line from outside.
func (w *wire) lose() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.end()
}

func (w *wire) end() {
	select {
	case <-w.ended:
		return
	default:
	}
	close(w.ended)
	for _, s := range w.sent {
		select {
		case <-s.done:
		default:
			s.err = errLost
			close(s.done)
		}
	}
}

// acknowledge gives the next n receipts.
func (w *wire) acknowledge(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.sent {
		select {
		case <-s.done:
		default:
			if n == 0 {
				return
			}
			n--
			close(s.done)
		}
	}
}

// mail is what was published to mailboxes.
func (w *wire) mail() (all []message) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.sent {
		if m, ok := parse(w.port.t, s.Topic, s.Payload); ok {
			m.At = s.at
			all = append(all, m)
		}
	}
	return all
}

// states are the payloads of state.
func (w *wire) states() (all []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.sent {
		if s.Topic == stateTopic && s.Retained {
			all = append(all, string(s.Payload))
		}
	}
	return all
}
