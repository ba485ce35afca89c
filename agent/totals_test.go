package agent_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry"
)

// tomorrow lets the day end in which the agent started, and returns where the next begins
// on the wire. From then on no fix comes in the instant of a slot.
func (b *bubble) tomorrow() (begins int) {
	time.Sleep(4*time.Hour - time.Second)
	begins = b.broker.count()
	time.Sleep(2050 * time.Millisecond)
	return begins
}

// The day totals are for the main user alone, who sees in them the same of every drive:
// another person's, a guest's, and their own without a place.
func TestTotalsDoNotTellWhoDrove(t *testing.T) {
	seen, tomorrow := map[string]string{}, telemetry.LedgerFilter{Totals: true, From: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}
	for name, drive := range map[string]struct {
		who   profiles.ID
		level string
	}{"anna": {anna, ""}, "lea": {lea, ""}, "jonas": {jonas, ""}, "anna without": {anna, "no-position"}, "lea without": {lea, "no-position"}, "guest": {}} {
		inBubble(t, func(t *testing.T, b *bubble) {
			b.tomorrow()
			if !drive.who.IsZero() {
				b.login(drive.who)
			} else if _, err := b.StartGuest(t.Context(), false); err != nil {
				t.Fatal(err)
			}
			if _, err := b.Ledger(telemetry.LedgerFilter{Totals: true}); (err == nil) != (drive.who == anna) || err != nil && !errors.Is(err, profiles.ErrNotPermitted) {
				t.Errorf("%s reads totals: %v", name, err)
			}
			b.busy(t, drive.level, "")
			b.observe("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
			b.observe("Vehicle.Speed", hal.Number(0))
			time.Sleep(5 * time.Second)
			if err := b.Logout(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(5 * time.Second)
			b.login(anna)
			seen[name] = fmt.Sprint(b.ledger(tomorrow))
		})
	}
	for _, pair := range [][2]string{{"anna", "lea"}, {"anna", "jonas"}, {"anna without", "guest"}, {"lea without", "guest"}} {
		if seen[pair[0]] != seen[pair[1]] {
			t.Errorf("%s\n%s\n%s\n%s", pair[0], seen[pair[0]], pair[1], seen[pair[1]])
		}
	}
	if seen["anna"] == seen["guest"] {
		t.Error("a place makes no difference: nothing was counted")
	}
}

// The totals outlive restarts, and a day is forgotten 30 days after it ended.
func TestTotalsAreKeptForAMonth(t *testing.T) {
	w := enrolled(t)
	count := func() (days int, messages int) {
		last := ""
		for _, e := range w.ledger(telemetry.LedgerFilter{Totals: true}) {
			if day := e.From.Format(time.DateOnly); day != last {
				last = day
				days++
			}
			messages += int(e.Count)
		}
		return days, messages
	}
	for n := range 40 {
		w.login(anna)
		w.pass(20*time.Second, 50)
		w.park()
		if n%10 == 0 {
			_, before := count()
			w = w.again(true)
			w.login(anna)
			if _, after := count(); after < before || before == 0 {
				t.Fatalf("%d messages after a restart, %d before", after, before)
			}
		}
		if days, _ := count(); days != min(n+1, 31) { // today's, and 30 before it
			t.Fatalf("on day %d there are totals of %d", n, days)
		}
		w.sleep(day, day)
	}
	w.park()
	if on := len(w.store.Ledgers[profiles.ID{}]); on > 32 {
		t.Errorf("%d days on disk", on)
	}
}
