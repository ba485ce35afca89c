package outside

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// heldFile is what must outlive a restart: values released last, daily
// latches, alarms. They are facts about the car; no person stands in them.
type heldFile struct {
	Version int         `json:"version"`
	Held    []heldValue `json:"held"`
	Latched []heldLatch `json:"latched"`
	Alarms  []heldAlarm `json:"alarms"`
}

type heldValue struct {
	Column Column    `json:"column"`
	Path   string    `json:"path"`
	Value  string    `json:"value"`
	At     time.Time `json:"at"`
}

// heldLatch is a latched value, or the one that will be at the next latch
// time, coarsened by its rule.
type heldLatch struct {
	Rule  string    `json:"rule"`
	Path  string    `json:"path"`
	Value string    `json:"value"`
	At    time.Time `json:"at"`
	Next  bool      `json:"next"`
}

// heldAlarm is a light and the columns that have not been shown its state.
type heldAlarm struct {
	Code     string   `json:"code"`
	Severity string   `json:"severity"`
	Active   bool     `json:"active"`
	Waiting  []Column `json:"waiting"`
}

const heldVersion = 1

// Held is what Restore needs after a restart. Store it after each Tick and
// each Alarm that changed it; equal states give equal bytes.
func (o *Outside) Held() []byte {
	f := heldFile{Version: heldVersion, Held: []heldValue{}, Latched: []heldLatch{}, Alarms: []heldAlarm{}}
	for _, s := range o.sorted {
		for i, c := range columns {
			if h := s.held[i]; h.ok && o.holds(s.class.class, c) {
				f.Held = append(f.Held, heldValue{c, s.path, h.text, h.at.UTC()})
			}
		}
		if s.latch != nil {
			f.Latched = append(f.Latched, s.heldLatches()...)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(o.alarms)) {
		a := o.alarms[code]
		h := heldAlarm{a.Code, a.Severity, a.Active, []Column{}}
		for i, c := range columns {
			if o.columns[i].waiting[code] || slices.ContainsFunc(o.readers, func(r *reader) bool { return r.index == i && r.untold[code] }) {
				h.Waiting = append(h.Waiting, c) // a start tells all of the column: no mailbox stands here
			}
		}
		f.Alarms = append(f.Alarms, h)
	}
	out, err := json.Marshal(f)
	if err != nil {
		panic(err) // strings, bools and times always marshal
	}
	return out
}

// holds reports whether a value of the class may have to be repeated.
func (o *Outside) holds(class Class, c Column) bool {
	cell := o.policy.Decide(class, c, Unassigned, NoPosition)
	return cell.state != nil || cell.reader != nil && (cell.reader.notInUse || cell.reader.every > 0)
}

func (s *signal) heldLatches() []heldLatch {
	var out []heldLatch
	l := s.latch
	add := func(v shown, next bool) {
		if v.ok {
			out = append(out, heldLatch{l.rule.name, s.path, v.text, v.at.UTC(), next})
		}
	}
	add(s.lastLatch(l.rule), false)
	if s.read && !s.latest.Absent() {
		text, ok := l.rule.apply(s.path, s.latest)
		add(shown{text, s.at.UTC, ok}, true)
	} else {
		add(l.candidate, true)
	}
	return out
}

// lastLatch is the value of the last latch time, as a rule tells it.
func (s *signal) lastLatch(r *rule) shown {
	l := s.latch
	if !l.ok {
		return l.stored
	}
	text, ok := r.apply(s.path, l.value)
	return shown{text, l.at, ok}
}

// Restore takes what Held returned before the restart. It comes before the
// first input. A damaged store is refused and changes nothing; values of
// paths, rules and columns that the policy no longer has are left out.
func (o *Outside) Restore(data []byte) error {
	var f heldFile
	if err := strictJSON(data, &f); err != nil {
		return fmt.Errorf("restore held values: %w", err)
	}
	if f.Version != heldVersion {
		return fmt.Errorf("restore held values: version %d: want %d", f.Version, heldVersion)
	}
	for _, h := range f.Held {
		i := columnIndex(h.Column)
		if i < 0 || !o.holds(Classify(h.Path), h.Column) {
			continue
		}
		o.known(h.Path).held[i] = shown{h.Value, h.At, true}
	}
	for _, h := range f.Latched {
		s := o.known(h.Path)
		switch v := (shown{h.Value, h.At, true}); {
		case s.latch == nil || s.latch.rule.name != h.Rule:
		case h.Next:
			s.latch.candidate = v
		default:
			s.latch.stored = v
		}
	}
	o.settleLatches()
	for _, h := range f.Alarms {
		o.alarms[h.Code] = Alarm{h.Code, h.Severity, h.Active}
		for _, c := range h.Waiting {
			if i := columnIndex(c); i >= 0 {
				o.columns[i].waiting[h.Code] = true
			}
		}
	}
	o.plan()
	return nil
}

// settleLatches takes what was to be latched next and is older than the last latch time.
func (o *Outside) settleLatches() {
	for _, s := range o.sorted {
		if s.latch != nil && s.latch.candidate.ok && s.latch.candidate.at.Before(o.clock.latchedAt(s.latch)) {
			s.latch.stored = s.latch.candidate
		}
	}
}

// latchedAt is the latch time before the start.
func (c clock) latchedAt(l *latch) time.Time {
	return time.Unix(c.day(c.start.Boot, l.rule.latch)*24*60*60, 0).Add(l.rule.latch)
}

// known is the signal of a path, learned if need be.
func (o *Outside) known(path string) *signal {
	if s := o.signals[path]; s != nil {
		return s
	}
	return o.learn(path)
}
