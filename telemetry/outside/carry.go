package outside

import (
	"maps"
	"slices"
	"time"

	"glovebox/hal"
)

// Carried is what a pipeline leaves to the one that goes on in its place in another
// process, so that no reader sees a difference: slots and latches stay where they lie, and
// who missed what is told of it. With Held and the newest readings it is all that there
// is to know. No place, no person and no text of anybody's stands in it.
type Carried struct {
	Clock    hal.Instant     `json:"clock"` // slots and latches lie on it
	EverUp   bool            `json:"ever_up"`
	Alive    time.Duration   `json:"alive"`
	LastFix  time.Duration   `json:"last_fix"` // when, not where
	Position int64           `json:"position"` // the newest slot that has passed
	Slots    []CarriedSlots  `json:"slots"`    // of each column
	Readers  []CarriedReader `json:"readers"`
	Latches  []CarriedLatch  `json:"latches"`
}

// CarriedLatch is the daily value of a path, as it is told, and on which day it was latched
// or was to be. The wall clock of the other process counts other days where it was corrected.
type CarriedLatch struct {
	Path  string    `json:"path"`
	Day   int64     `json:"day"`
	Value string    `json:"value"`
	At    time.Time `json:"at"` // zero: there is none
}

// CarriedSlots are the newest slots of a column that have passed, and what waits for the
// next.
type CarriedSlots struct {
	Status  int64    `json:"status"`
	Alarms  int64    `json:"alarms"`
	Waiting []string `json:"waiting"` // codes of lights
	Shown   []Alarm  `json:"shown"`   // as they were last
}

// CarriedReader is what a reader has missed and is to be told.
type CarriedReader struct {
	Mailbox  string        `json:"mailbox"`
	Column   Column        `json:"column"`
	Since    time.Duration `json:"since"`
	Status   CarriedMissed `json:"status"`
	Position CarriedMissed `json:"position"`
	Untold   []string      `json:"untold"` // codes of lights
	Trips    []CarriedTrip `json:"trips"`  // that wait for the next slot
	Asks     CarriedLooks  `json:"asks"`
	Actions  CarriedLooks  `json:"actions"`
}

// CarriedLooks are the looks at a limited reader's asks, or actions.
type CarriedLooks struct {
	Used    bool          `json:"used"`
	Slot    int64         `json:"slot"` // of the newest look, if used
	Waiting []CarriedLook `json:"waiting"`
}

// CarriedLook is an ask, with its challenge, or an action that waits for a slot.
type CarriedLook struct {
	Key       string `json:"key"`
	Challenge string `json:"challenge,omitempty"`
	Epoch     string `json:"epoch,omitempty"`
	Ctr       uint64 `json:"ctr,omitempty"`
	Veiled    bool   `json:"veiled"`
}

// CarriedTrip is what a reader is to be told of a trip, without its places.
type CarriedTrip struct {
	Since time.Duration `json:"since"`
	Trip  string        `json:"trip"`
	Day   string        `json:"day"`
	Band  string        `json:"distance_km"`
}

// CarriedMissed counts the slots that a reader has missed.
type CarriedMissed struct {
	First   time.Duration `json:"first"`
	Last    time.Duration `json:"last"`
	Dropped uint64        `json:"dropped"`
	Lost    time.Duration `json:"lost"`
}

// Carry is what the pipeline that goes on in this one's place is to be made with.
func (o *Outside) Carry() Carried {
	c := Carried{Clock: o.clock.start, EverUp: o.everUp, Alive: o.alive, LastFix: o.lastFix, Position: o.position.last}
	for _, column := range o.columns {
		kept := CarriedSlots{column.status.last, column.alarms.last, slices.Sorted(maps.Keys(column.waiting)), nil}
		for _, code := range slices.Sorted(maps.Keys(column.shown)) {
			kept.Shown = append(kept.Shown, column.shown[code])
		}
		c.Slots = append(c.Slots, kept)
	}
	for _, s := range o.sorted {
		if s.latch != nil {
			l := CarriedLatch{Path: s.path, Day: s.latch.day}
			if v := s.lastLatch(s.latch.rule); v.ok {
				l.Value, l.At = v.text, v.at.UTC()
			}
			c.Latches = append(c.Latches, l)
		}
	}
	for _, r := range o.readers {
		c.Readers = append(c.Readers, CarriedReader{
			r.Mailbox, r.Column, r.since, r.missedStatus.carry(), r.missedPosition.carry(), slices.Sorted(maps.Keys(r.untold)),
			nil, r.looks[lookedAsk].carry(), r.looks[lookedAction].carry(),
		})
		for to := &c.Readers[len(c.Readers)-1]; len(to.Trips) < len(r.stubs); {
			s := r.stubs[len(to.Trips)]
			to.Trips = append(to.Trips, CarriedTrip{s.since, s.body.Trip, s.body.Day, s.body.Band})
		}
	}
	return c
}

