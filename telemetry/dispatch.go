package telemetry

import (
	"context"
	"maps"
	"slices"
	"time"

	"glovebox/telemetry/outside"
)

const (
	window      = 32               // messages in flight at once
	batch       = window / 2       // kept messages are fetched and stamped this many at once, one commit for all
	patience    = time.Minute      // a line that acknowledges nothing for this long is given up
	goodbye     = time.Second      // how long a stop waits for what is in flight
	outboxRetry = 10 * time.Second // after a disk error
)

// dispatch is the work on one line.
type dispatch struct {
	line    Connection
	epoch   string
	version uint64           // as the state shows it
	flying  []flight         // in the order they were handed over, which is the order of acknowledgements (MQTT 3.1.1, 4.6)
	last    uint64           // id of the newest kept message looked at on this line
	early   []Kept           // looked at, and waiting for a slot of their reader
	retry   <-chan time.Time // not nil while the outbox rests after an error
}

// flight is a message that was handed over.
type flight struct {
	id    uint64 // of a kept message, else 0
	token Token
}

// serve hands messages over on one line until it ends, or should.
func (c *Courier) serve(ctx context.Context, s *dispatch) {
	version, fits := c.target.state(s.epoch)
	if !fits { // it was called off just when it opened
		c.target.closeUnused()
		return
	}
	c.with.Log.Info("line open")
	s.version = version
	s.fly(0, c.state(true, s.epoch, s.version))
	c.live.switchTo(true)
	c.link(true)
	defer func() {
		c.live.switchTo(false)
		c.target.closeUnused()
		c.collect(s)
		c.handing.take()
		if err := c.settle(); err != nil {
			c.with.Log.Warn("outbox not written", "error", err) // sent again under the same numbers
		}
		c.handing.give()
		c.link(false)
	}()
	stalled := time.NewTimer(patience)
	defer stalled.Stop()
	for {
		version, fits := c.target.state(s.epoch)
		if !fits {
			return
		}
		if version != s.version {
			s.version = version
			s.fly(0, c.state(true, s.epoch, version))
		}
		c.handLive(s)
		c.handKept(s)
		var head <-chan struct{}
		if len(s.flying) > 0 {
			head = s.flying[0].token.Done()
		}
		select {
		case <-ctx.Done():
			c.leave(s)
			return
		case <-s.line.Ended():
			return
		case <-c.target.wake:
		case <-s.retry:
			s.retry = nil
		case <-head:
			if s.flying[0].token.Error() != nil {
				return
			}
			c.collect(s)
			stalled.Reset(patience)
		case <-stalled.C:
			if len(s.flying) > 0 {
				c.with.Log.Warn("line gives no acknowledgements")
				return
			}
			stalled.Reset(patience)
		}
	}
}

func (c *Courier) link(up bool) {
	if c.call.Link != nil {
		c.call.Link(up)
	}
}

// fly hands a message to the line.
func (s *dispatch) fly(id uint64, m Message) {
	s.flying = append(s.flying, flight{id, s.line.Publish(m)})
}

// collect takes the acknowledgements that are there, oldest first.
func (c *Courier) collect(s *dispatch) {
	c.handing.take()
	defer c.handing.give()
	for len(s.flying) > 0 {
		f := s.flying[0]
		select {
		case <-f.token.Done():
		default:
			return
		}
		if f.token.Error() != nil {
			return
		}
		if f.id != 0 {
			c.done = append(c.done, f.id)
		}
		s.flying = s.flying[1:]
	}
}

// handLive hands over what is live, as far as the window is free.
func (c *Courier) handLive(s *dispatch) {
	for _, w := range c.live.peek(window - len(s.flying)) {
		if c.call.Decide(w.released) == Drop {
			c.live.take(w.number)
			continue
		}
		if c.handOne(s, w) {
			c.handed(w.released)
		}
	}
}

// handOne hands a live message over unless it was purged or replaced meanwhile.
func (c *Courier) handOne(s *dispatch, w fresh) bool {
	c.handing.take()
	defer c.handing.give()
	if _, fits := c.target.state(s.epoch); !fits || !c.live.take(w.number) {
		return false
	}
	_, n := c.stamp(s.epoch, outside.Series(w.released.Mailbox(), w.released.Kind()))
	return c.publish(s, Kept{Released: w.released, Epoch: s.epoch, Seq: n})
}

