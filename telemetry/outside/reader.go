package outside

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"glovebox/hal"
)

// Reader is one entry of the access document with its own mailbox.
type Reader struct {
	ID      string // a person's id, or workshop or backend
	Mailbox string // 32 lower-case hex digits
	Column  Column
	Inbox   string // of the back end: where it is told changes made at the wheel; else empty
	Seal    []byte // X25519 public key; nil if the entry has none
	Without []Kind // what the main user took away from this reader
}

// without reports whether the reader gets nothing of a kind, whatever its column.
func (r *reader) without(kind Kind) bool { return slices.Contains(r.Without, kind) }

// restricted is the cell of what was taken away from a reader.
var restricted = Cell{Rule: Restricted, LimitedBy: []string{Restricted}}

// reader is a Reader and what it has missed.
type reader struct {
	Reader
	index          int           // of the column
	since          time.Duration // older fixes are not for this reader
	seal           *seal         // nil if there is no key
	sealBroken     bool          // there is a key, but it cannot be used: the place stays in the car
	missedStatus   missed
	missedPosition missed
	looks          [lookedKinds]looks
	untold         map[string]bool // codes of lights whose state this reader alone waits for
	stubs          []stub          // trips that wait for the reader's slot, oldest first
}

// SetReaders replaces the readers by those of an access document of this
// version, their columns as they are in force now. What a reader has missed is
// kept under its mailbox; what waits for a reader who is gone or changed is
// dropped. Who has a new mailbox or column is told the lights that are on, but not by
// the first call: at a start nobody is new. A reader of an unknown column or without a proper mailbox gets nothing.
func (o *Outside) SetReaders(version uint64, readers []Reader, at hal.Instant) {
	o.advance(at)
	next := make([]*reader, 0, len(readers))
	first := o.readers == nil
	var fresh []*reader
	for _, r := range readers {
		i := columnIndex(r.Column)
		if i < 0 || r.Column == ColumnLimitedAssigned || !is128(r.Mailbox) {
			continue
		}
		if slices.ContainsFunc(next, func(n *reader) bool { return n.Mailbox == r.Mailbox }) {
			continue
		}
		r.Seal, r.Without = slices.Clone(r.Seal), slices.Clone(r.Without)
		n := &reader{Reader: r, index: i, since: at.Boot, untold: map[string]bool{}}
		n.seal, n.sealBroken = o.sealFor(r, version)
		old := o.find(r.Mailbox)
		if !first && (old == nil || old.Column != r.Column) {
			fresh = append(fresh, n)
		}
		if old != nil {
			n.missedStatus, n.missedPosition = old.missedStatus, old.missedPosition
			n.untold, n.looks, n.stubs = old.untold, old.looks, old.stubs
			if old.Column == r.Column {
				n.since = old.since
			} else {
				maps.Copy(n.untold, o.columns[old.index].waiting) // a light that went out meanwhile
			}
			if n.seal != nil && old.seal != nil && n.seal.version == old.seal.version && bytes.Equal(old.Seal, r.Seal) {
				n.seal = old.seal
			}
		}
		next = append(next, n)
	}
	another, waited := inboxOf(o.readers) != inboxOf(next), o.stubIDs()
	o.readers = next
	o.pending = slices.DeleteFunc(o.pending, func(r Released) bool { return !o.Recheck(r, at) })
	for _, c := range o.classes {
		c.report = 0
	}
	for _, r := range fresh {
		codes := o.on()
		maps.Copy(codes, r.untold)
		o.tell(r, codes, at)
		if !o.onceASlot(r, at) {
			o.lookNow(r, at)
		}
	}
	if another {
		o.sayChange(at)
	}
	o.tripsTold(waited)
	o.plan()
}

func inboxOf(readers []*reader) string {
	for _, r := range readers {
		if r.Inbox != "" {
			return r.Inbox
		}
	}
	return ""
}

