package telemetry

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"glovebox/telemetry/outside"
)

// Courier owns what lies between released and acknowledged: the live queue,
// the kept queue, the line to the broker and the numbers on its messages.
//
//	Send ──live──▶ memory, one deep ──┐
//	  └────kept──▶ outbox, on disk ───┴▶ Decide ▶ number ▶ line ▶ acknowledged
//
// Deliver calls back without a lock held, so a callback may take the cabin's lock
// and call any method but Deliver. The methods themselves must be called without the
// lock that Decide, or the functions of a Purge, take.
type Courier struct {
	with   CourierOptions
	call   Callbacks // of Deliver
	target target
	live   live

	suspects suspects // of Deliver

	handing handing           // held while messages are handed over and while a purge runs, disk and all
	epoch   string            // guarded by handing; of seqs
	seqs    map[string]uint64 // guarded by handing; the last number given in each series
	done    []uint64          // guarded by handing; kept messages that the broker has, to be forgotten
}

// handing has one token. It is no mutex, for its holder may wait for the disk; only
// Deliver and Purge wait for it.
type handing chan struct{}

func (h handing) take() { h <- struct{}{} }
func (h handing) give() { <-h }

// CourierOptions is what a Courier needs. Rand and Log may be nil.
type CourierOptions struct {
	VID   string // also the client id
	Agent string // version of this program
	Epoch string // 32 hex digits, new at each start

	Outbox Outbox
	Dial   func(context.Context, Opening) (Connection, error)

	Keepalive       time.Duration // whole seconds; zero is 30 s
	GiveUp          time.Duration // after one and a half keepalives, the broker has given a silent line up; zero is 15 s
	PauseMin        time.Duration // the first pause between two lines; zero is 0.5 s
	PauseMax        time.Duration // pauses double up to this; zero is 60 s
	Before          Left          // of the process that this one takes over from
	Rand            func() float64
	Log             *slog.Logger
	DocumentVersion uint64 // of the access document at the start
}

// Answer is what becomes of a message that was released earlier. The zero Answer is
// the strictest.
type Answer uint8

const (
	Drop Answer = iota // it may not leave any more
	Wait               // a kept message waits for a slot of its reader
	Send
)

// Fate is what became of a message.
type Fate uint8

const (
	Handed Fate = iota // it was handed over to MQTT, a repeat too; not said of a muted line
	Taken              // the broker acknowledged it; said of live messages
	Lost               // it never did, and the line is dead: said of live messages before Link(false), and of the zero message
)

// Callbacks are what the Courier asks and tells while it delivers. All but Decide may be nil.
type Callbacks struct {
	Decide  func(outside.Released) Answer           // the decision once more, just before sending
	Seal    func(outside.Released) outside.Released // closes it to its reader's key of now, likewise; called with the handing held
	Link    func(up bool)                           // the line opened, or ended, in turn; what Link(true) sends goes before all that waits
	Fate    func(outside.Released, Fate)            // what became of a message
	Inbound func(topic string, payload []byte)
	Inbox   func() string // the mailbox that the back end writes to, as each line opens; nil or empty: none
}

// NewCourier returns a Courier; nothing happens before Deliver.
func NewCourier(o CourierOptions) *Courier {
	o.Keepalive = orDefault(o.Keepalive, 30*time.Second)
	o.GiveUp = orDefault(o.GiveUp, 15*time.Second)
	o.PauseMin = orDefault(o.PauseMin, 500*time.Millisecond)
	o.PauseMax = max(orDefault(o.PauseMax, time.Minute), o.PauseMin)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Rand == nil {
		o.Rand = func() float64 { return 1 }
	}
	c := &Courier{with: o, handing: make(handing, 1), seqs: map[string]uint64{}}
	c.suspects.log = o.Log
	c.suspects.anew()
	c.target = target{wake: make(chan struct{}, 1), giveUp: o.Keepalive*3/2 + o.GiveUp, epoch: o.Epoch, version: o.DocumentVersion, held: o.Before.Silent}
	return c
}

func orDefault(d, other time.Duration) time.Duration {
	if d <= 0 {
		return other
	}
	return d
}

// Live takes over what is worthless once something newer exists: it replaces older
// ones of its mailbox and kind, and is dropped while no connection is open. It
// touches memory only.
func (c *Courier) Live(messages []outside.Released) {
	for _, r := range messages {
		c.live.put(r)
	}
	c.target.wakeUp()
}

