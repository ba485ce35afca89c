package telemetry

import (
	"fmt"
	"slices"
	"time"
)

// LedgerFilter narrows a ledger. The zero filter takes the newest; an empty word does
// not narrow.
type LedgerFilter struct {
	ID            uint64    // this entry alone
	After, Before uint64    // entries with a greater id only, and with a smaller one
	From, To      time.Time // entries that touch this span, to the minute
	Class         string
	Reader        string
	Kind          string
	Outcome       string
	Limit         uint32 // the newest so many; 0, and more than MostEntries, is MostEntries
	Totals        bool   // not entries: what was published each day, by Reader and Kind
}

// MostEntries is how many entries one answer has at most. Who wants older ones asks for
// those before.
const MostEntries = 2048

// Reading is what a filter takes of a ledger at one moment. It belongs to whoever asked
// for it, and the ledger may go on.
type Reading struct {
	filter LedgerFilter
	oldest minute
	pages  []page // oldest first
}

// Reading begins to read what is not too old by utc; by the zero time nothing is. Its
// cost is that of the pages that the filter may touch.
func (l *Ledger) Reading(f LedgerFilter, utc time.Time) Reading {
	r := Reading{filter: f, oldest: l.oldest(utc)}
	for _, p := range l.pages {
		if r.touches(p) {
			own := *p
			if p.leaf != nil {
				own.leaf = p.leaf.snapshot()
			}
			r.pages = append(r.pages, own)
		}
	}
	return r
}

// touches reports whether a page may have an entry that the filter takes.
func (r Reading) touches(p *page) bool {
	f, last := r.filter, p.last()
	switch {
	case f.ID != 0 && (f.ID < p.number || f.ID > last), last <= f.After, f.Before != 0 && p.number >= f.Before:
		return false
	case !f.From.IsZero() && p.until < minuteOf(f.From), !f.To.IsZero() && p.from > minuteOf(f.To):
		return false
	}
	return true
}

// Entries returns what the filter takes, oldest first. A page that is on disk alone comes
// from fetch, by its key; what fetch has not any more has fallen out. Newer pages are
// looked at first, and no more than there have to be.
func (r Reading) Entries(fetch func(key string) ([]byte, error)) (out []Entry, err error) {
	limit := MostEntries
	if n := int(r.filter.Limit); n > 0 && n < limit {
		limit = n
	}
	for _, p := range slices.Backward(r.pages) {
		l := p.leaf
		if l == nil {
			data, err := fetch(pageKey(p.number))
			if err != nil {
				return nil, fmt.Errorf("read the ledger: %w", err)
			}
			if len(data) == 0 {
				continue
			}
			if l, err = decodeLeaf(data); err != nil {
				return nil, err
			}
		}
		for i := len(l.records) - 1; i >= 0; i-- {
			if r.takes(p.number+uint64(i), l.records[i], l.said[l.records[i].said]) {
				if out = append(out, l.entry(p.number, i)); len(out) == limit {
					slices.Reverse(out)
					return out, nil
				}
			}
		}
	}
	slices.Reverse(out)
	return out, nil
}

func (r Reading) takes(id uint64, at record, s said) bool {
	f := r.filter
	is := func(want, have string) bool { return want == "" || want == have }
	switch {
	case at.to.dated() && at.to < r.oldest:
		return false
	case f.ID != 0 && id != f.ID, id <= f.After, f.Before != 0 && id >= f.Before:
		return false
	case !f.From.IsZero() && at.to < minuteOf(f.From), !f.To.IsZero() && at.from > minuteOf(f.To):
		return false
	}
	return is(f.Class, s.Class) && is(f.Reader, s.Reader) && is(f.Kind, s.Kind) && is(f.Outcome, s.Outcome)
}

// InMemory reports whether all that is to be read is: fetch is not called then.
func (r Reading) InMemory() bool {
	return !slices.ContainsFunc(r.pages, func(p page) bool { return p.leaf == nil })
}
