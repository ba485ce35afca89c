package outside

import (
	"cmp"
	"slices"
	"time"

	"glovebox/hal"
)

// signal is what is known of one path.
type signal struct {
	path   string
	class  *classState
	status bool // its class goes into status messages
	read   bool // said anything since the start
	latest hal.Value
	at     hal.Instant
	latch  *latch // nil if no column has a daily latch for its class
	held   [len(columns)]shown
}

// classState is what the paths of a class share.
type classState struct {
	class  Class
	report time.Duration // boot time from which a withheld reading is reported again
}

// shown is a value as it was released, and the arrival it was made of.
type shown struct {
	text string
	at   time.Time
	ok   bool
}

// latch is the value held at the last latch time of day.
type latch struct {
	rule  *rule
	day   int64
	value hal.Value
	at    time.Time
	ok    bool
	// from before the start; the candidate becomes the stored one at the next latch
	stored, candidate shown
}

// reportEvery is how often a class that does not leave is reported anew.
const reportEvery = time.Minute

// Signal takes a reading. It is called thousands of times a second and
// allocates only for a path it sees for the first time.
func (o *Outside) Signal(r hal.Reading) {
	if r.At.Boot >= o.next {
		o.advance(r.At)
	}
	s := o.signals[r.Path]
	if s == nil {
		s = o.learn(r.Path)
	}
	if s.latch != nil {
		s.roll(o.clock, r.At.Boot)
	}
	if f, isNumber := r.Value.Float(); isNumber && !finite(f) {
		r.Value = hal.Value{}
	}
	s.latest, s.at, s.read = r.Value, r.At, true
	if r.At.Boot >= s.class.report {
		o.reportWithheld(s.class, r.At)
	}
}

// learn classifies a path once.
func (o *Outside) learn(path string) *signal {
	class := Classify(path)
	s := &signal{path: path, class: o.classes[class], status: o.policy.onTopic(class, KindStatus)}
	if s.class == nil {
		s.class = &classState{class: class}
		o.classes[class] = s.class
	}
	for _, c := range columns {
		cell := o.policy.Decide(class, c, Unassigned, Open)
		if cell.reader != nil && cell.reader.latched {
			s.latch = &latch{rule: cell.reader, day: o.clock.day(o.clock.start.Boot, cell.reader.latch)}
			break
		}
	}
	o.signals[path] = s
	i, _ := slices.BinarySearchFunc(o.sorted, path, func(s *signal, p string) int { return cmp.Compare(s.path, p) })
	o.sorted = slices.Insert(o.sorted, i, s)
	return s
}

// roll takes the value of the last latch time, if one has passed.
func (s *signal) roll(c clock, boot time.Duration) {
	l := s.latch
	day := c.day(boot, l.rule.latch)
	if day <= l.day {
		return
	}
	l.day = day
	switch {
	case s.read && !s.latest.Absent():
		l.value, l.at, l.ok = s.latest, s.at.UTC, true
	case l.candidate.ok:
		l.stored = l.candidate
	}
}

// reportWithheld tells the ledger that a class was seen and kept in the car.
func (o *Outside) reportWithheld(c *classState, at hal.Instant) {
	c.report = at.Boot + reportEvery
	for _, r := range o.readers {
		cell := o.policy.Decide(c.class, r.Column, Unassigned, o.state(at.Boot))
		if !cell.Verdict.Releases() {
			o.withhold(r, c.class, KindStatus, cell, at)
		}
	}
}

// status makes one message for each reader of a column, of what is known at
// the slot. A column with a grid of its own gets one even if it is empty.
func (o *Outside) status(i int, slot, now hal.Instant, first bool) {
	if !o.hasReaders(i) {
		return
	}
	data, runs, empty := o.assemble(i, slot)
	for _, r := range o.readers {
		if r.index != i {
			continue
		}
		for _, n := range empty {
			o.withhold(r, n.class, KindStatus, n.cell, slot)
		}
		if len(data) == 0 && quick(r.Column) {
			continue
		}
		ts := slot.UTC
		if quick(r.Column) {
			ts = wall(slot, now)
		}
		out := o.release(r, KindStatus, slot)
		out.live, out.first, out.runs = true, first, runs
		out.gzip = o.options.Gzip && quick(r.Column)
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
			data = append(data, point{s.path, []dp{{value.text, millis(o.stamp(i, value.at, slot))}}})
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
func (o *Outside) stamp(i int, arrival time.Time, slot hal.Instant) time.Time {
	if quick(columns[i]) {
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
	if !ok && !s.read && cell.reader != nil && cell.reader.notInUse {
		return *held // the car sleeps and has said nothing since the start
	}
	*held = fresh
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
	l := s.latch
	s.roll(c, slot.Boot)
	if s.read && s.latest.Absent() {
		return shown{}, false
	}
	if l.ok {
		text, ok := r.apply(s.path, l.value)
		return shown{text, l.at, ok}, ok
	}
	return l.stored, l.stored.ok
}
