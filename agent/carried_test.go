package agent_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/hal"
	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// replies is all that readers were answered: when, to whom and what, but for what the
// epoch is called.
func (b *bubble) replies(t *testing.T) (all []string) {
	t.Helper()
	b.broker.mu.Lock()
	defer b.broker.mu.Unlock()
	for _, box := range []string{annaBox, jonasBox} {
		for _, w := range b.broker.wire {
			if !strings.HasSuffix(w.Topic, "/ack/"+box) {
				continue
			}
			text := strings.TrimRight(string(w.Payload), " ")
			if !strings.HasPrefix(text, "{") {
				payload, err := base64.RawURLEncoding.DecodeString(strings.Split(text, ".")[1])
				if err != nil {
					t.Fatal(err)
				}
				text = string(payload)
			}
			if !strings.Contains(text, `"epoch":"`+firstEpoch) { // of an action
				text = anyEpoch.ReplaceAllString(text, "EPOCH")
			}
			all = append(all, fmt.Sprintf("%s %s %s", w.at, box[:2], strings.ReplaceAll(text, b.identity.VID, "VID")))
		}
	}
	return all
}

func (b *bubble) asks(who profiles.ID, box string, n int) {
	b.Ask(profiles.Ask{Mailbox: box, Key: phoneKey(who).Thumbprint(), Challenge: fmt.Sprintf("%032x", n)})
}

