package telemetry

import (
	"maps"
	"slices"
	"time"

	"glovebox/telemetry/outside"
)

// Ledger is what was decided during one person's or one guest's time at the wheel
// (docs/privacy.md, Indicator and ledger). It is a row of pages, the oldest of which
// fall out, by size and by age:
//
//	on disk alone        in memory         open
//	page ── page ── …    page ── page  ──  page ◀── Add
//
// The disk is written from what Batch returns, a page at a time, however many there are.
// A page leaves memory once the disk has it and nothing in it can grow any more; where
// Batch is never asked, all stay. It has one owner and is not safe for concurrent use.
type Ledger struct {
	maxAge   time.Duration
	maxBytes int64

	pages []*page // oldest first
	bytes int64   // of all pages
	last  uint64  // id of the newest entry there ever was
	open  map[run]growing
	gone  []uint64 // pages that the disk is to forget
	count int      // how many entries the pages have
}

// page is the entries of some minutes, by the id of the first.
type page struct {
	number      uint64
	from, until minute
	bytes       int64
	entries     int

	leaf    *leaf // nil: on disk alone
	version int   // rises with each change
	saved   int   // the version that the disk has
	stored  int64 // and its bytes there
}

// run is what makes two decisions the same.
type run struct {
	class   outside.Class
	reader  string
	kind    outside.Kind
	outcome outside.Outcome
	rule    string
}

// growing is an entry that the next decision of its run may belong to.
type growing struct {
	in    *page
	at    int
	first time.Duration // boot time of its first decision
}

// How far apart the first and the last decision of an entry lie, and how much a page
// takes: so much less than the bound that a page more or less is no matter.
const (
	runLength   = time.Minute
	pageLength  = minute(10)
	pageEntries = 4096
	pageShare   = 16 // pages in the smallest ledger that is full
)

// NewLedger is an empty ledger, bounded by the policy's numbers.
func NewLedger(n outside.Numbers) *Ledger {
	return &Ledger{maxAge: n.LedgerMaxAge, maxBytes: n.LedgerMaxBytes, open: map[run]growing{}}
}

// Add enters a decision.
func (l *Ledger) Add(d outside.Decision) {
	key, count, at := run{d.Class, d.Reader, d.Kind, d.Outcome, d.Rule}, uint32(max(1, d.Count)), minuteOf(d.At.UTC)
	if g, ok := l.open[key]; ok && d.At.Boot-g.first < runLength {
		r := &g.in.leaf.records[g.at]
		r.count, r.to = r.count+count, at
		g.in.until = max(g.in.until, at)
		g.in.version++
		return
	}
	p := l.page(at)
	l.last++
	l.count++
	l.open[key] = growing{p, p.entries, d.At.Boot}
	l.bytes += p.add(record{from: at, to: at, count: count}, key, d.LimitedBy, d.At.Boot)
	if p.entries == 1 {
		l.shrink()
	}
}

// page is the page that a new entry of that minute goes to.
func (l *Ledger) page(at minute) *page {
	if n := len(l.pages); n > 0 {
		if p := l.pages[n-1]; p.leaf != nil && p.entries < pageEntries && p.bytes < l.maxBytes/pageShare && at >= p.from && at-p.from < pageLength {
			return p
		}
	}
	p := &page{number: l.last + 1, from: at, until: at, leaf: newLeaf()}
	l.pages = append(l.pages, p)
	return p
}

// add appends an entry and returns how many bytes the page has grown by.
func (p *page) add(r record, of run, limitedBy []string, boot time.Duration) int64 {
	grown := p.leaf.add(r, of, limitedBy, boot)
	p.entries++
	p.from, p.until = min(p.from, r.from), max(p.until, r.to)
	p.bytes += grown
	p.version++
	return grown
}

// last is the id of the page's newest entry.
func (p *page) last() uint64 { return p.number + uint64(p.entries) - 1 }

// Trim lets fall out what is too old; the zero time knows of nothing that is. What came
// before something old is old too, whatever the clock said.
func (l *Ledger) Trim(utc time.Time) {
	n, oldest := 0, l.oldest(utc)
	for i, p := range l.pages {
		if p.until.dated() && p.until < oldest {
			n = i + 1
		}
	}
	l.drop(n)
}

// shrink lets fall out what is too much, but for the newest page.
func (l *Ledger) shrink() {
	n, bytes := 0, l.bytes
	for ; bytes > l.maxBytes && n < len(l.pages)-1; n++ {
		bytes -= l.pages[n].bytes
	}
	l.drop(n)
}

// drop takes the n oldest pages out.
func (l *Ledger) drop(n int) {
	for _, p := range l.pages[:n] {
		l.bytes -= p.bytes
		l.count -= p.entries
		l.gone = append(l.gone, p.number)
		l.close(p)
	}
	l.pages = slices.Delete(l.pages, 0, n)
}

// Correct dates anew what is in memory: the clock was corrected by so much.
func (l *Ledger) Correct(by time.Duration) {
	d := minute(by / time.Minute)
	for _, p := range l.pages {
		if p.leaf == nil {
			continue
		}
		p.from, p.until = p.from+d, p.until+d
		p.version++
		for i := range p.leaf.records {
			r := &p.leaf.records[i]
			r.from, r.to = r.from+d, r.to+d
		}
	}
}

// oldest is the minute from which entries are kept: all, where the time is not known.
func (l *Ledger) oldest(utc time.Time) minute {
	if !outside.ClockSet(utc) {
		return 0
	}
	return minuteOf(utc.Add(-l.maxAge))
}

// close has no entry of a page grow any more.
func (l *Ledger) close(p *page) {
	maps.DeleteFunc(l.open, func(_ run, g growing) bool { return g.in == p })
}

// Count is how many entries there are.
func (l *Ledger) Count() int { return l.count }

// Last is the id of the newest entry there ever was, zero if there was none.
func (l *Ledger) Last() uint64 { return l.last }
