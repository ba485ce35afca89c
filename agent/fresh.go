package agent

import (
	"cmp"
	"math"
	"slices"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// Carried is what a fresh process is told by the one that it replaces: nothing of the
// session that ended but why, who comes next, and facts about the car, without a place.
type Carried struct {
	Ended  Reason  `json:"ended"`
	Next   Request `json:"next"`   // who was let in meanwhile; the zero Request: nobody
	Why    Reason  `json:"why"`    // they were
	Waits  Request `json:"waits"`  // who waits until the car is parked
	Parked bool    `json:"parked"` // the car was seen parked

	Inside    bool          `json:"inside"`    // somebody is in the car
	Since     time.Duration `json:"since"`     // since when, boot clock
	Locks     bool          `json:"locks"`     // it says whether it is locked
	Suggested profiles.ID   `json:"suggested"` // whose fob opened it, until somebody drives

	Epoch   time.Duration  `json:"epoch"`   // when that of after the end began, boot clock
	Climate time.Duration  `json:"climate"` // when climate ordered from afar ends; zero: none
	Orders  []carriedOrder `json:"orders"`  // that nobody was answered yet

	Alarms   []carriedAlarm  `json:"alarms"`
	Said     []said          `json:"said"` // the newest of each path but of what settings set, oldest first
	Pipeline outside.Carried `json:"pipeline"`
}

// said is a reading as it is carried over. One of the three is there, or none.
type said struct {
	Bus    string      `json:"bus"`
	Path   string      `json:"path"`
	At     hal.Instant `json:"at"`
	Number *float64    `json:"number,omitempty"`
	Truth  *bool       `json:"truth,omitempty"`
	Word   *string     `json:"word,omitempty"`
}

func say(bus string, r hal.Reading) said {
	s := said{Bus: bus, Path: r.Path, At: r.At}
	if n, ok := r.Value.Float(); ok && !math.IsNaN(n) && !math.IsInf(n, 0) {
		s.Number = &n
	}
	if r.Value.IsBool() {
		truth := r.Value.IsTrue()
		s.Truth = &truth
	}
	if word, ok := r.Value.Text(); ok {
		s.Word = &word
	}
	return s
}

func (s said) reading() hal.Reading {
	r := hal.Reading{Path: s.Path, At: s.At}
	switch {
	case s.Number != nil:
		r.Value = hal.Number(*s.Number)
	case s.Truth != nil:
		r.Value = hal.Bool(*s.Truth)
	case s.Word != nil:
		r.Value = hal.Word(*s.Word)
	}
	return r
}

// carriedOrder is an order that was accepted: by its key and numbers, and what it has the
// car do if that was sent. One that was not is of an epoch that is over.
type carriedOrder struct {
	Key   string        `json:"key"`
	Epoch string        `json:"epoch"`
	Ctr   uint64        `json:"ctr"`
	Verb  profiles.Verb `json:"verb"`
	Sent  []sent        `json:"sent"`
	Since time.Duration `json:"since"`
	Until time.Duration `json:"until"`
}

type sent struct {
	said
	Within float64 `json:"within"`
}

// lineOpens is how long after an end the line to the broker opens.
const lineOpens = 500 * time.Millisecond

// carry adds what is owed to those who ordered something and still may.
func (r *remote) carry(told Carried, people *people, now hal.Instant) Carried {
	if told.Epoch = r.epoch.at; now.Boot-told.Epoch >= lineOpens { // a purge was late: one more end to the outside
		told.Epoch = now.Boot
	}
	told.Climate = r.climate
	for _, o := range r.waiting {
		if _, known := people.roster.Orderer(o.action.Key); !known {
			continue
		}
		c := carriedOrder{o.action.Key, o.action.Epoch, o.action.Ctr, o.action.Verb, nil, o.since, o.until}
		for _, w := range o.sent {
			c.Sent = append(c.Sent, sent{say("", hal.Reading{Path: w.path, Value: w.value}), w.within})
		}
		told.Orders = append(told.Orders, c)
	}
	return told
}

// resume takes in what carry told. The epoch has another name, and is as old.
func (r *remote) resume(from Carried) {
	r.epoch.at, r.climate = from.Epoch, from.Climate
	for _, c := range from.Orders {
		o := order{action: profiles.Action{Key: c.Key, Epoch: c.Epoch, Ctr: c.Ctr, Verb: c.Verb}, since: c.Since, until: c.Until}
		for _, s := range c.Sent {
			o.sent = append(o.sent, want{s.Path, s.reading().Value, s.Within})
		}
		r.waiting = append(r.waiting, o)
	}
}

// carry is what the car said last, but for where it is, and for what settings set: that
// may be a guest's choice, and the car says it anew.
func (v *vehicle) carry() (all []said) {
	for path, r := range v.signals {
		if outside.Classify(path) != outside.ClassPosition && !slices.Contains(adjusted, path) {
			all = append(all, say(r.bus, r.Reading))
		}
	}
	slices.SortFunc(all, func(a, b said) int { return cmp.Or(cmp.Compare(a.At.Boot, b.At.Boot), cmp.Compare(a.Path, b.Path)) })
	return all
}

// resume takes in what carry told; readers know of its warnings.
func (v *vehicle) resume(from Carried, now hal.Instant, out *outside.Outside) {
	v.motion.stands(from.Parked)
	v.resumeAlarms(from.Alarms)
	for _, s := range from.Said {
		r := s.reading()
		r.At = from.Pipeline.Dated(r.At)
		v.frames(s.Bus, 1, r.At)
		v.read(s.Bus, r)
		out.Signal(r)
	}
	f := &v.fobs
	f.isIn, f.inside, f.locks, f.suggested, f.settled = from.Inside, from.Since, from.Locks, from.Suggested, now.Boot+forgetFobs
}

// fresh says when this process gives way to a fresh one, in which nothing of a guest or of
// a removed person is left. It is a plain value: the cabin owns it.
type fresh struct {
	able   bool     // there can be one
	wanted bool     // this process has held what has to go
	erases bool     // a key was destroyed; wanted, once the people without its owner are on disk
	begun  *Carried // the name is given back, or about to be: whoever is let in comes next
}

// follows reports whether a fresh process comes at the session's end.
func (f *fresh) follows() bool { return f.able && f.wanted }

// begin has this process give way, where one is to follow and nobody is at the wheel, and
// reports whether it does. What may not stay in the queue has been purged.
func (f *fresh) begin(s profiles.Session, ended Reason, car shown) bool {
	if !f.follows() || f.begun != nil || s.State != profiles.Idle || ended == Restart {
		return false
	}
	f.begun = &Carried{Ended: ended, Parked: car.known && car.parked && car.stood}
	return true
}

// told is what the fresh process is told at the end.
func (f *fresh) told(t transition, v *vehicle, p *privacy) Carried {
	told := *f.begun
	told.Waits, told.Alarms, told.Said, told.Pipeline = t.request, v.carryAlarms(), v.carry(), p.out.Carry()
	told.Inside, told.Since, told.Locks, told.Suggested = v.fobs.isIn, v.fobs.inside, v.fobs.locks, v.fobs.suggested
	return told
}

// nobody has nobody come next who was let in before: an end is newer than they are.
func (f *fresh) nobody() {
	if f.begun != nil {
		f.begun.Next = Request{}
	}
}

// giveWay returns when the name is given back, and calls for the fresh process.
func giveWay(n *news, call func(told func() Carried), told func() Carried) {
	given := make(chan struct{})
	n.add(nameGiven{given})
	<-given
	call(told)
}

// nameGiven has the name given back to the bus, once all is told that happened before:
// what is called from then on waits for the fresh process.
type nameGiven struct{ done chan struct{} }
