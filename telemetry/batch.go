package telemetry

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"glovebox/telemetry/outside"
)

// Batch is what the disk has not yet of a ledger, or of the totals. Values may take
// milliseconds and is called outside the owner's lock; Written inside it, once the disk
// has them all.
type Batch struct {
	Values  func() map[string][]byte // by key, each key small; nil: it goes
	Written func(boot time.Duration)
}

// On disk a ledger is these values. A head says what a page is without opening it.
//
//	last          id of the newest entry there ever was
//	head/NUMBER   from, until, entries, bytes
//	page/NUMBER   stored
const (
	lastKey    = "last"
	headPrefix = "head/"
)

// HeadKeys are the prefixes of what RestoreLedger reads.
var HeadKeys = []string{lastKey, headPrefix}

func headKey(number uint64) string { return fmt.Sprintf("%s%016x", headPrefix, number) }
func pageKey(number uint64) string { return fmt.Sprintf("page/%016x", number) }

// RestoreLedger is the ledger whose heads the disk has. What cannot be read of it is
// forgotten, and no id comes twice for that.
func RestoreLedger(n outside.Numbers, heads map[string][]byte) *Ledger {
	l := NewLedger(n)
	l.last, _ = strconv.ParseUint(string(heads[lastKey]), 10, 64)
	for key, value := range heads {
		hex, is := strings.CutPrefix(key, headPrefix)
		number, err := strconv.ParseUint(hex, 16, 64)
		if !is || err != nil {
			continue
		}
		var head [4]int64
		if err := json.Unmarshal(value, &head); err != nil || head[2] <= 0 || head[2] > pageEntries {
			l.gone = append(l.gone, number)
			l.last = max(l.last, number+pageEntries)
			continue
		}
		p := &page{number: number, from: minute(head[0]), until: minute(head[1]), entries: int(head[2]), bytes: max(0, head[3])}
		l.pages = append(l.pages, p)
		l.bytes += p.bytes
		l.count += p.entries
		l.last = max(l.last, p.last())
	}
	slices.SortFunc(l.pages, func(a, b *page) int { return int(int64(a.number - b.number)) })
	return l
}

// Changed reports whether the disk does not have all of it.
func (l *Ledger) Changed() bool {
	return len(l.gone) > 0 || slices.ContainsFunc(l.pages, (*page).changed)
}

// changed reports whether the disk does not have a page as it is.
func (p *page) changed() bool { return p.version != p.saved }

// Batch is what the disk does not have.
func (l *Ledger) Batch() Batch {
	gone, last := slices.Clone(l.gone), l.last
	type part struct {
		page
		of *page
	}
	var parts []*part
	for _, p := range l.pages {
		if p.changed() {
			own := &part{*p, p}
			own.leaf = p.leaf.snapshot()
			parts = append(parts, own)
		}
	}
	return Batch{
		Values: func() map[string][]byte {
			values := map[string][]byte{lastKey: strconv.AppendUint(nil, last, 10)}
			for _, number := range gone {
				values[headKey(number)], values[pageKey(number)] = nil, nil
			}
			for _, p := range parts {
				body := p.leaf.encode()
				p.bytes = int64(len(body)) + overhead
				values[pageKey(p.number)] = body
				values[headKey(p.number)] = fmt.Appendf(nil, "[%d,%d,%d,%d]", p.from, p.until, p.entries, p.bytes)
			}
			return values
		},
		Written: func(boot time.Duration) {
			l.gone = slices.DeleteFunc(l.gone, func(number uint64) bool { return slices.Contains(gone, number) })
			for _, p := range parts {
				p.of.saved, p.of.stored = p.version, p.bytes
			}
			l.release(boot)
			l.shrink()
		},
	}
}

// overhead is what keys, head and seals of a page take on disk, at most.
const overhead = 256

// release has the pages leave memory that the disk has whole, and in which nothing can
// grow any more.
func (l *Ledger) release(boot time.Duration) {
	for _, p := range l.pages[:max(0, len(l.pages)-1)] {
		if p.leaf != nil && !p.changed() && boot-p.leaf.newest >= runLength {
			l.close(p)
			l.bytes += p.stored - p.bytes
			p.leaf, p.bytes = nil, p.stored
		}
	}
}
