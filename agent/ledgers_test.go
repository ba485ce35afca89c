package agent_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/agent"
	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
	"glovebox/telemetry/outside"
)

// ledger is what whoever is at the wheel reads.
func (w *world) ledger(f telemetry.LedgerFilter) []telemetry.Entry {
	w.t.Helper()
	all, err := w.Ledger(f)
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// A ledger belongs to who drove: over logins, and over restarts, ids go on by one, and
// nobody reads another's, the main user neither.
func TestLedgerIsOnesOwn(t *testing.T) {
	w := enrolled(t)
	of := map[profiles.ID][]telemetry.Entry{}
	for i, who := range []profiles.ID{anna, lea, anna, lea, anna} {
		w.login(who)
		before := w.ledger(telemetry.LedgerFilter{}) // and what the end of the drive before let out
		if n := len(of[who]); len(before) < n || n > 0 && len(before) > n+20 || fmt.Sprint(before[:n]) != fmt.Sprint(of[who]) {
			t.Fatalf("drive %d: %d entries are there, %d were", i, len(before), n)
		}
		w.pass(2*time.Minute, 50)
		all := w.ledger(telemetry.LedgerFilter{})
		if len(all) <= len(before) {
			t.Fatalf("drive %d adds nothing", i)
		}
		for n, e := range all {
			if e.ID != uint64(n+1) {
				t.Fatalf("drive %d: entry %d is the %dth", i, e.ID, n+1)
			}
		}
		w.park()
		of[who] = w.ledger(telemetry.LedgerFilter{})
		if i > 1 {
			w = w.again(true)
		}
	}
}

// A power cut costs what was decided in the last half minute, and nothing of before.
func TestPowerCutCostsHalfAMinute(t *testing.T) {
	w := enrolled(t)
	w.login(anna)
	for range 3 {
		w.pass(2*time.Minute+55*time.Second, 50)
		var safe []telemetry.Entry
		for _, e := range w.ledger(telemetry.LedgerFilter{}) {
			if e.To.Before(w.now.UTC.Add(-31 * time.Second).Truncate(time.Minute)) {
				safe = append(safe, e)
			}
		}
		if len(safe) == 0 {
			t.Fatal("nothing is safe")
		}
		w = w.again(false)
		w.login(anna)
		kept := w.ledger(telemetry.LedgerFilter{})
		if len(kept) < len(safe) || fmt.Sprint(kept[:len(safe)]) != fmt.Sprint(safe) {
			t.Fatalf("%d entries are left of %d", len(kept), len(safe))
		}
	}
}

// Of a guest, and of nobody, no entry is on disk, and none is left when the next begins.
func TestGuestsLedgerIsInMemory(t *testing.T) {
	w := enrolled(t)
	w.pass(2*time.Minute, 50)
	w.park()
	if _, err := w.StartGuest(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	w.pass(12*time.Minute, 50)
	if len(w.ledger(telemetry.LedgerFilter{})) == 0 {
		t.Fatal("a guest has no ledger")
	}
	w.park()
	w.pass(time.Minute, -1)
	for who, values := range w.store.Ledgers {
		for key := range values {
			if !who.IsZero() || !strings.HasPrefix(key, telemetry.DayPrefix) {
				t.Errorf("on disk %v %s", who, key)
			}
		}
	}
	if err := w.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, s := range w.screen.last(t, 1).Receipt.Stores {
		if s.Name == "ledger" && s.Before == 0 {
			t.Error("the receipt counts no entry")
		}
	}
	w.park()
	if _, err := w.StartGuest(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if all := w.ledger(telemetry.LedgerFilter{}); len(all) != 0 {
		t.Errorf("the next guest reads %d entries", len(all))
	}
}

// Who is removed takes the ledger along, and what the mailbox was sent; that of who stays
// is as it was.
func TestRemovalTakesTheLedger(t *testing.T) {
	w := enrolled(t)
	for _, who := range []profiles.ID{lea, anna} {
		w.login(who)
		w.pass(time.Minute, 50)
		w.park()
	}
	w.pass(time.Minute, -1)
	a := w.access()
	a.Users = slices.DeleteFunc(a.Users, func(u profiles.User) bool { return u.ID == lea })
	if err := w.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := fmt.Sprint(w.store.Ledgers[anna])
	w.apply(2, a, profiles.BackEnd)
	w.pass(time.Minute, -1)
	if len(w.store.Ledgers[lea]) != 0 || fmt.Sprint(w.store.Ledgers[anna]) != before {
		t.Errorf("on disk %d values of Lea, of Anna the same: %v", len(w.store.Ledgers[lea]), fmt.Sprint(w.store.Ledgers[anna]) == before)
	}
	if days := fmt.Sprint(w.store.Ledgers[profiles.ID{}]); strings.Contains(string(w.store.Ledgers[profiles.ID{}]["day/2026-11-21"]), lea.String()) {
		t.Errorf("the counters name who was removed: %s", days)
	}
}

// A disk that takes nothing loses no entry: all can be read meanwhile, and once it takes
// them they are there.
func TestLedgerWithoutADisk(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.login(anna)
		b.disk.make("SetLedger", 0, errors.New("no space left"))
		b.drive(3 * time.Minute)
		all := b.ledger(telemetry.LedgerFilter{})
		if len(all) == 0 || len(b.store.Ledgers[anna]) != 0 {
			t.Fatalf("%d entries, on disk %d values", len(all), len(b.store.Ledgers[anna]))
		}
		b.disk.make("SetLedger", 0, nil)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		on := telemetry.RestoreLedger(outside.Builtin().Numbers(), b.store.Ledgers[anna])
		if on.Last() < all[len(all)-1].ID || on.Count() < len(all) {
			t.Errorf("on disk %d entries of %d", on.Count(), len(all))
		}
	})
}

// A disk that cannot be read is said, and is not taken for a ledger without the entry.
func TestLedgerThatCannotBeRead(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.login(anna)
		b.drive(3 * time.Minute)
		first := b.ledger(telemetry.LedgerFilter{})[0].ID
		if err := b.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.halt()
		b.start(firstEpoch, nil, telemetry.Left{})
		b.login(anna)
		unread := errors.New("input/output error")
		b.disk.make("Ledger", 0, unread)
		if _, err := b.Ledger(telemetry.LedgerFilter{ID: first}); !errors.Is(err, unread) {
			t.Errorf("one entry: %v", err)
		}
		b.disk.make("Ledger", 0, nil)
		if _, err := b.Ledger(telemetry.LedgerFilter{ID: 1 << 40}); !errors.Is(err, profiles.ErrInvalid) {
			t.Errorf("an entry that is not there: %v", err)
		}
	})
}

