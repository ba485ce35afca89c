package telemetry

import (
	"slices"
	"time"

	"glovebox/hal"
	"glovebox/telemetry/outside"
)

// Ledger is what was decided during one person's or one guest's time at the
// wheel, in memory: the oldest entries fall out first, by size and by age. It
// has one owner.
type Ledger struct {
	maxAge   time.Duration
	maxBytes int64

	entries []entry
	bytes   int64
	last    uint64
	open    map[run]int // index into entries, plus dropped
	dropped int
}

// entry is an Entry and the boot time of its first decision.
type entry struct {
	Entry
	first time.Duration
	run   run
}

// run is what makes two decisions the same.
type run struct {
	class   outside.Class
	reader  string
	kind    outside.Kind
	outcome outside.Outcome
	rule    string
}

// runLength is how far apart the first and the last decision of an entry lie.
const runLength = time.Minute

// NewLedger is an empty ledger, bounded by the policy's numbers.
func NewLedger(n outside.Numbers) *Ledger {
	return &Ledger{maxAge: n.LedgerMaxAge, maxBytes: n.LedgerMaxBytes, open: map[run]int{}}
}

// Add enters a decision and reports whether it began a new entry.
func (l *Ledger) Add(d outside.Decision) bool {
	key, count := run{d.Class, d.Reader, d.Kind, d.Outcome, d.Rule}, uint32(max(1, d.Count))
	if i, ok := l.open[key]; ok {
		if e := &l.entries[i-l.dropped]; d.At.Boot-e.first < runLength {
			e.Count += count
			e.To = d.At.UTC.UTC().Truncate(time.Minute)
			return false
		}
	}
	l.last++
	at := d.At.UTC.UTC().Truncate(time.Minute)
	e := entry{
		Entry: Entry{
			ID: l.last, From: at, To: at, Class: string(d.Class), Reader: d.Reader, Kind: string(d.Kind),
			Outcome: string(d.Outcome), Rule: d.Rule, LimitedBy: d.LimitedBy, Count: count,
		},
		first: d.At.Boot,
		run:   key,
	}
	l.open[key] = l.dropped + len(l.entries)
	l.entries = append(l.entries, e)
	l.bytes += e.size()
	l.trim(d.At)
	return true
}

// size is about what an entry takes in memory.
func (e entry) size() int64 {
	n := 256 + len(e.Class) + len(e.Reader) + len(e.Kind) + len(e.Outcome) + len(e.Rule)
	for _, s := range e.LimitedBy {
		n += 16 + len(s)
	}
	return int64(n)
}

// trim lets the oldest fall out. The newest always stays.
func (l *Ledger) trim(now hal.Instant) {
	n := 0
	for n < len(l.entries)-1 && (l.bytes > l.maxBytes || now.Boot-l.entries[n].first > l.maxAge) {
		e := l.entries[n]
		l.bytes -= e.size()
		if l.open[e.run] == l.dropped+n {
			delete(l.open, e.run)
		}
		n++
	}
	l.dropped += n
	l.entries = slices.Delete(l.entries, 0, n)
}

// Entries returns what the filter takes, oldest first; with a limit the newest
// so many.
func (l *Ledger) Entries(f LedgerFilter) []Entry {
	var out []Entry
	for _, e := range l.entries {
		if f.takes(e.Entry) {
			out = append(out, e.copied())
		}
	}
	if f.Limit > 0 && len(out) > int(f.Limit) {
		out = out[len(out)-int(f.Limit):]
	}
	return out
}

func (f LedgerFilter) takes(e Entry) bool {
	is := func(want, have string) bool { return want == "" || want == have }
	if !f.From.IsZero() && e.To.Before(f.From) || !f.To.IsZero() && e.From.After(f.To) {
		return false
	}
	return e.ID > f.After && is(f.Class, e.Class) && is(f.Reader, e.Reader) && is(f.Kind, e.Kind) && is(f.Outcome, e.Outcome)
}

func (e entry) copied() Entry {
	out := e.Entry
	out.LimitedBy = slices.Clone(out.LimitedBy)
	return out
}

// Entry returns one entry by its id.
func (l *Ledger) Entry(id uint64) (Entry, bool) {
	i, ok := slices.BinarySearchFunc(l.entries, id, func(e entry, id uint64) int {
		switch {
		case e.ID < id:
			return -1
		case e.ID > id:
			return 1
		}
		return 0
	})
	if !ok {
		return Entry{}, false
	}
	return l.entries[i].copied(), true
}

// Len is how many entries there are.
func (l *Ledger) Len() int { return len(l.entries) }

// Last is the id of the newest entry, zero if there is none.
func (l *Ledger) Last() uint64 { return l.last }