// DropLive forgets what keep refuses of what is live. It touches memory only; one
// message may be on its way to the connection already.
func (c *Courier) DropLive(keep func(outside.Released) bool) { c.live.purge(keep) }

// Keep takes over what waits until the broker has it; it is on disk when Keep returns,
// but for what was refused for good. With an error it took none.
func (c *Courier) Keep(messages []outside.Released) (refused []outside.Released, err error) {
	defer c.target.wakeUp()
	return c.with.Outbox.Put(messages)
}

// Purge forgets what live refuses of what waits in memory, and on disk everything of
// the tags that kept refuses, which is told how many have the tag; it returns how many
// messages that were. Once it returned none of them is handed over any more. live and
// kept must not call the Courier.
func (c *Courier) Purge(live func(outside.Released) bool, kept func(tag outside.Tag, n int) bool) (int, error) {
	c.handing.take()
	defer c.handing.give()
	n := c.live.purge(live)
	if err := c.settle(); err != nil { // the broker has these, they are not lost
		return n, err
	}
	forgotten, err := c.with.Outbox.Purge(kept)
	return n + forgotten, err
}

// Renew is a session's end: the line closes, and exactly 500 ms after its last byte, or
// after this call where none is open, the next one is dialled, with the new epoch and every
// mailbox counting from 1.
// While muted nothing is closed or dialled. An epoch must never come twice.
func (c *Courier) Renew(epoch string) { c.target.renew(epoch) }

// Mute makes the car silent: when Mute(true) returns not one byte more leaves.
// There is no DISCONNECT and the socket stays open until the broker must have
// given it up, as in a tunnel; and as in a tunnel everything above the line goes
// on, so that nothing but the silence tells. After Mute(false) it is silent all the
// same until then, and the next line comes after the usual pause.
func (c *Courier) Mute(on bool) { c.target.mute(on) }

// OpensAt is the time before which no line opens although nothing is muted any more:
// the broker has to give up the one that was. waits is false if none is waited for.
func (c *Courier) OpensAt() (at time.Time, waits bool) { return c.target.opens() }

// Left is what is left of one process's connection to the process that takes over from
// it: the next line opens when it would have opened in this one. The zero Left is that of
// a first start.
type Left struct {
	Opens  time.Time     // no line opens before
	Pause  time.Duration // the last pause between two lines, before it was cut; zero after a session's end
	Brisk  time.Time     // until then no pause is a long one
	Silent time.Time     // until then a silent line's socket stays open, and no line opens
	Socket int           // of it; -1: none
}

// HandOver is for the process that takes over from this one: no line is opened any more.
func (c *Courier) HandOver() { c.target.handOver() }

// Left is what that process needs, once Deliver has returned.
func (c *Courier) Left() Left { return c.target.left() }

// Forget has the broker forget that there is this car: its retained state is emptied. It
// reports whether the broker took that within patience, in which a line may still open; a
// silent line says nothing. A session's end is to follow.
func (c *Courier) Forget(patience time.Duration) bool {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	var seen Connection // it has shown its state by the next look
	for !c.target.silent() {
		line := c.target.open()
		if line != nil && line == seen {
			token := line.Publish(Message{Topic: outside.StateTopic(c.with.VID), Retained: true})
			select {
			case <-token.Done():
				if token.Error() == nil {
					return true
				}
			case <-line.Ended():
			case <-timeout.C:
				return false
			}
		}
		seen = line
		select {
		case <-time.After(lineLook):
		case <-timeout.C:
			return false
		}
	}
	return false
}

// lineLook is how often Forget looks for a line.
const lineLook = 50 * time.Millisecond

// DocumentVersion changes the version of the access document in the state. The will
// names it too: once the broker has the state and nothing is on the way, the line is
// opened anew.
func (c *Courier) DocumentVersion(version uint64) { c.target.setVersion(version) }

