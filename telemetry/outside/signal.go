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
