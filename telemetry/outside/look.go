package outside

import (
	"slices"

	"glovebox/hal"
)

// looked is what of a limited reader is looked at once a slot.
type looked uint8

const (
	lookedAsk looked = iota
	lookedAction
	lookedKinds
)

// maxLooks is how many of one reader and kind wait for a slot; further ones are dropped.
const maxLooks = 8

// looks is the looks at one reader's asks, or actions: one a slot, in use or not, so
// that neither an answer nor its absence samples the car more often than that.
type looks struct {
	used    bool
	slot    int64 // of the newest look, if used
	waiting []look
}

// look is one that waits for a slot.
type look struct {
	do     func(at hal.Instant, veiled bool)
	veiled bool   // it was the first of its slot and came while the car was in use
	of     answer // what of, without a result
}

// LookAtAction looks at an action of the reader of a mailbox: do is called at once or,
// while a method of Outside runs, at a slot. Veiled, the answer is NotNow whatever would
// have become of it. Of a limited reader one is looked at in each slot: the first at once
// while the car is not in use, else at the slot; every further one waits for the next.
// Key, epoch and counter are the action's. It reports false if too many wait, or nobody has that mailbox: do is never called.
func (o *Outside) LookAtAction(mailbox, key, epoch string, ctr uint64, at hal.Instant, do func(at hal.Instant, veiled bool)) bool {
	return o.look(lookedAction, answer{mailbox: mailbox, key: key, epoch: epoch, ctr: ctr}, at, do)
}

// Ask answers a challenge with what is so at the moment it is answered at, signed
// by the car; of a limited reader one is looked at in each slot.
func (o *Outside) Ask(mailbox, key, challenge string, at hal.Instant) {
	a := answer{mailbox: mailbox, key: key, challenge: challenge}
	o.look(lookedAsk, a, at, func(at hal.Instant, _ bool) { o.reply(a, at) })
}

// reply answers whoever still has the mailbox.
func (o *Outside) reply(a answer, at hal.Instant) {
	if r := o.find(a.mailbox); r != nil {
		o.respond(r, a, at)
	}
}

func (o *Outside) look(kind looked, of answer, at hal.Instant, do func(at hal.Instant, veiled bool)) bool {
	o.advance(at)
	r := o.find(of.mailbox)
	switch {
	case r == nil:
		return false
	case !o.onceASlot(r, at):
		do(at, false)
		return true
	}
	g, l := &o.columns[r.index].status, &r.looks[kind]
	if g.every <= 0 || len(l.waiting) >= maxLooks {
		return false
	}
	slot := o.clock.index(at.Boot, g.every)
	first := len(l.waiting) == 0 && !(l.used && l.slot == slot)
	if first && !o.inUse {
		l.used, l.slot = true, slot
		do(at, false)
		return true
	}
	l.waiting = append(l.waiting, look{do, first, of})
	o.plan()
	return true
}

// onceASlot reports whether a reader's asks and actions are looked at once a slot.
func (o *Outside) onceASlot(r *reader, at hal.Instant) bool {
	cell := o.policy.Decide(classResult, r.Column, Unassigned, o.state(at.Boot))
	return cell.reader != nil && cell.reader.name == ruleAnswer
}

// lookAll looks at what is due at a slot: the oldest of each reader and kind.
func (o *Outside) lookAll(i int, slot hal.Instant) {
	for _, r := range slices.Clone(o.readers) {
		if r.index != i {
			continue
		}
		for kind := range r.looks {
			l := &r.looks[kind]
			if len(l.waiting) == 0 {
				continue
			}
			next := l.waiting[0]
			l.waiting = l.waiting[1:]
			l.used, l.slot = true, o.clock.index(slot.Boot, o.columns[i].status.every)
			next.do(slot, next.veiled || o.inUse)
		}
	}
}

// lookNow looks at all that waits of who has no slots any more.
func (o *Outside) lookNow(r *reader, at hal.Instant) {
	for kind := range r.looks {
		waiting := r.looks[kind].waiting
		r.looks[kind].waiting = nil
		for _, next := range waiting {
			next.do(at, next.veiled)
		}
	}
}
