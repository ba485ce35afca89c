package telemetry

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"glovebox/telemetry/outside"
)

// Totals are how many messages were handed over to each reader on each UTC day, by kind.
// They are counters of the mailboxes: of the car, and not of who drove, so that no drive
// is missing from them and none can be told from another. They have one owner.
type Totals struct {
	maxAge time.Duration
	days   map[string]day // by date
	fresh  map[string]int // days that the disk does not have so, and how often they changed
	begun  string         // the day that began while this process counted, the newest
}

// day is how many messages, by reader and kind.
type day map[string]map[string]uint32

// DayPrefix is where the days stand on disk, each as JSON, by its date.
const DayPrefix = "day/"

// RestoreTotals are the totals that the disk has. What cannot be read is forgotten.
func RestoreTotals(n outside.Numbers, kept map[string][]byte) *Totals {
	t := &Totals{maxAge: n.LedgerMaxAge, days: map[string]day{}, fresh: map[string]int{}}
	for key, value := range kept {
		date, is := strings.CutPrefix(key, DayPrefix)
		if !is {
			continue
		}
		var d day
		if err := json.Unmarshal(value, &d); err != nil {
			t.fresh[date]++
			continue
		}
		t.days[date] = d
	}
	return t
}

// Handed counts a message that was handed over.
func (t *Totals) Handed(r outside.Released, utc time.Time) {
	date := utc.Format(time.DateOnly)
	if t.days[date] == nil {
		t.begun = date
	}
	t.count(date, r.Reader(), string(r.Kind()), 1)
}

func (t *Totals) count(date, reader, kind string, n uint32) {
	if t.days[date] == nil {
		t.days[date] = day{}
	}
	if t.days[date][reader] == nil {
		t.days[date][reader] = map[string]uint32{}
	}
	t.days[date][reader][kind] += n
	t.fresh[date]++
}

// Correct counts for another day what was counted on one that began by a wrong clock.
func (t *Totals) Correct(from, to time.Time) {
	if before, after := from.Format(time.DateOnly), to.Format(time.DateOnly); t.begun == before && before != after {
		for reader, kinds := range t.days[before] {
			for kind, n := range kinds {
				t.count(after, reader, kind, n)
			}
		}
		delete(t.days, before)
		t.fresh[before]++
		t.begun = after
	}
}

// Trim lets fall out the days that ended too long ago, or that there never were; the zero
// time knows of none.
func (t *Totals) Trim(utc time.Time) {
	if utc.IsZero() {
		return
	}
	oldest, newest := utc.Add(-t.maxAge).Format(time.DateOnly), utc.AddDate(0, 0, 1).Format(time.DateOnly)
	for date := range t.days {
		if date < oldest || date > newest {
			delete(t.days, date)
			t.fresh[date]++
		}
	}
}

// Forget takes out the readers who are not of this car any more.
func (t *Totals) Forget(stays func(reader string) bool) {
	for date, d := range t.days {
		for reader := range d {
			if !stays(reader) {
				delete(d, reader)
				t.fresh[date]++
			}
		}
	}
}

// Entries are the totals that a filter takes, oldest day first: from and to are the first
// and the last minute of the day.
func (t *Totals) Entries(f LedgerFilter) (out []Entry) {
	is := func(want, have string) bool { return want == "" || want == have }
	for _, date := range slices.Sorted(maps.Keys(t.days)) {
		from, _ := time.Parse(time.DateOnly, date)
		to := from.Add(24*time.Hour - time.Minute)
		if !f.From.IsZero() && to.Before(f.From) || !f.To.IsZero() && from.After(f.To) {
			continue
		}
		for _, reader := range slices.Sorted(maps.Keys(t.days[date])) {
			for _, kind := range slices.Sorted(maps.Keys(t.days[date][reader])) {
				if is(f.Reader, reader) && is(f.Kind, kind) {
					out = append(out, Entry{From: from, To: to, Reader: reader, Kind: kind, Outcome: string(outside.Published), Count: t.days[date][reader][kind]})
				}
			}
		}
	}
	if n := int(f.Limit); n > 0 && n < len(out) {
		out = out[len(out)-n:]
	}
	return out
}

// Changed reports whether the disk does not have all of it.
func (t *Totals) Changed() bool { return len(t.fresh) > 0 }

// Batch is what the disk does not have: days, each whole.
func (t *Totals) Batch() Batch {
	changes, values := maps.Clone(t.fresh), map[string][]byte{}
	for date := range changes {
		values[DayPrefix+date] = nil
		if d := t.days[date]; len(d) > 0 {
			values[DayPrefix+date], _ = json.Marshal(d) // cannot fail
		}
	}
	return Batch{
		Values: func() map[string][]byte { return values },
		Written: func(time.Duration) {
			maps.DeleteFunc(t.fresh, func(date string, n int) bool { return changes[date] == n })
		},
	}
}
