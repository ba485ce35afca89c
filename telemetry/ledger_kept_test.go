package telemetry_test

import (
	"compress/flate"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"glovebox/hal"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// paper is a disk that a ledger is written to.
type paper map[string][]byte

// write takes what the ledger has for it and returns how many bytes that were.
func (p paper) write(l *telemetry.Ledger, now hal.Instant) (written int) {
	b := l.Batch()
	written = p.take(b)
	b.Written(now.Boot)
	return written
}

func (p paper) take(b telemetry.Batch) (written int) {
	for key, value := range b.Values() {
		written += len(key) + len(value)
		if p[key] = value; value == nil {
			delete(p, key)
		}
	}
	return written
}

func (p paper) read(t *testing.T, l *telemetry.Ledger, f telemetry.LedgerFilter, now hal.Instant) []telemetry.Entry {
	t.Helper()
	all, err := l.Reading(f, now.UTC).Entries(func(key string) ([]byte, error) { return p[key], nil })
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (p paper) bytes() (n int64) {
	for key, value := range p {
		n += int64(len(key) + len(value))
	}
	return n
}

// Whenever it is written, and whenever the agent starts anew, no id comes twice, no entry
// changes but for the last of a run, and the disk has what memory had.
func TestLedgerOverRestarts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		numbers := outside.Builtin().Numbers()
		l, disk, at := telemetry.NewLedger(numbers), paper{}, noon
		var want []string // what is in the ledger, by id; what a power cut took is gone
		safe := 0
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0, 1:
				disk.write(l, at)
				safe = len(want)
			case 2:
				disk.write(l, at)
				l, safe = telemetry.RestoreLedger(numbers, disk), len(want)
			case 3:
				l = telemetry.RestoreLedger(numbers, disk)
				want = want[:safe]
			default:
				pass := time.Duration(rapid.IntRange(0, 400).Draw(t, "s")) * time.Second
				at = hal.Instant{UTC: at.UTC.Add(pass), Boot: at.Boot + pass}
				class := rapid.SampledFrom([]string{"speed", "motion"}).Draw(t, "class")
				if before := l.Last(); true {
					l.Add(withheld(outside.Class(class), "anna", at))
					if l.Last() == before+1 {
						want = append(want, class)
					} else if l.Last() != before {
						t.Fatalf("entry %d follows %d", l.Last(), before)
					}
				}
			}
		}
		all, err := l.Reading(telemetry.LedgerFilter{}, at.UTC).Entries(func(key string) ([]byte, error) { return disk[key], nil })
		if err != nil || len(all) != len(want) {
			t.Fatalf("%d entries, %v: want %d", len(all), err, len(want))
		}
		for i, e := range all {
			if e.ID != uint64(i+1) || e.Class != want[i] {
				t.Fatalf("entry %d is %d, %s: want %s", i+1, e.ID, e.Class, want[i])
			}
		}
	})
}

// A page that is written while its ledger goes on is written again, and one that fell out
// meanwhile is taken back.
func TestLedgerGoesOnWhileItIsWritten(t *testing.T) {
	l, disk := telemetry.NewLedger(outside.Builtin().Numbers()), paper{}
	l.Add(withheld("speed", "anna", noon))
	first := l.Batch()
	l.Add(withheld("speed", "anna", noon))
	disk.take(first)
	first.Written(noon.Boot)
	if !l.Changed() {
		t.Fatal("the second decision was not written")
	}
	disk.write(l, noon)
	if e := disk.read(t, telemetry.RestoreLedger(outside.Builtin().Numbers(), disk), telemetry.LedgerFilter{}, noon); len(e) != 1 || e[0].Count != 2 {
		t.Errorf("on disk %+v", e)
	}
	late := after(31 * 24 * time.Hour)
	l.Add(withheld("speed", "anna", late))
	second := l.Batch()
	l.Trim(late.UTC)
	disk.take(second)
	second.Written(late.Boot)
	disk.write(l, late)
	if l.Changed() || len(disk) != 3 {
		t.Errorf("on disk %d values", len(disk))
	}
}

// Only the pages that a filter may touch are read from the disk.
func TestReadingFetchesNoMore(t *testing.T) {
	l, disk := telemetry.NewLedger(outside.Builtin().Numbers()), paper{}
	for i := range 2000 {
		l.Add(withheld(outside.Class(fmt.Sprint("class-", i%7)), "anna", after(time.Duration(i)*time.Minute)))
	}
	last := after(2000 * time.Minute)
	disk.write(l, last)
	l = telemetry.RestoreLedger(outside.Builtin().Numbers(), disk)
	fetched := func(f telemetry.LedgerFilter) (n int) {
		if _, err := l.Reading(f, last.UTC).Entries(func(key string) ([]byte, error) { n++; return disk[key], nil }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	all := fetched(telemetry.LedgerFilter{})
	middle := noon.UTC.Add(1000 * time.Minute)
	for name, f := range map[string]telemetry.LedgerFilter{
		"one": {ID: 1000}, "after": {After: 1995}, "before": {Before: 6}, "from": {From: last.UTC.Add(-time.Minute)}, "to": {To: noon.UTC.Add(time.Minute)},
		"a minute": {From: middle, To: middle},
	} {
		if n := fetched(f); n < 1 || n > 2 || n >= all {
			t.Errorf("%s: %d pages of %d", name, n, all)
		}
	}
}

// A head that cannot be read is forgotten with its page, and no id comes twice for it; a
// page that cannot be read is an error, and one that is gone has fallen out.
func TestDamagedLedger(t *testing.T) {
	numbers := outside.Builtin().Numbers()
	l, disk := telemetry.NewLedger(numbers), paper{}
	for i := range 3 {
		l.Add(withheld("speed", "anna", after(time.Duration(i)*20*time.Minute)))
		disk.write(l, after(time.Duration(i)*20*time.Minute))
	}
	disk["head/0000000000000003"] = []byte{}
	delete(disk, "page/0000000000000001")
	l = telemetry.RestoreLedger(numbers, disk)
	if e := disk.read(t, l, telemetry.LedgerFilter{}, after(time.Hour)); len(e) != 1 || e[0].ID != 2 || l.Last() <= 3 {
		t.Errorf("%+v, last %d", e, l.Last())
	}
	disk.write(l, after(time.Hour))
	if disk["page/0000000000000003"] != nil || disk["head/0000000000000003"] != nil {
		t.Error("the unreadable page stays")
	}
	beyond := `{"said":[{}],"records":[[0,0,1,1]]}` // there is a sentence 0, and no sentence 1
	for _, wrong := range []string{"x", string(disk["page/0000000000000002"][:10]), deflated(beyond)} {
		disk["page/0000000000000002"] = []byte(wrong)
		if _, err := l.Reading(telemetry.LedgerFilter{}, noon.UTC).Entries(func(key string) ([]byte, error) { return disk[key], nil }); err == nil {
			t.Errorf("%q was read", wrong)
		}
	}
}

func deflated(text string) string {
	var out strings.Builder
	w, _ := flate.NewWriter(&out, flate.BestSpeed) // fails for another level only
	_, _ = w.Write([]byte(text))                   // a builder takes all
	_ = w.Close()
	return out.String()
}