// sent is one row of what the wire shows that a reader got.
type sent struct {
	reader, kind, class string
}

// shown counts what went over the wire from the n-th message on: messages, and the classes
// in them, by the paths of a status.
func (b *bubble) shown(t *testing.T, n int) (entries map[sent]int, messages map[sent]int) {
	t.Helper()
	entries, messages = map[sent]int{}, map[sent]int{}
	readers := map[string]profiles.ID{annaBox: anna, leaBox: lea, jonasBox: jonas}
	b.broker.mu.Lock()
	defer b.broker.mu.Unlock()
	for _, w := range b.broker.wire[n:] {
		kind, mailbox := filepath.Base(w.Topic), filepath.Base(filepath.Dir(w.Topic))
		if w.event != "" || readers[mailbox].IsZero() {
			continue
		}
		messages[sent{readers[mailbox].String(), kind, ""}]++
		classes := map[outside.Class]bool{}
		var event struct{ Data []struct{ Path string } }
		if err := json.Unmarshal(w.Payload, &event); err != nil {
			t.Fatal(err)
		}
		for _, d := range event.Data {
			classes[outside.Classify(d.Path)] = true
		}
		switch kind {
		case "trips":
			classes["trip-track"] = true
			if readers[mailbox] == jonas {
				classes = map[outside.Class]bool{"trip-exists": true}
			}
		case "alarms":
			classes["alarm"] = true
		case "gaps":
			classes["gap-record"] = true
		case "ack":
			classes["action-result"] = true
		}
		for class := range classes {
			entries[sent{readers[mailbox].String(), kind, string(class)}]++
		}
	}
	return entries, messages
}

func (b *broker) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.wire)
}

// busy is a drive with some of everything.
func (b *bubble) busy(t *testing.T, levels ...string) {
	t.Helper()
	b.observe("Vehicle.TraveledDistance", hal.Number(12_345_678))
	b.observe("Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed", hal.Number(62.4))
	b.observe("Vehicle.Cabin.Door.Row1.DriverSide.IsOpen", hal.Bool(false))
	b.observe("Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure", hal.Number(230))
	time.Sleep(6 * time.Minute) // a limited reader's slot passes while the car stands
	for i, level := range levels {
		if level != "" {
			if err := b.SetLevel(t.Context(), level); err != nil {
				t.Fatal(err)
			}
		}
		b.drive(97 * time.Second)
		b.observe("Vehicle.Chassis.Brake.IsBrakesWorn", hal.Bool(i%2 == 0))
	}
	b.drive(30 * time.Second)
	synctest.Wait()
}

