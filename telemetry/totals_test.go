package telemetry_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// days is what a disk has of totals.
func days(t *telemetry.Totals) map[string][]byte {
	b := t.Batch()
	all := b.Values()
	b.Written(0)
	return all
}

func texts(values map[string][]byte) string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		text := "gone"
		if v := values[key]; v != nil {
			text = string(v)
		}
		all = append(all, strings.TrimPrefix(key, telemetry.DayPrefix)+" "+text)
	}
	return strings.Join(all, "\n")
}

func rows(t *telemetry.Totals, f telemetry.LedgerFilter) string {
	var all []string
	for _, e := range t.Entries(f) {
		if e.To.Sub(e.From) != 24*time.Hour-time.Minute || e.Outcome != string(outside.Published) {
			all = append(all, fmt.Sprint("from ", e.From, " to ", e.To, " ", e.Outcome))
		}
		all = append(all, fmt.Sprintf("%s %s %s %d", e.From.Format(time.DateOnly), e.Reader, e.Kind, e.Count))
	}
	return strings.Join(all, ", ")
}

func restored(kept map[string][]byte) *telemetry.Totals {
	return telemetry.RestoreTotals(outside.Builtin().Numbers(), kept)
}

func equal(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n%s\nwant\n%s", what, got, want)
	}
}

var today = time.Date(2026, 11, 21, 23, 59, 59, 0, time.UTC)

// Each message counts for its reader, its kind and the UTC day; the disk has a day whole,
// and what a restart reads is what was counted.
func TestTotals(t *testing.T) {
	totals := restored(nil)
	if totals.Changed() {
		t.Error("changed before anything was")
	}
	totals.Handed(statusTo(t, lea, "x"), today)
	totals.Handed(alarmTo(t, anna, "abs"), today)
	totals.Handed(alarmTo(t, anna, "brake"), today)
	totals.Handed(alarmTo(t, anna, "brake"), today.Add(time.Second))
	const all = "2026-11-21 backend status 1, 2026-11-21 workshop alarms 2, 2026-11-22 workshop alarms 1"
	equal(t, "counted", rows(totals, telemetry.LedgerFilter{}), all)
	if !totals.Changed() {
		t.Error("the disk has it before it was told")
	}
	disk := days(totals)
	equal(t, "on disk", texts(disk), "2026-11-21 {\"backend\":{\"status\":1},\"workshop\":{\"alarms\":2}}\n2026-11-22 {\"workshop\":{\"alarms\":1}}")
	if totals.Changed() {
		t.Error("the disk has it all")
	}
	again := restored(disk)
	equal(t, "restored", rows(again, telemetry.LedgerFilter{}), all)
	if again.Changed() {
		t.Error("changed by a restart")
	}
	again.Handed(alarmTo(t, anna, "abs"), today)
	equal(t, "one day is written", texts(days(again)), `2026-11-21 {"backend":{"status":1},"workshop":{"alarms":3}}`)
}

// What is counted while the disk writes is written the next time.
func TestTotalsGoOnWhileTheyAreWritten(t *testing.T) {
	totals := restored(nil)
	totals.Handed(alarmTo(t, anna, "abs"), today)
	totals.Handed(alarmTo(t, anna, "abs"), today.Add(time.Hour))
	b := totals.Batch()
	totals.Handed(alarmTo(t, anna, "abs"), today)
	b.Written(0)
	equal(t, "next", texts(days(totals)), `2026-11-21 {"workshop":{"alarms":2}}`)
}

// A day that cannot be read is forgotten, on disk too; what is no day is left alone.
func TestDamagedTotals(t *testing.T) {
	totals := restored(map[string][]byte{"day/2026-11-20": []byte("{"), "day/2026-11-21": []byte(`{"workshop":{"alarms":2}}`), "last": []byte("7")})
	equal(t, "read", rows(totals, telemetry.LedgerFilter{}), "2026-11-21 workshop alarms 2")
	equal(t, "written", texts(days(totals)), "2026-11-20 gone")
}

// Days fall out a month after they ended, and those that never were at once; without a
// clock none does.
func TestTotalsAreTrimmed(t *testing.T) {
	day := []byte(`{"workshop":{"alarms":1}}`)
	kept := map[string][]byte{}
	for _, date := range []string{"2026-10-20", "2026-10-21", "2026-10-22", "2026-10-23", "2026-11-21", "2026-11-22", "2026-11-23", "2036-01-01"} {
		kept[telemetry.DayPrefix+date] = day
	}
	totals := restored(kept)
	totals.Trim(time.Time{})
	if totals.Changed() {
		t.Error("trimmed by no clock")
	}
	oldest := today.Add(-outside.Builtin().Numbers().LedgerMaxAge)
	totals.Trim(today)
	for key := range kept {
		date := strings.TrimPrefix(key, telemetry.DayPrefix)
		there := strings.Contains(rows(totals, telemetry.LedgerFilter{}), date)
		if want := date >= oldest.Format(time.DateOnly) && date <= "2026-11-22"; there != want {
			t.Errorf("%s: there %v, want %v", date, there, want)
		}
	}
	if written := texts(days(totals)); !strings.Contains(written, "2036-01-01 gone") || !strings.Contains(written, "2026-11-23 gone") || strings.Contains(written, "2026-11-22") {
		t.Errorf("written:\n%s", written)
	}
}

