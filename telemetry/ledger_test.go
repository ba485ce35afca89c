package telemetry_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

var noon = hal.Instant{UTC: time.Date(2026, 11, 21, 12, 0, 20, 0, time.UTC), Boot: time.Hour}

func after(d time.Duration) hal.Instant {
	return hal.Instant{UTC: noon.UTC.Add(d), Boot: noon.Boot + d}
}

func withheld(class outside.Class, reader string, at hal.Instant) outside.Decision {
	return outside.Decision{
		At: at, Class: class, Reader: reader, Kind: outside.KindStatus, Outcome: outside.Withheld,
		Rule: string(class) + "/main", LimitedBy: []string{string(class) + "/main"},
	}
}

// Equal decisions within one minute are one entry with a count.
func TestLedgerRuns(t *testing.T) {
	l := telemetry.NewLedger(outside.Builtin().Numbers())
	began := []bool{
		l.Add(withheld("speed", "anna", after(0))),
		l.Add(withheld("speed", "anna", after(59999*time.Millisecond))),
		l.Add(withheld("speed", "lea", after(59999*time.Millisecond))),
		l.Add(withheld("speed", "anna", after(time.Minute))),
		l.Add(withheld("motion", "anna", after(time.Minute))),
	}
	if want := []bool{true, false, true, true, true}; !slices.Equal(began, want) {
		t.Errorf("entries began %v: want %v", began, want)
	}
	got := l.Entries(telemetry.LedgerFilter{})
	want := "1 12:00-12:01 speed anna 2; 2 12:01-12:01 speed lea 1; 3 12:01-12:01 speed anna 1; 4 12:01-12:01 motion anna 1; "
	text := ""
	for _, e := range got {
		text += fmt.Sprintf("%d %s-%s %s %s %d; ", e.ID, e.From.Format("15:04"), e.To.Format("15:04"), e.Class, e.Reader, e.Count)
	}
	if text != want {
		t.Errorf("%s\nwant %s", text, want)
	}
	if e, ok := l.Entry(2); !ok || e.Reader != "lea" || e.Rule != "speed/main" || e.Kind != "status" || e.Outcome != "withheld" {
		t.Errorf("entry 2: %+v", e)
	}
	if _, ok := l.Entry(5); ok || l.Last() != 4 || l.Len() != 4 {
		t.Errorf("last %d of %d", l.Last(), l.Len())
	}
}

// A decision about many messages is an entry with that count, or adds to one.
func TestLedgerCountsMessages(t *testing.T) {
	l := telemetry.NewLedger(outside.Builtin().Numbers())
	purged := withheld("alarm", "anna", after(0))
	purged.Outcome, purged.Count = outside.Purged, 10_000
	l.Add(purged)
	purged.Count = 0 // one
	l.Add(purged)
	if all := l.Entries(telemetry.LedgerFilter{}); len(all) != 1 || all[0].Count != 10_001 || all[0].Outcome != "purged" {
		t.Errorf("entries %+v: want one of 10001", all)
	}
}

func TestLedgerFilter(t *testing.T) {
	l := telemetry.NewLedger(outside.Builtin().Numbers())
	for i, class := range []outside.Class{"speed", "motion", "speed", "network"} {
		l.Add(withheld(class, []string{"anna", "lea"}[i%2], after(time.Duration(i)*10*time.Minute)))
	}
	place := withheld("position", "anna", after(time.Hour))
	place.Kind, place.Outcome = outside.KindPosition, outside.Published
	l.Add(place)
	for _, c := range []struct {
		name   string
		filter telemetry.LedgerFilter
		want   []uint64
	}{
		{"all", telemetry.LedgerFilter{}, []uint64{1, 2, 3, 4, 5}},
		{"after", telemetry.LedgerFilter{After: 3}, []uint64{4, 5}},
		{"class", telemetry.LedgerFilter{Class: "speed"}, []uint64{1, 3}},
		{"reader", telemetry.LedgerFilter{Reader: "lea"}, []uint64{2, 4}},
		{"kind", telemetry.LedgerFilter{Kind: "position"}, []uint64{5}},
		{"outcome", telemetry.LedgerFilter{Outcome: "published"}, []uint64{5}},
		{"newest", telemetry.LedgerFilter{Limit: 2}, []uint64{4, 5}},
		{"newest of a class", telemetry.LedgerFilter{Class: "speed", Limit: 1}, []uint64{3}},
		{"from", telemetry.LedgerFilter{From: noon.UTC.Add(25 * time.Minute)}, []uint64{4, 5}},
		{"to", telemetry.LedgerFilter{To: noon.UTC.Add(5 * time.Minute)}, []uint64{1}},
		{"nothing", telemetry.LedgerFilter{Class: "position", Reader: "lea"}, nil},
	} {
		var ids []uint64
		for _, e := range l.Entries(c.filter) {
			ids = append(ids, e.ID)
		}
		if !slices.Equal(ids, c.want) {
			t.Errorf("%s: %v: want %v", c.name, ids, c.want)
		}
	}
}

// However many decisions come, the ledger stays within its bounds, the newest
// are there, and a run never continues an entry that fell out.
func TestLedgerIsBounded(t *testing.T) {
	numbers := outside.Builtin().Numbers()
	l := telemetry.NewLedger(numbers)
	r := rand.New(rand.NewPCG(1, 1))
	at := noon
	for range 100_000 {
		at = hal.Instant{UTC: at.UTC.Add(time.Second), Boot: at.Boot + time.Second}
		l.Add(withheld(outside.Class(fmt.Sprint("class", r.IntN(400))), "anna", at))
	}
	entries := l.Entries(telemetry.LedgerFilter{})
	size := 0
	for i, e := range entries {
		size += len(e.Class) + len(e.Reader) + len(e.Kind) + len(e.Outcome) + len(e.Rule) + len(e.LimitedBy[0])
		if i > 0 && e.ID != entries[i-1].ID+1 {
			t.Fatalf("entry %d follows %d", e.ID, entries[i-1].ID)
		}
	}
	if int64(size) > numbers.LedgerMaxBytes || len(entries) < 1000 || entries[len(entries)-1].ID != l.Last() {
		t.Errorf("%d entries of %d bytes, last %d of %d", len(entries), size, entries[len(entries)-1].ID, l.Last())
	}
	old := hal.Instant{UTC: at.UTC.Add(31 * 24 * time.Hour), Boot: at.Boot + 31*24*time.Hour}
	l.Add(withheld("speed", "anna", old))
	if l.Len() != 1 {
		t.Errorf("%d entries after 31 days", l.Len())
	}
}

// A ledger without bounds in its policy keeps the newest entry alone.
func TestLedgerWithoutNumbers(t *testing.T) {
	l := telemetry.NewLedger(outside.Numbers{})
	for i := range 3 {
		l.Add(withheld("speed", "anna", after(time.Duration(i)*time.Hour)))
	}
	if l.Len() != 1 || l.Last() != 3 {
		t.Errorf("%d entries, last %d", l.Len(), l.Last())
	}
}
