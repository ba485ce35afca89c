package outside

import (
	"cmp"
	"crypto/ed25519"
	"io"
	"math"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"glovebox/hal"
	"glovebox/telemetry/trip"
)

// Never is the Next of a pipeline with nothing to do.
const Never = time.Duration(math.MaxInt64)

// Options are what the pipeline can do without.
type Options struct {
	VID       string                                     // the vehicle id; needed to seal
	Sign      ed25519.PrivateKey                         // the car's key; without it nothing goes to a reader with a seal key
	Gzip      bool                                       // main and shared readers get open messages gzipped
	Decided   func(Decision)                             // called for each decision, while a method of Outside runs
	Freshness func(key string, at hal.Instant) Freshness // asked for as an ask is answered, while a method of Outside runs; nil: no ask is answered

	TripIDs   io.Reader       // the ids of trips are drawn from it; nil: there are no trips
	TripEnded func(trip.Trip) // called for each trip as it ends, while a method of Outside runs: main and shared readers are told with the next Tick
	TripTold  func(id string) // likewise, once nobody waits for a slot to be told of it
}

// Outside is the pipeline from what the car says to what may leave. It has
// one owner and is not safe for concurrent use.
//
//	signals ─┐
//	fixes ───┤
//	alarms ──┼─▶ Outside ──Tick──▶ Released
//	in use ──┤
//	link ────┘
//
// A slot sees everything that came before its instant and nothing that came
// at it or after, whenever Tick is called.
type Outside struct {
	policy  *Policy
	clock   clock
	unset   bool            // the wall clock was never set
	undated map[string]bool // codes of lights that changed meanwhile
	options Options
	signer  jose.Signer

	readers []*reader
	columns [len(columns)]columnState
	signals map[string]*signal
	sorted  []*signal // by path
	classes map[Class]*classState
	alarms  map[string]Alarm

	inUse   bool
	moving  bool
	finder  *trip.Finder
	up      bool
	everUp  bool
	dead    bool          // the line is, and Link says so next
	alive   time.Duration // boot time of the newest slot whose message the broker has, or of the link's opening
	lastFix time.Duration // boot time of the newest gated fix, or of the start

	position grid
	fixes    []fix  // collected for the next message, one a second
	newest   *fix   // the newest gated fix; nil once the place closed
	place    uint64 // counts the closings of the place
	placeAt  time.Duration
	placeOut bool   // a place was handed over at placeAt
	shut     uint64 // place after its last closing by the gate: what was made before lights nothing

	change    []byte // the car's own document that the back end does not have; nil: none
	pending   []Released
	next      time.Duration
	advancing bool // advance runs: what is looked at meanwhile comes back here
}

// columnState is what all readers of a column share: their slots, and the
// alarms that wait for one.
type columnState struct {
	status  grid
	alarms  grid
	waiting map[string]bool  // codes whose state changed
	shown   map[string]Alarm // as they were shown last
}

// New starts a pipeline without readers, with the link down and the car not
// in use. The slots lie on the UTC of start.
func New(p *Policy, start hal.Instant, o Options) *Outside {
	out := &Outside{
		policy: p, clock: clock{start}, unset: !ClockSet(start.UTC), options: o,
		signals: map[string]*signal{}, classes: map[Class]*classState{}, alarms: map[string]Alarm{}, undated: map[string]bool{},
		lastFix: start.Boot, next: Never, finder: trip.NewFinder(p.numbers.MaxFixGap, o.TripIDs),
	}
	if signer, err := newSigner(o.Sign, typeSealed); err == nil {
		out.signer = signer
	}
	for i := range columns {
		out.columns[i].waiting, out.columns[i].shown = map[string]bool{}, map[string]Alarm{}
	}
	out.lay(start.Boot)
	return out
}

// lay lays the slots on the clock.
func (o *Outside) lay(boot time.Duration) {
	for i, c := range columns {
		slot := o.policy.Slot(c)
		o.columns[i].status.start(o.clock, slot.Every, boot)
		o.columns[i].alarms.start(o.clock, cmp.Or(slot.Alarms, slot.Every), boot)
	}
	o.position.start(o.clock, o.policy.Numbers().PositionEvery, boot)
}

// Tick returns what is due now, in the order of its slots, live before kept.
func (o *Outside) Tick(now hal.Instant) []Released {
	if now.Boot >= o.next || o.unset && ClockSet(now.UTC) {
		o.advance(now)
	}
	out := o.pending
	o.pending = nil
	slices.SortStableFunc(out, func(a, b Released) int {
		if by := cmp.Compare(a.slot.Boot, b.slot.Boot); by != 0 || a.Live() == b.Live() {
			return by
		}
		if a.Live() {
			return -1
		}
		return 1
	})
	return out
}

// Next is the boot time at which Tick has something to do; zero if it has now,
// Never if nothing is to come.
func (o *Outside) Next() time.Duration {
	if len(o.pending) > 0 {
		return 0
	}
	return o.next
}

// InUse tells whether the car is in use: ignition ON or START, or moving.
func (o *Outside) InUse(inUse bool, at hal.Instant) {
	if inUse == o.inUse {
		return
	}
	o.advance(at)
	o.inUse = inUse
	o.drive(at)
}