// sealFor reads a reader's key. One that cannot be used is broken, not absent.
func (o *Outside) sealFor(r Reader, version uint64) (s *seal, broken bool) {
	if len(r.Seal) == 0 {
		return nil, false
	}
	s, err := newSeal(o.options.VID, version, r.Seal, o.signer, sealSteps{o.policy.numbers.PositionPad, o.policy.numbers.TripPad})
	return s, err != nil
}

// Readers are the readers in force. One whose key cannot be used is without what would go
// sealed.
func (o *Outside) Readers() []Reader {
	out := make([]Reader, len(o.readers))
	for i, r := range o.readers {
		out[i] = r.Reader
		for _, kind := range Kinds() {
			if r.sealBroken && rowOf(kind).sealed {
				out[i].Without = append(slices.Clip(out[i].Without), kind)
			}
		}
	}
	return out
}

// Receives are the kinds of messages of which something may reach a reader in a state.
func (p *Policy) Receives(r Reader, state State) []string {
	if p.Slot(r.Column).Every <= 0 {
		return nil
	}
	var out []string
	for _, kind := range Kinds() {
		if !slices.Contains(r.Without, kind) && slices.ContainsFunc(p.classes, func(c Class) bool {
			return p.onTopic(c, kind) && p.Decide(c, r.Column, Unassigned, state).Verdict.Releases()
		}) {
			out = append(out, string(kind))
		}
	}
	return out
}

// addressee is the reader whom a message of a class goes to.
func (o *Outside) addressee(mailbox string, class Class) *reader {
	if class == classChange {
		i := slices.IndexFunc(o.readers, func(r *reader) bool { return r.Inbox == mailbox && mailbox != "" })
		if i < 0 {
			return nil
		}
		return o.readers[i]
	}
	return o.find(mailbox)
}

func (o *Outside) find(mailbox string) *reader {
	for _, r := range o.readers {
		if r.Mailbox == mailbox {
			return r
		}
	}
	return nil
}

// Recheck is the decision once more, just before sending: by the readers, the
// place and the link of now. What it refuses must be dropped, and is reported
// as purged.
func (o *Outside) Recheck(r Released, now hal.Instant) bool {
	cell, ok := o.recheck(r, now)
	if !ok && r.form != 0 {
		for _, d := range r.decisions(cell) {
			d.At, d.Outcome = now, Purged
			o.report(d)
		}
	}
	return ok
}

// recheck returns the cell that decides now.
func (o *Outside) recheck(r Released, now hal.Instant) (Cell, bool) {
	to, cell, ok := o.decide(r.Tag(), now)
	f := r.row()
	switch {
	case !ok || r.body == nil:
		return cell, false
	case f.live && (!o.up || to.Column != r.column):
		return Cell{Rule: DefaultDeny, LimitedBy: nobody}, false
	case f.sealed && (f.live && r.seal != to.seal || to.sealBroken):
		return cell, false
	}
	return cell, f.still == nil || f.still(o, to, r, now)
}

// Handed is told that a message was handed over to the link: it is then in
// the ledger as published or reduced, and a place lights the indicator.
func (o *Outside) Handed(r Released, now hal.Instant) {
	if r.row().place && r.place >= o.shut {
		o.placeAt, o.placeOut = now.Boot, true
	}
	if r.Kind() == KindTrips {
		o.handedTrip(r, now)
		return
	}
	cell := o.policy.Decide(r.Class(), r.column, Unassigned, Open)
	for _, d := range r.decisions(cell) {
		d.At = now
		o.report(d)
	}
}

// decisions are the decisions a message stands for; cell is that of its class.
func (r Released) decisions(cell Cell) []Decision {
	if class := r.Class(); class != "" {
		return []Decision{{
			Class: class, Reader: r.reader, Kind: r.Kind(),
			Outcome: cell.outcome(), Rule: cell.Rule, LimitedBy: cell.LimitedBy,
		}}
	}
	var out []Decision
	for _, n := range r.runs {
		out = append(out, Decision{
			Class: n.class, Reader: r.reader, Kind: r.Kind(),
			Outcome: n.cell.outcome(), Rule: n.cell.Rule, LimitedBy: n.cell.LimitedBy,
		})
	}
	return out
}
