package mapping

import (
	"math"
	"time"

	"glovebox/hal"
	"glovebox/hal/can"
	"glovebox/hal/dbc"
)

// Repeat is how often an unchanged value is handed on again, so that its age
// says whether the bus still repeats it.
const Repeat = time.Second

// Decoder turns the frames of one bus into readings. It remembers the newest
// value of each path and belongs to one goroutine.
type Decoder struct {
	standard [can.MaxStandardID + 1]uint16 // index into messages, plus one
	extended map[uint32]uint16
	messages []message
	targets  []target
	asked    []newest
	fobs     []fob
}

// message is what one frame may hold: first the signals that conditions ask
// for, then the paths.
type message struct {
	info    *dbc.Message
	watches []watch
	paths   []sources
}

// watch keeps the newest raw value of a signal that conditions ask for.
type watch struct {
	plan dbc.Plan
	slot int // in asked
}

// newest is that value; ok is false while the frames do not hold it.
type newest struct {
	raw int64
	ok  bool
}

// sources are the entries of one path in one message; the first whose
// conditions hold gives the value.
type sources struct {
	target  int
	entries []source
}

type source struct {
	plan    dbc.Plan
	when    []test
	invalid []int64
	values  []rawMeaning
	scale   float64
	offset  float64
	tidy    float64
	scaled  bool
}

type test struct {
	slot int
	raw  int64
}

// target is the state of one path: the value that was handed on last, and the
// one that the bus says now.
type target struct {
	path   string
	every  time.Duration
	repeat time.Duration
	given  hal.Value
	at     time.Duration // boot time when it was given
	ever   bool          // it was given at all
	now    hal.Value
	from   *source // who said so; nil: nobody does
	raw    int64   // that source's bits, while now is the value of them
}

func newDecoder() *Decoder { return &Decoder{extended: map[uint32]uint16{}} }

// Decode appends to dst the readings of f that are new or due: a value that
// changed, at most once an entry's every, and one that did not once a second.
// A value that became unavailable is a reading without a value. A frame that is
// mapped nowhere, a remote one, and what a short frame does not hold give
// nothing. Nothing is allocated but what dst has no room for.
func (d *Decoder) Decode(f can.Frame, at hal.Instant, dst []hal.Reading) []hal.Reading {
	var index uint16
	switch {
	case f.Remote:
	case f.Extended:
		index = d.extended[f.ID]
	case f.ID <= can.MaxStandardID:
		index = d.standard[f.ID]
	}
	if index == 0 {
		return dst
	}
	m := &d.messages[index-1]
	n := int(min(f.Len, can.MaxLen))
	for i := range m.watches {
		w := &m.watches[i]
		d.asked[w.slot].raw, d.asked[w.slot].ok = load(&w.plan, &f.Data, n)
	}
	for i := range m.paths {
		t := &d.targets[m.paths[i].target]
		if !d.update(t, &m.paths[i], &f.Data, n) {
			continue
		}
		wait := t.repeat
		if t.now != t.given {
			wait = t.every
		} else if t.now.Absent() {
			continue
		}
		if t.ever && at.Boot-t.at < wait {
			continue
		}
		t.given, t.at, t.ever = t.now, at.Boot, true
		dst = append(dst, hal.Reading{Path: t.path, Value: t.now, At: at})
	}
	return dst
}

// load is the plan's raw value in the first n bytes of data.
func load(plan *dbc.Plan, data *[can.MaxLen]byte, n int) (raw int64, ok bool) {
	if plan.Quick() {
		if n < plan.End() {
			return 0, false
		}
		return plan.LoadRaw(data), true
	}
	return plan.Raw(data[:n])
}