// Who is removed takes the counters of their mailbox along, of every day.
func TestTotalsOfTheRemoved(t *testing.T) {
	totals := restored(map[string][]byte{
		"day/2026-11-20": []byte(`{"backend":{"alarms":1}}`), "day/2026-11-21": []byte(`{"backend":{"alarms":1},"workshop":{"alarms":2}}`), "day/2026-11-22": []byte(`{"workshop":{"alarms":3}}`),
	})
	totals.Forget(func(reader string) bool { return reader == "workshop" })
	equal(t, "left", rows(totals, telemetry.LedgerFilter{}), "2026-11-21 workshop alarms 2, 2026-11-22 workshop alarms 3")
	equal(t, "written", texts(days(totals)), "2026-11-20 gone\n2026-11-21 {\"workshop\":{\"alarms\":2}}")
}

// What was counted on a day that a wrong clock began goes to the right one, and only that.
func TestTotalsOfAWrongClock(t *testing.T) {
	wrong := today.AddDate(-10, 0, 0)
	totals := restored(map[string][]byte{"day/2026-11-20": []byte(`{"workshop":{"alarms":5}}`)})
	totals.Handed(alarmTo(t, anna, "abs"), today.AddDate(0, 0, -1))
	totals.Correct(today.AddDate(0, 0, -1), today)
	equal(t, "a day of before", rows(totals, telemetry.LedgerFilter{}), "2026-11-20 workshop alarms 6")

	totals.Handed(alarmTo(t, anna, "abs"), today)
	totals.Handed(alarmTo(t, anna, "abs"), wrong)
	totals.Handed(statusTo(t, lea, "x"), wrong)
	totals.Correct(wrong, wrong)
	totals.Correct(wrong, today)
	equal(t, "corrected", rows(totals, telemetry.LedgerFilter{}), "2026-11-20 workshop alarms 6, 2026-11-21 backend status 1, 2026-11-21 workshop alarms 2")
	if written := texts(days(totals)); !strings.HasPrefix(written, "2016-11-21 gone\n") {
		t.Errorf("written:\n%s", written)
	}
	totals.Correct(today, today.AddDate(0, 0, 1)) // the right day is the one that began
	equal(t, "and once more", rows(totals, telemetry.LedgerFilter{}), "2026-11-20 workshop alarms 6, 2026-11-22 backend status 1, 2026-11-22 workshop alarms 2")
}

// A filter takes whole days that touch its time, one reader, one kind.
func TestTotalsFilter(t *testing.T) {
	totals := restored(map[string][]byte{
		"day/2026-11-20": []byte(`{"workshop":{"alarms":1}}`), "day/2026-11-21": []byte(`{"backend":{"alarms":2,"status":3},"workshop":{"status":4}}`), "day/2026-11-22": []byte(`{"workshop":{"alarms":5}}`),
	})
	for _, row := range []struct {
		name string
		f    telemetry.LedgerFilter
		want string
	}{
		{"from the last minute of a day", telemetry.LedgerFilter{From: time.Date(2026, 11, 21, 23, 59, 0, 0, time.UTC), Reader: "workshop"}, "2026-11-21 workshop status 4, 2026-11-22 workshop alarms 5"},
		{"from behind it", telemetry.LedgerFilter{From: time.Date(2026, 11, 21, 23, 59, 1, 0, time.UTC)}, "2026-11-22 workshop alarms 5"},
		{"to the first instant of a day", telemetry.LedgerFilter{To: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), Reader: "workshop"}, "2026-11-20 workshop alarms 1, 2026-11-21 workshop status 4"},
		{"to before it", telemetry.LedgerFilter{To: time.Date(2026, 11, 20, 23, 59, 59, 0, time.UTC)}, "2026-11-20 workshop alarms 1"},
		{"a reader and a kind", telemetry.LedgerFilter{Reader: "backend", Kind: "status"}, "2026-11-21 backend status 3"},
		{"nobody", telemetry.LedgerFilter{Reader: "lea"}, ""},
	} {
		equal(t, row.name, rows(totals, row.f), row.want)
	}
}
