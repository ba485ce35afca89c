package outside

import (
	"time"

	"glovebox/hal"
)

// setClock is the first time that the wall clock is set: slots and latches are laid
// anew, once, and what happened before gets the time that it had.
func (o *Outside) setClock(now hal.Instant) {
	before := o.clock
	o.unset, o.clock = false, clock{now}
	o.lay(now.Boot)
	by := now.UTC.Sub(before.latched(now.Boot))
	date := func(t *time.Time) {
		if !t.IsZero() && !ClockSet(*t) {
			*t = t.Add(by)
		}
	}
	for _, s := range o.sorted {
		date(&s.at.UTC)
		for i := range s.held {
			date(&s.held[i].at)
		}
		if l := s.latch; l != nil {
			l.day, l.ok = o.clock.day(now.Boot, l.rule.latch), false // it was no 02:00
			date(&l.stored.at)
			date(&l.candidate.at)
		}
	}
	o.settleLatches()
	for i := range o.fixes {
		date(&o.fixes[i].at.UTC)
	}
	if o.newest != nil {
		date(&o.newest.at.UTC)
	}
	for _, r := range o.readers {
		o.tell(r, o.undated, now) // it takes the place of what waits with a date of 1970
	}
	o.undated = nil
}