// Dated is when something happened that was carried over. What did before the wall clock was
// set gets the time that it had, as in the pipeline that was there then.
func (c Carried) Dated(at hal.Instant) hal.Instant {
	if !ClockSet(at.UTC) && ClockSet(c.Clock.UTC) {
		at.UTC = c.Clock.UTC.Add(at.Boot - c.Clock.Boot)
	}
	return at
}

// Resume takes what Carry returned in the process before. It comes after New and
// Restore, and before anything else.
func (o *Outside) Resume(c Carried) {
	if len(c.Slots) != len(o.columns) {
		return // another program
	}
	o.clock, o.unset = clock{c.Clock}, !ClockSet(c.Clock.UTC)
	o.everUp, o.alive, o.lastFix = c.EverUp, c.Alive, c.LastFix
	o.lay(c.Clock.Boot)
	o.position.last = c.Position
	for i := range o.columns {
		to, from := &o.columns[i], c.Slots[i]
		to.status.last, to.alarms.last = from.Status, from.Alarms
		to.waiting = codes(from.Waiting) // Restore took it that nobody was told
		for _, a := range from.Shown {
			to.shown[a.Code] = a
		}
	}
	for _, l := range c.Latches {
		if s := o.known(l.Path); s.latch != nil {
			s.latch.day, s.latch.stored = l.Day, shown{l.Value, l.At, !l.At.IsZero()}
		}
	}
	o.readers = []*reader{} // nobody is new to SetReaders who was there before
	for _, r := range c.Readers {
		kept := &reader{
			Reader: Reader{Mailbox: r.Mailbox, Column: r.Column}, index: columnIndex(r.Column), since: r.Since,
			missedStatus: r.Status.resume(), missedPosition: r.Position.resume(), untold: codes(r.Untold),
		}
		kept.looks[lookedAsk], kept.looks[lookedAction] = o.resumeLooks(r.Mailbox, r.Asks), o.resumeLooks(r.Mailbox, r.Actions)
		for _, t := range r.Trips {
			kept.stubs = append(kept.stubs, stub{t.Since, &stubBody{t.Trip, t.Day, t.Band}})
		}
		if kept.index >= 0 {
			o.readers = append(o.readers, kept)
		}
	}
	o.plan()
}

func (l looks) carry() CarriedLooks {
	c := CarriedLooks{Used: l.used, Slot: l.slot}
	for _, w := range l.waiting {
		c.Waiting = append(c.Waiting, CarriedLook{w.of.key, w.of.challenge, w.of.epoch, w.of.ctr, w.veiled})
	}
	return c
}

// resumeLooks goes on with looks at a slot. With the session its epoch ended: an action is
// answered as any of an epoch that is over.
func (o *Outside) resumeLooks(mailbox string, c CarriedLooks) looks {
	l := looks{used: c.Used, slot: c.Slot}
	for _, w := range c.Waiting {
		of := answer{mailbox: mailbox, key: w.Key, challenge: w.Challenge, epoch: w.Epoch, ctr: w.Ctr}
		l.waiting = append(l.waiting, look{func(at hal.Instant, veiled bool) {
			a := of
			if a.challenge == "" {
				if a.result = Expired; veiled {
					a.result = NotNow
				}
			}
			o.reply(a, at)
		}, w.Veiled, of})
	}
	return l
}

func (m missed) carry() CarriedMissed { return CarriedMissed{m.first, m.last, m.dropped, m.lost} }

func (m CarriedMissed) resume() missed { return missed{m.First, m.Last, m.Dropped, m.Lost} }

func codes(all []string) map[string]bool {
	set := map[string]bool{}
	for _, code := range all {
		set[code] = true
	}
	return set
}
