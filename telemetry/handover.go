package telemetry

import (
	"maps"
	"slices"
	"time"

	"glovebox/telemetry/outside"
)

// handLive hands over what is live, as far as the window is free.
func (c *Courier) handLive(s *dispatch) {
	for _, w := range c.live.peek() {
		if !s.fits(w.released) {
			continue
		}
		p, now := parcel{tag: w.released.Tag()}, time.Now()
		stance := c.suspects.stance(p, now)
		if (stance == alone || stance == trial) && len(s.flying) > 0 {
			continue // a newer one may take its place meanwhile
		}
		if stance == aside {
			continue // likewise: at its turn there may be no newer one
		}
		if c.call.Decide(w.released) == Drop {
			c.live.take(w.number)
			continue
		}
		if !c.handOne(s, w) {
			continue
		}
		c.fate(w.released, Handed)
		if stance == trusted {
			continue
		}
		if s.alone = true; stance == trial {
			c.suspects.try(p, now)
		}
		return
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
// timely waits until something else is sent, which happens at each slot; what is behind it
// does not.
func (c *Courier) handKept(s *dispatch) {
	room := s.room()
	if s.retry != nil || room < batch && len(s.flying) > 0 || s.alone {
		return
	}
	var passed []Kept // looked at just now
	for look, more := s.early, true; more; look = nil {
		waiting, err := c.with.Outbox.Next(s.last, room)
		if err != nil {
			c.restOutbox(s, err)
			return
		}
		chosen := c.choose(s, slices.Concat(look, waiting), room)
		handed, err := c.handBatch(s, chosen.send, chosen.refused)
		if err != nil {
			c.restOutbox(s, err)
			return
		}
		passed = append(passed, chosen.early...)
		s.early = passed
		for _, k := range waiting {
			s.last = max(s.last, k.ID)
		}
		if s.alone = chosen.alone && len(handed) > 0; s.alone && chosen.trial {
			c.suspects.try(chosen.first, time.Now())
		}
		for _, r := range handed {
			c.fate(r, Handed)
		}
		more = len(waiting) == room && len(chosen.send) == 0 && !chosen.held
	}
	if len(s.early) == 0 && len(s.flying) == 0 {
		c.suspects.forget()
	}
}

// choice is what is to become of kept messages.
type choice struct {
	send, refused []uint64
	early         []Kept
	first         parcel // of send
	alone, trial  bool   // it goes alone, and was set aside
	held          bool   // what is behind one that must go alone waits for it
}

// choose decides about kept messages, in order. Where one must go alone those behind it
// wait, but not behind one that was set aside.
func (c *Courier) choose(s *dispatch, all []Kept, room int) (out choice) {
	now := time.Now()
	for _, k := range all {
		p := parcel{k.ID, k.Released.Tag()}
		stance := c.suspects.stance(p, now)
		busy := len(s.flying) > 0 || len(out.send) > 0
		answer := Wait
		switch {
		case out.held || len(out.send) >= room || stance == aside || stance == trial && busy:
		case stance == alone && busy:
			out.held = true
		default:
			answer = c.call.Decide(k.Released)
		}
		switch answer {
		case Wait:
			out.early = append(out.early, k)
		case Send:
			if len(out.send) == 0 {
				out.first, out.alone, out.trial = p, stance != trusted, stance == trial
			}
			out.held = out.held || stance != trusted
			out.send = append(out.send, k.ID)
		default:
			out.refused = append(out.refused, k.ID)
		}
	}
	return out
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
	epoch, before := c.epoch, maps.Clone(c.seqs)
	kept, err := c.with.Outbox.Settle(c.done, send, func(series string) (string, uint64) { return c.stamp(s.epoch, series) })
	if err != nil {
		c.epoch, c.seqs = epoch, before
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
	if c.call.Seal != nil {
		k.Released = c.call.Seal(k.Released)
	}
	suffix, payload, err := k.Released.Encode(outside.Seq{Epoch: k.Epoch, N: k.Seq, Resend: k.Resend})
	if err != nil {
		c.with.Log.Error("message not encoded", "kind", string(k.Released.Kind()), "error", err)
		return false
	}
	s.fly(parcel{k.ID, k.Released.Tag()}, Message{Topic: outside.Topic(c.with.VID, k.Released.Mailbox(), suffix), Payload: payload})
	s.flying[len(s.flying)-1].released = k.Released
	return true
}