// The ledger says of each reader, kind and class exactly how often it was handed to MQTT,
// whatever the driver did meanwhile, and it holds no place, no path and no value.
func TestLedgerEqualsTheWire(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		midnight := b.tomorrow()
		b.login(anna)
		synctest.Wait()
		begin := b.broker.count()
		b.busy(t, "share", "no-position", "share", "offline", "share", "share")
		want, _ := b.shown(t, begin)
		got := map[sent]int{}
		all := b.ledger(telemetry.LedgerFilter{})
		for _, e := range all {
			if e.Outcome == "published" || e.Outcome == "reduced" {
				got[sent{e.Reader, e.Kind, e.Class}] += int(e.Count)
			}
		}
		if len(want) < 10 || want[sent{lea.String(), "position", "position"}] == 0 || want[sent{jonas.String(), "status", "charge-level"}] == 0 {
			t.Fatalf("the wire shows too little to compare: %v", want)
		}
		for row, n := range want {
			if got[row] != n {
				t.Errorf("%v: %d in the ledger, %d on the wire", row, got[row], n)
			}
		}
		for row, n := range got {
			if want[row] == 0 {
				t.Errorf("%v: %d in the ledger, none on the wire", row, n)
			}
		}
		for _, trace := range []string{"54.", "6.62", "Vehicle", "12345", "62.4"} {
			if text := fmt.Sprintf("%+v", all); strings.Contains(text, trace) {
				t.Errorf("the ledger holds %q", trace)
			}
		}
		_, messages := b.shown(t, midnight)
		totals := map[sent]int{}
		for _, e := range b.ledger(telemetry.LedgerFilter{Totals: true, From: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}) {
			totals[sent{e.Reader, e.Kind, ""}] += int(e.Count)
		}
		for row, n := range messages {
			if totals[row] != n {
				t.Errorf("%v: %d counted, %d on the wire", row, totals[row], n)
			}
		}
	})
}

// A wall clock that is in another decade for a while, on the way or at a start, costs no
// entry and no count, and dates none; one that is corrected for good is believed.
func TestLedgerOutlivesAWrongClock(t *testing.T) {
	const decade = 10 * 365 * day
	w := enrolled(t)
	w.login(anna)
	w.pass(10*time.Minute, 50)
	at := func() (entries, messages int) {
		t.Helper()
		for _, e := range w.ledger(telemetry.LedgerFilter{}) {
			if y, d := e.From.Year(), w.now.UTC.Sub(e.To); y != 2026 || d > day || d < -day {
				t.Fatalf("entry %d is of %v, at %v", e.ID, e.From, w.now.UTC)
			}
			entries++
		}
		for _, e := range w.ledger(telemetry.LedgerFilter{Totals: true}) {
			if e.From.Year() != 2026 {
				t.Fatalf("counted on %v", e.From)
			}
			messages += int(e.Count)
		}
		return entries, messages
	}
	entries, messages := at()
	for _, ahead := range []time.Duration{decade, -decade, 60 * day} {
		w.sleep(ahead, 0)
		w.pass(15*time.Second, 50)
		w.sleep(-ahead, 0)
		w.pass(10*time.Minute, 50)
		if e, m := at(); e <= entries || m <= messages {
			t.Errorf("%v ahead: %d entries and %d messages, before %d and %d", ahead, e, m, entries, messages)
		}
		entries, messages = at()
	}
	for _, ahead := range []time.Duration{decade, -57 * 365 * day, -60 * day} {
		w.park()
		entries, messages = at()
		if err := w.Stop(agent.Restart); err != nil {
			t.Fatal(err)
		}
		w.sleep(ahead, 0)
		w = w.again(false)
		w.login(anna)
		w.pass(15*time.Second, 50)
		w.sleep(-ahead, 0)
		w.pass(5*time.Minute, 50)
		if e, m := at(); e <= entries || m <= messages {
			t.Errorf("%v ahead at a start: %d entries and %d messages, before %d and %d", ahead, e, m, entries, messages)
		}
	}
	w.sleep(40*day, 0)
	w.pass(3*time.Minute, 50)
	if e := w.ledger(telemetry.LedgerFilter{}); e[len(e)-1].To.Before(w.now.UTC.Add(-2 * time.Minute)) {
		t.Errorf("40 days later the newest entry is of %v", e[len(e)-1].To)
	}
}
