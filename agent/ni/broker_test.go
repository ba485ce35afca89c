package ni_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"glovebox/telemetry"
)

// What broker and car know of each other's silence.
const (
	keepalive = 30 * time.Second
	givenUp   = keepalive * 3 / 2                     // the broker, after the last byte
	margin    = 15*time.Second + 137*time.Millisecond // so that no slot lies where a connection ends
	foundDead = givenUp + margin                      // the car, after the last byte that got out
	goesAt    = 1                                     // every message goes at this QoS: telemetry.Message has none
	someWait  = 180 * time.Millisecond                // of an acknowledgement, in some worlds
)

// Wire is a message as it went to the broker, or what happened to the connection.
type Wire struct {
	at             time.Duration
	event          string // connect, mute, will, close; empty for a message
	topic          string
	qos            byte
	retain, resend bool
	payload        []byte
}

// broker is coverage and broker in one: it writes down what it gets and when. A mute is
// written down too, though a broker sees none.
type broker struct {
	begun   time.Time
	latency time.Duration // of acknowledgements

	mu      sync.Mutex
	covered bool
	there   *connection // that the broker still takes for open
	line    *connection // the newest one of the car
	wires   []Wire
	comes   *time.Timer // has coverage come back
}

var errNoCoverage = errors.New("no coverage")

// seen is what it saw so far.
func (b *broker) seen() []Wire {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.wires)
}

func (b *broker) write(w Wire) {
	w.at = time.Since(b.begun)
	b.wires = append(b.wires, w)
}

func (b *broker) dial(_ context.Context, o telemetry.Opening) (telemetry.Connection, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.covered {
		return nil, errNoCoverage
	}
	if old := b.there; old != nil { // the same client again
		b.will(old)
	}
	c := &connection{broker: b, opening: o, last: time.Now(), ended: make(chan struct{})}
	b.there, b.line = c, c
	b.write(Wire{event: "connect"})
	return c, nil
}

// will is what a broker says of a car that went without a word. mu is held.
func (b *broker) will(c *connection) {
	if b.there != c {
		return
	}
	b.there = nil
	b.write(Wire{event: "will", topic: c.opening.Will.Topic, qos: goesAt, retain: c.opening.Will.Retained, payload: c.opening.Will.Payload})
}

// cover has coverage come or go. Cut, both ends of the connection notice at once; else
// what is sent waits in the car, and arrives if it comes back in time.
func (b *broker) cover(on, cut bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.comes != nil {
		b.comes.Stop()
	}
	if b.covered == on {
		return
	}
	b.covered = on
	c := b.line
	switch {
	case c == nil || c.over || c.muted:
	case on:
		c.resume()
	case cut:
		b.will(c)
		c.end()
	default:
		c.lose()
	}
}

// coverOnceGivenUp has coverage come back, but not before both ends have given the
// connection up that was open when it went.
func (b *broker) coverOnceGivenUp() {
	b.mu.Lock()
	wait := time.Duration(0)
	if c := b.line; c != nil && c.stale {
		wait = time.Until(c.last.Add(foundDead))
	}
	if wait > 0 {
		b.comes = time.AfterFunc(wait, func() { b.cover(true, false) })
	}
	b.mu.Unlock()
	if wait <= 0 {
		b.cover(true, false)
	}
}

// reset is the car's process dying with its connection.
func (b *broker) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := b.line; c != nil && !c.over {
		if b.covered && !c.muted {
			b.will(c)
		} else {
			c.fallSilent()
		}
		c.end()
	}
}

// open is the connection on which the car hears what is sent to it; nil if there is none.
func (b *broker) open() *connection {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := b.line; c != nil && !c.over && !c.muted && b.covered {
		return c
	}
	return nil
}