// Link tells whether the link is up. While it is down nothing live is made,
// and what was collected or not yet taken is dropped. If something was Lost the slots
// are missed since the broker had one last. When it is up again main
// and shared readers get the newest status at once, the others at their next
// slot, and each reader is told how many slots were missed. A Tick must follow.
func (o *Outside) Link(up bool, at hal.Instant) {
	if up == o.up {
		return
	}
	o.advance(at)
	o.up = up
	if !up {
		o.fixes = nil
		o.pending = slices.DeleteFunc(o.pending, Released.Live)
		if o.dead {
			o.missLost()
		}
		return
	}
	o.everUp, o.alive, o.dead = true, at.Boot, false
	o.sayChange(at) // before what goes to a mailbox that it names
	for i, c := range columns {
		if immediate(c) {
			o.status(i, at, at)
			o.gaps(i, at)
		}
	}
}

// immediate reports whether a column's kept messages leave at once.
func immediate(c Column) bool { return c == ColumnMain || c == ColumnShared }

// state is the state column at a moment: Open, or NoPosition while in use
// without a gated fix, whatever the cause.
func (o *Outside) state(boot time.Duration) State {
	if boot >= o.StaleAt() {
		return NoPosition
	}
	return Open
}

// StaleAt is the boot time from which the place is missing if no gated fix comes; Never
// while the car is not in use.
func (o *Outside) StaleAt() time.Duration {
	if !o.inUse {
		return Never
	}
	return o.lastFix + o.policy.numbers.FixStale
}

// advance makes everything that is due at or before now. It comes before any
// change, so that a slot sees only what was before it. What is done at a slot by others
// changes nothing of the order in which the slot's own messages are made.
func (o *Outside) advance(now hal.Instant) {
	if o.advancing {
		return
	}
	o.advancing = true
	defer func() { o.advancing = false }()
	o.passTrip(now)
	for i := range columns {
		o.passColumn(i, now)
	}
	o.passPosition(now)
	if o.unset && ClockSet(now.UTC) {
		o.setClock(now)
	}
	o.plan()
}

// plan finds the next deadline.
func (o *Outside) plan() {
	o.next = o.finder.Next()
	for i := range columns {
		if !o.hasReaders(i) {
			continue
		}
		col := &o.columns[i]
		o.next = min(o.next, col.status.next(o.clock), o.position.next(o.clock))
		if o.up && (len(col.waiting) > 0 || o.untold(i)) {
			o.next = min(o.next, col.alarms.next(o.clock))
		}
	}
}

// passColumn makes what the slots of one column hold.
func (o *Outside) passColumn(i int, now hal.Instant) {
	col := &o.columns[i]
	n := col.status.pass(o.clock, now.Boot)
	if n > 0 {
		slot := col.status.slot(o.clock, 0)
		switch {
		case !o.up:
			o.miss(i, func(r *reader) { r.missedStatus.add(&col.status, o.clock, n) })
		case now.Boot-slot.Boot <= late:
			o.status(i, slot, now)
			o.gaps(i, slot)
		case immediate(columns[i]):
			o.status(i, now, now)
		}
	}
	if n > 0 {
		o.showStubs(i, col.status.slot(o.clock, 0))
	}
	if n > 0 && o.up {
		if slot := col.status.slot(o.clock, 0); now.Boot-slot.Boot <= late {
			o.lookAll(i, slot)
		}
	}
	if n := col.alarms.pass(o.clock, now.Boot); n > 0 && o.up {
		if slot := col.alarms.slot(o.clock, 0); now.Boot-slot.Boot <= late {
			o.showAlarms(i, slot)
		}
	}
}

// miss counts a slot that fell into a gap of the link; before the link was up
// for the first time nobody was promised one.
func (o *Outside) miss(i int, count func(*reader)) {
	if !o.everUp {
		return
	}
	for _, r := range o.readers {
		if r.index == i {
			count(r)
		}
	}
}

func (o *Outside) hasReaders(i int) bool {
	return slices.ContainsFunc(o.readers, func(r *reader) bool { return r.index == i })
}

// wall is the wall clock at a slot, by the reading that now carries: the slot's own
// instant, unless the clock was corrected since the slots were laid.
func wall(slot, now hal.Instant) time.Time {
	utc := now.UTC.Add(slot.Boot - now.Boot)
	if d := utc.Sub(slot.UTC); d.Abs() < time.Second {
		return slot.UTC
	}
	return utc.Round(time.Millisecond)
}

// offer begins a message of a form if r may have one now; else it reports that it
// was withheld.
func (o *Outside) offer(r *reader, id formID, slot hal.Instant) (out Released, ok bool) {
	f := &forms[id]
	cell := o.policy.Decide(f.class, r.Column, Unassigned, o.state(slot.Boot))
	if r.without(f.kind) {
		cell = restricted
	}
	if !cell.Verdict.Releases() {
		o.withhold(r, f.class, f.kind, cell, slot)
		return Released{}, false
	}
	return o.release(r, id, slot), true
}

// release begins a message to r, as its row of the table says.
func (o *Outside) release(r *reader, id formID, slot hal.Instant) Released {
	f, out := &forms[id], Released{reader: r.ID, mailbox: r.Mailbox, column: r.Column, form: id, slot: slot}
	out.gzip = f.zipped && o.options.Gzip && immediate(r.Column)
	if f.sealed {
		out.seal, out.open = r.seal, len(r.Seal) == 0
	}
	if f.padded {
		out.pad = o.policy.Slot(r.Column).Pad
	}
	return out
}

func (o *Outside) report(d Decision) {
	if o.options.Decided != nil {
		o.options.Decided(d)
	}
}

// withhold reports that a cell kept a class from a reader.
func (o *Outside) withhold(r *reader, class Class, kind Kind, cell Cell, at hal.Instant) {
	o.report(Decision{
		At: at, Class: class, Reader: r.ID, Kind: kind,
		Outcome: Withheld, Rule: cell.Rule, LimitedBy: cell.LimitedBy,
	})
}