// Deliver opens one line after the other and hands messages over until ctx
// ends; then it says so in the state and closes the line. It returns nil. It
// must run once only.
func (c *Courier) Deliver(ctx context.Context, callbacks Callbacks) error {
	c.call = callbacks
	defer c.target.end()
	pause := pause{min: c.with.PauseMin, max: c.with.PauseMax, rand: c.with.Rand, last: c.with.Before.Pause, brisk: c.with.Before.Brisk}
	var speaks time.Time
	if at := c.with.Before.Opens; !at.IsZero() {
		if c.with.Before.Pause == 0 { // a session ended
			speaks = at.Add(handshake)
		}
		speaks = later(speaks, c.rest(ctx, &pause, at))
	}
	epoch := c.with.Epoch
	for ctx.Err() == nil {
		tried := time.Now()
		if s, err := c.open(ctx, pause.reach()); err == nil {
			pause.failed = false
			if s.epoch != epoch {
				epoch = s.epoch
				c.suspects.anew()
			}
			opened := time.Now()
			c.holdBack(ctx, s, speaks)
			speaks = time.Time{}
			c.serve(ctx, s)
			if s.reopen {
				continue
			}
			tried = time.Now()
			if s.found || tried.Sub(opened) > pause.last {
				pause.reset()
			}
		} else if errors.Is(err, errHandedOver) {
			<-ctx.Done()
			return nil
		} else if !pause.failed && !errors.Is(err, errCalledOff) {
			pause.failed = true
			c.with.Log.Warn("line not opened", "error", err)
		}
		speaks = c.rest(ctx, &pause, pause.next(tried))
	}
	return nil
}

// open dials the next line.
func (c *Courier) open(ctx context.Context, reach time.Duration) (*dispatch, error) {
	dialing, epoch, version, err := c.target.begin(ctx)
	if err != nil {
		return nil, err
	}
	line, err := c.with.Dial(dialing, Opening{
		Client:    c.with.VID,
		Keepalive: c.with.Keepalive,
		Will:      c.state(false, epoch, version),
		Subscribe: c.topics(),
		Inbound:   c.call.Inbound,
		Reach:     reach,
	})
	if err != nil {
		if dialing.Err() != nil {
			err = errCalledOff
		}
		c.target.opened(nil, false)
		return nil, err
	}
	silenced := context.Cause(dialing) == ErrSilenced
	c.target.opened(line, silenced)
	if silenced && over(line) {
		return nil, errCalledOff
	}
	return &dispatch{line: line, epoch: epoch, will: version}, nil
}

// topics is what the car listens to, and nothing that it says itself.
func (c *Courier) topics() []string {
	vid := c.with.VID
	all := []string{outside.PolicyTopic(vid), outside.ActTopic(vid), outside.AskTopic(vid)}
	if c.call.Inbox != nil {
		if inbox := c.call.Inbox(); inbox != "" {
			all = append(all, outside.Topic(vid, inbox, string(outside.KindMessages)))
		}
	}
	return all
}

// state is the retained message that shows whether the car is there.
func (c *Courier) state(online bool, epoch string, version uint64) Message {
	payload, _ := json.Marshal(struct { // cannot fail
		Online bool   `json:"online"`
		Epoch  string `json:"epoch"`
		Policy uint64 `json:"policy"`
		Agent  string `json:"agent"`
	}{online, epoch, version, c.with.Agent})
	return Message{Topic: outside.StateTopic(c.with.VID), Retained: true, Payload: payload}
}

// handshake is how long after a session's end the new line opened at its time says the
// first word: as long as calling, TLS, CONNECT and SUBSCRIBE take on a fair mobile network.
// So that instant does not show whether the process that says it is a fresh one.
const handshake = 250 * time.Millisecond

// over reports whether a line has ended.
func over(l Connection) bool {
	select {
	case <-l.Ended():
		return true
	default:
		return false
	}
}

// holdBack waits until a line may speak, or is not to any more.
func (c *Courier) holdBack(ctx context.Context, s *dispatch, until time.Time) {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	for {
		if _, fits := c.target.state(s.epoch); !fits {
			return
		}
		select {
		case <-ctx.Done():
		case <-s.line.Ended():
		case <-timer.C:
		case <-c.target.wake:
			continue
		}
		return
	}
}

// rest waits for the time to open the next line: due, if no session ends before. Else it
// returns when that line is to say the first word.
func (c *Courier) rest(ctx context.Context, p *pause, due time.Time) (speaks time.Time) {
	for {
		if at, until, ok := c.target.due(); ok {
			due, speaks = at, at.Add(handshake)
			p.reset()
			p.brisk = until
		}
		c.target.rests(rest{due, p.last, p.brisk})
		c.target.closeUnused()
		timer := time.NewTimer(time.Until(due))
		select {
		case <-ctx.Done():
			timer.Stop()
			return speaks
		case <-timer.C:
			return speaks
		case <-c.target.wake:
			timer.Stop()
		}
	}
}
