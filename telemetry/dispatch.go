package telemetry

import (
	"context"
	"time"

	"glovebox/telemetry/outside"
)

const (
	window      = 32                     // messages in flight at once
	beside      = 8                      // beside them, of what is live to readers with slots
	batch       = window / 2             // kept messages are fetched and stamped this many at once, one commit for all
	longest     = time.Minute            // a message that is the oldest in flight for so long: the line is given up
	goodbye     = time.Second            // how long a stop waits for what is in flight
	calm        = 700 * time.Millisecond // after a document, before the line opens anew with a will that names it
	outboxRetry = 10 * time.Second       // after a disk error
)

// dispatch is the work on one line.
type dispatch struct {
	line    Connection
	epoch   string
	version uint64           // as the state shows it
	shown   time.Time        // since when
	will    uint64           // the version that the will names
	reopen  bool             // the line is to open anew at once
	flying  []flight         // in the order they were handed over, which is the order of acknowledgements (MQTT 3.1.1, 4.6)
	last    uint64           // id of the newest kept message looked at on this line
	early   []Kept           // looked at, and waiting for a slot of their reader
	retry   <-chan time.Time // not nil while the outbox rests after an error
	oldest  time.Time        // since when flying[0] is the oldest
	alone   bool             // what flies is suspected: nothing goes beside it
	dead    bool             // it was not we who ended the line
	stalled bool             // no acknowledgement came in time
	left    bool             // we say goodbye
	found   bool             // what ended it is known and set aside
}

// flight is a message that was handed over.
type flight struct {
	parcel   // the zero one of a state
	released outside.Released
	at       time.Time
	token    Token
}

// room is how many messages may still be handed over.
func (s *dispatch) room() int {
	if s.alone {
		return 0
	}
	return max(0, window-len(s.flying))
}

// fits reports whether a live message may be handed over. What others are sent must not hold
// up those who get theirs at slots: when it comes would tell them of it.
func (s *dispatch) fits(r outside.Released) bool {
	most := window
	if c := r.Column(); c != outside.ColumnMain && c != outside.ColumnShared {
		most += beside
	}
	return !s.alone && len(s.flying) < most
}

// serve hands messages over on one line until it ends, or should.
func (c *Courier) serve(ctx context.Context, s *dispatch) {
	version, fits := c.target.state(s.epoch)
	if !fits { // it was called off just when it opened
		c.target.closeUnused()
		return
	}
	c.with.Log.Info("line open")
	s.version, s.shown = version, time.Now() // a document may have come while the line opened
	s.fly(parcel{}, c.state(true, s.epoch, s.version))
	c.suspects.tried = false
	c.live.switchTo(true)
	c.link(true)
	defer func() {
		blamed := c.blamed(s)
		c.target.closeUnused()
		c.collect(s)
		if blamed {
			c.suspect(s)
		}
		c.handing.take()
		if err := c.settle(); err != nil {
			c.with.Log.Warn("outbox not written", "error", err) // sent again under the same numbers
		}
		c.handing.give()
		c.lose(s)
		c.link(false)
	}()
	for {
		version, fits := c.target.state(s.epoch)
		if !fits {
			return
		}
		if version != s.version && s.room() > 0 {
			s.version, s.shown = version, time.Now()
			s.fly(parcel{}, c.state(true, s.epoch, version))
		}
		looked := time.Now()
		c.handLive(s)
		c.handKept(s)
		if !c.wait(ctx, s, looked) {
			return
		}
	}
}