// handKept hands over kept messages, in order, a batch at a time. What is not
// timely waits until something else is sent, which happens at each slot.
func (c *Courier) handKept(s *dispatch) {
	room := window - len(s.flying)
	if s.retry != nil || room < batch && len(s.flying) > 0 {
		return
	}
	waiting, err := c.with.Outbox.Next(s.last, room)
	if err != nil {
		c.restOutbox(s, err)
		return
	}
	last := s.last
	var early []Kept
	var send, refused []uint64
	for _, k := range slices.Concat(s.early, waiting) {
		last = max(last, k.ID)
		answer := Wait
		if len(send) < room {
			answer = c.call.Decide(k.Released)
		}
		switch answer {
		case Wait:
			early = append(early, k)
		case Send:
			send = append(send, k.ID)
		default:
			refused = append(refused, k.ID)
		}
	}
	handed, err := c.handBatch(s, send, refused)
	if err != nil {
		c.restOutbox(s, err)
		return
	}
	s.last, s.early = last, early
	for _, r := range handed {
		c.handed(r)
	}
}

// handBatch stamps and hands over what still waits of send. A purge comes
// before or after, never in between: then a number would be missing.
func (c *Courier) handBatch(s *dispatch, send, refused []uint64) ([]outside.Released, error) {
	c.handing.take()
	defer c.handing.give()
	c.done = append(c.done, refused...)
	if len(send) == 0 {
		if len(s.flying) > 0 {
			return nil, nil // forgotten with the next batch
		}
		return nil, c.settle()
	}
	before := maps.Clone(c.seqs)
	kept, err := c.with.Outbox.Settle(c.done, send, func(series string) (string, uint64) { return c.stamp(s.epoch, series) })
	if err != nil {
		c.seqs = before
		return nil, err
	}
	c.done = nil
	var out []outside.Released
	for _, k := range kept {
		if c.publish(s, k) {
			out = append(out, k.Released)
		} else {
			c.done = append(c.done, k.ID)
		}
	}
	return out, nil
}

// settle forgets what is done. Called with handing held.
func (c *Courier) settle() error {
	if len(c.done) == 0 {
		return nil
	}
	_, err := c.with.Outbox.Settle(c.done, nil, nil)
	if err == nil {
		c.done = nil
	}
	return err
}

// restOutbox leaves the disk alone for a while; live messages go on.
func (c *Courier) restOutbox(s *dispatch, err error) {
	c.with.Log.Warn("outbox not usable", "error", err)
	s.retry = time.After(outboxRetry)
}

// stamp gives the next number of a series. Called with handing held.
func (c *Courier) stamp(epoch, series string) (string, uint64) {
	if c.epoch != epoch {
		c.epoch, c.seqs = epoch, map[string]uint64{}
	}
	c.seqs[series]++
	return epoch, c.seqs[series]
}

// publish encodes a message and hands it over; what cannot be encoded is
// dropped. Called with handing held.
func (c *Courier) publish(s *dispatch, k Kept) bool {
	suffix, payload, err := k.Released.Encode(outside.Seq{Epoch: k.Epoch, N: k.Seq, Resend: k.Resend})
	if err != nil {
		c.with.Log.Error("message not encoded", "kind", string(k.Released.Kind()), "error", err)
		return false
	}
	s.fly(k.ID, Message{Topic: outside.Topic(c.with.VID, k.Released.Mailbox(), suffix), Payload: payload})
	return true
}

// handed reports a message that really left.
func (c *Courier) handed(r outside.Released) {
	if c.call.Handed != nil && !c.target.silent() {
		c.call.Handed(r)
	}
}

// leave says that the car stops, and waits a moment for what is in flight.
func (c *Courier) leave(s *dispatch) {
	s.fly(0, c.state(false, s.epoch, s.version))
	timeout := time.After(goodbye)
	for len(s.flying) > 0 && !c.target.silent() {
		select {
		case <-s.flying[0].token.Done():
			if s.flying[0].token.Error() != nil {
				return
			}
			c.collect(s)
		case <-s.line.Ended():
			return
		case <-timeout:
			return
		}
	}
}