// update finds what the frame says about a path, and whether it says anything.
// A frame in which no entry's conditions hold takes back what an entry of this
// message said before; one that is too short, or multiplexed otherwise, is
// silent, and the value that was known grows old.
func (d *Decoder) update(t *target, s *sources, data *[can.MaxLen]byte, n int) bool {
	mine := false
	for i := range s.entries {
		e := &s.entries[i]
		mine = mine || t.from == e
		if !d.hold(e.when) {
			continue
		}
		raw, ok := load(&e.plan, data, n)
		if !ok {
			return false
		}
		if t.from != e || t.raw != raw {
			t.from, t.raw, t.now = e, raw, e.value(raw)
		}
		return true
	}
	if mine {
		t.from, t.now = nil, hal.Value{}
	}
	return mine
}

func (d *Decoder) hold(when []test) bool {
	for _, w := range when {
		if a := d.asked[w.slot]; !a.ok || a.raw != w.raw {
			return false
		}
	}
	return true
}

// value is what raw is on the path; absent if it is invalid or has no meaning.
func (s *source) value(raw int64) hal.Value {
	for _, v := range s.invalid {
		if v == raw {
			return hal.Value{}
		}
	}
	if s.values != nil {
		for i := range s.values {
			if s.values[i].raw == raw {
				return s.values[i].to
			}
		}
		return hal.Value{}
	}
	v := s.plan.Physical(raw)
	if s.scaled {
		v = float64(v*s.scale) + s.offset
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return hal.Value{}
	}
	if whole := v * s.tidy; s.tidy > 1 && math.Abs(whole) < 1<<53 {
		v = math.RoundToEven(whole) / s.tidy
	}
	return hal.Number(v)
}

// Messages returns the messages in which a path or a condition is looked up, in
// the order of the mapping file.
func (d *Decoder) Messages() []*dbc.Message {
	all := make([]*dbc.Message, len(d.messages))
	for i := range d.messages {
		all[i] = d.messages[i].info
	}
	return all
}

// add takes one entry in, while the plan is made.
func (d *Decoder) add(b bound) {
	s := source{plan: *b.signal.Plan(), invalid: b.invalid, values: b.values,
		scale: b.spec.Scale, offset: b.spec.Offset, tidy: b.tidy, scaled: b.spec.Scale != 1 || b.spec.Offset != 0}
	for _, w := range b.when {
		s.when = append(s.when, test{d.watch(w), w.raw})
	}
	to := d.target(b.spec)
	m := d.message(b.message)
	for i := range m.paths {
		if m.paths[i].target == to {
			m.paths[i].entries = append(m.paths[i].entries, s)
			return
		}
	}
	m.paths = append(m.paths, sources{to, []source{s}})
}

// target returns the index of a path. Entries of one path share the longest period.
func (d *Decoder) target(spec Signal) int {
	for i := range d.targets {
		if t := &d.targets[i]; t.path == spec.Path {
			t.every = max(t.every, spec.Every)
			t.repeat = max(t.repeat, spec.Every)
			return i
		}
	}
	d.targets = append(d.targets, target{path: spec.Path, every: spec.Every, repeat: max(Repeat, spec.Every)})
	return len(d.targets) - 1
}

// message returns the state of a message of the DBC file.
func (d *Decoder) message(info *dbc.Message) *message {
	for i := range d.messages {
		if d.messages[i].info == info {
			return &d.messages[i]
		}
	}
	d.messages = append(d.messages, message{info: info})
	if info.Extended {
		d.extended[info.ID] = uint16(len(d.messages))
	} else {
		d.standard[info.ID] = uint16(len(d.messages))
	}
	return &d.messages[len(d.messages)-1]
}

// watch returns the slot that keeps the newest value of a condition's signal.
func (d *Decoder) watch(w rawCondition) int {
	m := d.message(w.message)
	for i := range m.watches {
		if m.watches[i].plan == *w.signal.Plan() {
			return m.watches[i].slot
		}
	}
	m.watches = append(m.watches, watch{*w.signal.Plan(), len(d.asked)})
	d.asked = append(d.asked, newest{})
	return len(d.asked) - 1
}