// idle lets the car stand until then; its bus says so.
func (b *bubble) idle(until time.Duration) {
	for b.at() < until {
		b.observe("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
		time.Sleep(min(10*time.Second, until-b.at()))
	}
}

// sameReplies has f run twice, where this process goes on and where another takes over,
// and wants the same answers at the same instants, of which there are so many.
func sameReplies(t *testing.T, many int, want []string, f func(t *testing.T, b *bubble, exchange func() string)) {
	t.Helper()
	var here, fresh []string
	for another, all := range map[bool]*[]string{false: &here, true: &fresh} {
		beforeAndAfter(t, another, func(t *testing.T, b *bubble, exchange func() string) {
			if _, err := b.StartGuest(t.Context(), false); err != nil {
				t.Fatal(err)
			}
			f(t, b, exchange)
			*all = b.replies(t)
		})
	}
	for _, w := range want {
		if !slices.ContainsFunc(here, func(text string) bool { return strings.Contains(text, w) }) {
			t.Errorf("nobody is answered %s", w)
		}
	}
	if len(here) != many || !slices.Equal(here, fresh) {
		t.Errorf("want %d answers\n this process: %s\nfresh process: %s", many, strings.Join(here, "\n"), strings.Join(fresh, "\n"))
	}
}

// What a limited reader asked and ordered before a guest's end and what waits for its slot
// is answered as after any other end: nobody can tell which it was. Nor can whoever asks
// how old the epoch is.
func TestWhatWaitsForItsSlotOutlivesTheExchange(t *testing.T) {
	sameReplies(t, 46, []string{`"ctr":1,"result":"refused","reason":"not-now"`, `"ctr":2,"result":"refused","reason":"expired"`}, func(t *testing.T, b *bubble, exchange func() string) {
		b.idle(20 * time.Second)
		b.observe("Vehicle.LowVoltageSystemState", hal.Word("ON"))
		b.Act(b.action(fresh(jonas, 1, profiles.Flash)), false) // while the car is in use
		b.observe("Vehicle.LowVoltageSystemState", hal.Word("OFF"))
		b.Act(b.action(fresh(jonas, 2, profiles.Flash)), false)
		b.asks(jonas, jonasBox, 1) // at once
		b.asks(jonas, jonasBox, 2)
		time.Sleep(3 * time.Second)
		if err := b.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		exchange()
		time.Sleep(b.at().Truncate(time.Second) + 2*time.Second - b.at())
		b.asks(jonas, jonasBox, 3)
		for n := range 41 {
			b.asks(anna, annaBox, 100+n)
			time.Sleep(53 * time.Millisecond)
		}
		b.idle(21 * time.Minute)
		synctest.Wait()
	})
}

// A limited reader has one look in each slot, a guest's end or not: what was used up stays so.
func TestALookIsUsedUpOverTheExchange(t *testing.T) {
	sameReplies(t, 2, []string{"20s 10", "5m0s 10"}, func(t *testing.T, b *bubble, exchange func() string) {
		b.idle(20 * time.Second)
		b.asks(jonas, jonasBox, 1) // at once
		time.Sleep(time.Second)
		if err := b.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		exchange()
		b.idle(40 * time.Second)
		b.asks(jonas, jonasBox, 2) // at the slot
		b.idle(6 * time.Minute)
		synctest.Wait()
	})
}

// What was ordered and accepted before a guest's end is told what became of it, as after
// any other end: what the car was sent is looked for, what waited behind it is of an epoch
// that is over.
func TestOrdersOutliveTheExchange(t *testing.T) {
	sameReplies(t, 2, []string{`"ctr":1,"result":"done"`, `"ctr":2,"result":"refused","reason":"expired"`}, func(t *testing.T, b *bubble, exchange func() string) {
		b.actuator.disobey()
		b.idle(20 * time.Second)
		b.actuator.take() // what the settings want
		b.Act(b.action(fresh(anna, 1, profiles.Lock)), false)
		b.Act(b.action(fresh(anna, 2, profiles.Flash)), false)
		time.Sleep(time.Second)
		if err := b.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		exchange()
		time.Sleep(22*time.Second + 513*time.Millisecond - b.at())
		b.observe(lockLeft, hal.Bool(true))
		b.observe(lockRight, hal.Bool(true))
		b.idle(time.Minute)
		synctest.Wait()
		equal(t, "sent", b.actuator.take(), lockLeft+"=true", lockRight+"=true")
	})
}

// Lights that flash go off with the process, and the answer comes when it would have
// come; climate that was ordered for ten minutes ends after ten minutes.
func TestWhatOrdersDoOutlivesTheExchange(t *testing.T) {
	sameReplies(t, 2, []string{`"ctr":1,"result":"done"`, `"ctr":2,"result":"done"`}, func(t *testing.T, b *bubble, exchange func() string) {
		b.actuator.disobey()
		b.idle(10 * time.Second)
		b.Act(b.action(fresh(anna, 1, profiles.ClimateStart)), false)
		synctest.Wait()
		b.observe(warmth, hal.Number(21.5))
		b.observe(air, hal.Bool(true))
		b.idle(20 * time.Second)
		b.Act(b.action(fresh(anna, 2, profiles.Flash)), false)
		synctest.Wait()
		b.observe(hazard, hal.Bool(true))
		time.Sleep(1500 * time.Millisecond)
		if err := b.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		exchange()
		b.idle(9 * time.Minute)
		sent := b.actuator.take()
		if n := len(sent); n < 4 || sent[n-1] != hazard+"=false" || slices.Contains(sent, air+"=false") {
			t.Errorf("sent %q", sent)
		}
		b.idle(11 * time.Minute)
		synctest.Wait()
		equal(t, "after ten minutes", b.actuator.take(), air+"=false")
	})
}

// A fresh process is told what the car says, but not what a setting set: the car says it
// anew. To the outside that is nothing: no reader ever gets it.
func TestWhatAGuestSetIsNotCarriedOver(t *testing.T) {
	policy := outside.Builtin()
	paths := []string{
		seatLength, seatHeight, "Vehicle.Cabin.Seat.Row1.DriverSide.Backrest.Recline", seatHeat, volume, source, warmth,
		"Vehicle.Body.Mirrors.DriverSide.Tilt", "Vehicle.Body.Mirrors.PassengerSide.Tilt",
		"Vehicle.Cabin.HVAC.Station.Row1.Passenger.Temperature", "Vehicle.Cabin.HVAC.Station.Row1.Driver.FanSpeed",
	}
	beforeAndAfter(t, true, func(t *testing.T, b *bubble, exchange func() string) {
		if _, err := b.StartGuest(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			b.observe(path, hal.Number(76.5))
			for _, column := range []outside.Column{outside.ColumnMain, outside.ColumnShared, outside.ColumnLimited, outside.ColumnWorkshop, outside.ColumnBackend} {
				cell := policy.Decide(outside.Classify(path), column, outside.Unassigned, outside.Open)
				if cell.Verdict.Releases() {
					t.Errorf("%s leaves to %s: %+v", path, column, cell)
				}
			}
		}
		b.observe("Vehicle.TraveledDistance", hal.Number(1234.5))
		if err := b.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		text := exchange()
		if strings.Contains(text, "76.5") || !strings.Contains(text, "1234.5") || !json.Valid([]byte(text)) {
			t.Errorf("carried over: %s", text)
		}
	})
}
