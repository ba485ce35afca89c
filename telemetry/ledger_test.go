package telemetry_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
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

// entries is what a filter takes of a ledger that is all in memory.
func entries(t *testing.T, l *telemetry.Ledger, f telemetry.LedgerFilter, now hal.Instant) []telemetry.Entry {
	t.Helper()
	r := l.Reading(f, now.UTC)
	if !r.InMemory() {
		t.Fatal("a part of the ledger is not in memory")
	}
	all, err := r.Entries(nil)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Equal decisions within one minute are one entry with a count.
func TestLedgerRuns(t *testing.T) {
	l := telemetry.NewLedger(outside.Builtin().Numbers())
	l.Add(withheld("speed", "anna", after(0)))
	l.Add(withheld("speed", "anna", after(59999*time.Millisecond)))
	l.Add(withheld("speed", "lea", after(59999*time.Millisecond)))
	l.Add(withheld("speed", "anna", after(time.Minute)))
	l.Add(withheld("motion", "anna", after(time.Minute)))
	want := "1 12:00-12:01 speed anna 2; 2 12:01-12:01 speed lea 1; 3 12:01-12:01 speed anna 1; 4 12:01-12:01 motion anna 1; "
	text := ""
	for _, e := range entries(t, l, telemetry.LedgerFilter{}, after(time.Minute)) {
		text += fmt.Sprintf("%d %s-%s %s %s %d; ", e.ID, e.From.Format("15:04"), e.To.Format("15:04"), e.Class, e.Reader, e.Count)
	}
	if text != want {
		t.Errorf("%s\nwant %s", text, want)
	}
	if e := entries(t, l, telemetry.LedgerFilter{ID: 2}, noon); len(e) != 1 || e[0].Reader != "lea" || e[0].Rule != "speed/main" || e[0].Kind != "status" || e[0].Outcome != "withheld" {
		t.Errorf("entry 2: %+v", e)
	}
	if e := entries(t, l, telemetry.LedgerFilter{ID: 5}, noon); len(e) != 0 || l.Last() != 4 || l.Count() != 4 {
		t.Errorf("entry 5 is %v, last %d of %d", e, l.Last(), l.Count())
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
	if all := entries(t, l, telemetry.LedgerFilter{}, noon); len(all) != 1 || all[0].Count != 10_001 || all[0].Outcome != "purged" {
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
		{"before", telemetry.LedgerFilter{Before: 3}, []uint64{1, 2}},
		{"the newest before", telemetry.LedgerFilter{Before: 3, Limit: 1}, []uint64{2}},
		{"class", telemetry.LedgerFilter{Class: "speed"}, []uint64{1, 3}},
		{"reader", telemetry.LedgerFilter{Reader: "lea"}, []uint64{2, 4}},
		{"kind", telemetry.LedgerFilter{Kind: "position"}, []uint64{5}},
		{"outcome", telemetry.LedgerFilter{Outcome: "published"}, []uint64{5}},
		{"newest", telemetry.LedgerFilter{Limit: 2}, []uint64{4, 5}},
		{"newest of a class", telemetry.LedgerFilter{Class: "speed", Limit: 1}, []uint64{3}},
		{"from", telemetry.LedgerFilter{From: noon.UTC.Add(25 * time.Minute)}, []uint64{4, 5}},
		{"to", telemetry.LedgerFilter{To: noon.UTC.Add(5 * time.Minute)}, []uint64{1}},
		{"from and to a minute", telemetry.LedgerFilter{From: noon.UTC.Add(20 * time.Minute), To: noon.UTC.Add(20 * time.Minute)}, []uint64{3}},
		{"nothing", telemetry.LedgerFilter{Class: "position", Reader: "lea"}, nil},
	} {
		var ids []uint64
		for _, e := range entries(t, l, c.filter, after(time.Hour)) {
			ids = append(ids, e.ID)
		}
		if !slices.Equal(ids, c.want) {
			t.Errorf("%s: %v: want %v", c.name, ids, c.want)
		}
	}
}

// However many decisions come, what is on disk stays within its bound, the newest are
// there without a gap, each write costs as much as the first, and the ledger that the
// disk gives back is the one that was written.
func TestLedgerIsBounded(t *testing.T) {
	numbers := outside.Builtin().Numbers()
	l, disk, at := telemetry.NewLedger(numbers), paper{}, noon
	r := rand.New(rand.NewPCG(1, 1))
	dearest, late := 0, 0
	for n := range 100_000 { // 125 a minute, as of a drive
		if n%125 == 0 {
			at = hal.Instant{UTC: at.UTC.Add(time.Minute), Boot: at.Boot + time.Minute}
			written := disk.write(l, at)
			if dearest = max(dearest, written); n > 90_000 {
				late = max(late, written)
			}
		}
		l.Add(withheld(outside.Class(fmt.Sprintf("class%d.%d", r.IntN(1000), n)), "anna", at)) // nothing repeats: the worst
	}
	disk.write(l, at)
	disk.write(l, at) // and what that let fall out
	t.Logf("100000 entries: %d bytes on disk, %d entries left, a write at most %d bytes, at the end %d", disk.bytes(), l.Count(), dearest, late)
	if disk.bytes() > numbers.LedgerMaxBytes || disk.bytes() < numbers.LedgerMaxBytes/2 {
		t.Errorf("%d bytes on disk: want at most, and at least half of, %d", disk.bytes(), numbers.LedgerMaxBytes)
	}
	if late > 2*int(numbers.LedgerMaxBytes)/16 {
		t.Errorf("a write of the full ledger costs %d bytes", late)
	}
	again := telemetry.RestoreLedger(numbers, disk)
	if again.Last() != 100_000 || again.Count() != l.Count() {
		t.Fatalf("the disk gives back %d entries up to %d, of %d", again.Count(), again.Last(), l.Count())
	}
	before, seen := uint64(0), 0
	for {
		all, mine := disk.read(t, again, telemetry.LedgerFilter{Before: before}, at), disk.read(t, l, telemetry.LedgerFilter{Before: before}, at)
		if fmt.Sprint(all) != fmt.Sprint(mine) || len(all) > telemetry.MostEntries {
			t.Fatalf("before %d the disk gives back %d entries, the ledger has %d", before, len(all), len(mine))
		}
		if len(all) == 0 {
			break
		}
		for i, e := range all {
			if newest := before - 1; before == 0 && i == len(all)-1 && e.ID != 100_000 || before != 0 && e.ID != newest-uint64(len(all)-1-i) {
				t.Fatalf("entry %d before %d", e.ID, before)
			}
		}
		before, seen = all[0].ID, seen+len(all)
	}
	if seen != l.Count() {
		t.Errorf("%d entries were read of %d", seen, l.Count())
	}
}

// Of what a drive decides again and again 1 MiB holds 40 hours.
func TestLedgerHoldsManyDrives(t *testing.T) {
	numbers := outside.Builtin().Numbers()
	l, disk, at := telemetry.NewLedger(numbers), paper{}, noon
	for range 20 {
		for range 120 {
			for n := range 125 {
				l.Add(withheld(outside.Class(fmt.Sprint("class", n%25)), fmt.Sprint("reader", n/25), at))
			}
			if at = (hal.Instant{UTC: at.UTC.Add(time.Minute), Boot: at.Boot + time.Minute}); at.UTC.Minute()%5 == 0 {
				disk.write(l, at)
			}
		}
		at = hal.Instant{UTC: at.UTC.Add(22 * time.Hour), Boot: at.Boot + 22*time.Hour}
	}
	t.Logf("%d entries in %d bytes", l.Count(), disk.bytes())
	if l.Count() != 20*120*125 {
		t.Errorf("%d entries: want %d", l.Count(), 20*120*125)
	}
}

// An entry can be read for 30 days, to the minute, and is off the disk ten minutes later,
// by a clock that was set; what was entered before it was set goes with what came after.
func TestLedgerForgetsAfterAMonth(t *testing.T) {
	numbers := outside.Builtin().Numbers()
	unset := hal.Instant{UTC: time.Date(1970, 1, 1, 0, 5, 0, 0, time.UTC), Boot: noon.Boot - time.Hour}
	l, disk := telemetry.NewLedger(numbers), paper{}
	l.Add(withheld("speed", "undated", unset))
	l.Add(withheld("speed", "first", noon)) // 12:00:20
	l.Add(withheld("speed", "second", after(9*time.Minute)))
	l.Add(withheld("speed", "third", after(11*time.Minute)))
	disk.write(l, after(11*time.Minute))
	month := 30 * 24 * time.Hour
	for _, row := range []struct {
		at       time.Duration
		readable string
		pages    int
	}{
		{0, "undated first second third ", 3},
		{month + 39*time.Second, "undated first second third ", 3},
		{month + 40*time.Second, "undated second third ", 3},
		{month + 9*time.Minute + 40*time.Second, "third ", 1},
		{month + 11*time.Minute + 39*time.Second, "third ", 1},
		{month + 11*time.Minute + 40*time.Second, "", 0},
	} {
		l.Trim(after(row.at).UTC)
		disk.write(l, after(row.at))
		text, pages := "", 0
		for _, e := range disk.read(t, l, telemetry.LedgerFilter{}, after(row.at)) {
			text += e.Reader + " "
		}
		for key := range disk {
			if strings.HasPrefix(key, "page/") {
				pages++
			}
		}
		if text != row.readable || pages != row.pages {
			t.Errorf("after %v: %q in %d pages: want %q in %d", row.at, text, pages, row.readable, row.pages)
		}
	}
	if again := telemetry.RestoreLedger(numbers, disk); again.Last() != 4 {
		t.Errorf("after all fell out the next id is %d", again.Last()+1)
	}
}

// An entry goes on growing within its minute although the next page has begun, written or
// not.
func TestEntryGrowsOverAPage(t *testing.T) {
	numbers := outside.Builtin().Numbers()
	l, disk := telemetry.NewLedger(numbers), paper{}
	for _, row := range []struct {
		class outside.Class
		at    time.Duration
	}{{"motion", 0}, {"speed", 9*time.Minute + 30*time.Second}, {"motion", 10*time.Minute + 10*time.Second}, {"speed", 10*time.Minute + 20*time.Second}} {
		l.Add(withheld(row.class, "anna", after(row.at)))
		disk.write(l, after(row.at))
	}
	for _, l := range []*telemetry.Ledger{l, telemetry.RestoreLedger(numbers, disk)} {
		text := ""
		for _, e := range disk.read(t, l, telemetry.LedgerFilter{}, after(11*time.Minute)) {
			text += fmt.Sprintf("%d %s %d; ", e.ID, e.Class, e.Count)
		}
		if want := "1 motion 1; 2 speed 2; 3 motion 1; "; text != want {
			t.Errorf("%q: want %q", text, want)
		}
	}
}

// A ledger without bounds in its policy keeps what is being entered alone.
func TestLedgerWithoutNumbers(t *testing.T) {
	l := telemetry.NewLedger(outside.Numbers{})
	for i := range 3 {
		l.Add(withheld("speed", "anna", after(time.Duration(i)*time.Hour)))
	}
	if l.Count() != 1 || l.Last() != 3 {
		t.Errorf("%d entries, last %d", l.Count(), l.Last())
	}
}
