package outside

import (
	"time"

	"glovebox/hal"
)

// status makes one message for each reader of a column, of what is known at
// the slot. A column with a grid of its own gets one even if it is empty.
func (o *Outside) status(i int, slot, now hal.Instant) {
	if !o.hasReaders(i) {
		return
	}
	data, runs, empty := o.assemble(i, slot)
	for _, r := range o.readers {
		if r.index != i {
			continue
		}
		if r.without(KindStatus) {
			for _, n := range runs {
				o.withhold(r, n.class, KindStatus, restricted, slot)
			}
			continue
		}
		for _, n := range empty {
			o.withhold(r, n.class, KindStatus, n.cell, slot)
		}
		if len(data) == 0 && immediate(r.Column) {
			continue
		}
		ts := slot.UTC
		if immediate(r.Column) {
			ts = wall(slot, now)
		}
		out := o.release(r, formStatus, slot)
		out.runs = runs
		out.body = &eventBody{string(KindStatus), millis(ts), data}
		o.pending = append(o.pending, out)
	}
}

// assemble returns what a column may have, by path; the classes in it; and the
// classes that are known and of which nothing leaves.
func (o *Outside) assemble(i int, slot hal.Instant) (data []point, runs, empty []run) {
	data = []point{}
	state := o.state(slot.Boot)
	released := map[Class]bool{}
	var known []run
	for _, s := range o.sorted {
		if !s.status {
			continue
		}
		cell := o.policy.Decide(s.class.class, columns[i], Unassigned, state)
		if !cell.Verdict.Releases() {
			continue
		}
		value := o.value(s, i, cell, slot)
		if value.ok {
			data = append(data, point{s.path, []dp{{value.text, millis(stamp(i, value.at, slot))}}})
		}
		if was, seen := released[s.class.class]; !seen {
			known = append(known, run{s.class.class, cell})
			released[s.class.class] = value.ok
		} else {
			released[s.class.class] = was || value.ok
		}
	}
	for _, n := range known {
		if released[n.class] {
			runs = append(runs, n)
		} else {
			empty = append(empty, n)
		}
	}
	return data, runs, empty
}

// stamp is the time shown for a value: its arrival to main and shared, the
// slot to everyone else, for an arrival tells when the car was used.
func stamp(i int, arrival time.Time, slot hal.Instant) time.Time {
	if immediate(columns[i]) {
		return arrival
	}
	return slot.UTC
}

// value is what a column may see of a path at a slot. It becomes the value
// that is held from now on.
func (o *Outside) value(s *signal, i int, cell Cell, slot hal.Instant) shown {
	held := &s.held[i]
	if cell.state != nil || cell.reader != nil && o.repeats(cell.reader, slot) {
		return *held
	}
	fresh, ok := o.fresh(s, cell.reader, slot)
	switch {
	case ok || s.read:
		*held = fresh
	case cell.reader != nil && cell.reader.notInUse:
		return *held // the car sleeps and has said nothing since the start
	}
	return fresh
}

// repeats reports whether a rule lets nothing new pass at this slot.
func (o *Outside) repeats(r *rule, slot hal.Instant) bool {
	if r.every > 0 && slot.UTC.Unix()%int64(r.every/time.Second) != 0 {
		return true
	}
	return r.hold || r.notInUse && o.inUse
}

// fresh is the value now, coarsened by a rule or, without one, as it is.
func (o *Outside) fresh(s *signal, r *rule, slot hal.Instant) (shown, bool) {
	if r != nil && r.latched {
		return s.latched(r, o.clock, slot)
	}
	if !s.read || s.latest.Absent() {
		return shown{}, false
	}
	if r == nil {
		return shown{s.latest.String(), s.at.UTC, true}, true
	}
	if s.class.class == classInUse {
		return shown{ignition(o.inUse), s.at.UTC, true}, true
	}
	text, ok := r.apply(s.path, s.latest)
	return shown{text, s.at.UTC, ok}, ok
}

// ignition is in use or not, as a word of Vehicle.LowVoltageSystemState.
func ignition(inUse bool) string {
	if inUse {
		return "ON"
	}
	return "OFF"
}

// latched is the value at the last latch time, or what was stored before it.
func (s *signal) latched(r *rule, c clock, slot hal.Instant) (shown, bool) {
	s.roll(c, slot.Boot)
	if s.read && s.latest.Absent() {
		return shown{}, false
	}
	v := s.lastLatch(r)
	return v, v.ok
}