// wait returns when there may be something to do after what was looked at; false at the end
// of the connection.
func (c *Courier) wait(ctx context.Context, s *dispatch, looked time.Time) bool {
	var head <-chan struct{}
	var patience, again, stale <-chan time.Time
	if len(s.flying) == 0 && s.version != s.will && !c.target.silent() {
		timer := time.NewTimer(time.Until(s.shown.Add(calm)))
		defer timer.Stop()
		stale = timer.C
	}
	if len(s.flying) > 0 {
		head = s.flying[0].token.Done()
		timer := time.NewTimer(time.Until(s.oldest.Add(longest)))
		defer timer.Stop()
		patience = timer.C
	}
	if due, waits := c.suspects.next(looked); waits {
		timer := time.NewTimer(time.Until(due))
		defer timer.Stop()
		again = timer.C
	}
	select {
	case <-ctx.Done():
		if _, fits := c.target.state(s.epoch); fits { // else the line ends as at any session's end
			c.leave(s)
		}
		return false
	case <-s.line.Ended():
		s.dead = true
		return false
	case <-c.target.wake:
	case <-s.retry:
		s.retry = nil
	case <-again:
	case <-stale: // MQTT 3.1.1 has no other way to change a will
		s.reopen = true
		return false
	case <-head:
		if s.flying[0].token.Error() != nil {
			s.dead = true
			return false
		}
		c.collect(s)
	case <-patience:
		s.stalled, s.dead = true, true
		c.with.Log.Warn("line gives no acknowledgements")
		return false
	}
	return true
}

func (c *Courier) link(up bool) {
	if c.call.Link != nil {
		c.call.Link(up)
	}
}

// lose tells what was live and never acknowledged, and that the line was found dead.
func (c *Courier) lose(s *dispatch) {
	waited := c.live.switchTo(false)
	if s.dead {
		c.fate(outside.Released{}, Lost)
	}
	for _, f := range s.flying {
		if f.released.Live() {
			c.fate(f.released, Lost)
		}
	}
	for _, w := range waited {
		c.fate(w.released, Lost)
	}
}

// fly hands a message to the line.
func (s *dispatch) fly(p parcel, m Message) {
	if len(s.flying) == 0 {
		s.oldest = time.Now()
	}
	s.flying = append(s.flying, flight{parcel: p, at: time.Now(), token: s.line.Publish(m)})
}

// collect takes the acknowledgements that are there, oldest first.
func (c *Courier) collect(s *dispatch) {
	for _, f := range c.acknowledged(s) {
		c.suspects.cleared(f.parcel, s.oldest)
		c.fate(f.released, Taken)
	}
}

func (c *Courier) acknowledged(s *dispatch) (all []flight) {
	c.handing.take()
	defer c.handing.give()
	for len(s.flying) > 0 {
		f := s.flying[0]
		select {
		case <-f.token.Done():
		default:
			return all
		}
		if f.token.Error() != nil {
			return all
		}
		if f.id != 0 {
			c.done = append(c.done, f.id)
		}
		s.flying = s.flying[1:]
		s.oldest, s.alone = time.Now(), false
		all = append(all, f)
	}
	return all
}

// blamed reports whether the broker ended the connection, or gave no acknowledgement,
// and not a tunnel or we ourselves: a tunnel is noticed much later. One that the driver
// has silent counts as in a tunnel, where the last message may be new, too.
func (c *Courier) blamed(s *dispatch) bool {
	if len(s.flying) == 0 || !c.target.keeps(s.epoch) || s.left {
		return false
	}
	return s.stalled || time.Since(s.flying[0].at) <= promptly
}

// suspect looks at what was on the way when the broker ended the connection.
func (c *Courier) suspect(s *dispatch) {
	var onTheWay []parcel
	for _, f := range s.flying {
		if f.parcel != (parcel{}) {
			onTheWay = append(onTheWay, f.parcel)
		}
	}
	first := len(onTheWay) == len(s.flying) // else it may have ended at a state
	s.found = c.suspects.ended(onTheWay, first, time.Now())
}

// fate tells what became of a message.
func (c *Courier) fate(r outside.Released, f Fate) {
	if c.call.Fate == nil || f == Handed && c.target.silent() || f == Taken && !r.Live() {
		return
	}
	c.call.Fate(r, f)
}

// leave says that the car stops, and waits a moment for what is in flight.
func (c *Courier) leave(s *dispatch) {
	s.left = true
	s.fly(parcel{}, c.state(false, s.epoch, s.version))
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