// connection is one connection of the car. All is guarded by the broker's mu.
type connection struct {
	broker    *broker
	opening   telemetry.Opening
	last      time.Time // the last byte that got out
	silent    bool      // the broker counts from last on
	muted     bool
	stale     bool // coverage went while it was open, and it was not cut
	over      bool
	unsent    []*flight  // without coverage
	unheard   []*flight  // acknowledged without coverage
	arrived   *[]*flight // in one instant: they are acknowledged in one
	arrivedAt time.Time
	giveUp    *time.Timer // of the car
	ended     chan struct{}
}

// flight is a message on its way. It is its own token.
type flight struct {
	message telemetry.Message
	done    chan struct{}
}

func (f *flight) Done() <-chan struct{} { return f.done }
func (f *flight) Error() error          { return nil }

func (c *connection) Publish(m telemetry.Message) telemetry.Token {
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	f := &flight{message: m, done: make(chan struct{})}
	switch {
	case c.over || c.muted:
	case !c.broker.covered:
		c.unsent = append(c.unsent, f)
	default:
		c.arrive(f)
	}
	return f
}

// arrive is a message reaching the broker, who answers.
func (c *connection) arrive(f *flight) {
	c.last = time.Now()
	m := f.message
	c.broker.write(Wire{topic: m.Topic, qos: goesAt, retain: m.Retained, resend: resends(m.Payload), payload: m.Payload})
	if c.broker.latency == 0 {
		close(f.done)
		return
	}
	if c.last.Equal(c.arrivedAt) {
		*c.arrived = append(*c.arrived, f)
		return
	}
	all := &[]*flight{f}
	c.arrived, c.arrivedAt = all, c.last
	time.AfterFunc(c.broker.latency, func() {
		c.broker.mu.Lock()
		defer c.broker.mu.Unlock()
		switch {
		case c.over || c.muted:
		case !c.broker.covered:
			c.unheard = append(c.unheard, *all...)
		default:
			acknowledge(*all)
		}
	})
}

// acknowledge has the car hear of all of these at once: it looks when it has heard of the
// oldest, which comes last.
func acknowledge(all []*flight) {
	for _, f := range slices.Backward(all) {
		close(f.done)
	}
}

// fallSilent has the broker count from the last byte on; pings were bytes too.
func (c *connection) fallSilent() {
	if c.silent {
		return
	}
	c.silent = true
	c.last = c.last.Add(time.Since(c.last) / keepalive * keepalive)
	time.AfterFunc(time.Until(c.last.Add(givenUp)), func() {
		c.broker.mu.Lock()
		defer c.broker.mu.Unlock()
		if c.silent {
			c.broker.will(c)
		}
	})
}

// lose is coverage that goes: the car finds out late.
func (c *connection) lose() {
	c.fallSilent()
	c.stale = true
	c.giveUp = time.AfterFunc(time.Until(c.last.Add(foundDead)), func() {
		c.broker.mu.Lock()
		defer c.broker.mu.Unlock()
		c.end()
	})
}

// resume is coverage that comes back: what waited arrives, unless the broker has given
// the connection up.
func (c *connection) resume() {
	c.giveUp.Stop()
	if c.broker.there != c {
		c.end()
		return
	}
	c.silent, c.stale, c.last = false, false, time.Now()
	for _, f := range c.unsent {
		c.arrive(f)
	}
	acknowledge(c.unheard)
	c.unsent, c.unheard = nil, nil
}

// end ends it for the car.
func (c *connection) end() {
	if !c.over {
		c.over = true
		close(c.ended)
	}
}

func (c *connection) Ended() <-chan struct{} { return c.ended }

func (c *connection) Written() time.Time {
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	return c.last.Add(time.Since(c.last) / keepalive * keepalive)
}

func (c *connection) Mute() {
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	if c.over || c.muted {
		return
	}
	c.fallSilent()
	c.muted = true
	c.broker.write(Wire{event: "mute"})
}

// Close says goodbye, where that reaches the broker.
func (c *connection) Close() {
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	if c.over {
		return
	}
	if c.broker.covered && !c.muted && c.broker.there == c {
		c.broker.there = nil
		c.broker.write(Wire{event: "close"})
	} else {
		c.fallSilent()
	}
	c.end()
}
