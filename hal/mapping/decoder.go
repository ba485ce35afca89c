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
	groups   map[uint32]uint16 // by PGN
	messages []message
	targets  []target
	asked    []newest
	fobs     []fob

	heard  time.Duration // when the bus said anything last, boot clock
	awake  time.Duration // when it began to speak after a silence
	drives *drives
}

// message is what one frame may hold: first the signals that conditions ask
// for, then the paths.
type message struct {
	info    *dbc.Message
	match   Match
	watches []watch
	paths   []sources
}

// watch keeps the newest bits of a signal that conditions ask for.
type watch struct {
	signal signal
	slot   int // in asked
}

// newest is those bits; ok is false before the first and while the frames are too short
// for it. A frame that is multiplexed otherwise leaves them as they are.
type newest struct {
	bits uint64
	ok   bool
}

// sources are the entries of one path in one message; the first whose
// conditions hold gives the value.
type sources struct {
	target  int
	entries []source
}

type source struct {
	signal   signal
	when     []test
	invalid  []uint64
	values   []meaning
	scale    float64
	offset   float64
	rounding float64
	scaled   bool
	step     float64 // one bit more, in the path's unit
	jump     float64 // a change by more than this has to stand
}

// meaning is what the bits of a source are on the path.
type meaning struct {
	bits uint64
	to   hal.Value
}

type test struct {
	slot int
	bits uint64
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
	bits   uint64  // that source's bits, while now is the value of them
	check  *check  // nil: whatever the bus says is believed
}

func newDecoder() *Decoder {
	return &Decoder{extended: map[uint32]uint16{}, groups: map[uint32]uint16{}, drives: &drives{}}
}

// Decode appends to dst the readings of f that are new or due: a value that
// changed, at most once an entry's every, and one that did not once a second. What is
// not plausible yet is no reading.
// A value that became unavailable is a reading without a value. A frame that is
// mapped nowhere, a remote one, and what a short frame does not hold give
// nothing. Nothing is allocated but what dst has no room for.
func (d *Decoder) Decode(f *can.Frame, at hal.Instant, dst []hal.Reading) []hal.Reading {
	if at.Boot-d.heard >= busSilent {
		d.awake = at.Boot
	}
	d.heard = at.Boot
	var index, group uint16
	switch {
	case f.Remote:
	case f.Extended:
		index = d.extended[f.ID]
		if len(d.groups) > 0 {
			group = d.groups[can.PGN(f.ID)]
		}
	case f.ID <= can.MaxStandardID:
		index = d.standard[f.ID]
	}
	if index|group == 0 {
		return dst
	}
	p := payload{can.Load((*[can.MaxClassic]byte)(f.Data[:])), &f.Data, int(min(f.Len, can.MaxLen))}
	if index != 0 {
		dst = d.read(&d.messages[index-1], &p, at, dst)
	}
	if group != 0 {
		dst = d.read(&d.messages[group-1], &p, at, dst)
	}
	return dst
}

// read appends the readings of one message.
func (d *Decoder) read(m *message, p *payload, at hal.Instant, dst []hal.Reading) []hal.Reading {
	for i := range m.watches {
		w := &m.watches[i]
		if bits, ok := w.signal.find(p); ok || p.n < w.signal.plan.End() { // or else it is multiplexed otherwise
			d.asked[w.slot] = newest{bits, ok}
		}
	}
	for i := range m.paths {
		t := &d.targets[m.paths[i].target]
		if !d.update(t, &m.paths[i], p) {
			continue
		}
		says := t.now
		if t.check != nil {
			var ok bool
			if says, ok = t.check.judge(says, t.from, at.Boot, max(d.awake, time.Duration(d.drives.ended.Load()))); !ok {
				continue
			}
		}
		wait := t.repeat
		if says != t.given {
			wait = t.every
		} else if says.Absent() {
			continue
		}
		if t.ever && at.Boot-t.at < wait {
			continue
		}
		if t.path == pathIgnition {
			d.drives.ignition(t.given, says, at.Boot)
		}
		t.given, t.at, t.ever = says, at.Boot, true
		dst = append(dst, hal.Reading{Path: t.path, Value: says, At: at})
	}
	return dst
}

// update finds what the frame says about a path, and whether it says anything.
// A frame in which no entry's conditions hold takes back what an entry of this
// message said before; one that is too short, or multiplexed otherwise, is
// silent, and the value that was known grows old.
func (d *Decoder) update(t *target, s *sources, p *payload) bool {
	mine := false
	for i := range s.entries {
		e := &s.entries[i]
		mine = mine || t.from == e
		if !d.hold(e.when) {
			continue
		}
		bits, ok := e.signal.find(p)
		if !ok {
			return false
		}
		if t.from != e || t.bits != bits {
			t.from, t.bits, t.now = e, bits, e.value(bits)
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
		if a := d.asked[w.slot]; !a.ok || a.bits != w.bits {
			return false
		}
	}
	return true
}

// value is what bits are on the path; absent if they are invalid or have no meaning.
func (s *source) value(bits uint64) hal.Value {
	for _, v := range s.invalid {
		if v == bits {
			return hal.Value{}
		}
	}
	if s.values != nil {
		for i := range s.values {
			if s.values[i].bits == bits {
				return s.values[i].to
			}
		}
		return hal.Value{}
	}
	v := s.signal.physical(bits)
	if s.scaled {
		v = float64(v*s.scale) + s.offset
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return hal.Value{}
	}
	if whole := v * s.rounding; s.rounding > 1 && math.Abs(whole) < 1<<53 {
		v = math.RoundToEven(whole) / s.rounding
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
	s := source{signal: newSignal(b.signal), scale: b.spec.Scale, offset: b.spec.Offset, rounding: b.rounding,
		scaled: b.spec.Scale != 1 || b.spec.Offset != 0}
	for _, raw := range b.invalid {
		s.invalid = append(s.invalid, s.signal.bits(raw))
	}
	for _, m := range b.values {
		s.values = append(s.values, meaning{s.signal.bits(m.raw), m.to})
	}
	s.step, s.jump = b.spec.steps(b.signal)
	for _, w := range b.when {
		s.when = append(s.when, d.condition(w, b.spec.Match))
	}
	to := d.target(b.spec)
	m := d.message(b.message, b.spec.Match)
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
	d.targets = append(d.targets, target{path: spec.Path, every: spec.Every, repeat: max(Repeat, spec.Every), check: newCheck(spec.plausible())})
	return len(d.targets) - 1
}

// message returns the state of a message of the DBC file. One that is named by its
// identifier and by its PGN has a state for each; two of one identifier share theirs.
func (d *Decoder) message(info *dbc.Message, match Match) *message {
	for i := range d.messages {
		if m := d.messages[i].info; m.ID == info.ID && m.Extended == info.Extended && d.messages[i].match == match {
			return &d.messages[i]
		}
	}
	d.messages = append(d.messages, message{info: info, match: match})
	switch index := uint16(len(d.messages)); {
	case match == PGN:
		d.groups[can.PGN(info.ID)] = index
	case info.Extended:
		d.extended[info.ID] = index
	default:
		d.standard[info.ID] = index
	}
	return &d.messages[len(d.messages)-1]
}

// condition returns the test of a condition, and has its signal watched.
func (d *Decoder) condition(w rawCondition, match Match) test {
	m, s := d.message(w.message, match), newSignal(w.signal)
	for i := range m.watches {
		if m.watches[i].signal.plan == s.plan {
			return test{m.watches[i].slot, s.bits(w.raw)}
		}
	}
	m.watches = append(m.watches, watch{s, len(d.asked)})
	d.asked = append(d.asked, newest{})
	return test{len(d.asked) - 1, s.bits(w.raw)}
}
